"""A net by the rows of its paper's table: a stage, what comes out of it, and what it is made of."""

import re
from dataclasses import dataclass

from archc.analysis.cost import Cost, cost
from archc.analysis.tree import total
from archc.backends.diagram.called import unwrapped
from archc.backends.diagram.model import Box
from archc.backends.diagram.outline import Outline, Part, outline
from archc.backends.diagram.place import Placer, Uses, Wanted
from archc.backends.diagram.words import SHORT, paper_words, shape_words
from archc.graph import Graph, Node
from archc.ops import Shape

MOST_ROWS = 5


@dataclass(frozen=True, slots=True)
class Stack:
    """Lines of a cell. times: how often, in brackets; 0 for lines without brackets."""

    lines: tuple[str, ...]
    times: int = 0


@dataclass(frozen=True, slots=True)
class Stage:
    """One row. called: its name in the source, or nothing for a layer without a label. name: its own in any case."""

    called: str
    name: str
    shape: Shape
    what: tuple[Stack, ...]
    cost: Cost
    train_only: bool

    @property
    def size(self) -> str:
        """The output size as tables have it: `56×56`, `1×1`."""
        return "×".join(map(str, self.shape[1:])) if len(self.shape) > 1 else "1×1"

    @property
    def whole(self) -> str:
        return shape_words(self.shape)


def stages(graph: Graph) -> list[Stage]:
    """The rows of a net, its input left out."""
    tree = outline(graph)
    placer = Placer(tree, Wanted(), {}, Uses(graph))
    parts = {part.full: part for part in unwrapped(tree.parts)}
    items = placer.place(1)
    return [_stage(item, parts, tree) for item in items if isinstance(item, Box) and item.kind != "input"]


def _stage(box: Box, parts: dict[str, Part], tree: Outline) -> Stage:
    graph = tree.graph
    nodes = [graph[name] for name in box.nodes]
    part = parts.get(box.name)
    scope = part is not None and part.node is None
    called = box.name.rpartition(".")[2]
    what = _made_of(part, tree, box) if part is not None and scope else (_plain(box),)
    if any(line.text == SHORT["lrn"] for line in box.lines):  # the one norm that a paper's table has a line for
        what = (*what, Stack((SHORT["lrn"],)))
    return Stage(
        box.label or (called if scope and not called.isdigit() else ""),
        ".".join(box.name.split(".")[-2:]) if called.isdigit() else called,
        next((node.shape for node in reversed(nodes) if node.op.name != "flatten"), nodes[-1].shape),
        what,
        total(map(cost, nodes)),
        box.train_only,
    )


def _plain(box: Box) -> Stack:
    lines = [line.text for line in box.lines if not line.minor] or [box.lines[0].text]
    return Stack(tuple(lines), box.count if box.count > 1 else 0)


def _made_of(part: Part, tree: Outline, box: Box) -> tuple[Stack, ...]:
    """The layers of a block in brackets, as often as it is repeated; its call where that would be a list."""
    found: list[Stack] = []
    for one in _instances(part):
        rows = _rows(one, tree.graph)
        if not rows or len(rows) > MOST_ROWS:
            words = [line.text for line in box.lines if line.text]
            return (Stack((words[1] if len(words) > 2 else words[0],), box.count if box.count > 1 else 0),)
        if found and found[-1].lines == rows:
            found[-1] = Stack(rows, found[-1].times + one.count)
        else:
            found.append(Stack(rows, one.count))
    if len(found) == 1 and found[0].times == 1 and len(found[0].lines) == 1:
        node = next(tree.graph[name] for name in part.nodes if tree.graph[name].op.category in ("conv", "fc", "pool"))
        return (Stack((paper_words(node.op, node.input_shapes, node.shape),)),)
    if len(found) == 1 and found[0].times == 1:
        return (Stack(found[0].lines),)
    return tuple(found)


def _instances(part: Part) -> list[Part]:
    """The repetitions of a repeat; else the part itself."""
    inner = part
    while len(inner.children) == 1 and inner.children[0].node is None and inner.count == 1:
        inner = inner.children[0]
    if inner.count == 1 and inner.children and all(c.name.isdigit() and c.node is None for c in inner.children):
        return inner.children
    return [inner]


def _rows(part: Part, graph: Graph) -> tuple[str, ...]:
    """The weighted layers on the longest way through one repetition; nothing where many branches meet."""
    nodes = [graph[name] for name in part.nodes[: len(part.nodes) // part.count]]
    if any(len(node.inputs) > 2 for node in nodes):
        return ()
    best: dict[str, tuple[int, tuple[str, ...]]] = {}
    longest: tuple[int, tuple[str, ...]] = (0, ())
    for node in nodes:
        before = max((best[name] for name in node.inputs if name in best), key=lambda way: way[0], default=(0, ()))
        weighty = node.op.category in ("conv", "fc", "pool") and node.shape[1:] != (1,) * (len(node.shape) - 1)
        weighty = weighty or node.op.category == "fc"
        best[node.name] = (before[0] + 1, (*before[1], _short(node))) if weighty else before
        longest = max(longest, best[node.name], key=lambda way: way[0])
    return longest[1]


def _short(node: Node) -> str:
    """`3×3, 64`: in a table of convolutions their name and stride go without saying."""
    words = paper_words(node.op, node.input_shapes, node.shape)
    if node.op.name not in ("conv", "dwconv"):
        return words
    return re.sub(r", /[\d×]+", "", words).replace(" conv,", "," if node.op.name == "conv" else " conv,")
