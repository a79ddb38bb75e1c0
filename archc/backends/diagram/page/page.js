"use strict";
(() => {
  const SVG = "http://www.w3.org/2000/svg";
  const SHUT = 44; // how high a collapsed block is
  const AIR = 9; // what stays free before and after things
  const by = (id) => document.getElementById(id);
  const data = JSON.parse(by("data").textContent);
  const picture = by("picture"), view = by("view"), shutLayer = by("closed"), card = by("card");
  const axis = data.down ? 1 : 0; // the coordinate along which the net flows
  const all = (selector) => [...view.querySelectorAll(selector)];
  const boxes = new Map(all("g.box").map((g) => [g.dataset.box, g]));
  const labels = new Map(all("g.label").map((g) => [g.dataset.cluster, g]));
  const frames = new Map(all("g.cluster").map((g) => [g.dataset.cluster, g]));
  const edges = all("g.edge");
  const shut = new Set();

  // ---- what was drawn, remembered so that it can be moved along the flow

  const parsed = (d) => d.match(/[A-Z][^A-Z]*/g).map((step) => [step[0], (step.slice(1).match(/-?[\d.]+/g) || []).map(Number)]);
  const paths = edges.flatMap((g) => [...g.querySelectorAll("path")].map((path) => [path, parsed(path.getAttribute("d")), g]));
  const rects = [...frames.values()].flatMap((g) => [...g.querySelectorAll("rect")]).map((rect) => {
    const [place, size] = axis ? ["y", "height"] : ["x", "width"];
    return [rect, place, size, Number(rect.getAttribute(place)), Number(rect.getAttribute(size))];
  });

  const around = (id) => {
    const chain = [];
    for (let at = id; at; at = data.clusters[at].parent) chain.push(at);
    return chain;
  };
  const shutAround = (cluster) => around(cluster).filter((id) => shut.has(id)).pop();
  const hiding = (box) => shutAround(data.boxes[box].cluster);
  const span = (frame) => [frame[axis], frame[axis + 2]];

  const wider = ([start, end]) => [start - AIR, end + AIR];

  function spare() {
    // Stretches along the flow that nothing needs any more: those of collapsed blocks, less what stands beside them.
    const taken = [];
    for (const [id, box] of Object.entries(data.boxes)) if (!hiding(id)) taken.push(wider(span(box.room)));
    const free = [];
    for (const [id, cluster] of Object.entries(data.clusters)) {
      const outer = shutAround(id);
      const [start, end] = span(cluster.frame);
      if (outer === id) {
        taken.push([start - AIR, start + SHUT], [end, end + AIR]);
        if (end > start + SHUT) free.push([start + SHUT, end]);
      } else if (!outer) taken.push([start - AIR, start + 34], [end - 8, end + AIR]);
    }
    taken.sort((a, b) => a[0] - b[0]);
    const stretches = [];
    for (let [start, end] of free) {
      for (const [from, to] of taken) {
        if (to <= start || from >= end) continue;
        if (from > start) stretches.push([start, from]);
        start = Math.max(start, to);
      }
      if (start < end) stretches.push([start, end]);
    }
    stretches.sort((a, b) => a[0] - b[0]);
    const merged = [];
    for (const [start, end] of stretches) {
      const last = merged[merged.length - 1];
      if (last && start <= last[1]) last[1] = Math.max(last[1], end);
      else merged.push([start, end]);
    }
    return merged;
  }

  function arrange() {
    const gone = spare();
    const warp = (value) => {
      let less = 0;
      for (const [start, end] of gone) if (value > start) less += Math.min(value, end) - start;
      return value - less;
    };
    for (const [rect, place, size, start, length] of rects) {
      rect.setAttribute(place, warp(start));
      rect.setAttribute(size, Math.max(warp(start + length) - warp(start), 0));
    }
    for (const [path, steps, g] of paths) {
      // What runs inside a collapsed block ends under its box.
      const ends = [hiding(g.dataset.tail), hiding(g.dataset.head)].filter(Boolean).map((id) => data.clusters[id].frame);
      const along = (x, y) => {
        const frame = ends.find((f) => x > f[0] - 1 && x < f[2] + 1 && y > f[1] - 1 && y < f[3] + 1);
        return frame ? warp(frame[axis]) + SHUT / 2 : warp(axis ? y : x);
      };
      path.setAttribute("d", steps.map(([letter, numbers]) => letter + numbers.map((value, i) => {
        const at = i - i % 2;
        return (i % 2 === axis ? along(numbers[at], numbers[at + 1]) : value).toFixed(2);
      }).join(" ")).join(" "));
    }
    const moved = (start) => {
      const by = warp(start) - start;
      return axis ? `translate(0 ${by})` : `translate(${by} 0)`;
    };
    for (const [id, g] of boxes) {
      g.setAttribute("transform", moved(span(data.boxes[id].room)[0]));
      g.classList.toggle("gone", Boolean(hiding(id)));
    }
    for (const [id, g] of labels) {
      g.setAttribute("transform", moved(span(data.clusters[id].frame)[0]));
      g.classList.toggle("gone", Boolean(shutAround(id)));
    }
    for (const [id, g] of frames) g.classList.toggle("gone", Boolean(shutAround(id)));
    for (const g of edges) {
      const tail = hiding(g.dataset.tail), head = hiding(g.dataset.head);
      g.classList.toggle("gone", Boolean(tail) && tail === head);
    }
    shutLayer.replaceChildren(...[...shut].filter((id) => shutAround(id) === id).map((id) => shutBox(id, warp)));
    const heads = new Map();
    for (const [path, steps, g] of paths) {
      const head = hiding(g.dataset.head);
      if (!head || hiding(g.dataset.tail) === head || path.getAttribute("fill") !== "none") continue;
      const across = entry(steps, data.clusters[head].frame);
      if (across !== null) heads.set(`${head} ${across}`, arrowHead(across, warp(data.clusters[head].frame[axis]), path));
    }
    shutLayer.append(...heads.values());
  }

  function entry(steps, frame) {
    // Where across the flow a line comes in at a frame's start; its own head is under the collapsed block.
    let before = null;
    for (const [, numbers] of steps) for (let i = 0; i < numbers.length; i += 2) {
      const point = [numbers[i], numbers[i + 1]];
      const level = before && Math.abs(before[1 - axis] - point[1 - axis]) < 1;
      if (level && before[axis] <= frame[axis] && point[axis] > frame[axis]) return point[1 - axis];
      before = point;
    }
    return null;
  }

  function arrowHead(across, along, line) {
    const d = axis ? `M${across} ${along}l-3 -7h6z` : `M${along} ${across}l-7 -3v6z`;
    return make("path", { d, fill: line.getAttribute("stroke"), class: "head" });
  }

  function make(name, attributes, text) {
    const element = document.createElementNS(SVG, name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    if (text !== undefined) element.textContent = text;
    return element;
  }

  function shutBox(id, warp) {
    const cluster = data.clusters[id];
    const [left, top, right, bottom] = cluster.frame;
    const frame = axis ? [left, warp(top), right, warp(top) + SHUT] : [warp(left), top, warp(left) + SHUT, bottom];
    const g = make("g", { class: "shut", tabindex: 0, role: "button", "aria-expanded": "false", "data-cluster": id });
    const times = cluster.count > 1 ? ` ×${cluster.count}` : "";
    g.setAttribute("aria-label", `${cluster.title} ${cluster.call}${times}, collapsed`);
    g.append(make("rect", {
      x: frame[0], y: frame[1], width: frame[2] - frame[0], height: frame[3] - frame[1], rx: 9,
      fill: "var(--block-fill)", stroke: "var(--block-line)", "stroke-width": 1.3,
    }));
    const x = (frame[0] + frame[2]) / 2, y = (frame[1] + frame[3]) / 2;
    const turn = axis ? "" : `rotate(-90 ${x} ${y})`;
    const line = (text, dy, size, color, weight) => make("text", {
      x, y: y + dy, "text-anchor": "middle", "font-size": size, fill: color, "font-weight": weight, transform: turn,
    }, text);
    const room = axis ? frame[2] - frame[0] : frame[3] - frame[1];
    const call = cluster.call && cluster.call.length * 5.6 < room ? line(cluster.call, 14, 10.5, "var(--muted)", "normal") : null;
    g.append(line(`+ ${cluster.title}${times}`, call ? -2 : 4, 12, "var(--ink)", "bold"));
    if (call) g.append(call);
    return g;
  }

  function toggle(id, keep) {
    if (shut.has(id)) shut.delete(id); else shut.add(id);
    arrange();
    if (keep) (shutLayer.querySelector(`[data-cluster="${id}"]`) || labels.get(id))?.focus();
  }

  function shutAll(closed) {
    shut.clear();
    if (closed) for (const [id, cluster] of Object.entries(data.clusters)) if (!cluster.parent) shut.add(id);
    arrange();
    fit();
  }

  // ---- pan and zoom

  let scale = 1, panX = 0, panY = 0;
  const place = () => view.setAttribute("transform", `translate(${panX} ${panY}) scale(${scale})`);
  function zoom(factor, x = picture.clientWidth / 2, y = picture.clientHeight / 2) {
    const next = Math.min(8, Math.max(0.04, scale * factor));
    panX = x - (x - panX) * next / scale;
    panY = y - (y - panY) * next / scale;
    scale = next;
    place();
  }
  function fit() {
    const box = view.getBBox();
    const wide = picture.clientWidth, high = picture.clientHeight;
    const broad = wide / (box.width + 40), tall = high / (box.height + 40);
    const across = axis ? broad : tall; // what does not fit along the flow is scrolled to
    scale = Math.min(1.3, Math.max(Math.min(broad, tall), Math.min(0.72, across))); // readable, if not whole
    panX = box.width * scale < wide ? (wide - box.width * scale) / 2 - box.x * scale : 20 - box.x * scale;
    panY = box.height * scale < high ? (high - box.height * scale) / 2 - box.y * scale : 20 - box.y * scale;
    place();
  }
  function show(element) {
    const box = element.getBoundingClientRect(), frame = picture.getBoundingClientRect();
    if (box.left < frame.left || box.right > frame.right || box.top < frame.top || box.bottom > frame.bottom) {
      panX += frame.left + frame.width / 2 - (box.left + box.width / 2);
      panY += frame.top + frame.height / 2 - (box.top + box.height / 2);
      place();
    }
  }
  let drag = null;
  picture.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    drag = { x: event.clientX, y: event.clientY, moved: false, id: event.pointerId };
  });
  picture.addEventListener("pointermove", (event) => {
    if (!drag) return;
    const dx = event.clientX - drag.x, dy = event.clientY - drag.y;
    if (!drag.moved && Math.hypot(dx, dy) < 4) return;
    if (!drag.moved) { drag.moved = true; picture.classList.add("dragged"); picture.setPointerCapture(drag.id); }
    panX += dx; panY += dy; drag.x = event.clientX; drag.y = event.clientY;
    place();
  });
  let dragged = false;
  const drop = () => { dragged = Boolean(drag && drag.moved); drag = null; picture.classList.remove("dragged"); };
  picture.addEventListener("pointerup", drop);
  picture.addEventListener("pointercancel", drop);
  picture.addEventListener("wheel", (event) => {
    event.preventDefault();
    const frame = picture.getBoundingClientRect();
    zoom(Math.exp(-event.deltaY * 0.0015), event.clientX - frame.left, event.clientY - frame.top);
  }, { passive: false });

  // ---- what is known of a layer

  const element = (name, text) => { const e = document.createElement(name); e.textContent = text; return e; };
  const count = (number) => number.toLocaleString("en-US");
  function tell(box, line) {
    const one = data.boxes[box];
    const name = line && line[1] && data.layers[line[1]] ? line[1] : null;
    const rows = [];
    card.replaceChildren();
    if (name) {
      const layer = data.layers[name];
      card.append(element("h2", name), element("p", layer.layer));
      rows.push(["shape", layer.in.length ? `${layer.in.join(" + ")} → ${layer.out}` : layer.out], ...layer.sums);
      const told = new Set(layer.sums.map(([what]) => what.toLowerCase()));
      for (const what of ["params", "MACs"]) {
        if (!told.has(what.toLowerCase())) rows.push([what, count(layer[what.toLowerCase()])]);
      }
      if (layer.field) rows.push(["receptive field", layer.field]);
      rows.push(["source", `${layer.file}:${layer.line}`], ["", layer.source]);
    } else {
      card.append(element("h2", one.name), element("p", one.lines.map((l) => l[0]).join(" · ")));
      const inside = one.nodes.filter((n) => data.layers[n]).map((n) => data.layers[n]);
      if (inside.length) {
        rows.push(["layers", count(inside.length)], ["out", inside[inside.length - 1].out]);
        rows.push(["params", count(inside.reduce((sum, l) => sum + l.params, 0))]);
        rows.push(["MACs", count(inside.reduce((sum, l) => sum + l.macs, 0))]);
      }
    }
    const table = document.createElement("table");
    for (const [what, text] of rows) {
      const row = table.insertRow();
      row.append(element("th", what));
      const cell = row.insertCell();
      if (what === "" ) cell.append(element("code", text)); else cell.textContent = text;
    }
    card.append(table);
    card.hidden = false;
    for (const g of boxes.values()) g.classList.toggle("shown", g.dataset.box === box);
  }
  function untell() {
    card.hidden = true;
    for (const g of boxes.values()) g.classList.remove("shown");
  }
  function lineAt(g, y) {
    // The line of the box at a height on the screen.
    const box = data.boxes[g.dataset.box], lines = box.lines;
    const frame = g.getBoundingClientRect(), tall = box.room[3] - box.room[1];
    const at = g.getScreenCTM();
    let left = at ? (y - at.f) / at.d - box.frame[1] : (y - frame.top) / frame.height * tall;
    for (const line of lines) { left -= line[2]; if (left < 0) return line; }
    return lines[lines.length - 1];
  }
  picture.addEventListener("pointerover", (event) => {
    const g = event.target.closest("g.box");
    if (g) tell(g.dataset.box, lineAt(g, event.clientY)); else if (!document.activeElement.closest?.("g.box")) untell();
  });
  picture.addEventListener("pointermove", (event) => {
    const g = event.target.closest?.("g.box");
    if (g && !drag) tell(g.dataset.box, lineAt(g, event.clientY));
  });
  picture.addEventListener("pointerleave", untell);
  picture.addEventListener("click", (event) => {
    if (dragged) { dragged = false; return; }
    const g = event.target.closest("g.label, g.shut");
    if (g) toggle(g.dataset.cluster, true);
  });
  for (const [id, g] of boxes) {
    const box = data.boxes[id];
    g.setAttribute("tabindex", 0);
    g.setAttribute("role", "img");
    g.setAttribute("aria-label", `${box.name}: ${box.lines.map((line) => line[0]).join(", ")}`);
    g.addEventListener("focus", () => { show(g); tell(id, box.lines[0]); });
    g.addEventListener("blur", untell);
    g.querySelector("title")?.remove(); // the card says it
  }
  for (const [id, g] of labels) {
    g.setAttribute("tabindex", 0);
    g.setAttribute("role", "button");
    g.setAttribute("aria-expanded", "true");
    g.setAttribute("aria-label", `${data.clusters[id].title} ${data.clusters[id].call}, expanded`);
    frames.get(id)?.querySelector("title")?.remove();
  }

  // ---- search

  const search = by("search"), found = by("found");
  let hits = [], current = -1;
  function look() {
    const wanted = search.value.trim().toLowerCase();
    const plain = (text) => text.toLowerCase().replaceAll("×", "x");
    const fits = (box) => [box.name, ...box.lines.flatMap((line) => [line[0], line[1], data.layers[line[1]]?.layer || ""])]
      .some((text) => plain(text).includes(plain(wanted)));
    hits = wanted ? Object.entries(data.boxes).filter(([, box]) => fits(box)).map(([id]) => id) : [];
    current = -1;
    for (const [id, g] of boxes) g.classList.toggle("hit", hits.includes(id));
    picture.classList.toggle("searched", Boolean(wanted));
    found.textContent = wanted ? (hits.length ? `${hits.length} found` : "none found") : "";
  }
  function next(step) {
    if (!hits.length) return;
    current = (current + step + hits.length) % hits.length;
    const id = hits[current];
    const chain = around(data.boxes[id].cluster).filter((c) => shut.has(c));
    if (chain.length) { chain.forEach((c) => shut.delete(c)); arrange(); }
    show(boxes.get(id));
    tell(id, data.boxes[id].lines[0]);
    found.textContent = `${current + 1} of ${hits.length}`;
  }
  search.addEventListener("input", look);
  search.addEventListener("keydown", (event) => {
    if (event.key === "Enter") { event.preventDefault(); next(event.shiftKey ? -1 : 1); }
    if (event.key === "Escape") { search.value = ""; look(); untell(); search.blur(); }
  });

  // ---- buttons and keys

  const keys = by("keys");
  const help = (open) => { keys.hidden = !open; by("help").setAttribute("aria-expanded", String(open)); };
  const theme = () => {
    const root = document.documentElement;
    root.dataset.theme = root.dataset.theme === "dark" ? "light" : "dark";
  };
  const actions = {
    collapse: () => shutAll(true), expand: () => shutAll(false), in: () => zoom(1.25), out: () => zoom(0.8), fit, theme,
    help: () => help(keys.hidden),
  };
  for (const [id, action] of Object.entries(actions)) by(id).addEventListener("click", action);
  function step(by) {
    const shown = all("g.box:not(.gone), g.label:not(.gone), g.shut");
    const at = shown.indexOf(document.activeElement);
    const middle = (g) => { const f = g.getBoundingClientRect(); return data.down ? f.top * 1e4 + f.left : f.left * 1e4 + f.top; };
    const here = at >= 0 ? document.activeElement : null;
    const order = shown.sort((a, b) => middle(a) - middle(b));
    order[Math.min(Math.max((here ? order.indexOf(here) : -1) + by, 0), order.length - 1)]?.focus();
  }
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target === search) return;
    const moves = { ArrowLeft: [60, 0], ArrowRight: [-60, 0], ArrowUp: [0, 60], ArrowDown: [0, -60] };
    if (event.key in moves) {
      event.preventDefault();
      if (event.shiftKey) { panX += moves[event.key][0]; panY += moves[event.key][1]; place(); }
      else step(event.key === "ArrowUp" || event.key === "ArrowLeft" ? -1 : 1);
      return;
    }
    const group = event.target.closest?.("g.label, g.shut");
    if (group && (event.key === "Enter" || event.key === " ")) {
      event.preventDefault();
      toggle(group.dataset.cluster, true);
      return;
    }
    const does = {
      "/": () => search.focus(), "+": actions.in, "=": actions.in, "-": actions.out, 0: fit, c: actions.collapse,
      e: actions.expand, t: theme, "?": actions.help, Escape: () => { help(false); untell(); document.activeElement.blur?.(); },
    }[event.key];
    if (does) { event.preventDefault(); does(); }
  });
  window.addEventListener("resize", place);
  arrange();
  fit();
})();
