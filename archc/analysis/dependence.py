"""Which part of the net's input a value depends on: intervals for each axis, and the layout of the axes in its shape.

The functions here follow one layer each: they take the dependence of its inputs and return that of its output.
"""

from collections.abc import Sequence
from dataclasses import replace

from archc.analysis.axis import Axis, concatenation, union
from archc.analysis.axis_layout import CHANNELS, Digit, Layout, channels, fills, identity_layout, is_identity, reshaped
from archc.analysis.intervals import IDENTITY, Budget
from archc.ops.base import Shape
from archc.ops.reads import ALL, Concatenated, Movement, Permuted, Reading, Reads, block, spread
from archc.quasi_affine import floor
from archc.records import dataclass


@dataclass(frozen=True, slots=True)
class Dependence:
    """axes: one for each axis of the input. layout: of the dimensions; None where dimension i + 1 is axis i."""

    axes: tuple[Axis, ...]
    layout: Layout | None = None

    def one_position(self) -> tuple[Axis, ...]:
        """The dependence of one position, over all channels."""
        if self.layout is None:
            return self.axes
        if len(self.layout) == 1:
            return tuple(axis.merged() for axis in self.axes)
        return _collapsed(self, 0).axes


def of_input(shape: Shape, budget: Budget, clipped: bool = False) -> Dependence:
    """The dependence of the input itself: each position on itself. clipped: for an input of exactly this size."""
    axes: dict[int, Axis] = {}
    for size in shape[1:]:
        if size not in axes:
            axis = Axis(IDENTITY, size, size, budget)
            axes[size] = replace(axis, intervals=axis.table()) if clipped else axis
    return Dependence(tuple(axes[size] for size in shape[1:]))


def read(seen: Dependence, reading: Reading, before: Shape, after: Shape) -> Dependence:
    """Of a layer that reads its input by `reading`. before, after: the shapes of its input and its output."""
    if seen.layout is None and len(after) == len(before):
        axes = seen.axes
        if len(axes) == 2 and axes[0] is axes[1] and reading[1] is reading[2] and after[1] == after[2]:
            return Dependence((_read(axes[0], reading[1], after[1]),) * 2)
        return Dependence(tuple(map(_read, axes, reading[1:], after[1:])))
    if len(after) == 1:
        return full_dependence([seen], after)
    if seen.layout is None:
        seen = replace(seen, layout=identity_layout(before))
    for dim, (reads, size) in enumerate(zip(reading, after, strict=True)):
        seen = _read_in_place(seen, dim, reads, before[dim], size)
    return _normalised(seen, after)


def rearranged(seen: Dependence, movement: Movement, before: Shape, after: Shape) -> Dependence:
    """Of a layer that only moves values: a reshape or a permutation."""
    if before == after and not isinstance(movement, Permuted):
        return seen
    places = seen.layout or identity_layout(before)
    if isinstance(movement, Permuted):
        return _normalised(Dependence(seen.axes, tuple(places[dim] for dim in movement.order)), after)
    if all(fills(dimension, size) for dimension, size in zip(places, before, strict=True)):
        found = reshaped(places, after)
        if found is not None:
            return _normalised(Dependence(seen.axes, found), after)
    return full_dependence([seen], after, exactly=False)


def joined(values: Sequence[tuple[Dependence, Shape]], after: Shape) -> Dependence:
    """Of an elementwise join. A value of one position is broadcast to all."""
    first = values[0][0]
    if all(seen is first for seen, _ in values):
        return first
    if all(seen.layout is None and len(shape) == len(after) for seen, shape in values):
        rows = [seen.axes if shape[1:] == after[1:] else _widened(seen, after) for seen, shape in values]
        if len(after) == 3 and all(axes[0] is axes[1] for axes in rows):
            return Dependence((union([axes[0] for axes in rows]),) * 2)
        return Dependence(tuple([union(column) for column in zip(*rows, strict=True)]))
    spatial = {seen.layout[1:] if seen.layout else identity_layout(shape)[1:] for seen, shape in values}
    apart = all(digit.axis == CHANNELS for seen, _ in values for digit in (seen.layout or ((),))[0])
    if len(spatial) == 1 and apart and all(len(shape) == len(after) for _, shape in values):
        axes = tuple(union(column) for column in zip(*(seen.axes for seen, _ in values), strict=True))
        return _normalised(Dependence(axes, (channels(after[0]), *spatial.pop())), after)
    alike = {seen.layout for seen, _ in values}
    if len(alike) == 1 and all(shape == after for _, shape in values):
        axes = tuple(union(column) for column in zip(*(seen.axes for seen, _ in values), strict=True))
        return Dependence(axes, alike.pop())
    return full_dependence([seen for seen, _ in values], after, exactly=False)


def channels_together(seen: Dependence) -> Dependence:
    """Of a layer that mixes the channels at each position."""
    return _collapsed(seen, 0)


def concatenated(values: Sequence[tuple[Dependence, Shape]], movement: Concatenated, after: Shape) -> Dependence:
    """Of a concatenation along a dimension that is not the channels."""
    if any(seen.layout is not None for seen, _ in values):
        return full_dependence([seen for seen, _ in values], after, exactly=False)
    columns = list(zip(*(seen.axes for seen, _ in values), strict=True))
    return Dependence(
        tuple(
            concatenation(column, after[dim]) if dim == movement.dim else union(column)
            for dim, column in enumerate(columns, 1)
        )
    )


