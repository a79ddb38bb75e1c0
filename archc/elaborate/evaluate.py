"""Evaluates expressions."""

from collections.abc import Callable
from typing import Any

from archc.diagnostics import Code, Diagnostic, Span
from archc.elaborate import advice, functions
from archc.elaborate.arithmetic import (
    COMPARISONS,
    bounded,
    calculate,
    compare,
    number,
    power,
    record_operands,
    window_sizes,
)
from archc.elaborate.effort import effort
from archc.elaborate.env import MAX_MADE, Env, Failure, Lost, Open
from archc.elaborate.values import LOST, START, Symbol, Value, Window, Wire, describe, kind
from archc.ops import OPS, Shape, symbols
from archc.ops.window import AXES
from archc.syntax import ast

STRUCTURAL = {"rows", "len", "sum"}  # these take lists apart, whatever numbers are in them


def evaluate(expr: ast.Expr, env: Env, inflow: Wire) -> Value:
    """The value of an expression. Raises Failure on a mistake, Lost after an earlier one."""
    effort.get().spend(1, expr.span)
    return _MEANINGS[type(expr)](expr, env, inflow)


def _literal(expr: ast.Number | ast.String | ast.Boolean, env: Env, inflow: Wire) -> Value:
    return expr.value


def _dims(expr: ast.Dims, env: Env, inflow: Wire) -> tuple[Value, ...]:
    return tuple([_filled(size) if isinstance(size, ast.Hole) else size for size in expr.sizes])


def _inflow(expr: ast.Inflow, env: Env, inflow: Wire) -> Value:
    return attribute(inflow, expr.attribute, expr.span, "the value that flows in")


def _tuple(expr: ast.Tuple, env: Env, inflow: Wire) -> Value:
    if expr.grouping:
        return evaluate(expr.items[0], env, inflow)
    items = tuple([evaluate(item, env, inflow) for item in expr.items])
    env.make(sum(map(weight, items)), expr.span)
    return items


def _matrix(expr: ast.Matrix, env: Env, inflow: Wire) -> Value:
    rows = [[evaluate(item, env, inflow) for item in row] for row in expr.rows]
    env.make(sum(weight(item) for row in rows for item in row), expr.span)
    return rows[0] if len(rows) == 1 else list[Value](rows)


def _choice(expr: ast.Choice, env: Env, inflow: Wire) -> Value:
    for value, condition in expr.arms:
        if truth(condition, env, inflow):
            return evaluate(value, env, inflow)
    return evaluate(expr.orelse, env, inflow)


def _hole(expr: ast.Hole, env: Env, inflow: Wire) -> Value:
    return _filled(expr)


def _filled(hole: ast.Hole) -> int:
    """The value of a hole. Raises Open where the search has set none."""
    if hole.value is None:
        raise Open(hole)
    return hole.value


def weight(value: Value) -> int:
    """The number of values in a value, nested lists included, counted up to MAX_MADE."""
    count, stack = 0, [value]
    while stack and count <= MAX_MADE:
        top = stack.pop()
        count += 1
        if isinstance(top, list | tuple):
            stack.extend(top)
    return count


def truth(expr: ast.Expr, env: Env, inflow: Wire) -> bool:
    """The value of a condition."""
    value = evaluate(expr, env, inflow)
    if not isinstance(value, bool):
        raise Failure(advice.value_errors.not_a_condition(value, expr.span))
    return value


def whole(expr: ast.Expr, env: Env, inflow: Wire, what: str, least: int = 0) -> int:
    """The value of an expression that must be a whole number of at least `least`."""
    value = evaluate(expr, env, inflow)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        shown = describe(value) if isinstance(value, float) else kind(value)
        raise Failure(Diagnostic(Code.NOT_A_COUNT, f"{what} must be a whole number, not {shown}", expr.span))
    if value < least:
        raise Failure(Diagnostic(Code.NOT_A_COUNT, f"{what} must be at least {least}, not {value}", expr.span))
    record_operands(value)
    return value


def attribute(wire: Wire, name: str, span: Span, what: str) -> int:
    """A size of a value by name: `in.channels`, `@label.height`. Raises Failure, or Lost for an unknown shape."""
    if wire is START:
        raise Failure(advice.name_errors.nothing_flows_in(span))
    if wire.shape is None:
        found = {shape_attributes(shape).get(name) for shape in wire.possible}
        if len(found) == 1 and (one := found.pop()) is not None:
            return one
        raise Lost
    known = shape_attributes(wire.shape)
    if name not in known:
        raise Failure(advice.value_errors.unknown_attribute(name, known, span, what))
    return known[name]


def shape_attributes(shape: Shape) -> dict[str, int]:
    """The channels and sizes of a shape by name."""
    if len(shape) == 1:
        return {"channels": shape[0], "features": shape[0]}
    return {"channels": shape[0], **dict(zip(AXES[len(shape) - 1], shape[1:], strict=True))}


def _name(expr: ast.Name, env: Env, inflow: Wire) -> Value:
    value = env.value(expr.name)
    if value is LOST:
        raise Lost  # a mistake in it is not reported at each use
    if value is not None:
        return value
    if expr.name in OPS or env.block(expr.name) is not None or expr.name in symbols():
        return Symbol(expr.name)
    raise Failure(advice.name_errors.unknown_name(expr, env))


