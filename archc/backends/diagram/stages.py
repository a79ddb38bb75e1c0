"""The rows of a paper's table: each stage of a net with its output size and its layers."""

from collections.abc import Iterable, Sequence

from archc.analysis.cost import Cost, cost, longest_path
from archc.analysis.fold import Part
from archc.analysis.tree import total
from archc.backends.diagram.block_names import unwrapped
from archc.backends.diagram.model import Box
from archc.backends.diagram.notation import is_main, shape_text
from archc.backends.diagram.outline import Outline, outline
from archc.backends.diagram.place import BoxOptions, Placer, Uses
from archc.graph import Graph, Node
from archc.ops import Shape
from archc.records import dataclass

MOST_ROWS = 5
Layers = tuple[Node, ...]  # a layer with a line of its own, and the layers after it that share the line


@dataclass(frozen=True, slots=True)
class Stack:
    """Lines of a cell. times: the number behind the brackets; 0 for lines without brackets."""

    lines: tuple[str, ...]
    times: int = 0


@dataclass(frozen=True, slots=True)
class Stage:
    """One row.

    called: its label in the source; "" without one. name: its label or a generated name. shapes: the output,
    `6×6×256 → 9216` where it is flattened. off_path: its layers that are not on the longest path of their block, which
    `what` does not list. unlisted: its layers on that path that `what` does not list.
    """

    called: str
    name: str
    shape: Shape
    shapes: str
    what: tuple[Stack, ...]
    cost: Cost
    train_only: bool
    off_path: Layers
    unlisted: Layers

    @property
    def size(self) -> str:
        """The output size as tables write it: `56×56`, `1×1`."""
        return "×".join(map(str, self.shape[1:])) if len(self.shape) > 1 else "1×1"


def stages(graph: Graph, *, full: bool) -> list[Stage]:
    """The rows of a net, without its input. full: with activations, norms and joins, which papers leave out."""
    tree = outline(graph)
    placer = Placer(tree, BoxOptions("all"), {}, Uses(graph))
    parts = {part.item.name: part for part in unwrapped(tree.parts)}
    items = placer.place(1)
    return [_stage(item, parts, tree, full) for item in items if isinstance(item, Box) and item.kind != "input"]


def _stage(box: Box, parts: dict[str, Part], tree: Outline, full: bool) -> Stage:
    graph = tree.graph
    nodes = [graph[name] for name in box.nodes]
    part = parts.get(box.name)
    scope = part is not None and part.node is None
    called = box.name.rpartition(".")[2]
    if part is not None and scope:
        what, on_path, listed = _cell_of_block(part, tree, box, full)
        own = set(part.nodes)
        after = tuple(node for node in nodes if node.name not in own)  # in its box, behind the block
        on_path |= {node.name for node in after}
        if after and full:
            what = (*what, Stack((_line(after, full, short=False),)))
            listed |= {node.name for node in after}
    else:
        what, on_path, listed = _cell_of_layers(box, graph, full)
    norms = [node for node in nodes if node.op.tabled and not is_main(node.op)]
    if norms and not full and any(line.text == norms[0].op.titled() for line in box.lines):
        what = (*what, Stack((norms[0].op.titled(),)))
        listed |= {node.name for node in norms}
    return Stage(
        box.label or (called if scope and not called.isdigit() else ""),
        ".".join(box.name.split(".")[-2:]) if called.isdigit() else called,
        next((node.shape for node in reversed(nodes) if not _is_vector_view(node)), nodes[-1].shape),
        box.shape or shape_text(nodes[-1].shape),
        what,
        total(map(cost, nodes)),
        box.train_only,
        tuple(node for node in nodes if node.name not in on_path),
        tuple(node for node in nodes if node.name in on_path and node.name not in listed),
    )


Cell = tuple[tuple[Stack, ...], set[str], set[str]]  # the cell; the layers on the longest path; those that are listed


def _cell_of_layers(box: Box, graph: Graph, full: bool) -> Cell:
    """The layers of one box. full: all on one line; else a line for each main layer."""
    heads = [line for line in box.lines if not line.minor] or box.lines[:1]
    lines = (" · ".join(line.text for line in box.lines),) if full else tuple(line.text for line in heads)
    listed = set(box.nodes) if full else {line.node for line in heads}
    return (Stack(lines, box.count if box.count > 1 else 0),), set(box.nodes), listed


def _cell_of_block(part: Part, tree: Outline, box: Box, full: bool) -> Cell:
    """The layers of a block in brackets with its number of repetitions; its call where they exceed MOST_ROWS."""
    found: list[Stack] = []
    on_path: set[str] = set()
    listed: set[str] = set()
    single: Layers = ()
    for one in _instances(part):
        rows = [row for row in _rows(one, tree.graph) if full or is_main(row[0].op)]
        if not rows or len(rows) > MOST_ROWS:
            words = [line.text for line in box.lines if line.text]
            call = Stack((words[1] if len(words) > 2 else words[0],), box.count if box.count > 1 else 0)
            return (call,), set(box.nodes), set(box.nodes)
        single = rows[0]
        lines = tuple(_line(row, full) for row in rows)
        if found and found[-1].lines == lines:
            found[-1] = Stack(lines, found[-1].times + one.count)
        else:
            found.append(Stack(lines, one.count))
        way = [node.name for row in rows for node in row]
        on_path |= _in_each(one, way)
        listed |= _in_each(one, way if full else [row[0].name for row in rows])
    if len(found) == 1 and found[0].times == 1:
        lines = (_line(single, full, short=False),) if len(found[0].lines) == 1 else found[0].lines
        return (Stack(lines),), on_path, listed
    return tuple(found), on_path, listed


def _instances(part: Part) -> list[Part]:
    """The rounds of a repetition; the part itself if it is none."""
    inner = part
    while len(inner.parts) == 1 and inner.parts[0].node is None and inner.count == 1:
        inner = inner.parts[0]
    if inner.count == 1 and inner.parts and all(c.name.isdigit() and c.node is None for c in inner.parts):
        return inner.parts
    return [inner]


def _in_each(part: Part, names: Iterable[str]) -> set[str]:
    """These layers of the first repetition, and their counterparts in the others."""
    each = len(part.nodes) // part.count
    places = {name: place for place, name in enumerate(part.nodes[:each])}
    return {part.nodes[places[name] + each * turn] for name in names for turn in range(part.count)}


def _rows(part: Part, graph: Graph) -> tuple[Layers, ...]:
    """The longest path through one repetition: a row for each conv, fc and pool with the layers after it.

    () where more than two branches meet.
    """
    nodes = [graph[name] for name in part.nodes[: len(part.nodes) // part.count]]
    if any(len(node.inputs) > 2 for node in nodes):
        return ()
    rows: list[list[Node]] = []
    for node in longest_path(nodes, nodes[-1].name):
        if not rows or is_main(node.op):
            rows.append([])
        rows[-1].append(node)
    return tuple(map(tuple, rows))


def _line(row: Sequence[Node], full: bool, short: bool = True) -> str:
    """`3×3, 64 · BN · ReLU`; not full: `3×3, 64`. short: without the layer's kind, as in tables of convolutions."""
    shown = row if full else row[:1]
    return " · ".join((node.op.cell if short else node.op.caption)(node.input_shapes, node.shape) for node in shown)


def _is_vector_view(node: Node) -> bool:
    """Whether it only flattens a map."""
    return node.op.view and len(node.shape) == 1
