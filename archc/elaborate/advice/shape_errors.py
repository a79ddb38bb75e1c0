"""Reports of layers that do not fit their inputs: the layers that made the shapes, and edits to try."""

import re
from dataclasses import replace

from archc.diagnostics import Code, Diagnostic, Edit, Fix, Label, Span, Trait
from archc.elaborate.advice.size_fixes import size_fixes
from archc.elaborate.graph_builder import GraphBuilder
from archc.elaborate.values import Wire
from archc.graph import Node
from archc.ops import Op, OpError, hwc
from archc.syntax import ast

SECOND_NUMBER = re.compile(r"[A-Za-z_]\w*[ \t(]\s*[^,()]+,\s*(\d+)\b")
MAX_BRANCHES = 8  # of a join that are pointed at, and for which fixes are looked for
PLAIN_SIZES = re.compile(r"\d+x\d+\Z")


def with_causes(report: Diagnostic, error: OpError, op: Op, wires: tuple[Wire, ...], graph: GraphBuilder) -> Diagnostic:
    """Add the layers that made the shapes of the inputs to the report of an op's error."""
    if error.label_inputs:
        report = replace(report, labels=tuple(_from_here(error.code, op, wires, graph)))
        if error.code == Code.JOIN_MISMATCH:
            report = _with_equal_branches(report, wires, graph)
        elif error.field == "in_channels":
            report = _as_declared(report, op, wires[0], graph)
    elif error.code == Code.WINDOW_TOO_LARGE and (made := _origin(wires[0], graph, sizes=True)) is not None:
        report = replace(report, labels=(Label(made.span, f"{hwc(made.shape)} from here"),))
    elif error.code == Code.WRONG_RANK:
        report = _without_channels(report, wires[0], graph)
    return report


def _from_here(code: Code, op: Op, wires: tuple[Wire, ...], graph: GraphBuilder) -> list[Label]:
    shapes = {wire.shape[1:] for wire in wires if wire.shape is not None}
    by_channels = Trait.CHANNELS in code.traits or (op.category == "join" and len(shapes) == 1)
    labels = []
    for wire in wires[:MAX_BRANCHES]:
        source = _origin(wire, graph, sizes=not by_channels)
        if source is None or wire.shape is None:
            continue
        count = wire.shape[0]
        noun = "channel" if len(wire.shape) > 1 else "value"
        text = f"{count} {noun}{'s' * (count != 1)}" if by_channels else hwc(wire.shape)
        labels.append(Label(source.span, f"{text} from here"))
    return labels


def _origin(wire: Wire, graph: GraphBuilder, *, sizes: bool) -> Node | None:
    node = graph.index.get(wire.node or "")
    return graph.origin(node, sizes=sizes) if node is not None else None


def _without_channels(report: Diagnostic, wire: Wire, graph: GraphBuilder) -> Diagnostic:
    """`input 28x28` is a signal of length 28 with 28 channels; an image is meant."""
    node = _origin(wire, graph, sizes=True)
    if node is None or node.op.category != "input" or len(node.shape) != 2:
        return report
    written = node.span.text.removeprefix("input").strip()
    if not PLAIN_SIZES.match(written):
        return report
    place = Span(node.span.source, node.span.end - len(written), node.span.end)
    text = f"reads as length {node.shape[1]}, {node.shape[0]} channels"
    fixes = tuple(
        Fix(f"an image of {word}: input {written}x{count}", (Edit(place.after(), f"x{count}"),))
        for word, count in (("1 channel", 1), ("3 channels", 3))
    )
    return replace(report, labels=(Label(place, text),), fixes=(*fixes, *report.fixes))


def _with_equal_branches(report: Diagnostic, wires: tuple[Wire, ...], graph: GraphBuilder) -> Diagnostic:
    """A stride, a padding or channels that make one input of a join like another."""
    shapes = [wire.shape for wire in wires if wire.shape is not None]
    if len({len(shape) for shape in shapes}) != 1 or len(shapes) > MAX_BRANCHES:
        return report
    fixes: list[Fix] = []
    for wire, shape in zip(wires, shapes, strict=False):
        node = graph.index.get(wire.node or "")
        for other in dict.fromkeys(other for other in shapes if other != shape):
            fixes += _adjusted(node, other, graph) if node is not None else []
    return replace(report, fixes=(*report.fixes, *dict.fromkeys(fixes)))


def with_projections(report: Diagnostic, branches: tuple[ast.Branch, ...], wires: tuple[Wire, ...]) -> Diagnostic:
    """The report of a join with a convolution for each empty branch that makes it like another."""
    shapes = [wire.shape for wire in wires if wire.shape is not None]
    if report.code != Code.JOIN_MISMATCH or len(shapes) != len(wires) or len({len(shape) for shape in shapes}) != 1:
        return report
    fixes: list[Fix] = []
    for branch, shape in zip(branches, shapes, strict=False):
        if not branch.body:
            for other in dict.fromkeys(other for other in shapes if other != shape):
                fixes += _projection(branch, shape, other)
    return replace(report, fixes=(*fixes[:MAX_BRANCHES], *report.fixes))


def _projection(branch: ast.Branch, shape: tuple[int, ...], other: tuple[int, ...]) -> list[Fix]:
    """`conv 1x1/2, 256` on the identity, as He et al. 2016 join shapes that differ."""
    steps = {-(-n // m) if m else 0 for n, m in zip(shape[1:], other[1:], strict=True)}
    if len(steps) != 1 or 0 in steps:
        return []
    step = steps.pop()
    window = "x".join("1" * (len(shape) - 1)) + (f"/{step}" if step > 1 else "")
    text = f" conv {window}, {other[0]}"
    return [Fix(f"project this branch:{text}", (Edit(branch.span.after(), text),))]


def _as_declared(report: Diagnostic, op: Op, wire: Wire, graph: GraphBuilder) -> Diagnostic:
    """The other place that may be wrong: the layer that made the channels."""
    node = graph.index.get(wire.node or "")
    declared = op.values().get("in_channels")
    if node is None or wire.shape is None or not isinstance(declared, int):
        return report
    return replace(report, fixes=(*report.fixes, *_adjusted(node, (declared, *wire.shape[1:]), graph)))


def _adjusted(node: Node, other: tuple[int, ...], graph: GraphBuilder) -> list[Fix]:
    fixes: list[Fix] = []
    if node.shape[1:] != other[1:]:
        fixes += size_fixes(other[1:], graph.origin(node, sizes=True))[:2]
    elif node.shape[0] != other[0]:
        source = graph.origin(node, sizes=False)
        found = SECOND_NUMBER.match(source.span.text) if source is not None else None
        if source is not None and found is not None and source.op.category == "conv":
            start = source.span.start + found.start(1)
            place = Span(source.span.source, start, start + len(found.group(1)))
            fixes.append(Fix(f"give it {other[0]} channels", (Edit(place, str(other[0])),)))
    return fixes
