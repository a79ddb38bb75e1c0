"""The arguments of a block's call to the block's parameters."""

from collections.abc import Mapping

from archc.diagnostics import Code, Diagnostic, Edit, Fix, Label, Span
from archc.elaborate.advice.argument_errors import given_twice, no_stride, trailing_comma
from archc.elaborate.advice.suggest import did_you_mean, nearest, renames
from archc.elaborate.effort import effort
from archc.elaborate.env import BlockDefinition, Env, Failure
from archc.elaborate.evaluate import evaluate, weight
from archc.elaborate.values import LOOP_NAMES, Value, Wire, describe
from archc.graph import Given
from archc.syntax import ast


def bind_block(
    definition: BlockDefinition, call: ast.Call, env: Env, inflow: Wire, stride: int | None = None
) -> dict[str, Value]:
    """The parameters of a block call. Defaults see earlier parameters and the value that flows in."""
    parameters = definition.block.parameters
    known = {parameter.name: parameter for parameter in parameters}
    given: dict[str, Value] = {}
    spans: dict[str, Span] = {}
    order = [parameter.name for parameter in parameters]
    for argument in call.arguments:
        if argument.name is not None:
            name = argument.name
            if name not in known:
                raise Failure(trailing_comma(call, argument) or _unknown_parameter(definition, argument))
        else:
            free = [parameter for parameter in order if parameter not in given]
            if not free:
                raise Failure(trailing_comma(call, argument) or _too_many_for_block(definition, call, argument))
            name = free[0]
        if name in given:
            raise Failure(given_twice(name, argument.span, spans[name]))
        given[name] = evaluate(argument.value, env, inflow)
        spans[name] = argument.span
    if stride is not None:
        if "stride" not in known:
            raise Failure(no_stride(definition.name, call.name_span))
        given["stride"] = stride
    inner = definition.home.child()
    for parameter in parameters:
        if parameter.name not in given:
            if parameter.default is None:
                raise Failure(_missing_parameter(definition, call, parameter))
            given[parameter.name] = evaluate(parameter.default, inner, inflow)
        inner.values[parameter.name] = given[parameter.name]
    lists = sum(weight(value) for value in given.values() if isinstance(value, list | tuple))
    effort.get().spend(lists, call.span)  # they are compared and described
    return {name: given[name] for name in order}


def given_words(
    definition: BlockDefinition, call: ast.Call, values: Mapping[str, Value], stride: int | None
) -> tuple[Given, ...]:
    """The arguments of a call for `Region.given`. stride: of a repetition (`x 2 /2`), shown unless it is 1."""
    named = {argument.name for argument in call.arguments}
    free = iter([parameter.name for parameter in definition.block.parameters if parameter.name not in named])
    shown: list[Given] = []
    for argument in call.arguments:
        name = argument.name or next(free)
        value, text = values[name], argument.span.text
        written = text if isinstance(value, Wire) else describe(value)
        shown.append(
            Given(
                name,
                "" if ast.named(LOOP_NAMES, argument.value) else written,
                argument.name is None and text == written,
            )
        )
    if stride is not None and stride != 1:
        shown.append(Given("stride", str(stride), positional=False))
    return tuple(shown)


def signature(block: ast.Block) -> str:
    """`basic(width, stride=1)`"""
    return f"{block.name}({', '.join(parameter.span.text for parameter in block.parameters)})"


def _unknown_parameter(definition: BlockDefinition, argument: ast.Argument) -> Diagnostic:
    span = argument.name_span or argument.span
    close = nearest(argument.name or "", (parameter.name for parameter in definition.block.parameters))
    return Diagnostic(
        Code.UNKNOWN_ARGUMENT,
        f"block `{definition.name}` has no parameter `{argument.name}`",
        span,
        labels=(Label(definition.block.name_span, signature(definition.block)),),
        help=did_you_mean(close),
        fixes=renames(span, close),
    )


def _too_many_for_block(definition: BlockDefinition, call: ast.Call, argument: ast.Argument) -> Diagnostic:
    count = len(definition.block.parameters)
    return Diagnostic(
        Code.WRONG_ARGUMENTS,
        f"block `{definition.name}` takes {count} argument{'s' * (count != 1)}; {len(call.arguments)} are given",
        argument.span,
        labels=(Label(definition.block.name_span, signature(definition.block)),),
        fixes=(Fix("leave it out", (Edit(_with_comma(call, argument), ""),)),) if len(call.arguments) > 1 else (),
    )


def _with_comma(call: ast.Call, argument: ast.Argument) -> Span:
    index = call.arguments.index(argument)
    return call.arguments[index - 1].span.after().to(argument.span) if index else argument.span


def _missing_parameter(definition: BlockDefinition, call: ast.Call, parameter: ast.Parameter) -> Diagnostic:
    return Diagnostic(
        Code.MISSING_ARGUMENT,
        f"block `{definition.name}` needs `{parameter.name}`",
        call.name_span,
        labels=(Label(parameter.span, "it has no default"),),
        help=f"write {signature(definition.block)}",
    )
