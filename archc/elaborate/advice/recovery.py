"""Error recovery: the value with which a net continues after a mistake, so that it does not hide the next one.

A known shape is kept. An unknown one is a set of samples: where a layer gives the same output for all of them, that is
known again (the units of an `fc`, the channels of a convolution). A mistake is reported only if it is the same for all
samples.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from archc.diagnostics import Diagnostic
from archc.elaborate.values import LOST, Wire
from archc.ops import OPS, Op, OpError, Shape
from archc.syntax import ast

UNKNOWN: tuple[Shape, ...] = (
    (960,), (1920,), (960, 252), (1920, 504), (960, 252, 260), (1920, 504, 520), (960, 252, 260, 268),
    (1920, 504, 520, 536),
)  # fmt: skip
DECLARED = {"in_channels": None, "in_features": None, "groups": 1}  # what may be at odds with what flows in


def after_shape_error(op: Op, error: OpError, wires: Sequence[Wire], way: int) -> Wire:
    """The value after a layer that does not take its input.

    After a join it is the first branch (way 0), or the next that differs (1); after a reshape the stated shape, or
    one of the size of the input. After a window that is too large only the channels are known.
    """
    shapes = [wire.shape for wire in wires if wire.shape is not None]
    if op.category == "join":
        one = _lead(wires, way)
        joined = _joined(op, shapes, one.shape)
        return Wire(one.node if joined == one.shape else None, joined, one.span) if joined is not None else LOST
    dims = getattr(op, "dims", None)
    if dims is not None:
        refits = [repair.value.split("x") for repair in error.repairs if repair.field == "dims"]
        if way and not refits:
            return LOST
        *sizes, channels = map(int, refits[0] if way else dims)
        return Wire(None, (channels, *sizes))
    return possible_output(op, [unsized(shapes[0])])


def undeclared(op: Op, shapes: tuple[Shape, ...]) -> tuple[Op, Shape] | None:
    """The layer without the declared channels and groups of its input, and its output; None if it still fails."""
    declared = {name: value for name, value in DECLARED.items() if name in type(op).fields}
    changed = {name: value for name, value in declared.items() if getattr(op, name) != value}
    if not changed:
        return None
    plain = op.changed(**changed)
    shape = _output(plain, shapes)
    return (plain, shape) if shape is not None else None


def second_error(op: Op, field: str, shapes: tuple[Shape, ...]) -> OpError | None:
    """The error that the layer has with the declared channels and with the actual ones alike; None if there is none."""
    plain = op.changed(**{field: None})
    found = []
    for channels in (shapes[0][0], getattr(op, field)):
        try:
            plain.output(((channels, *shapes[0][1:]),))
        except OpError as error:
            found.append(error)
    return found[0] if len(found) > 1 else None


def alternatives(op: Op, wires: Sequence[Wire]) -> int:
    """The number of values to continue with after a shape error: 2 if either of two shapes may be wrong."""
    return 2 if hasattr(op, "dims") or (op.category == "join" and len({wire.shape for wire in wires}) > 1) else 1


def renamed(call: ast.Call, mistake: Diagnostic) -> ast.Call | None:
    """The call with the only near name in place of an unknown layer or argument; None if there are several."""
    edits = mistake.fixes[0].edits if len(mistake.fixes) == 1 else ()
    if len(edits) != 1:
        return None
    (edit,) = edits
    if edit.span == call.name_span and edit.text.isidentifier() and edit.text != call.name:
        return replace(call, name=edit.text)
    if not any(argument.name_span == edit.span for argument in call.arguments):
        return None
    arguments = [replace(a, name=edit.text) if a.name_span == edit.span else a for a in call.arguments]
    return replace(call, arguments=tuple(arguments))


def keeps_shape(call: ast.Call, mistake: Diagnostic, current: Wire) -> bool:
    """Whether all layers of near names keep the shape of the input: `reluu`, near `relu` and `relu6`."""
    shape = current.shape
    if (
        shape is None
        or not mistake.fixes
        or any([e.span for e in fix.edits] != [call.name_span] for fix in mistake.fixes)
    ):
        return False
    meant = [OPS.get(fix.edits[0].text) for fix in mistake.fixes]
    return all(op is not None and _bare_output(op, shape) == shape for op in meant)


def _bare_output(op: type[Op], shape: Shape) -> Shape | None:
    try:
        return _output(op.of({}), (shape,))
    except ValueError:  # it needs arguments
        return None


def without_argument(call: ast.Call, mistake: Diagnostic) -> ast.Call | None:
    """The call without the argument that is wrong."""
    span = mistake.span
    if span is None:
        return None
    kept = [a for a in call.arguments if not (a.span.start <= span.start and span.end <= a.span.end)]
    return replace(call, arguments=tuple(kept)) if len(kept) == len(call.arguments) - 1 else None


def unsure(op: Op, current: Wire) -> Wire:
    """The output of a layer with one unknown argument: of a layer with a window only the channels are known."""
    if op.inputs[1] != 1:
        return LOST
    made = possible_output(op, [current])
    if made.shape is not None and made.shape == current.shape and not hasattr(op, "axes"):
        return current
    if made.shape is None or not hasattr(op, "axes"):
        return made
    return unsized(made.shape)


def unsized(shape: Shape) -> Wire:
    """A value of this rank and these channels, with unknown sizes."""
    rank = len(shape) - 1
    return Wire(None, None, possible=tuple((shape[0], *sample[1:]) for sample in UNKNOWN if len(sample) == rank + 1))


def possible_output(op: Op, wires: Sequence[Wire]) -> Wire:
    """The output of a layer for inputs that are not all known. Samples that it does not take are dropped."""
    results = []
    for shapes in _samples(wires):
        shape = _output(op, shapes)
        if shape is None and op.category == "join":
            shape = _joined(op, list(shapes), _anchor(op, wires, shapes))
        if shape is None and (plain := undeclared(op, shapes)) is not None:
            _, shape = plain
        if shape is not None:
            results.append(shape)
    return merged(results)


def certain_error(op: Op, wires: Sequence[Wire]) -> OpError | None:
    """The error of a layer for every sample of its inputs, if it is the same for all; else None."""
    found: OpError | None = None
    for shapes in _samples(wires):
        try:
            op.output(shapes)
        except OpError as error:
            if found is not None and str(error) != str(found):
                return None
            found = error
        else:
            return None
    return found


def merged(shapes: Sequence[Shape]) -> Wire:
    """A value with one of these shapes."""
    found = tuple(dict.fromkeys(shapes))
    return LOST if not found else Wire(None, found[0]) if len(found) == 1 else Wire(None, None, possible=found)


def stated(sizes: tuple[int, ...], wire: Wire) -> Wire:
    """An unknown value after its shape, or its sizes alone, are stated."""
    ranks = {len(shape) for shape in wire.possible}
    if len(ranks) != 1:
        return Wire(None, (sizes[-1], *sizes[:-1])) if len(sizes) != 2 else LOST
    (rank,) = ranks
    if len(sizes) == rank:
        return Wire(None, (sizes[-1], *sizes[:-1]))
    return merged([(shape[0], *sizes) for shape in wire.possible]) if len(sizes) == rank - 1 else LOST


def _samples(wires: Sequence[Wire]) -> Iterator[tuple[Shape, ...]]:
    columns = [(wire.shape,) if wire.shape is not None else wire.possible or UNKNOWN for wire in wires]
    for number in range(max(map(len, columns))):
        yield tuple(column[number % len(column)] for column in columns)


def _lead(wires: Sequence[Wire], way: int) -> Wire:
    first = wires[0]
    return next((wire for wire in wires if wire.shape != first.shape), first) if way else first


def _anchor(op: Op, wires: Sequence[Wire], shapes: tuple[Shape, ...]) -> Shape:
    """The shape with which a join with unknown branches continues: that of a known one, if the others may have it."""
    known = next((wire.shape for wire in wires if wire.shape is not None), shapes[0])
    for wire, shape in zip(wires, shapes, strict=True):
        fits = len(shape) == len(known) and (shape[0] == known[0] or hasattr(op, "dim"))
        if wire.shape is None and wire.possible and not fits:
            return shapes[0]
    return known


def _joined(op: Op, shapes: Sequence[Shape], like: Shape | None) -> Shape | None:
    """The output of a join as if all its branches had one shape, or fitted side by side."""
    if like is None:
        return None
    dim = getattr(op, "dim", None)
    if dim is None or any(len(shape) != len(like) for shape in shapes):
        return _output(op, (like,) * len(shapes))
    try:
        at = dim((like,))
    except OpError:
        return None
    return _output(op, tuple((*like[:at], shape[at], *like[at + 1 :]) for shape in shapes))


def _output(op: Op, shapes: tuple[Shape, ...]) -> Shape | None:
    try:
        return op.output(shapes)
    except (OpError, ValueError, IndexError):
        return None
