"""Arithmetic and comparisons of values, within bounds. A search for holes may record the operands."""

import operator
from collections.abc import Callable, Sequence
from contextvars import ContextVar

from archc.diagnostics import Code, Diagnostic, Span
from archc.elaborate import advice
from archc.elaborate.env import Failure
from archc.elaborate.values import Symbol, Value, Window, kind

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


# Recorded while a search asks for it: pairs that were compared, and values with an effect that is no polynomial.
decided: ContextVar[list[tuple[int | float, int | float] | str] | None] = ContextVar("decided", default=None)


def record_operands(*values: Value) -> None:
    """Record values with an effect that is no polynomial of them: divisors, counts, arguments of functions."""
    kept = decided.get()
    if kept is not None:
        kept.append(repr(values))


def calculate(sign: str, left: int | float, right: int | float, span: Span) -> int | float:
    if sign in ("/", "//", "%"):
        record_operands(left, right)
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


def record_compared(left: Value, right: Value) -> None:
    kept = decided.get()
    if kept is not None:
        if isinstance(left, int | float) and isinstance(right, int | float):
            kept.append((left, right))
        else:
            kept.append(repr((left, right)))


def number(value: Value, span: Span) -> int | float:
    """The value as an operand. Raises Failure where it is no number."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Failure(Diagnostic(Code.NOT_A_NUMBER, f"arithmetic needs a number; this is {kind(value)}", span))
    return value


def window_sizes(value: tuple[Value, ...], span: Span) -> tuple[int, ...]:
    """The sides of a window. Raises Failure where one is no whole number."""
    if not all(isinstance(item, int) for item in value):
        raise Failure(Diagnostic(Code.NOT_A_NUMBER, "a window is whole numbers", span))
    return tuple(item for item in value if isinstance(item, int))


def power(operands: Sequence[int | float], span: Span) -> int | float:
    """a ** b ** c is a ** (b ** c). Raises Failure beyond 10^18, and where there is no such number."""
    record_operands(*operands)
    result = operands[-1]
    for base in reversed(operands[:-1]):
        if abs(result) > 64 and abs(base) not in (0, 1):
            raise Failure(Diagnostic(Code.LIMIT_NUMBER, "a number beyond 10^18", span))
        try:
            raised = base**result
        except (ZeroDivisionError, OverflowError) as error:
            raise Failure(Diagnostic(Code.LIMIT_NUMBER, "this power has no value", span)) from error
        if isinstance(raised, complex):
            raise Failure(Diagnostic(Code.LIMIT_NUMBER, "this power has no value", span))
        result = bounded(raised, span)
    return result


def compare(sign: str, left: Value, left_span: Span, right: Value, right_span: Span) -> bool:
    """Whether `left sign right` holds. Raises Failure for what cannot be compared."""
    record_compared(left, right)
    if sign in ("==", "!="):
        if not _comparable(left, right):
            raise Failure(advice.value_errors.not_comparable(left, right, sign, left_span.to(right_span)))
        return (left == right) is (sign == "==")
    for value, span in ((left, left_span), (right, right_span)):
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise Failure(Diagnostic(Code.NOT_A_NUMBER, f"`{sign}` needs numbers; this is {kind(value)}", span))
    assert isinstance(left, int | float)
    assert isinstance(right, int | float)
    return COMPARISONS[sign](left, right)


def _comparable(left: Value, right: Value) -> bool:
    """Whether the two may be equal. A word may stand for any kind of value, and 3x3/1 is a window like 3x3."""
    if kind(left) == kind(right) or isinstance(left, Symbol) or isinstance(right, Symbol):
        return True
    return isinstance(left, Window | tuple) and isinstance(right, Window | tuple)
