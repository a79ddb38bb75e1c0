"""Feature maps as volumes on a log scale along the spine of a net, as figures of LeNet and AlexNet have them."""

from itertools import pairwise
from math import log2

from archc.analysis.cost import deepening
from archc.backends.diagram.draw import DrawOptions, draw
from archc.backends.diagram.footnotes import footnotes, kind_counts, kinds
from archc.backends.diagram.legend import LEAST, description, titled
from archc.backends.diagram.model import Box, Cluster, Drawing, Edge
from archc.backends.diagram.notation import shape_text
from archc.backends.diagram.place import LEVELS, BoxOptions
from archc.backends.diagram.scene import Command, Group, Path, Scene, Shape, Text, arrow, polyline
from archc.backends.diagram.spine import spine
from archc.backends.diagram.subtitle import subtitle
from archc.backends.diagram.text import width, wrapped
from archc.backends.diagram.theme import CATEGORIES
from archc.graph import Graph
from archc.ops import Shape as Sizes
from archc.records import dataclass

MOST = 24  # volumes; beyond, a coarser level
UNIT = 15.0  # points for each doubling
SLANT = 0.42  # how far back a point of width leads, right and up
LABEL = 10.0
ARC = 11.0  # between two skips that run over each other


@dataclass(slots=True, eq=False)
class Volume:
    """The output map of a box of layers. kernel: of its first layer, if it is a 2-D window."""

    box: Box
    shape: Sizes
    kernel: tuple[int, int] | None

    @property
    def high(self) -> float:
        return _scaled(self.shape[1]) if len(self.shape) > 1 else _scaled(self.shape[0]) * 1.1

    @property
    def deep(self) -> float:
        return _scaled(self.shape[2]) * SLANT if len(self.shape) > 2 else 3.0

    @property
    def wide(self) -> float:
        return _scaled(self.shape[0]) * 0.55 if len(self.shape) > 1 else 7.0


def _scaled(count: int) -> float:
    return 3.0 + UNIT * log2(1 + count)


def volumes_scene(graph: Graph, options: DrawOptions, legend: bool = True) -> Scene:
    """The picture; of a deep net at the level that has at most a page of volumes."""
    drawing, found = _found(graph, options)
    skips = _skips(drawing, found)
    base = max(volume.high + volume.deep for volume in found) + (ARC * len(skips) + 8 if skips else 0.0)
    shapes: list[Shape] = []
    x = 0.0
    ends: list[tuple[Volume, float]] = []
    first: set[int] = set()  # those that do not touch the one before them
    for group in _alike(found):
        volume = group[0]
        times = f" ×{len(group)}" if len(group) > 1 else ""
        words = wrapped(_words(volume) + times, 96.0, LABEL, most=3)
        label = max(width(shape_text(volume.shape), LABEL, bold=True), *(width(line, LABEL) for line in words))
        whole = volume.wide * len(group) + volume.deep
        room = max(whole, label) + 16
        left = x + (room - whole) / 2
        first.add(len(ends))
        ends += [(one, left + volume.wide * place) for place, one in enumerate(group)]
        shapes += [_block(one, start, base) for one, start in ends[-len(group) :]]
        middle = x + room / 2
        size = Text(middle, base + 17, shape_text(volume.shape), LABEL, "ink", bold=True, anchor="middle")
        lines = [
            Text(middle, base + 31 + 12 * i, line, LABEL, "muted", anchor="middle") for i, line in enumerate(words)
        ]
        shapes.append(Group("label", [size, *lines]))
        x += room
    shapes += [
        shape
        for place, ((one, left), (other, right)) in enumerate(pairwise(ends), 1)
        if place in first
        for shape in _window(one, left, other, right, base)
    ]
    shapes += _arcs(skips, ends, base)
    used = {volume.box.color for volume in found}
    entries: list[tuple[str, str]] = [
        (name, words) for name, words in CATEGORIES.items() if name in used and name != "input"
    ]
    entries += [("skip", "skip connection")] if skips else []
    line = f"{subtitle(graph)} · sizes to log scale"
    below, high = footnotes(_left_out(found, graph), base + 66, max(x, LEAST))
    shapes += below
    return titled(shapes, x, high, drawing.title, line, entries if legend else [], description(drawing))


def _alike(found: list[Volume]) -> list[list[Volume]]:
    """Neighbours of one shape made by the same words, which touch and have one label."""
    groups: list[list[Volume]] = []
    for volume in found:
        before = groups[-1][-1] if groups else None
        if before is not None and before.shape == volume.shape and _words(before) == _words(volume):
            groups[-1].append(volume)
        else:
            groups.append([volume])
    return groups


def _found(graph: Graph, options: DrawOptions) -> tuple[Drawing, list[Volume]]:
    levels = [options.level] if options.level else list(reversed(LEVELS))  # of a net with blocks, not by layers
    for place, level in enumerate(levels):
        drawing = draw(graph, DrawOptions(level, options.depth, options.unfold, options.title, BoxOptions("all")))
        main = spine(drawing, lambda edge: not _is_gate(edge, graph))
        found = [
            _volume(box, graph) for box in drawing.boxes() if box.id in main and box.kind != "output" and box.nodes
        ]
        clear = level != "layer" or not any(isinstance(item, Cluster) for item in drawing.children)
        if (clear and len(found) <= MOST) or place == len(levels) - 1:
            return drawing, found
    raise AssertionError("there is a last level")


