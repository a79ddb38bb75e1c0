"""Arguments of a call as Python values."""

from collections.abc import Mapping
from operator import add, floordiv, mul, sub

from archc.syntax import ast

Python = int | float | str | None | tuple["Python", ...]
CONSTANTS: Mapping[str, Python] = {"True": True, "False": False, "None": None}
WHOLE = {"+": add, "-": sub, "*": mul, "//": floordiv}
MOST = 10**12  # of a number that is computed with


class Misread(Exception):
    """Raised for a call that Python or the framework does not accept."""


def literal(expr: ast.Expr) -> Python:
    """The Python value of an expression. Raises Misread for anything but literals and arithmetic on whole numbers."""
    if expr.span.text in CONSTANTS:
        return CONSTANTS[expr.span.text]
    match expr:
        case ast.Number() | ast.String() | ast.Boolean():
            return expr.value
        case ast.Name(name="same" | "valid" as word):
            return word
        case ast.Tuple(items=(one,), grouping=True):
            return literal(one)
        case ast.Tuple():
            return tuple(map(literal, expr.items))
        case ast.Matrix(rows=(row,)):
            return tuple(map(literal, row))
        case ast.Prefix(operator="-", count=1, operand=ast.Number() as number):
            return -number.value
        case ast.Chain():
            return _computed(expr)
    raise Misread(expr.span.text)


def _computed(chain: ast.Chain) -> int:
    """`16 * 5 * 5`, of whole numbers. Raises Misread."""
    value = whole(literal(chain.first))
    for sign, operand in chain.rest:
        other = whole(literal(operand))
        if sign not in WHOLE or (sign == "//" and other == 0) or max(abs(value), abs(other)) > MOST:
            raise Misread(chain.span.text)
        value = WHOLE[sign](value, other)
    return value


def whole(value: Python) -> int:
    """Raises Misread."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise Misread(value)
    return value
