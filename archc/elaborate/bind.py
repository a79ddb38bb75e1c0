"""The arguments of a layer's call to the fields that its op declares."""

from collections.abc import Mapping
from dataclasses import replace
from functools import cache, lru_cache
from types import MappingProxyType
from typing import Any, Literal, get_args, get_origin

from archc.diagnostics import Code, Diagnostic, Edit, Fix, Span
from archc.elaborate.advice.argument_errors import (
    activation_inside,
    given_twice,
    mode_of_padding,
    no_arrow,
    no_stride,
    place_and_name,
    stride_of_channels,
    thousands,
    trailing_comma,
    window_apart,
    window_as_product,
)
from archc.elaborate.advice.field_errors import invalid
from archc.elaborate.advice.foreign_calls import in_torchs_order, said, translations
from archc.elaborate.advice.suggest import did_you_mean, nearest, renames
from archc.elaborate.env import Env, Failure
from archc.elaborate.evaluate import evaluate
from archc.elaborate.fields import field_names, written_name
from archc.elaborate.solve import holes
from archc.elaborate.values import Symbol, Value, Window, Wire, describe, kind
from archc.ops import InvalidFields, Op
from archc.records import dataclass
from archc.syntax import ast


@dataclass(frozen=True, slots=True, eq=False)
class Bound:
    """An op made from a call, the values given to it as inputs, and where each field was written."""

    op: Op
    wires: tuple[Wire, ...]
    spans: Mapping[str, Span]


def bind_op(kind_of_op: type[Op], call: ast.Call, env: Env, inflow: Wire, stride: int | None = None) -> Bound:
    """The op of a layer call. `stride` comes from `x n /s`. Raises Failure."""
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
                raise _too_many(kind_of_op, call, argument, unnamed, inflow)
        if field in fields:
            name = written_name(kind_of_op, field)
            both = place_and_name(kind_of_op, call, argument, name)
            raise Failure(both or given_twice(name, argument.span, spans[field]))
        sign = argument.value.rest[0][0] if isinstance(argument.value, ast.Chain) else ""
        slip = window_as_product(argument) if field == "kernel_size" and sign == "*" else None
        if field == "out_channels" and sign == "/" and "stride" in kind_of_op.fields:
            slip = stride_of_channels(call, argument)
        if slip is not None:
            raise Failure(slip)
        spans[field] = argument.span
        fields[field] = _plain(value, field, fields, spans, argument)
    if stride is not None:
        if "stride" not in kind_of_op.fields:
            raise Failure(no_stride(call.name, call.name_span))
        fields["stride"] = stride
    try:
        return Bound(_make(kind_of_op, call, fields, spans), tuple(wires), spans)
    except Failure as failure:  # `ln 64`, with the shape that PyTorch's norms are given
        theirs = in_torchs_order(call, inflow.shape) if kind_of_op.category == "norm" else None
        if theirs is None or failure.diagnostic.code != Code.BAD_VALUE:
            raise
        report = replace(failure.diagnostic, help=said([theirs]), fixes=translations(call, [theirs]))
        raise Failure(report, theirs.ops) from None


@cache
def _bare(op: type[Op]) -> Bound | None:
    """A layer written without arguments; None where it needs some."""
    try:
        return Bound(op.of({}), (), MappingProxyType({}))
    except InvalidFields:
        return None


def _place(op: type[Op], fields: Mapping[str, Any], unnamed: int) -> str:
    """The field of the next unnamed argument: the first that is free, or the one it stands for by its place."""
    free = next((name for name in op.positional if name not in fields), "")
    return free or (op.positional[unnamed - 1] if unnamed <= len(op.positional) else "")


def _argument_value(argument: ast.Argument, op: type[Op], env: Env, inflow: Wire, in_window: bool) -> Value:
    """An op's own words mean themselves, unless a variable is called so and may be what is meant."""
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


def _takes_words_alone(op: type[Op], name: str | None, word: str) -> bool:
    """Whether the argument can be nothing but a word, this one among others: `axis=width` beside a `width`."""
    fields = [field_names(op).get(name, "")] if name is not None else op.positional
    kinds = [op.fields[field].kind for field in fields if field in op.fields]
    return any(get_origin(kind) is Literal and word in get_args(kind) for kind in kinds)


def _named_field(op: type[Op], call: ast.Call, argument: ast.Argument) -> str:
    names = field_names(op)
    name = argument.name or ""
    if name in names:
        return names[name]
    slip = trailing_comma(call, argument) or activation_inside(call, argument)
    if slip is not None:
        raise Failure(slip)
    span = argument.name_span or argument.span
    usual = [written_name(op, field) for field in op.fields]
    close = nearest(name, {*names}, synonyms=True)
    raise Failure(
        Diagnostic(
            Code.UNKNOWN_ARGUMENT,
            f"`{op.name}` has no argument `{name}`",
            span,
            help=did_you_mean(close) or (f"it takes {', '.join(usual)}" if usual else "it takes none"),
            fixes=renames(span, close) if len(close) != 1 else (_all_renamed(op, call),),
        )
    )