def _reference(expr: ast.Reference, env: Env, inflow: Wire) -> Value:
    """The value of a label, or of a parameter that holds a value; `@label.channels` is a size of it."""
    found = env.find_label(expr.label)
    if found is not None:
        return found
    base, _, last = expr.label.rpartition(".")
    wire = env.find_label(base) if base else None
    if wire is None:
        raise Failure(advice.name_errors.unknown_label(expr, env))
    return attribute(wire, last, expr.span, f"`@{base}`")


def _prefix(expr: ast.Prefix, env: Env, inflow: Wire) -> Value:
    if expr.operator == "not":
        value = truth(expr.operand, env, inflow)
        return not value if expr.count % 2 else value
    plain = _number(expr.operand, env, inflow)
    return -plain if expr.count % 2 else plain


def _number(expr: ast.Expr, env: Env, inflow: Wire) -> int | float:
    return number(evaluate(expr, env, inflow), expr.span)


def _chain(expr: ast.Chain, env: Env, inflow: Wire) -> Value:
    first_operator = expr.rest[0][0]
    if first_operator in ("or", "and"):
        operands = (expr.first, *(operand for _, operand in expr.rest))
        stop = first_operator == "or"
        return stop if any(truth(operand, env, inflow) is stop for operand in operands) else not stop
    if first_operator in COMPARISONS or first_operator in ("==", "!="):
        return _compare(expr, env, inflow)
    if first_operator == "**":
        operands = (expr.first, *(operand for _, operand in expr.rest))
        return power([_number(operand, env, inflow) for operand in operands], expr.span)
    left = evaluate(expr.first, env, inflow)
    left_span = expr.first.span
    for sign, operand in expr.rest:
        if sign == "/" and isinstance(left, tuple):
            left = Window(window_sizes(left, left_span), whole(operand, env, inflow, "a stride", 1))
            continue
        base = number(left, left_span)
        left = bounded(calculate(sign, base, _number(operand, env, inflow), operand.span), expr.span)
        left_span = left_span.to(operand.span)
    return left


def _window(expr: ast.Window, env: Env, inflow: Wire) -> Value:
    return Window(
        window_sizes(_dims(expr.size, env, inflow), expr.size.span), whole(expr.stride, env, inflow, "a stride", 1)
    )


def _compare(expr: ast.Chain, env: Env, inflow: Wire) -> bool:
    left = evaluate(expr.first, env, inflow)
    left_span = expr.first.span
    for sign, operand in expr.rest:
        right = evaluate(operand, env, inflow)
        if isinstance(left, list | tuple) and isinstance(right, list | tuple):
            effort.get().spend(weight(left), expr.span)
        if not compare(sign, left, left_span, right, operand.span):
            return False
        left, left_span = right, operand.span
    return True


def _subscript(expr: ast.Subscript, env: Env, inflow: Wire) -> Value:
    value = evaluate(expr.base, env, inflow)
    for index in expr.indices:
        if not isinstance(value, list | tuple):
            raise Failure(Diagnostic(Code.NOT_A_LIST, f"only a list has items; this is {kind(value)}", expr.base.span))
        place = whole(index, env, inflow, "a place in a list", -len(value))
        if place >= len(value):
            raise Failure(
                Diagnostic(
                    Code.NO_SUCH_ITEM,
                    f"the list has {len(value)} items, counted from 0; there is no item {place}",
                    index.span,
                )
            )
        value = value[place]
    return value


def _invoke(expr: ast.Invoke, env: Env, inflow: Wire) -> Value:
    if expr.function not in functions.FUNCTIONS:
        raise Failure(advice.value_errors.unknown_function(expr, functions.FUNCTIONS))
    function, least, most = functions.FUNCTIONS[expr.function]
    count = len(expr.arguments)
    if count < least or (most is not None and count > most):
        raise Failure(advice.value_errors.wrong_count(expr, least, most))
    arguments = [evaluate(argument, env, inflow) for argument in expr.arguments]
    record_operands(*(arguments[1:] if expr.function in STRUCTURAL else arguments))
    effort.get().spend(sum(len(each) for each in arguments if isinstance(each, list | tuple)), expr.span)
    try:
        result = function(*arguments)
    except ValueError as error:
        raise Failure(Diagnostic(Code.WRONG_ARGUMENTS, f"`{expr.function}` {error}", expr.span)) from error
    if isinstance(result, list):
        env.make(len(result), expr.span)
    return bounded(result, expr.span) if isinstance(result, int | float) and not isinstance(result, bool) else result


_MEANINGS: dict[type[ast.Expr], Callable[[Any, Env, Wire], Value]] = {
    ast.Number: _literal,
    ast.String: _literal,
    ast.Boolean: _literal,
    ast.Dims: _dims,
    ast.Window: _window,
    ast.Name: _name,
    ast.Chain: _chain,
    ast.Inflow: _inflow,
    ast.Reference: _reference,
    ast.Invoke: _invoke,
    ast.Tuple: _tuple,
    ast.Matrix: _matrix,
    ast.Subscript: _subscript,
    ast.Prefix: _prefix,
    ast.Choice: _choice,
    ast.Hole: _hole,
}
