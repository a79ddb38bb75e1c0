"""How a receptive field comes about, in words: part of `archc check --explain LAYER`."""

from collections.abc import Iterable, Sequence

from archc.analysis.field import Field, drawn_fields, fields
from archc.analysis.tracks import Axis, Fixed, Moving, Tabled
from archc.graph import Graph, Node
from archc.ops.reads import Reads

Lines = list[tuple[str, str]]


def field_lines(graph: Graph, node: Node) -> Lines:
    """The figure with its arithmetic, the jump, and what is inside the drawn input."""
    if not node.inputs:
        return [("field", "1: one value of the input")]
    seen = fields(graph)
    after = seen[node.name]
    if not after.axes:
        return []
    gates = node.op.gates(node.input_shapes)
    before = [seen[name] for number, name in enumerate(node.inputs) if number not in gates]
    lines = _by_window(node, before[0], after) if len(before) == 1 else None
    if lines is None:
        lines = [("field", f"{_said(after.sizes)}{_why(before, after)}")]
        lines += [("jump", jumps(after))] if any(after.jump) else []
    if gates:
        lines.append(("", "a gate scales by one value a channel, and its own field is left out"))
    inside = "x".join(map(str, drawn_fields(graph)[node.name].sizes))
    drawn = "x".join(str(axis.drawn) for axis in after.axes)
    lines.append(("inside", f"at most {inside} of the drawn {drawn}"))
    return lines


def jumps(field: Field) -> str:
    """`2`, `1/2`, or `2x1` where the axes differ; nothing where every position sees the same."""
    return _said(field.jump) if any(field.jump) else ""


def _by_window(node: Node, before: Field, after: Field) -> Lines | None:
    """r + (k − 1)·j = r′ and j·s = j′ on each axis, where that is how it comes about."""
    reading = node.op.reading(node.input_shapes)
    axes = list(zip(before.axes, after.axes, strict=True))
    if not isinstance(reading, tuple) or len(reading) != 1 + len(axes):
        return None
    rows = []
    for reads, (one, other) in zip(reading[1:], axes, strict=True):
        if not (_plain(one) and _plain(other)) or isinstance(reads, str):
            return None
        extent, step = _window(reads)
        if extent is None:
            return None
        assert isinstance(one.track, Moving) and isinstance(other.track, Moving)
        r, j = one.track.extent, one.track.jump
        rows.append(
            (("field", f"{r} + ({extent} − 1)·{j} = {other.track.extent}"), ("jump", f"{j}·{step} = {j * step}"))
        )
    return [line for row in dict.fromkeys(rows) for line in row]


def _plain(axis: Axis) -> bool:
    return isinstance(axis.track, Moving) and axis.track.period == 1


def _window(reads: Reads | None) -> tuple[int | None, int]:
    """Extent and stride; None where it is no window that slides."""
    if reads is None:
        return 1, 1
    if reads.period != 1:
        return None, 1
    return reads.last(0) - reads.first(0) + 1, reads.first.step


def _why(before: Sequence[Field], after: Field) -> str:
    """What the figure is, where no arithmetic of one layer shows it."""
    if after.at_most:
        return ", an upper bound: a smaller one cannot be shown"
    tracks = [axis.track for axis in after.axes]
    if all(isinstance(track, Fixed) for track in tracks):
        return ", all that the whole map sees"
    if any(isinstance(track, Tabled) for track in tracks):
        return ", the greatest of the drawn positions, each counted by itself"
    phases = max(track.period for track in tracks if isinstance(track, Moving))
    if phases > 1:
        return f", the greatest of {phases} phases"
    if any(axis.track.period > 1 for axis in before[0].axes if isinstance(axis.track, Moving)):
        return ", whatever the phase of the input"
    if len(before) > 1:
        branches = " and ".join(_said(field.sizes) for field in before[:8])
        return f", from the first to the last position of branches that see {branches}"
    return ", as before" if all(field.sizes == after.sizes for field in before) else ""


def _said(values: Iterable[object]) -> str:
    texts = list(map(str, values))
    return texts[0] if len(set(texts)) == 1 else "x".join(texts)
