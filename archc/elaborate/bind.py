"""Binds the arguments of a layer's call to the fields of its op."""

from collections.abc import Mapping
from functools import cache, lru_cache
from types import MappingProxyType
from typing import Any, Literal, get_args, get_origin

from archc.diagnostics import Code, Diagnostic, Span
from archc.elaborate import advice
from archc.elaborate.env import Env, Failure
from archc.elaborate.evaluate import evaluate
from archc.elaborate.fields import Bound, field_names
from archc.elaborate.values import Symbol, Value, Window, Wire, describe, kind
from archc.ops import InvalidFields, Op
from archc.syntax import ast

SLIPS = {"kernel_size": "*", "out_channels": "/"}


def bind_op(kind_of_op: type[Op], call: ast.Call, env: Env, inflow: Wire, stride: int | None = None) -> Bound:
    """Return the op of a layer call with its inputs. stride: the one of `x n /s`. Raises Failure."""
    if not call.arguments and stride is None and (bare := _bare(kind_of_op)) is not None:
        return bare
    fields: dict[str, Any] = {}
    spans: dict[str, Span] = {}
    wires: list[Wire] = []
    unnamed = 0
    for argument in call.arguments:
        value = _argument_value(argument, kind_of_op, env, inflow, in_window="kernel_size" not in fields)
        if argument.name is None and isinstance(value, Wire):
            wires.append(value)
            continue
        if argument.name is not None:
            field = _named_field(kind_of_op, call, argument)
        else:
            unnamed += 1
            field = _place(kind_of_op, fields, unnamed)
            if not field:
                raise Failure(*advice.layer_arguments.too_many_arguments(kind_of_op, call, argument, unnamed, inflow))
        if field in fields:
            raise Failure(advice.layer_arguments.field_given_twice(kind_of_op, call, argument, field, spans[field]))
        if isinstance(argument.value, ast.Chain) and _may_be_a_slip(field, argument.value):
            slip = advice.layer_arguments.computed_argument(kind_of_op, call, argument, field)
            if slip is not None:
                raise Failure(slip)
        spans[field] = argument.span
        fields[field] = _plain(value, field, fields, spans, argument)
    if stride is not None:
        if "stride" not in kind_of_op.fields:
            raise Failure(advice.argument_errors.no_stride(call.name, call.name_span))
        fields["stride"] = stride
    try:
        return Bound(_make(kind_of_op, fields), tuple(wires), spans)
    except InvalidFields as error:
        raise Failure(*advice.layer_arguments.invalid_fields(kind_of_op, call, error, spans, inflow)) from None


@cache
def _bare(op: type[Op]) -> Bound | None:
    """A layer written without arguments; None where it needs some."""
    try:
        return Bound(op.of({}), (), MappingProxyType({}))
    except InvalidFields:
        return None


def _place(op: type[Op], fields: Mapping[str, Any], unnamed: int) -> str:
    """The field of the next unnamed argument: the first without a value, or else the one at its position."""
    free = next((name for name in op.positional if name not in fields), "")
    return free or (op.positional[unnamed - 1] if unnamed <= len(op.positional) else "")


def _argument_value(argument: ast.Argument, op: type[Op], env: Env, inflow: Wire, in_window: bool) -> Value:
    """The value of an argument. A word of the op (`same`) is itself, unless a variable of that name fits too."""
    expr = argument.value
    if isinstance(expr, ast.Number | ast.Dims | ast.Window):
        return evaluate(expr, env, inflow)
    if isinstance(expr, ast.Name) and expr.name in op.symbols:
        value = env.value(expr.name)
        if value is None or (not isinstance(value, Symbol) and _takes_words_alone(op, argument.name, expr.name)):
            return Symbol(expr.name)
    windowed = in_window and "kernel_size" in op.positional and argument.name in (None, "kernel", "kernel_size")
    if windowed and isinstance(expr, ast.Chain) and [sign for sign, _ in expr.rest] == ["/"]:
        size = evaluate(expr.first, env, inflow)
        step = evaluate(expr.rest[0][1], env, inflow)
        if isinstance(size, int) and isinstance(step, int) and step > 0:
            return Window((size,), step)  # `5/2` and `kernel/stride`: in a window's place / is the stride
    return evaluate(expr, env, inflow)


def _may_be_a_slip(field: str, chain: ast.Chain) -> bool:
    """`3*3` for a window, `64 /2` for channels: arithmetic on written numbers alone."""
    numbers = isinstance(chain.first, ast.Number) and all(isinstance(operand, ast.Number) for _, operand in chain.rest)
    return numbers and SLIPS.get(field) == chain.rest[0][0]


def _takes_words_alone(op: type[Op], name: str | None, word: str) -> bool:
    """Whether the argument can only be a word, and this is one: `axis=width` where `width` is a variable too."""
    fields = [field_names(op).get(name, "")] if name is not None else op.positional
    kinds = [op.fields[field].kind for field in fields if field in op.fields]
    return any(get_origin(kind) is Literal and word in get_args(kind) for kind in kinds)


def _named_field(op: type[Op], call: ast.Call, argument: ast.Argument) -> str:
    names = field_names(op)
    name = argument.name or ""
    if name not in names:
        raise Failure(advice.layer_arguments.unknown_argument(op, call, argument))
    return names[name]


def _plain(value: Value, field: str, fields: dict[str, Any], spans: dict[str, Span], argument: ast.Argument) -> object:
    """The value as the layer's field takes it. The stride of a window is put into the field `stride`."""
    match value:
        case Symbol():
            return value.name
        case Window():
            if field != "kernel_size":
                raise Failure(
                    Diagnostic(
                        Code.WRONG_ARGUMENTS,
                        f"`{describe(value)}` is a window with a stride, and this is not a window",
                        argument.value.span,
                    )
                )
            if "stride" in fields:
                raise Failure(advice.argument_errors.given_twice("stride", argument.span, spans["stride"]))
            fields["stride"] = value.stride
            spans["stride"] = argument.span
            return value.sizes[0] if len(value.sizes) == 1 else value.sizes
        case Wire():
            raise Failure(
                Diagnostic(Code.WRONG_ARGUMENTS, f"this is {kind(value)}, not a setting", argument.value.span)
            )
        case list():
            return [_plain(item, field, fields, spans, argument) for item in value]
        case _:
            return value


@lru_cache(maxsize=4096)
def _cached(op: type[Op], key: tuple[tuple[str, type, Any], ...]) -> Op:
    return op.of({name: value for name, _, value in key})


def _cacheable(value: object) -> bool:
    if isinstance(value, bool | int | float | str):
        return True
    return isinstance(value, tuple) and {*map(type, value)} <= {int}


def _make(op: type[Op], fields: dict[str, Any]) -> Op:
    """Raises InvalidFields."""
    if all(map(_cacheable, fields.values())):
        # The type is part of the key, as yes and 1 are equal in Python.
        return _cached(op, tuple([(name, type(value), value) for name, value in fields.items()]))
    return op.of(fields)
