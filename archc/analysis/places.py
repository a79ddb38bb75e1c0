"""Where the positions of an axis lie in a shape that was permuted or reshaped.

A dimension is a row of digits, the most significant first. A digit is `size` steps of `weight` positions on one axis
of the map, or channels, which have no place on an axis. A reshape that joins height and width has (height, width) in
one dimension, and one that takes them apart again has them as they were: nothing was computed.
"""

from math import prod

from archc.records import dataclass

CHANNELS = -1


@dataclass(frozen=True, slots=True)
class Digit:
    """`size` steps of `weight` positions. axis: CHANNELS, or the number of an axis of the input."""

    axis: int
    size: int
    weight: int = 1


Dimension = tuple[Digit, ...]
Places = tuple[Dimension, ...]


def plain(shape: tuple[int, ...]) -> Places:
    """Channels first, then one axis after another."""
    return (channels(shape[0]), *((Digit(axis, size),) for axis, size in enumerate(shape[1:])))


def channels(size: int) -> Dimension:
    """A dimension of channels alone."""
    return (Digit(CHANNELS, size),) if size > 1 else ()


def is_plain(places: Places, shape: tuple[int, ...]) -> bool:
    """Whether every axis lies where it lay at first; a digit of one step may lie anywhere."""
    if any(digit.axis != CHANNELS for digit in places[0]):
        return False
    return all(_counting(ours) == _counting(its) for ours, its in zip(places[1:], plain(shape)[1:], strict=True))


def _counting(dimension: Dimension) -> Dimension:
    return tuple(digit for digit in dimension if digit.size > 1)


def reshaped(places: Places, shape: tuple[int, ...]) -> Places | None:
    """The same digits in another shape; None where one does not split at a whole number."""
    left = [digit for dimension in places for digit in dimension if digit.size > 1]
    result: list[Dimension] = []
    for size in shape:
        taken: list[Digit] = []
        room = size
        while room > 1:
            if not left:
                return None
            digit = left.pop(0)
            if digit.size % room == 0 and digit.size > room:
                rest = digit.size // room
                left.insert(0, Digit(digit.axis, rest, digit.weight))
                digit = Digit(digit.axis, room, digit.weight * rest)
            elif room % digit.size:
                return None
            room //= digit.size
            _join(taken, digit)
        result.append(tuple(taken))
    return None if left else tuple(result)


def _join(taken: list[Digit], digit: Digit) -> None:
    """The digit at the end; with the one before it as one where they count on."""
    if taken and taken[-1].axis == digit.axis:
        before = taken[-1]
        if digit.axis == CHANNELS or before.weight == digit.weight * digit.size:
            weight = 1 if digit.axis == CHANNELS else digit.weight
            taken[-1] = Digit(digit.axis, before.size * digit.size, weight)
            return
    taken.append(digit)


def holds(dimension: Dimension, size: int) -> bool:
    """Whether the digits are all that a dimension of that size counts; not so behind a class token."""
    return prod(digit.size for digit in dimension) == size
