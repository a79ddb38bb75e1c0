"""Reports of joins whose branches differ in size: the arithmetic of each branch, and edits that make them equal.

The edits are proposals: each is tried before it is published.
"""

from collections.abc import Iterator
from dataclasses import replace

from archc.diagnostics import Code, Diagnostic, Edit, Fix
from archc.elaborate.advice.claim_fixes import inputs_nearby
from archc.elaborate.graph_builder import GraphBuilder
from archc.elaborate.values import Wire
from archc.graph import Node
from archc.ops import Shape, hwc
from archc.ops.window import AXES
from archc.syntax import ast

MAX_STEPS = 6  # of a branch that are shown, the last ones


def with_branch_sizes(report: Diagnostic, join: ast.Join, ends: tuple[Wire, ...], graph: GraphBuilder) -> Diagnostic:
    """The report of a join of two values of other sizes with the arithmetic of both, and edits.

    ends: where each branch ends; of a join without branches, what flows in and the label that it is given.
    """
    nodes = [graph.index.get(wire.node or "") for wire in ends]
    one, other = (nodes[0], nodes[1]) if len(nodes) == 2 else (None, None)
    if report.code != Code.JOIN_MISMATCH or one is None or other is None or len(one.shape) != len(other.shape):
        return report
    if one.shape[1:] == other.shape[1:] or len(one.shape) < 2:
        return report
    paths = _paths(one, other, graph)
    notes = [f"branch {number}: {line}" for number, path in enumerate(paths, 1) for line in _arithmetic(path, graph)]
    if any(max(pair) >= 2 * min(pair) for pair in zip(one.shape[1:], other.shape[1:], strict=True)):
        return replace(report, notes=(*report.notes, *notes))  # a stride is missing or one too many
    fixes = (*_inputs(one, other, graph), *_cut(join, one, other))
    return replace(report, notes=(*report.notes, *notes), fixes=(*report.fixes, *fixes))


def _paths(one: Node, other: Node, graph: GraphBuilder) -> tuple[list[Node], list[Node]]:
    """The layers of each branch since their last common value, first to last, along the first inputs."""
    first, second = _back(one, graph), _back(other, graph)
    shared = {node.name for node in first} & {node.name for node in second}
    paths = [[node for node in path if node.name not in shared] for path in (first, second)]
    return paths[0][::-1], paths[1][::-1]


def _back(node: Node, graph: GraphBuilder) -> list[Node]:
    path = [node]
    while path[-1].inputs and (before := graph.index.get(path[-1].inputs[0])) is not None:
        path.append(before)
    return path


def _arithmetic(path: list[Node], graph: GraphBuilder) -> Iterator[str]:
    """The steps that change sizes: ``maxpool 2x2/2: ⌊(25 + 2·0 − 2)/2⌋ + 1 = 12``, and what is odd."""
    changing = [node for node in path if node.inputs and node.shape[1:] != node.input_shapes[0][1:]]
    for node in changing[-MAX_STEPS:]:
        rows = dict(node.op.explain(node.input_shapes, node.shape))
        lines: dict[str, list[str]] = {}
        for axis in AXES.get(len(node.shape) - 1, ()):
            if axis in rows:
                lines.setdefault(rows[axis], []).append(axis)
        sizes = "; ".join(f"{' and '.join(axes)} {line}" for line, axes in lines.items())
        yield f"{node.op.words()}: {sizes or f'{hwc(node.input_shapes[0])} → {hwc(node.shape)}'}"


def _inputs(one: Node, other: Node, graph: GraphBuilder) -> Iterator[Fix]:
    """The nearest sizes of the input, above and below, for which both are one."""

    def alike(shapes: dict[str, Shape]) -> bool:
        return shapes[one.name][1:] == shapes[other.name][1:]

    yield from inputs_nearby((one, other), graph.index, alike, even=True)


def _cut(join: ast.Join, one: Node, other: Node) -> Iterator[Fix]:
    """The larger cropped, or the smaller brought to its size by interpolation."""
    pairs = list(zip(one.shape[1:], other.shape[1:], strict=True))
    if not (all(n <= m for n, m in pairs) or all(n >= m for n, m in pairs)):
        return
    small, large = (0, 1) if all(n <= m for n, m in pairs) else (1, 0)
    sizes = ["x".join(map(str, node.shape[1:])) for node in (one, other)]
    for index, layer in ((large, f"crop {sizes[small]}"), (small, f"upsample to {sizes[large]}")):
        edit = _then(join, index, layer)
        if edit is not None:
            yield Fix(layer, (edit,))


def _then(join: ast.Join, index: int, layer: str) -> Edit | None:
    """The layer at the end of a branch; where the join has none, on what flows in, or on the label it is given."""
    if join.branches:
        branch = join.branches[index] if index < len(join.branches) else None
        return Edit(branch.span.after(), f" -> {layer}" if branch.body else f" {layer}") if branch is not None else None
    if index == 0:
        return Edit(join.call.span.before(), f"{layer} -> ")
    label = join.call.arguments[0].span.text if len(join.call.arguments) == 1 else None
    return Edit(join.call.span, f"{join.call.name} {{ | | {label} -> {layer} }}") if label is not None else None
