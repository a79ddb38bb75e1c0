"""The arithmetic of a receptive field as text, for `archc check --explain LAYER`."""

from collections.abc import Iterable, Sequence

from archc.analysis.axis import Axis
from archc.analysis.intervals import Constant, Sliding, Tabulated
from archc.analysis.receptive_field import ReceptiveField, clipped_receptive_fields, receptive_fields
from archc.graph import Graph, Node
from archc.ops.reads import Reads

Lines = list[tuple[str, str]]


def receptive_field_lines(graph: Graph, node: Node) -> Lines:
    """(label, text) lines: the field with its arithmetic, the jump, and the part within the actual input."""
    if not node.inputs:
        return [("field", "1: one value of the input")]
    seen = receptive_fields(graph)
    after = seen[node.name]
    if not after.axes:
        return []
    gates = node.op.gates(node.input_shapes)
    before = [seen[name] for number, name in enumerate(node.inputs) if number not in gates]
    lines = _by_window(node, before[0], after) if len(before) == 1 else None
    if lines is None:
        lines = [("field", f"{_sizes_text(after.sizes)}{_reason(before, after)}")]
        lines += [("jump", jump_text(after))] if any(after.jump) else []
    if gates:
        lines.append(("", "a gate scales by one value a channel, and its own field is left out"))
    inside = "x".join(map(str, clipped_receptive_fields(graph)[node.name].sizes))
    drawn = "x".join(str(axis.drawn) for axis in after.axes)
    lines.append(("inside", f"at most {inside} of the drawn {drawn}"))
    return lines


def jump_text(field: ReceptiveField) -> str:
    """`2`, `1/2`, or `2x1` where the axes differ; "" where all positions have the same field."""
    return _sizes_text(field.jump) if any(field.jump) else ""


def _by_window(node: Node, before: ReceptiveField, after: ReceptiveField) -> Lines | None:
    """The lines r + (k − 1)·j = r′ and j·s = j′ for each axis; None where the layer is no sliding window."""
    reading = node.op.reading(node.input_shapes)
    axes = list(zip(before.axes, after.axes, strict=True))
    if not isinstance(reading, tuple) or len(reading) != 1 + len(axes):
        return None
    rows = []
    for reads, (one, other) in zip(reading[1:], axes, strict=True):
        if not (_is_affine(one) and _is_affine(other)) or isinstance(reads, str):
            return None
        extent, step = _window(reads)
        if extent is None:
            return None
        assert isinstance(one.intervals, Sliding) and isinstance(other.intervals, Sliding)
        r, j = one.intervals.extent, one.intervals.jump
        rows.append(
            (("field", f"{r} + ({extent} − 1)·{j} = {other.intervals.extent}"), ("jump", f"{j}·{step} = {j * step}"))
        )
    return [line for row in dict.fromkeys(rows) for line in row]


def _is_affine(axis: Axis) -> bool:
    return isinstance(axis.intervals, Sliding) and axis.intervals.period == 1


def _window(reads: Reads | None) -> tuple[int | None, int]:
    """Extent and stride; the extent is None where it is no sliding window."""
    if reads is None:
        return 1, 1
    if reads.period != 1:
        return None, 1
    return reads.last(0) - reads.first(0) + 1, reads.first.step


def _reason(before: Sequence[ReceptiveField], after: ReceptiveField) -> str:
    """What the figure follows from, where the layer alone does not give it."""
    if after.at_most:
        return ", an upper bound: a smaller one cannot be shown"
    columns = [axis.intervals for axis in after.axes]
    if all(isinstance(intervals, Constant) for intervals in columns):
        return ", all that the whole map sees"
    if any(isinstance(intervals, Tabulated) for intervals in columns):
        return ", the greatest of the drawn positions, each counted by itself"
    phases = max(intervals.period for intervals in columns if isinstance(intervals, Sliding))
    if phases > 1:
        return f", the greatest of {phases} phases"
    if any(axis.intervals.period > 1 for axis in before[0].axes if isinstance(axis.intervals, Sliding)):
        return ", whatever the phase of the input"
    if len(before) > 1:
        branches = " and ".join(_sizes_text(field.sizes) for field in before[:8])
        return f", from the first to the last position of branches that see {branches}"
    return ", as before" if all(field.sizes == after.sizes for field in before) else ""


def _sizes_text(values: Iterable[object]) -> str:
    texts = list(map(str, values))
    return texts[0] if len(set(texts)) == 1 else "x".join(texts)
