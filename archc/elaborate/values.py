"""The values of expressions."""

from collections.abc import Mapping

from archc.diagnostics import Span
from archc.ops import Shape, hwc
from archc.records import dataclass


@dataclass(frozen=True, slots=True)
class Symbol:
    """A bare word that names no variable: `same`, `global`, or a layer given as an argument."""

    name: str


@dataclass(frozen=True, slots=True)
class Window:
    """`3x3/2`: window sizes with their stride. A plain `3x3` is a tuple."""

    sizes: tuple[int, ...]
    stride: int


@dataclass(frozen=True, slots=True)
class Wire:
    """A value that flows: the node it comes from and its shape.

    shape is None after an earlier mistake. possible: then some shapes that it may have; only what holds for all of them
    is used and reported.
    """

    node: str | None
    shape: Shape | None
    span: Span | None = None
    possible: tuple[Shape, ...] = ()


Value = int | float | bool | str | Symbol | Window | Wire | tuple["Value", ...] | list["Value"]

LOOP_NAMES = frozenset(("first", "last", "index"))  # they differ from one repetition to the next
LOST = Wire(None, None)  # after a mistake
START = Wire(None, None)  # before any input


def describe(value: Value) -> str:
    """A value as a user would write it."""
    match value:
        case bool():
            return "yes" if value else "no"
        case int():
            return str(value)
        case float():
            return repr(value)
        case str():
            return f'"{value}"'
        case Symbol():
            return value.name
        case Window():
            return f"{'x'.join(map(str, value.sizes))}/{value.stride}"
        case Wire():
            return f"a value of {hwc(value.shape)}" if value.shape else "a value"
        case tuple():
            if value and all(isinstance(item, int) for item in value):
                return "x".join(map(str, value))
            return f"({', '.join(map(describe, value))})"
        case list():
            separator = "; " if any(isinstance(item, list) for item in value) else ", "
            rows = (", ".join(map(describe, item)) if isinstance(item, list) else describe(item) for item in value)
            return f"[{separator.join(rows)}]"


def kind(value: Value) -> str:
    """The kind of a value, for messages."""
    match value:
        case bool():
            return "yes or no"
        case int() | float():
            return "a number"
        case str():
            return "a text"
        case Symbol():
            return f"the word `{value.name}`"
        case Window():
            return "a window with its stride"
        case Wire():
            return "a value that flows"
        case tuple():
            return "sizes"
        case list():
            return "a list"


def plain(values: Mapping[str, Value]) -> tuple[tuple[str, int | str], ...]:
    """The arguments of a call that a graph keeps: whole numbers, switches, and flowing values by their node."""
    kept: list[tuple[str, int | str]] = []
    for name, value in values.items():
        if isinstance(value, Wire) and value.node is not None:
            kept.append((name, value.node))
        elif isinstance(value, int):
            kept.append((name, value))
    return tuple(kept)
