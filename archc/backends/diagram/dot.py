"""A drawing as Graphviz DOT: a file that stands alone, and the bare boxes that are laid out.

Labels are plain or record labels, never HTML ones; what is special in them is escaped.
"""

from math import ceil

import graphviz

from archc.backends.diagram.measure import Size
from archc.backends.diagram.model import Box, Cluster, Drawing, Edge
from archc.backends.diagram.spine import spine
from archc.backends.diagram.text import width
from archc.backends.diagram.theme import Theme

POINTS = 72.0
TITLE = 11.0  # the font size of a cluster's title
_COURIER = 0.6  # the width of each of its letters, in ems
_MARKS = {"error": "error", "added": "added", "removed": "removed", "changed": "changed"}


def _escaped(text: str, special: str = "") -> str:
    shown = text.replace("\\", "\\\\").replace("&", "&amp;")
    for sign in special:
        shown = shown.replace(sign, f"\\{sign}")
    return shown


def dot(drawing: Drawing, theme: Theme, *, down: bool = True) -> str:
    """The text of a .dot file, which any Graphviz draws."""
    graph = graphviz.Digraph(
        "net",
        graph_attr={
            "rankdir": "TB" if down else "LR",
            "label": graphviz.nohtml(_escaped(drawing.title)),
            "labelloc": "t",
            "fontname": "Helvetica",
            "fontsize": "16",
            "fontcolor": theme["ink"],
            "bgcolor": theme["paper"],
            "nodesep": "0.3",
            "ranksep": "0.32",
        },
        node_attr={"shape": "record", "style": "filled", "fontname": "Helvetica", "fontsize": "11"},
        edge_attr={"fontname": "Helvetica", "fontsize": "9", "arrowsize": "0.7"},
    )
    for child in drawing.children:
        _full(graph, child, theme, down)
    for edge in drawing.edges:
        color = theme["skip"] if edge.skip else theme["edge"]
        style = "dashed" if edge.train_only else "solid"
        shape = edge.tail.shape if not edge.skip else ""
        attributes = {"color": color, "style": style, "fontcolor": theme["muted"]}
        if shape:
            attributes["label"] = graphviz.nohtml(f" {_escaped(shape)}")
        if edge.skip:
            attributes |= {"penwidth": "1.6", "weight": "0"}
        graph.edge(edge.tail.id, edge.head.id, **attributes)
    return str(graph.source)


def _full(graph: graphviz.Digraph, item: Box | Cluster, theme: Theme, down: bool) -> None:
    if isinstance(item, Box):
        graph.node(item.id, **_node(item, theme, down))
        return
    with graph.subgraph(name=f"cluster_{item.id}") as inside:
        inside.attr(
            label=graphviz.nohtml(_escaped(cluster_label(item))),
            labeljust="l",
            fontsize="11",
            style="rounded,filled",
            color=theme[_MARKS[item.mark]] if item.mark else theme["cluster-line"],
            fillcolor=theme["cluster"],
            fontcolor=theme["ink"],
        )
        for child in item.children:
            _full(inside, child, theme, down)


def cluster_label(item: Cluster) -> str:
    """`conv2_x  basic(64)  ×3`"""
    times = f"×{item.count}" if item.count > 1 else ""
    return "  ".join(part for part in (item.title, item.call, times) if part)


def _node(box: Box, theme: Theme, down: bool) -> dict[str, str]:
    fields = [line.text + (f" ({line.note})" if line.note else "") for line in box.lines]
    if box.count > 1:
        fields[0] += f"  ×{box.count}"
    label = "|".join(_escaped(text, "{}|<> ") for text in fields)
    error = box.kind == "error" or box.mark
    return {
        "label": graphviz.nohtml(f"{{{label}}}" if down else label),
        "fillcolor": theme["error-fill"] if box.kind == "error" else theme[f"{box.color}-fill"],
        "color": theme[_MARKS[box.mark or "error"]] if error else theme[f"{box.color}-line"],
        "fontcolor": theme["ink"],
        "style": "filled,dashed" if box.train_only or box.kind == "ghost" else "filled",
    }


# ---- what the engine lays out


def bare(drawing: Drawing, sizes: dict[str, Size], *, down: bool = True, beside: tuple[tuple[str, ...], ...] = ()) -> str:
    """Boxes of given sizes without words. beside: groups of boxes that stand in one rank."""
    lines = [
        "digraph {",
        f"graph [rankdir={'TB' if down else 'LR'} nodesep=0.3 ranksep=0.3 newrank=true]",
        'node [shape=box fixedsize=true label=""]',
        "edge [arrowhead=none]",
    ]
    straight = spine(drawing)
    for child in drawing.children:
        _bare(lines, child, sizes, straight)
    lines += [f"{{rank=same; {'; '.join(group)}}}" for group in beside]
    lines += [_bare_edge(edge, down) for edge in drawing.edges]
    return "\n".join([*lines, "}"])


def _bare(lines: list[str], item: Box | Cluster, sizes: dict[str, Size], straight: set[str]) -> None:
    if isinstance(item, Box):
        size = sizes[item.id]
        group = " group=spine" if item.id in straight else ""
        lines.append(f"{item.id} [width={size.room_width / POINTS:.4f} height={size.room_height / POINTS:.4f}{group}]")
        return
    room = width(item.title, TITLE, bold=True) + width(item.call, TITLE) + 46
    letters = "x" * max(1, ceil(room / (_COURIER * TITLE)))
    lines.append(f"subgraph cluster_{item.id} {{")
    lines.append(f'graph [margin=11 labeljust=l fontname=Courier fontsize={TITLE:g} label="{letters}"]')
    for child in item.children:
        _bare(lines, child, sizes, straight)
    lines.append("}")


def _bare_edge(edge: Edge, down: bool) -> str:
    if edge.back:
        return f"{edge.head.id} -> {edge.tail.id} [weight=6]"
    if edge.skip:
        return f"{edge.tail.id} -> {edge.head.id} [weight=0]"
    ports = "tailport=s headport=n" if down else "tailport=e headport=w"
    return f"{edge.tail.id} -> {edge.head.id} [weight=6 {ports}]"
