"""Numbers that are worked out and compared, within bounds, and what a search may know of it."""

import operator
from collections.abc import Callable
from contextvars import ContextVar

from archc.diagnostics import Code, Diagnostic, Span
from archc.elaborate.env import Failure
from archc.elaborate.values import Value

MAX_NUMBER = 10**18

ARITHMETIC: dict[str, Callable[[int | float, int | float], int | float]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "//": operator.floordiv,
    "%": operator.mod,
}
COMPARISONS: dict[str, Callable[[int | float, int | float], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


# What a walk turned on, kept while a search asks for it: pairs that were compared, and what no polynomial follows from.
decided: ContextVar[list[tuple[int | float, int | float] | str] | None] = ContextVar("decided", default=None)


def turned_on(*values: Value) -> None:
    """Note values whose effect is no polynomial of them: a divisor, a count, what a function is given."""
    kept = decided.get()
    if kept is not None:
        kept.append(repr(values))


def calculate(sign: str, left: int | float, right: int | float, span: Span) -> int | float:
    if sign in ("/", "//", "%"):
        turned_on(left, right)
    if sign in ("/", "//", "%") and right == 0:
        raise Failure(Diagnostic(Code.DIVISION_BY_ZERO, "division by zero", span))
    if sign == "/":
        exact = isinstance(left, int) and isinstance(right, int) and left % right == 0
        return left // right if exact else left / right
    return ARITHMETIC[sign](left, right)


def bounded(value: int | float, span: Span) -> int | float:
    if abs(value) > MAX_NUMBER:
        raise Failure(Diagnostic(Code.LIMIT_NUMBER, "a number beyond 10^18", span))
    return value


def note_compared(left: Value, right: Value) -> None:
    kept = decided.get()
    if kept is not None:
        if isinstance(left, int | float) and isinstance(right, int | float):
            kept.append((left, right))
        else:
            kept.append(repr((left, right)))
