"""Networks side by side, a bar for each weighted layer: the picture called the revolution of depth."""

from collections.abc import Sequence
from dataclasses import dataclass

from archc.analysis.cost import totals
from archc.analysis.figures import human
from archc.backends.diagram.legend import titled
from archc.backends.diagram.model import Color
from archc.backends.diagram.scene import Group, Rect, Scene, Shape, Text
from archc.backends.diagram.text import clean, fitted, width
from archc.backends.diagram.theme import CATEGORIES
from archc.backends.diagram.words import paper_words, shape_words
from archc.graph import Graph

TALL = 1150.0  # points for the deepest net
THICKEST, THINNEST = 19.0, 1.6
LEAST_READ = 9.0  # a bar of this height can be read
COLUMN, GAP = 128.0, 46.0
HEAD = 62.0


@dataclass(frozen=True, slots=True)
class _Bar:
    text: str
    color: Color
    size: str
    """What flows out, where it is not what flowed in."""


def bars_scene(nets: Sequence[tuple[str, Graph]], title: str | None) -> Scene:
    """nets: what each is called, and its graph."""
    columns = [(clean(name), graph, _bars(graph)) for name, graph in nets]
    wide = max(COLUMN, *(width(bar.text, 11) + 18 for _, _, bars in columns for bar in bars))
    shapes: list[Shape] = []
    colors: set[Color] = set()
    for place, (name, graph, bars) in enumerate(columns):
        x = place * (wide + GAP)
        shapes += _head(name, graph, x + wide / 2, wide + GAP - 6)
        shapes.append(Group("net", _column(bars, x, wide), {"name": name}))
        colors.update(bar.color for bar in bars)
    high = HEAD + max(_step(bars) * len(bars) for _, _, bars in columns)
    entries: list[tuple[str, str]] = [(kind, words) for kind, words in CATEGORIES.items() if kind in colors]
    told = "; ".join(f"{name}: {totals(graph).depth} weighted layers" for name, graph, _ in columns)
    across = len(columns) * (wide + GAP) - GAP + 34
    return titled(shapes, across, high, clean(title or "", 120), "", entries, told)


def _step(bars: Sequence[_Bar]) -> float:
    return max(THINNEST, min(THICKEST, TALL / max(len(bars), 1)))


def _head(name: str, graph: Graph, middle: float, room: float) -> list[Shape]:
    figures = totals(graph)
    return [
        Text(middle, 14, fitted(name, room, 14, bold=True), 14, "ink", bold=True, anchor="middle"),
        Text(middle, 30, f"{figures.depth} layers", 11.5, "ink", anchor="middle"),
        Text(middle, 45, f"{human(figures.params)} params", 10.5, "muted", anchor="middle"),
    ]


def _column(bars: Sequence[_Bar], x: float, wide: float) -> list[Shape]:
    step = _step(bars)
    gap = min(2.5, step * 0.22)
    shapes: list[Shape] = []
    last = -100.0
    for place, bar in enumerate(bars):
        y = HEAD + place * step
        narrow = 0.2 * wide if bar.color == "pool" else 0.0
        rect = Rect(
            x + narrow / 2,
            y,
            wide - narrow,
            step - gap,
            f"{bar.color}-fill",
            f"{bar.color}-line",
            min(3.0, step / 5),
            0.8,
        )
        rect.thick = 0.8 if step > 4 else 0.4
        shapes.append(rect)
        if step >= LEAST_READ:
            size = min(11.0, step * 0.62)
            baseline = y + (step - gap) / 2 + size * 0.36
            shapes.append(Text(x + wide / 2, baseline, bar.text, size, "ink", anchor="middle"))
        if bar.size and y - last > 9.5:
            shapes.append(Text(x + wide + 4, y + (step - gap) / 2 + 3, bar.size, 8.5, "muted"))
            last = y
    return shapes


def _bars(graph: Graph) -> list[_Bar]:
    """The weighted layers and pools on the longest way through the net, as depth is counted."""
    best: dict[str, int] = {}
    before: dict[str, str | None] = {}
    for node in graph.inference_nodes:
        source = max(node.inputs, key=lambda name: best[name], default=None)
        best[node.name] = (best[source] if source is not None else 0) + (node.op.category in ("conv", "fc"))
        before[node.name] = source
    name: str | None = next((o.node for o in graph.outputs if not o.train_only), None)
    way = []
    while name is not None:
        way.append(graph[name])
        name = before[name]
    found = []
    size: tuple[int, ...] = ()
    for node in reversed(way):
        if node.op.category not in ("conv", "fc", "pool"):
            continue
        text = clean(paper_words(node.op, node.input_shapes, node.shape))
        changed = node.shape[1:] != size and len(node.shape) > 1
        found.append(_Bar(text, node.op.category, shape_words(node.shape).rpartition("×")[0] if changed else ""))
        size = node.shape[1:]
    return found
