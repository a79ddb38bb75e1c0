"""Binds the arguments of a call to the parameters of a block."""

from collections.abc import Mapping

from archc.diagnostics import Span
from archc.elaborate import advice
from archc.elaborate.effort import effort
from archc.elaborate.env import BlockDefinition, Env, Failure
from archc.elaborate.evaluate import evaluate, weight
from archc.elaborate.values import LOOP_NAMES, Value, Wire, describe
from archc.graph import CallArgument
from archc.syntax import ast


def bind_block(
    definition: BlockDefinition, call: ast.Call, env: Env, inflow: Wire, stride: int | None = None
) -> dict[str, Value]:
    """The values of a block's parameters. A default may use earlier parameters and the value that flows in."""
    parameters = definition.block.parameters
    known = {parameter.name: parameter for parameter in parameters}
    given: dict[str, Value] = {}
    spans: dict[str, Span] = {}
    order = [parameter.name for parameter in parameters]
    for argument in call.arguments:
        if argument.name is not None:
            name = argument.name
            if name not in known:
                raise Failure(advice.block_arguments.unknown_parameter(definition, call, argument))
        else:
            free = [parameter for parameter in order if parameter not in given]
            if not free:
                raise Failure(advice.block_arguments.too_many_for_block(definition, call, argument))
            name = free[0]
        if name in given:
            raise Failure(advice.argument_errors.given_twice(name, argument.span, spans[name]))
        given[name] = evaluate(argument.value, env, inflow)
        spans[name] = argument.span
    if stride is not None:
        if "stride" not in known:
            raise Failure(advice.argument_errors.no_stride(definition.name, call.name_span))
        given["stride"] = stride
    inner = definition.home.child()
    for parameter in parameters:
        if parameter.name not in given:
            if parameter.default is None:
                raise Failure(advice.block_arguments.missing_parameter(definition, call, parameter))
            given[parameter.name] = evaluate(parameter.default, inner, inflow)
        inner.values[parameter.name] = given[parameter.name]
    lists = sum(weight(value) for value in given.values() if isinstance(value, list | tuple))
    effort.get().spend(lists, call.span)  # they are compared and described
    return {name: given[name] for name in order}


def given_words(
    definition: BlockDefinition, call: ast.Call, values: Mapping[str, Value], stride: int | None
) -> tuple[CallArgument, ...]:
    """The arguments of a call for `Region.given`. stride: of a repetition (`x 2 /2`), shown unless it is 1."""
    named = {argument.name for argument in call.arguments}
    free = iter([parameter.name for parameter in definition.block.parameters if parameter.name not in named])
    shown: list[CallArgument] = []
    for argument in call.arguments:
        name = argument.name or next(free)
        value, text = values[name], argument.span.text
        written = text if isinstance(value, Wire) else describe(value)
        shown.append(
            CallArgument(
                name,
                "" if ast.named(LOOP_NAMES, argument.value) else written,
                argument.name is None and text == written,
            )
        )
    if stride is not None and stride != 1:
        shown.append(CallArgument("stride", str(stride), positional=False))
    return tuple(shown)