def _all_renamed(op: type[Op], call: ast.Call) -> Fix:
    """All names of the call that another tool has: `k=3, s=2, p=1`."""
    edits = []
    for argument in call.arguments:
        if argument.name and argument.name not in field_names(op) and argument.name_span is not None:
            close = nearest(argument.name, {*field_names(op)}, synonyms=True)
            edits += [Edit(argument.name_span, close[0])] if len(close) == 1 else []
    return Fix(f"write `{'`, `'.join(edit.text for edit in edits)}`", tuple(edits))


def _too_many(op: type[Op], call: ast.Call, argument: ast.Argument, count: int, inflow: Wire) -> Failure:
    joins = op.category == "join"
    slip = (
        trailing_comma(call, argument)
        or (op.positional[:1] == ("kernel_size",) and window_apart(call, argument))
        or thousands(call, argument)
        or ("padding" in op.fields and mode_of_padding(call, argument))
        or (not joins and no_arrow(call, argument))
    )
    if slip:
        return Failure(slip)
    theirs = in_torchs_order(call, inflow.shape)
    if not op.fields and not joins and theirs is None:
        alone = Fix(f"write `{call.name}` alone", (Edit(call.name_span.after().to(call.span.after()), ""),))
        message = f"`{op.name}` takes nothing but what flows in"
        return Failure(Diagnostic(Code.WRONG_ARGUMENTS, message, argument.span, fixes=(alone,)))
    usual = ", ".join(written_name(op, field) for field in op.positional)
    others = [written_name(op, field) for field in op.fields if field not in op.positional]
    limit = len(op.positional)
    takes = f"{limit} unnamed argument{'s' * (limit != 1)} ({usual})" if limit else "no unnamed arguments"
    help_text = f"the others are named: {', '.join(f'{name}=' for name in others)}" if others else None
    torchs: tuple[Fix, ...] = ()
    only_theirs = op.category == "norm" or (theirs is not None and theirs.ops and "kernel_size" not in op.fields)
    naming = _naming(call, argument, others) if _may_be_a_window(op, call) and not only_theirs else ()
    if theirs is not None and (theirs.ops or not naming):
        help_text, torchs = said([theirs]), translations(call, [theirs])
    message = f"`{op.name}` takes {takes}; this is number {count}"
    report = Diagnostic(Code.WRONG_ARGUMENTS, message, argument.span, help=help_text, fixes=(*torchs, *naming))
    return Failure(report, theirs.ops if theirs is not None and not naming else ())


def _may_be_a_window(op: type[Op], call: ast.Call) -> bool:
    """Whether what stands first may be a window, where the layer has one: `conv 32, 64, 3` has 32 channels."""
    first = call.arguments[0].value
    is_number = op.positional[:1] == ("kernel_size",) and isinstance(first, ast.Number)
    return not is_number or (isinstance(first, ast.Number) and first.value in holes.DOMAINS["kernel"])


def _naming(call: ast.Call, first: ast.Argument, names: list[str]) -> tuple[Fix, ...]:
    """Name this unnamed argument and those after it, in the order of the fields."""
    index = call.arguments.index(first)
    unnamed = [argument for argument in call.arguments[index:] if argument.name is None]
    given = {argument.name for argument in call.arguments}
    free = [name for name in names if name not in given]
    if len(unnamed) > len(free):
        return ()
    edits = tuple(Edit(a.span.before(), f"{name}=") for a, name in zip(unnamed, free, strict=False))
    return (Fix(f"name {'it' if len(edits) == 1 else 'them'}: {', '.join(free[: len(edits)])}", edits),)


def _plain(value: Value, field: str, fields: dict[str, Any], spans: dict[str, Span], argument: ast.Argument) -> object:
    """The value as the layer's field takes it. A window's stride goes to the field of that name."""
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
                raise Failure(given_twice("stride", argument.span, spans["stride"]))
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


def _make(op: type[Op], call: ast.Call, fields: dict[str, Any], spans: dict[str, Span]) -> Op:
    try:
        if all(map(_cacheable, fields.values())):
            # The type is part of the key, as yes and 1 are equal in Python.
            return _cached(op, tuple([(name, type(value), value) for name, value in fields.items()]))
        return op.of(fields)
    except InvalidFields as error:
        raise Failure(invalid(op, call, error, spans)) from None
