"""What a value sees of the net's input: a track for each axis, and where its positions lie in the shape."""

from collections.abc import Sequence
from dataclasses import replace

from archc.analysis.places import CHANNELS, Digit, Places, channels, holds, is_plain, plain, reshaped
from archc.analysis.tracks import ITSELF, Axis, Work, in_turn, united
from archc.ops.base import Shape
from archc.ops.reads import ALL, Beside, Movement, Permuted, Reading, Reads, block, spread
from archc.quasi_affine import floor
from archc.records import dataclass


@dataclass(frozen=True, slots=True)
class Seen:
    """axes: one for each axis of the input. places: None where dimension i + 1 is axis i, as of every plain layer."""

    axes: tuple[Axis, ...]
    places: Places | None = None

    def one_position(self) -> tuple[Axis, ...]:
        """What one position sees, all channels together."""
        if self.places is None:
            return self.axes
        if len(self.places) == 1:
            return tuple(axis.together() for axis in self.axes)
        return _absorbed(self, 0).axes


def of_input(shape: Shape, work: Work, tabled: bool = False) -> Seen:
    """Each position sees itself. tabled: on the drawn input alone."""
    axes: dict[int, Axis] = {}
    for size in shape[1:]:
        if size not in axes:
            axis = Axis(ITSELF, size, size, work)
            axes[size] = replace(axis, track=axis.table()) if tabled else axis
    return Seen(tuple(axes[size] for size in shape[1:]))


def read(seen: Seen, reading: Reading, before: Shape, after: Shape) -> Seen:
    """What a layer's outputs see that read this value so."""
    if seen.places is None and len(after) == len(before):
        axes = seen.axes
        if len(axes) == 2 and axes[0] is axes[1] and reading[1] is reading[2] and after[1] == after[2]:
            return Seen((_read(axes[0], reading[1], after[1]),) * 2)
        return Seen(tuple(map(_read, axes, reading[1:], after[1:])))
    if len(after) == 1:
        return mixed([seen], after)
    if seen.places is None:
        seen = replace(seen, places=plain(before))
    for dim, (reads, size) in enumerate(zip(reading, after, strict=True)):
        seen = _read_in_place(seen, dim, reads, before[dim], size)
    return _simple(seen, after)


def moved(seen: Seen, movement: Movement, before: Shape, after: Shape) -> Seen:
    """The same values elsewhere."""
    if before == after and not isinstance(movement, Permuted):
        return seen
    places = seen.places or plain(before)
    if isinstance(movement, Permuted):
        return _simple(Seen(seen.axes, tuple(places[dim] for dim in movement.order)), after)
    if all(holds(dimension, size) for dimension, size in zip(places, before, strict=True)):
        found = reshaped(places, after)
        if found is not None:
            return _simple(Seen(seen.axes, found), after)
    return mixed([seen], after, exactly=False)


def joined(values: Sequence[tuple[Seen, Shape]], after: Shape) -> Seen:
    """Joined position by position; a value of one position counts for all."""
    first = values[0][0]
    if all(seen is first for seen, _ in values):
        return first
    if all(seen.places is None and len(shape) == len(after) for seen, shape in values):
        rows = [seen.axes if shape[1:] == after[1:] else _widened(seen, after) for seen, shape in values]
        if len(after) == 3 and all(axes[0] is axes[1] for axes in rows):
            return Seen((united([axes[0] for axes in rows]),) * 2)
        return Seen(tuple([united(column) for column in zip(*rows, strict=True)]))
    spatial = {seen.places[1:] if seen.places else plain(shape)[1:] for seen, shape in values}
    apart = all(digit.axis == CHANNELS for seen, _ in values for digit in (seen.places or ((),))[0])
    if len(spatial) == 1 and apart and all(len(shape) == len(after) for _, shape in values):
        axes = tuple(united(column) for column in zip(*(seen.axes for seen, _ in values), strict=True))
        return _simple(Seen(axes, (channels(after[0]), *spatial.pop())), after)
    alike = {seen.places for seen, _ in values}
    if len(alike) == 1 and all(shape == after for _, shape in values):
        axes = tuple(united(column) for column in zip(*(seen.axes for seen, _ in values), strict=True))
        return Seen(axes, alike.pop())
    return mixed([seen for seen, _ in values], after, exactly=False)


def channels_together(seen: Seen) -> Seen:
    """Each position sees what all channels see there, and what a permute put in their place with them."""
    return _absorbed(seen, 0)


def beside(values: Sequence[tuple[Seen, Shape]], movement: Beside, after: Shape) -> Seen:
    """One after another on a dimension."""
    if any(seen.places is not None for seen, _ in values):
        return mixed([seen for seen, _ in values], after, exactly=False)
    columns = list(zip(*(seen.axes for seen, _ in values), strict=True))
    return Seen(
        tuple(
            in_turn(column, after[dim]) if dim == movement.dim else united(column)
            for dim, column in enumerate(columns, 1)
        )
    )


