"""A net as one HTML file. It fetches nothing and has no links; names are escaped."""

import json
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from archc.analysis.cost import cost
from archc.analysis.receptive_field import receptive_fields, sizes_text
from archc.backends.diagram.draw import EASY, DrawOptions, draw
from archc.backends.diagram.graph import graph_scene, shown
from archc.backends.diagram.layout import Layout, layout
from archc.backends.diagram.legend import MARGIN, entries
from archc.backends.diagram.measure import line_height
from archc.backends.diagram.model import Box, Cluster, Drawing
from archc.backends.diagram.notation import shape_text
from archc.backends.diagram.spline_routes import frame
from archc.backends.diagram.subtitle import subtitle
from archc.backends.diagram.svg import escaped, number, shapes
from archc.backends.diagram.text import clean
from archc.backends.diagram.theme import CATEGORIES, FONT, THEMES
from archc.diagnostics import Diagnostic
from archc.graph import Graph

FOLDER = Path(__file__).parent / "page"
LONGEST = 240
POLICY = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:"


@cache
def _part(name: str) -> str:
    return (FOLDER / name).read_text(encoding="utf-8")


def page(
    graph: Graph,
    options: DrawOptions,
    theme: str = "light",
    engine: str = "auto",
    down: bool = True,
    problems: Sequence[Diagnostic] = (),
) -> str:
    """The text of an .html file. Raises TooManyBoxes and EngineError."""
    drawing = draw(graph, replace(options, long=EASY), problems=problems)  # its readers close blocks themselves
    places = layout(drawing, down=down, engine=engine)
    scene = graph_scene(drawing, places, bare=True)
    net = "\n".join(shapes(scene, lambda attribute, name: f' {attribute}="var(--{name})"'))
    values = {
        "POLICY": POLICY,
        "TITLE": escaped(drawing.title),
        "FACTS": escaped(subtitle(graph)),
        "THEME": theme,
        "COLORS": _colors(),
        "FONT": FONT,
        "STYLE": _part("page.css"),
        "LEGEND": _legend(drawing),
        "WIDTH": number(scene.width),
        "HEIGHT": number(scene.height),
        "DATA": _embedded(_data(graph, drawing, places)),
        "SCRIPT": _part("page.js"),
        "NET": net,
    }
    pieces = _part("page.html").split("@@")
    return "".join(values[piece] if place % 2 else piece for place, piece in enumerate(pieces))


def _embedded(data: dict[str, Any]) -> str:
    """JSON for a script element: <, > and & are escaped in its strings, so that none can end the element."""
    text = json.dumps(data, ensure_ascii=True, separators=(",", ":"), sort_keys=True)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _colors() -> str:
    rules = []
    for name, theme in THEMES.items():
        colors = ";".join(f"--{key}:{value}" for key, value in theme.colors.items())
        rules.append(f':root[data-theme="{name}"]{{{colors};color-scheme:{name}}}')
    return "\n".join(rules)


def _legend(drawing: Drawing) -> str:
    return "".join(f"<li>{_sample(kind)}{escaped(words)}</li>" for kind, words in entries(drawing))


def _sample(kind: str) -> str:
    if kind in CATEGORIES:
        return f'<i style="background:var(--{kind}-fill);border-color:var(--{kind}-line)"></i>'
    color = {"train": "edge", "skip": "skip"}.get(kind, kind)
    return f'<i class="{kind}" style="border-color:var(--{color})"></i>'


def _data(graph: Graph, drawing: Drawing, places: Layout) -> dict[str, Any]:
    seen = receptive_fields(graph)
    layers = {}
    for node in graph.nodes:
        one = cost(node)
        layers[node.name] = {
            "layer": clean(node.op.words(), LONGEST),
            "in": [shape_text(shape) for shape in node.input_shapes],
            "out": shape_text(node.shape),
            "params": one.params,
            "macs": one.macs,
            "field": sizes_text(seen[node.name]),
            "line": node.span.line,
            "file": clean(node.span.source.name, 80),
            "source": clean(node.span.source.line(node.span.line), LONGEST),
            "sums": [
                [{"macs": "MACs"}.get(what, clean(what)), clean(sums, LONGEST, font=False)]
                for what, sums in node.op.explain(node.input_shapes, node.shape)
            ],
        }
    boxes: dict[str, Any] = {}
    clusters: dict[str, Any] = {}
    dx, dy = _moved(places)
    for child in drawing.children:
        _collect(child, None, places, (dx, dy), boxes, clusters)
    return {"down": places.down, "layers": layers, "boxes": boxes, "clusters": clusters}


def _moved(places: Layout) -> tuple[float, float]:
    """The offset from the layout's coordinates to the scene's."""
    return MARGIN - places.left, -places.top


def _collect(
    item: Box | Cluster,
    parent: str | None,
    places: Layout,
    moved: tuple[float, float],
    boxes: dict[str, Any],
    clusters: dict[str, Any],
) -> None:
    if isinstance(item, Box):
        left, top, right, bottom = frame(item, places)
        size = places.sizes[item.id]
        x, y = places.centres[item.id]
        room = [x - size.room_width / 2, y - size.room_height / 2, x + size.room_width / 2, y + size.room_height / 2]
        boxes[item.id] = {
            "name": clean(item.name, LONGEST),
            "kind": item.kind,
            "cluster": parent,
            "count": item.count,
            "frame": _shifted([left, top, right, bottom], moved),
            "room": _shifted(room, moved),
            "lines": [[line.text, line.node, line_height(line)] for line in shown(item, places)],
            "nodes": item.nodes if item.kind == "block" else [line.node for line in item.lines],
        }
        return
    clusters[item.id] = {
        "name": clean(item.name, LONGEST),
        "title": item.title or clean(item.name.rpartition(".")[2]),
        "call": item.call,
        "count": item.count,
        "parent": parent,
        "frame": _shifted(list(places.frames[item.id]), moved),
    }
    for child in item.children:
        _collect(child, item.id, places, moved, boxes, clusters)


def _shifted(values: list[float], moved: tuple[float, float]) -> list[float]:
    return [round(value + moved[place % 2], 2) for place, value in enumerate(values)]
