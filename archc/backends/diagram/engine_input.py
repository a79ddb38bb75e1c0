"""The DOT text for the layout engine: boxes of given sizes, without their text."""

from math import ceil

from archc.backends.diagram.measure import Size
from archc.backends.diagram.model import Box, Cluster, Drawing, Edge
from archc.backends.diagram.spine import spine
from archc.backends.diagram.text import width

POINTS = 72.0
TITLE = 11.0  # the font size of a cluster's title
MANY = 150  # boxes; beyond it Graphviz stops its search early: 600 tangled boxes take seconds, not minutes
HASTE = " nslimit=1 nslimit1=1 mclimit=0.2"
_COURIER = 0.6  # the width of each of its letters, in ems


def engine_dot(drawing: Drawing, sizes: dict[str, Size], *, down: bool = True) -> str:
    """The DOT text of a drawing whose boxes have these sizes."""
    limits = HASTE if len(sizes) > MANY else ""
    lines = [
        "digraph {",
        f"graph [rankdir={'TB' if down else 'LR'} nodesep=0.3 ranksep=0.3 newrank=true{limits}]",
        'node [shape=box fixedsize=true label=""]',
        "edge [arrowhead=none]",
    ]
    straight = spine(drawing)
    for child in drawing.children:
        _append_item(lines, child, sizes, straight)
    lines += [_edge_dot(edge, down) for edge in drawing.edges]
    return "\n".join([*lines, "}"])


def _append_item(lines: list[str], item: Box | Cluster, sizes: dict[str, Size], straight: set[str]) -> None:
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
        _append_item(lines, child, sizes, straight)
    lines.append("}")


def _edge_dot(edge: Edge, down: bool) -> str:
    if edge.back:
        return f"{edge.head.id} -> {edge.tail.id} [weight=6]"
    if edge.skip:
        return f"{edge.tail.id} -> {edge.head.id} [weight=0]"
    ports = "tailport=s headport=n" if down else "tailport=e headport=w"
    return f"{edge.tail.id} -> {edge.head.id} [weight=6 {ports}]"