def full_dependence(values: Sequence[Dependence], after: Shape, *, exactly: bool = True) -> Dependence:
    """Of a layer each of whose outputs depends on all its inputs. exactly: False where this is an upper bound."""
    columns = list(zip(*(seen.axes for seen in values), strict=True))
    alike = len(after) - 1 == len(columns)
    sizes = after[1:] if alike else (1,) * len(columns)
    of = Axis.merged if exactly else Axis.bounded
    axes = [union([of(a, size) for a in column]) for column, size in zip(columns, sizes, strict=True)]
    return Dependence(tuple(axes), None if alike else tuple(channels(size) for size in after))


def _widened(seen: Dependence, after: Shape) -> tuple[Axis, ...]:
    """A value of one position, broadcast to the sizes of `after`."""
    return tuple(axis.merged(size) for axis, size in zip(seen.axes, after[1:], strict=True))


def _read(axis: Axis, reads: Reads | str | None, size: int) -> Axis:
    if reads is None and size == axis.size:
        return axis
    if isinstance(reads, str):
        return axis.merged(size)
    return axis.read(reads, size)


def _read_in_place(seen: Dependence, dim: int, reads: Reads | str | None, before: int, after: int) -> Dependence:
    """Read one dimension of a value with a layout, by `reads`."""
    assert seen.layout is not None
    digits = seen.layout[dim]
    spatial = [digit for digit in digits if digit.axis != CHANNELS]
    if reads is None and before == after:
        return seen
    if reads == ALL or not spatial:
        return _placed(_collapsed(seen, dim), dim, channels(after))
    assert not isinstance(reads, str)
    moves = reads is None or (reads.first == reads.last and reads.first.step == reads.first.period == 1)
    if moves and len(digits) > 1:
        return seen  # a slice of the dimension: no position depends on more than before
    digit = spatial[0]
    axis = seen.axes[digit.axis]
    full = len(spatial) == 1 and digits[0] is digit and digit.size == axis.size
    if full and len(digits) == 2:  # positions, and channels within each: an upsampled map
        seen = _on_axis(seen, digit.axis, spread(digits[1].size), axis.size * digits[1].size)
    elif not full:
        return _placed(_collapsed(seen, dim, whole=True), dim, channels(after))
    axes = tuple(_read(each, reads, after) if n == digit.axis else each for n, each in enumerate(seen.axes))
    return _placed(Dependence(axes, seen.layout), dim, (Digit(digit.axis, after),))


def _on_axis(seen: Dependence, number: int, reads: Reads, size: int) -> Dependence:
    axes = tuple(axis.read(reads, size) if n == number else axis for n, axis in enumerate(seen.axes))
    return Dependence(axes, seen.layout)


def _placed(seen: Dependence, dim: int, dimension: tuple[Digit, ...]) -> Dependence:
    assert seen.layout is not None
    return Dependence(seen.axes, (*seen.layout[:dim], dimension, *seen.layout[dim + 1 :]))


def _collapsed(seen: Dependence, dim: int, whole: bool = False) -> Dependence:
    """The dependence when every output reads all of a dimension.

    whole: then it depends on all of each axis that has a digit there.
    """
    while seen.layout is not None:
        digit = next((digit for digit in seen.layout[dim] if digit.axis != CHANNELS), None)
        if digit is None:
            break
        seen = _without_digit(seen, digit, whole)
    return seen


def _without_digit(seen: Dependence, gone: Digit, whole: bool) -> Dependence:
    """Remove a digit: a position then depends on the union over all values of that digit."""
    number, axis = gone.axis, seen.axes[gone.axis]
    innermost = gone.weight == 1 and gone.size < axis.size
    outermost = gone.weight > 1 and gone.weight * gone.size == axis.size
    if whole or not (innermost or outermost):
        axes = tuple(each.merged() if n == number else each for n, each in enumerate(seen.axes))
        return Dependence(axes, _renumbered(seen.layout, number, None, 1))
    if innermost:
        reads, size = block(gone.size), axis.size // gone.size
    else:
        reads, size = Reads(IDENTITY.first, floor(1, axis.size - gone.weight), gone.weight), gone.weight
    seen = _on_axis(seen, number, reads, size)
    return Dependence(seen.axes, _renumbered(seen.layout, number, gone, gone.size if innermost else 1))


def _renumbered(places: Layout | None, number: int, gone: Digit | None, steps: int) -> Layout:
    """The layout in which one digit of an axis, or all (None), count as channels; the weights of the others are
    divided by `steps`."""
    return tuple(
        tuple(
            digit
            if digit.axis != number
            else Digit(CHANNELS, digit.size)
            if gone is None or digit == gone
            else Digit(number, digit.size, digit.weight // steps)
            for digit in dimension
        )
        for dimension in places or ()
    )


def _normalised(seen: Dependence, shape: Shape) -> Dependence:
    """The same dependence, with None for the layout where it is the identity."""
    if seen.layout is None or len(shape) - 1 != len(seen.axes):
        return seen
    sizes = tuple(axis.size for axis in seen.axes)
    return Dependence(seen.axes) if shape[1:] == sizes and is_identity(seen.layout, shape) else seen
