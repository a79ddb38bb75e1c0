"""How the axes of the input map to the dimensions of a shape that was permuted or reshaped.

The layout is a mixed-radix number per dimension, its most significant digit first. A digit counts `size` steps of
`weight` positions on one axis of the map, or channels, which lie on no axis. A reshape of (height, width) to one
dimension gives that dimension two digits; a later reshape that separates them restores the first layout.
"""

from math import prod

from archc.records import dataclass

CHANNELS = -1


@dataclass(frozen=True, slots=True)
class Digit:
    """`size` steps of `weight` positions. axis: the number of an axis of the input, or CHANNELS."""

    axis: int
    size: int
    weight: int = 1


Dimension = tuple[Digit, ...]
Layout = tuple[Dimension, ...]


def identity_layout(shape: tuple[int, ...]) -> Layout:
    """The layout of a shape (C, n…) that was neither permuted nor reshaped."""
    return (channels(shape[0]), *((Digit(axis, size),) for axis, size in enumerate(shape[1:])))


def channels(size: int) -> Dimension:
    """A dimension of channels alone."""
    return (Digit(CHANNELS, size),) if size > 1 else ()


def is_identity(places: Layout, shape: tuple[int, ...]) -> bool:
    """Whether each axis is in its first dimension. Digits of size 1 may be anywhere."""
    if any(digit.axis != CHANNELS for digit in places[0]):
        return False
    return all(
        _counting(ours) == _counting(its) for ours, its in zip(places[1:], identity_layout(shape)[1:], strict=True)
    )


def _counting(dimension: Dimension) -> Dimension:
    return tuple(digit for digit in dimension if digit.size > 1)


def reshaped(places: Layout, shape: tuple[int, ...]) -> Layout | None:
    """The layout after a reshape; None where a digit would be split at a fraction."""
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
    """Append a digit, merged with the last one where both count consecutive positions of one axis."""
    if taken and taken[-1].axis == digit.axis:
        before = taken[-1]
        if digit.axis == CHANNELS or before.weight == digit.weight * digit.size:
            weight = 1 if digit.axis == CHANNELS else digit.weight
            taken[-1] = Digit(digit.axis, before.size * digit.size, weight)
            return
    taken.append(digit)


def fills(dimension: Dimension, size: int) -> bool:
    """Whether the digits count exactly `size` positions. After a class token they do not."""
    return prod(digit.size for digit in dimension) == size
