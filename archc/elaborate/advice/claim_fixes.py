"""Edits elsewhere in the source that would make a refuted statement true, found by arithmetic.

They are proposals: each is tried before it is published.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

from archc.diagnostics import Code, Diagnostic, Edit, Fix, Span
from archc.elaborate.advice.claim_errors import printed
from archc.elaborate.advice.size_fixes import set_argument
from archc.elaborate.claims import figure_holds, shape_holds
from archc.graph import Graph, Node
from archc.ops import Op, OpError, Shape, hwc
from archc.syntax import ast

MAX_INPUT_STEPS = 32  # sizes tried on either side of the input's own
MAX_WORK = 20_000  # layers measured anew for one refuted shape
INPUT_SIZES = re.compile(r"\d+(?:[x×]\d+)+")


def with_input_fixes(
    diagnostic: Diagnostic, stated: tuple[int, ...], node: Node | None, index: Mapping[str, Node]
) -> Diagnostic:
    """The report with the nearest input size for which the stated shape would hold."""
    if node is None or diagnostic.code != Code.SHAPE_REFUTED:
        return diagnostic
    found = inputs_nearby((node,), index, lambda shapes: shape_holds(stated, shapes[node.name]))
    fix = next(found, None)
    if fix is None:
        return diagnostic
    *others, last = diagnostic.fixes
    return diagnostic.with_fixes([*others[:2], fix, last])


def inputs_nearby(
    nodes: tuple[Node, ...], index: Mapping[str, Node], holds: Callable[[dict[str, Shape]], bool], even: bool = False
) -> Iterator[Fix]:
    """The nearest sizes of the one input of some nodes for which their shapes hold, and the nearest on the other side.

    even: sizes divisible by a power of two come first.
    """
    chain = _ancestors(nodes, index)
    entries = [other for other in chain if other.op.category == "input"]
    if len(entries) != 1 or len(entries[0].shape) < 2:
        return
    entry = entries[0]
    written = INPUT_SIZES.search(entry.span.text)
    if written is None or written.group().replace("×", "x") != hwc(entry.shape):
        return
    place = Span(entry.span.source, entry.span.start + written.start(), entry.span.start + written.end())
    sides: set[bool] = set()
    for shape in (*(_even(entry.shape) if even else ()), *_nearby(entry.shape, len(chain))):
        larger = shape > entry.shape
        if larger not in sides and _gives(shape, chain, holds):
            sides.add(larger)
            yield Fix(f"input {hwc(shape)}", (Edit(place, hwc(shape)),))
        if len(sides) > 1:
            return


def _ancestors(nodes: tuple[Node, ...], index: Mapping[str, Node]) -> list[Node]:
    """The nodes and all that they depend on, in the order of execution."""
    needed = {node.name for node in nodes}
    stack = [*nodes]
    while stack and len(needed) <= MAX_WORK:
        for name in stack.pop().inputs:
            if name not in needed and name in index:
                needed.add(name)
                stack.append(index[name])
    return [other for other in index.values() if other.name in needed]


def _nearby(shape: Shape, layers: int) -> Iterator[Shape]:
    channels, *sizes = shape
    steps = min(MAX_INPUT_STEPS, MAX_WORK // (2 * max(layers, 1)))
    for distance in range(1, steps + 1):
        for change in (distance, -distance):
            if min(sizes) + change > 0:
                yield (channels, *(size + change for size in sizes))


def _even(shape: Shape) -> Iterator[Shape]:
    """All sizes rounded up, and down, to multiples of 2, 4, 8, …"""
    channels, *sizes = shape
    for step in (2, 4, 8, 16, 32, 64):
        for rounded in ([-(-n // step) * step for n in sizes], [n // step * step for n in sizes]):
            if rounded != sizes and min(rounded) > 0:
                yield (channels, *rounded)


def _gives(entry: Shape, chain: list[Node], holds: Callable[[dict[str, Shape]], bool]) -> bool:
    shapes: dict[str, Shape] = {}
    try:
        for other in chain:
            inputs = tuple(shapes[name] for name in other.inputs)
            shapes[other.name] = other.op.output(inputs) if inputs else entry
    except (OpError, KeyError):
        return False
    return holds(shapes)


def with_group_fixes(
    diagnostic: Diagnostic, metric: str, computed: int, stated: ast.Stated, graph: Graph
) -> Diagnostic:
    """Add the usual causes of a wrong figure: `groups` given as channels of a group, biases before a norm."""
    if metric not in ("params", "macs") or diagnostic.code != Code.FIGURE_REFUTED:
        return diagnostic
    fixes = []
    for node in graph.inference_nodes[:MAX_WORK]:
        groups = getattr(node.op, "groups", 1)
        if not isinstance(groups, int) or groups < 2 or node.input_shapes[0][0] % groups:
            continue
        other = node.input_shapes[0][0] // groups
        changed = node.op.changed(groups=other)
        if other != groups and figure_holds(computed + _change(metric, node, changed), stated):
            fixes.append(set_argument(node.span, "groups", str(other)))
    notes = (*diagnostic.notes, *_bias_note(metric, computed, stated, graph))
    return replace(diagnostic, notes=notes, fixes=(*fixes[:2], *diagnostic.fixes))


def with_macs_fixes(diagnostic: Diagnostic, claim: ast.Expect, macs: int) -> Diagnostic:
    """Add `macs`, where the stated FLOPs are multiply-accumulates, or twice these, as papers print both."""
    stated, number = claim.stated, claim.stated.value
    if claim.metric != "flops" or diagnostic.code != Code.FIGURE_REFUTED or not isinstance(number, ast.Number):
        return diagnostic
    word = Edit(claim.metric_span, "macs")
    if figure_holds(macs, stated):
        note, fix = f"{macs:,} multiply-accumulates (`macs`) fit", Fix("write `macs`", (word,))
    elif figure_holds(2 * macs, stated):
        shown = printed(macs, number)
        about = Edit(stated.span, f"~{shown}" if stated.approximate else shown)
        note = f"twice the {macs:,} multiply-accumulates (`macs`) fits; `flops` counts norms and activations as well"
        fix = Fix(f"write `macs`, and state {about.text}", (word, about))
    else:
        return diagnostic
    return replace(diagnostic, notes=(*diagnostic.notes, note), fixes=(fix, *diagnostic.fixes))


def _change(metric: str, node: Node, changed: Op) -> int:
    """How much a metric changes where a node's op is replaced by another of the same output."""
    if metric == "macs":
        return changed.macs(node.input_shapes, node.shape) - node.op.macs(node.input_shapes, node.shape)
    try:
        return _owned(changed, node) - _owned(node.op, node)
    except (OpError, ValueError, ZeroDivisionError):
        return 0


def _owned(op: Op, node: Node) -> int:
    return sum(tensor.size for tensor in op.parameters(node.input_shapes) if not tensor.buffer)


def _bias_note(metric: str, computed: int, stated: ast.Stated, graph: Graph) -> tuple[str, ...]:
    """Biases of convolutions that a norm follows are left out in most papers and code."""
    if metric != "params" or not isinstance(stated.value, ast.Number):
        return ()
    by_name = {node.name: node for node in graph.inference_nodes}
    count = biases = 0
    for node in graph.inference_nodes:
        source = by_name.get(node.inputs[0]) if node.inputs and node.op.gain else None
        if source is not None and source.op.category == "conv" and getattr(source.op, "bias", False):
            count, biases = count + 1, biases + source.shape[0]
    if not count or not figure_holds(computed - biases, stated):
        return ()
    return (f"{biases:,} of them are the biases of {count} convolutions before a norm: `bias=no` leaves those out",)
