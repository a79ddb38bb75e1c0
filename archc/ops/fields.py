"""The types of fields. Their checks raise ValueError with the rest of a sentence for the user."""

from collections.abc import Callable
from math import isfinite
from typing import Annotated, Literal

MAX_SIZE = 10**18  # any product beyond this is a mistake, not a network


def _whole(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"takes a whole number, not {written(value)}")
    if isinstance(value, float) and not value.is_integer():
        raise ValueError(f"takes a whole number, not {value:g}")
    return int(value)


def _count(value: object) -> int:
    number = _whole(value)
    if number < 1:
        raise ValueError(f"must be at least 1, not {number}")
    if number > MAX_SIZE:
        raise ValueError("is beyond 10^18")
    return number


def _index(value: object) -> int:
    number = _whole(value)
    if number < 0:
        raise ValueError(f"must not be negative, not {number}")
    if number > MAX_SIZE:
        raise ValueError("is beyond 10^18")
    return number


def _numbers(value: object, of: Callable[[object], int]) -> int | tuple[int, ...]:
    """A number or a tuple. A list of one becomes its number, so that equal layers compare equal."""
    if not isinstance(value, list | tuple):
        return of(value)
    if not value:
        raise ValueError("takes at least one number")
    return of(value[0]) if len(value) == 1 else tuple(of(item) for item in value)


def whole_extent(value: object) -> int | tuple[int, ...]:
    """A size of at least 1, or one per axis."""
    return _numbers(value, _count)


def shape_sizes(value: object) -> tuple[int, ...]:
    """At most three sizes and the channels."""
    sizes = whole_extent(value)
    if isinstance(sizes, int):
        return (sizes,)
    if len(sizes) > 4:
        raise ValueError(f"takes at most 3 sizes and the channels, not {len(sizes)} numbers")
    return sizes


def _padding(value: object) -> object:
    if isinstance(value, str):
        if value not in ("half", "same", "valid"):
            raise ValueError(f"takes a number, half, same or valid, not `{value}`")
        return value
    return _numbers(value, _index)


def _sides(value: object) -> int | tuple[int, ...]:
    if isinstance(value, str):
        raise ValueError(f"takes numbers here, not `{value}`")
    return _numbers(value, _index)


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise ValueError(f"takes yes or no, not {written(value)}")
    return value


def _real(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"takes a number, not {written(value)}")
    try:
        number = float(value)
    except OverflowError:
        raise ValueError("is too large for a number with a fraction") from None
    if not isfinite(number):
        raise ValueError("takes a finite number")
    return number


def _positive(value: object) -> float:
    number = _real(value)
    if number <= 0:
        raise ValueError(f"must be greater than 0, not {number:g}")
    return number


def one_of(*choices: str) -> Callable[[object], object]:
    """The check of a field whose value is one of these bare words."""

    def check(value: object) -> object:
        if value not in choices:
            words = choices[0] if len(choices) == 1 else f"{', '.join(choices[:-1])} or {choices[-1]}"
            raise ValueError(f"takes {words}, not {written(value)}")
        return value

    return check


def written(value: object) -> str:
    """A value as a user would write it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return "x".join(map(str, value)) if all(isinstance(v, int) for v in value) else "a list"
    if isinstance(value, list):
        return "a list"
    if value is None:
        return "nothing"
    if isinstance(value, float):
        return f"{value:g}"
    return str(value) if isinstance(value, int) else f"`{value}`"


def _reals(value: object) -> float | tuple[float, ...]:
    """A number or a tuple. A list of equal numbers becomes their number."""
    if not isinstance(value, list | tuple):
        return _real(value)
    if not value:
        raise ValueError("takes at least one number")
    numbers = tuple(_real(item) for item in value)
    return numbers[0] if len(set(numbers)) == 1 else numbers


Count = Annotated[int, _count]
Index = Annotated[int, _index]
Real = Annotated[float, _real]
Reals = Annotated[float | tuple[float, ...], _reals]
"""One number, or one for each channel."""
Positive = Annotated[float, _positive]
Flag = Annotated[bool, _flag]
Extent = Annotated[int | tuple[int, ...], whole_extent]
PadMode = Literal["half", "same", "valid"]
Sides = Annotated[int | tuple[int, ...], _sides]
"""Padding in numbers alone."""
Padding = Annotated[int | tuple[int, ...] | PadMode, _padding]
