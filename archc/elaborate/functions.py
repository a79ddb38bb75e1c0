"""The functions of the language. Each checks its arguments and raises ValueError in the user's terms."""

import math
from collections.abc import Callable, Mapping

from archc.elaborate.values import Value, kind

MAX_RANGE = 1_000_000


def number(value: Value) -> int | float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"takes numbers, not {kind(value)}")
    return value


def whole(value: Value) -> int:
    plain = number(value)
    if isinstance(plain, float) and not plain.is_integer():
        raise ValueError(f"takes a whole number, not {plain:g}")
    return int(plain)


def items(value: Value) -> list[Value]:
    if not isinstance(value, list | tuple):
        raise ValueError(f"takes a list, not {kind(value)}")
    return list(value)


def _spread(arguments: tuple[Value, ...]) -> list[int | float]:
    """The numbers themselves, or those of the one list given."""
    values = items(arguments[0]) if len(arguments) == 1 and isinstance(arguments[0], list | tuple) else arguments
    if not values:
        raise ValueError("takes at least one number")
    return [number(value) for value in values]


def make_divisible(value: Value, divisor: Value = 8, least: Value | None = None) -> int:
    """The multiple of `divisor` nearest to `value`, never below 90 % of it (Howard et al. 2017, code)."""
    step = whole(divisor)
    if step < 1:
        raise ValueError("takes a divisor of at least 1")
    plain = number(value)
    result = max(whole(least) if least is not None else step, int(plain + step / 2) // step * step)
    return result + step if result < 0.9 * plain else result


def rows(value: Value) -> list[Value]:
    """A matrix as its rows; a list that is one row becomes a matrix of that row."""
    listed = items(value)
    return listed if listed and all(isinstance(item, list) for item in listed) else [listed]


def counting(first: Value, last: Value | None = None) -> list[Value]:
    start, stop = (0, whole(first)) if last is None else (whole(first), whole(last))
    if stop - start > MAX_RANGE:
        raise ValueError(f"lists at most {MAX_RANGE:,} numbers, not {stop - start:,}")
    return list(range(start, stop))


def _root(value: Value) -> float:
    if number(value) < 0:
        raise ValueError("takes a number that is not negative")
    return math.sqrt(number(value))


def _logarithm(value: Value, base: float = math.e) -> float:
    if number(value) <= 0:
        raise ValueError("takes a number above 0")
    return math.log2(number(value)) if base == 2 else math.log(number(value))


def _exponential(value: Value) -> float:
    if number(value) > 40:
        raise ValueError("takes a number up to 40")
    return math.exp(number(value))


def total(value: Value, count: Value | None = None) -> int | float:
    """The sum of a list, or of its first `count` items."""
    listed = items(value)
    first = len(listed) if count is None else whole(count)
    if not 0 <= first <= len(listed):
        raise ValueError(f"takes at most the {len(listed)} items there are, not {first}")
    return sum(number(item) for item in listed[:first])


# name → (function, least and greatest number of arguments; None: any)
FUNCTIONS: Mapping[str, tuple[Callable[..., Value], int, int | None]] = {
    "abs": (lambda a: abs(number(a)), 1, 1),
    "ceil": (lambda a: math.ceil(number(a)), 1, 1),
    "exp": (_exponential, 1, 1),
    "floor": (lambda a: math.floor(number(a)), 1, 1),
    "len": (lambda a: len(items(a)), 1, 1),
    "log": (_logarithm, 1, 1),
    "log2": (lambda a: _logarithm(a, 2), 1, 1),
    "make_divisible": (make_divisible, 1, 3),
    "max": (lambda *a: max(_spread(a)), 1, None),
    "min": (lambda *a: min(_spread(a)), 1, None),
    "range": (counting, 1, 2),
    "round": (lambda a: round(number(a)), 1, 1),
    "rows": (rows, 1, 1),
    "sqrt": (_root, 1, 1),
    "sum": (total, 1, 2),
}
