"""Networks side by side, a bar for each weighted layer: the figure known as the revolution of depth."""

from collections.abc import Sequence

from archc.analysis.cost import longest_path, totals
from archc.analysis.figures import human
from archc.backends.diagram.footnotes import by_net, footnotes, kind_counts, kinds
from archc.backends.diagram.legend import LEAST, titled
from archc.backends.diagram.model import Color
from archc.backends.diagram.notation import shape_text
from archc.backends.diagram.scene import Group, Rect, Scene, Shape, Text
from archc.backends.diagram.text import clean, fitted, width
from archc.backends.diagram.theme import CATEGORIES
from archc.graph import Graph, Node
from archc.records import dataclass

TALL = 1150.0  # points for the deepest net, or more where its bars could not be read
THICKEST, THINNEST = 19.0, 9.2  # the thinnest has words of 5.7 points
COLUMN, GAP = 128.0, 46.0
HEAD = 62.0


@dataclass(frozen=True, slots=True)
class _Bar:
    text: str
    color: Color
    size: str
    """The output size, where it differs from the input size; else ""."""


def bars_scene(nets: Sequence[tuple[str, Graph]], title: str | None, legend: bool = True) -> Scene:
    """The picture. nets: (name, graph) of each."""
    ways = [(clean(name), graph, _main_path(graph)) for name, graph in nets]
    columns = [(name, graph, _bars(way)) for name, graph, way in ways]
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
    description = "; ".join(f"{name}: {totals(graph).depth} weighted layers" for name, graph, _ in columns)
    across = len(columns) * (wide + GAP) - GAP + 34
    below, high = footnotes(_notes(ways), high + 4, max(across, LEAST))
    shapes += below
    return titled(shapes, across, high, clean(title or "", 120), "", entries if legend else [], description)


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
        shapes.append(rect)
        size = min(11.0, step * 0.62)
        baseline = y + (step - gap) / 2 + size * 0.36
        shapes.append(Text(x + wide / 2, baseline, bar.text, size, "ink", anchor="middle"))
        if bar.size:
            shapes.append(Text(x + wide + 4, y + (step - gap) / 2 + 3, bar.size, min(8.5, step * 0.78), "muted"))
    return shapes


def _main_path(graph: Graph) -> list[Node]:
    """The longest path from an input to the first output."""
    return longest_path(graph.inference_nodes, next(output.node for output in graph.outputs if not output.train_only))


def _has_bar(node: Node) -> bool:
    """Whether papers list the layer in tables: weighted layers, pools, LRN."""
    return node.op.tabled


def _bars(way: Sequence[Node]) -> list[_Bar]:
    found = []
    size: tuple[int, ...] = ()
    for node in filter(_has_bar, way):
        text = clean(node.op.caption(node.input_shapes, node.shape))
        changed = node.shape[1:] != size and len(node.shape) > 1
        found.append(_Bar(text, node.op.category, shape_text(node.shape).rpartition("×")[0] if changed else ""))
        size = node.shape[1:]
    return found


def _notes(nets: Sequence[tuple[str, Graph, list[Node]]]) -> list[str]:
    """Notes on what has no bar: kinds of layers on the paths, and for each net the layers off its path."""
    lines = []
    between = kinds(node for _, _, way in nets for node in way if not _has_bar(node))
    if between:
        lines.append(f"Not drawn: {between}.")
    texts = []
    for name, graph, way in nets:
        on_path = {node.name for node in way}
        inference = {node.name for node in graph.inference_nodes}
        off = kind_counts(node for node in graph.inference_nodes if node.name not in on_path)
        training = kind_counts(node for node in graph.nodes if node.name not in inference)
        text = f"Beside the longest path, counted in the parameters but not drawn: {off}." if off else ""
        text += f" For training only, neither counted nor drawn: {training}." if training else ""
        texts.append((name, text.strip()))
    return [*lines, *by_net(texts)]