def _is_gate(edge: Edge, graph: Graph) -> bool:
    """Whether an edge brings one value per channel to a join of maps."""
    join = graph[edge.head.nodes[0]] if edge.head.nodes else None
    if join is None or not set(join.inputs) & set(edge.tail.nodes):
        return False
    return not set(deepening(join)) & set(edge.tail.nodes)


def _left_out(found: list[Volume], graph: Graph) -> list[str]:
    """Notes on the layers that no volume shows: the others of its box, and those off the spine."""
    rest = kinds(graph[line.node] for volume in found for line in volume.box.lines[1:] if line.node in graph)
    lines = [f"Not drawn: {rest}."] if rest else []
    drawn = {name for volume in found for name in volume.box.nodes}
    inference = {node.name for node in graph.inference_nodes}
    beside = kind_counts(node for node in graph.inference_nodes if node.name not in drawn)
    if beside:
        lines.append(f"Beside the line of volumes, not drawn: {beside}.")
    training = kind_counts(node for node in graph.nodes if node.name not in inference and node.name not in drawn)
    return [*lines, f"For training only, not drawn: {training}."] if training else lines


def _volume(box: Box, graph: Graph) -> Volume:
    maps = [node for name in box.nodes if len((node := graph[name]).shape) > 1]
    last = (maps or [graph[box.nodes[-1]]])[-1]  # a map that is flattened in its box is still a map
    first = graph[box.nodes[0]]
    kernel = getattr(first.op, "kernel_size", None) if box.kind == "layers" else None
    sides = (kernel, kernel) if isinstance(kernel, int) else kernel
    window = sides if isinstance(sides, tuple) and len(sides) == 2 and len(first.input_shapes[0]) == 3 else None
    return Volume(box, last.shape, window)


def _words(volume: Volume) -> str:
    box = volume.box
    text = box.lines[0].text if box.kind != "block" else " ".join(line.text for line in box.lines if line.node)
    named = f"{box.label}: {text}" if box.label else text
    return f"{named} ×{box.count}" if box.count > 1 else named


def _block(volume: Volume, x: float, base: float) -> Group:
    """The front, the top and the side of a box that stands on `base`."""
    high, wide, deep = volume.high, volume.wide, volume.deep
    top, right = base - high, x + wide
    line, fill = f"{volume.box.color}-line", f"{volume.box.color}-fill"
    faces: list[list[tuple[float, float]]] = [
        [(x, top), (right, top), (right, base), (x, base)],
        [(x, top), (x + deep, top - deep), (right + deep, top - deep), (right, top)],
        [(right, top), (right + deep, top - deep), (right + deep, base - deep), (right, base)],
    ]
    shapes: list[Shape] = [Path(_closed(face), line, fill, 1.0) for face in faces]
    return Group("volume", shapes, {"name": volume.box.name}, f"{_words(volume)}\n{shape_text(volume.shape)}")


def _skips(drawing: Drawing, found: list[Volume]) -> list[tuple[int, int]]:
    """(from, to) of the skips between volumes, the shortest first."""
    place = {volume.box.id: number for number, volume in enumerate(found)}
    ends = {
        (place[edge.tail.id], place[edge.head.id])
        for edge in drawing.edges
        if edge.skip and edge.tail.id in place and edge.head.id in place
    }
    return sorted(ends, key=lambda pair: (pair[1] - pair[0], pair))


def _arcs(skips: list[tuple[int, int]], ends: list[tuple[Volume, float]], base: float) -> list[Shape]:
    """An arc for each skip, from the top of one volume to that of the other, above those between."""
    shapes: list[Shape] = []
    roofs: list[tuple[int, int, float]] = []
    for one, other in skips:
        top = max(volume.high + volume.deep for volume, _ in ends[one : other + 1]) + ARC
        top = max([top, *(roof + ARC for start, end, roof in roofs if start <= other and end >= one)])
        roofs.append((one, other, top))
        (tail, left), (head, right) = ends[one], ends[other]
        start = (left + (tail.wide + tail.deep) * 0.6, base - tail.high - tail.deep / 2)
        tip = (right + (head.wide + head.deep) * 0.4, base - head.high - head.deep / 2)
        points = [start, (start[0], base - top), (tip[0], base - top), (tip[0], tip[1] - 6)]
        shapes += [Path(polyline(points, 9.0), "skip", thick=1.6), arrow(tip, (0.0, 1.0), "skip")]
    return [Group("skips", shapes)] if shapes else []


def _closed(points: list[tuple[float, float]]) -> list[Command]:
    return [("M", points[0]), *(("L", point) for point in points[1:]), ("Z", ())]


def _window(one: Volume, left: float, other: Volume, right: float, base: float) -> list[Shape]:
    """The window of the next layer on the side of a map, and lines to the point that it produces."""
    if other.kernel is None or len(one.shape) != 3:
        return []
    share = [min(_scaled(k) / _scaled(n), 0.85) for k, n in zip(other.kernel, one.shape[1:], strict=True)]
    high, deep = one.high * share[0] * 0.6, one.deep * share[1] * 0.6
    x = left + one.wide + one.deep * 0.3
    y = base - one.deep * 0.3 - max(one.high * 0.42, high + 2.0)
    corners = [(x, y), (x + deep, y - deep), (x + deep, y - deep + high), (x, y + high)]
    tip = (right, base - other.high * 0.5)
    lines: list[Shape] = [
        Path([("M", corner), ("L", tip)], "muted", thick=0.7, dashed=True) for corner in (corners[1], corners[2])
    ]
    return [*lines, Path(_closed(corners), "ink", thick=1.0)]