def mixed(values: Sequence[Seen], after: Shape, *, exactly: bool = True) -> Seen:
    """Every output sees all that the values see. exactly: False where it may see less."""
    columns = list(zip(*(seen.axes for seen in values), strict=True))
    alike = len(after) - 1 == len(columns)
    sizes = after[1:] if alike else (1,) * len(columns)
    of = Axis.together if exactly else Axis.bounded
    axes = [united([of(a, size) for a in column]) for column, size in zip(columns, sizes, strict=True)]
    return Seen(tuple(axes), None if alike else tuple(channels(size) for size in after))


def _widened(seen: Seen, after: Shape) -> tuple[Axis, ...]:
    """Of a value of one position that counts for all."""
    return tuple(axis.together(size) for axis, size in zip(seen.axes, after[1:], strict=True))


def _read(axis: Axis, reads: Reads | str | None, size: int) -> Axis:
    if reads is None and size == axis.size:
        return axis
    if isinstance(reads, str):
        return axis.together(size)
    return axis.read(reads, size)


def _read_in_place(seen: Seen, dim: int, reads: Reads | str | None, before: int, after: int) -> Seen:
    """One dimension read, whatever lies in it."""
    assert seen.places is not None
    digits = seen.places[dim]
    spatial = [digit for digit in digits if digit.axis != CHANNELS]
    if reads is None and before == after:
        return seen
    if reads == ALL or not spatial:
        return _placed(_absorbed(seen, dim), dim, channels(after))
    assert not isinstance(reads, str)
    moves = reads is None or (reads.first == reads.last and reads.first.step == reads.first.period == 1)
    if moves and len(digits) > 1:
        return seen  # a part of the dimension, of which no position sees more than before
    digit = spatial[0]
    axis = seen.axes[digit.axis]
    full = len(spatial) == 1 and digits[0] is digit and digit.size == axis.size
    if full and len(digits) == 2:  # each position and, under it, channels: a map made larger
        seen = _on_axis(seen, digit.axis, spread(digits[1].size), axis.size * digits[1].size)
    elif not full:
        return _placed(_absorbed(seen, dim, whole=True), dim, channels(after))
    axes = tuple(_read(each, reads, after) if n == digit.axis else each for n, each in enumerate(seen.axes))
    return _placed(Seen(axes, seen.places), dim, (Digit(digit.axis, after),))


def _on_axis(seen: Seen, number: int, reads: Reads, size: int) -> Seen:
    axes = tuple(axis.read(reads, size) if n == number else axis for n, axis in enumerate(seen.axes))
    return Seen(axes, seen.places)


def _placed(seen: Seen, dim: int, dimension: tuple[Digit, ...]) -> Seen:
    assert seen.places is not None
    return Seen(seen.axes, (*seen.places[:dim], dimension, *seen.places[dim + 1 :]))


def _absorbed(seen: Seen, dim: int, whole: bool = False) -> Seen:
    """What is seen when all of a dimension is seen at once. whole: all of the axes that lie in it, also elsewhere."""
    while seen.places is not None:
        digit = next((digit for digit in seen.places[dim] if digit.axis != CHANNELS), None)
        if digit is None:
            break
        seen = _without(seen, digit, whole)
    return seen


def _without(seen: Seen, gone: Digit, whole: bool) -> Seen:
    """Without a digit, each position sees what those see that it told apart."""
    number, axis = gone.axis, seen.axes[gone.axis]
    innermost = gone.weight == 1 and gone.size < axis.size
    outermost = gone.weight > 1 and gone.weight * gone.size == axis.size
    if whole or not (innermost or outermost):
        axes = tuple(each.together() if n == number else each for n, each in enumerate(seen.axes))
        return Seen(axes, _counted(seen.places, number, None, 1))
    if innermost:
        reads, size = block(gone.size), axis.size // gone.size
    else:
        reads, size = Reads(ITSELF.first, floor(1, axis.size - gone.weight), gone.weight), gone.weight
    seen = _on_axis(seen, number, reads, size)
    return Seen(seen.axes, _counted(seen.places, number, gone, gone.size if innermost else 1))


def _counted(places: Places | None, number: int, gone: Digit | None, steps: int) -> Places:
    """With one digit of an axis, or all, as channels; the others count in so many steps."""
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


def _simple(seen: Seen, shape: Shape) -> Seen:
    """With places None where they are plain."""
    if seen.places is None or len(shape) - 1 != len(seen.axes):
        return seen
    sizes = tuple(axis.size for axis in seen.axes)
    return Seen(seen.axes) if shape[1:] == sizes and is_plain(seen.places, shape) else seen
