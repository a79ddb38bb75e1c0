"""Reports of arguments that a block does not take."""

from archc.diagnostics import Code, Diagnostic, Edit, Fix, Label, Span
from archc.elaborate.advice.argument_errors import trailing_comma
from archc.elaborate.advice.suggest import did_you_mean, nearest, renames
from archc.elaborate.env import BlockDefinition
from archc.syntax import ast


def signature(block: ast.Block) -> str:
    """`basic(width, stride=1)`"""
    return f"{block.name}({', '.join(parameter.span.text for parameter in block.parameters)})"


def unknown_parameter(definition: BlockDefinition, call: ast.Call, argument: ast.Argument) -> Diagnostic:
    """The report of an argument whose name no parameter has."""
    if (slip := trailing_comma(call, argument)) is not None:
        return slip
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


def too_many_for_block(definition: BlockDefinition, call: ast.Call, argument: ast.Argument) -> Diagnostic:
    """The report of an unnamed argument that no parameter is left for."""
    if (slip := trailing_comma(call, argument)) is not None:
        return slip
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


def missing_parameter(definition: BlockDefinition, call: ast.Call, parameter: ast.Parameter) -> Diagnostic:
    """The report of a parameter that is not given and has no default."""
    return Diagnostic(
        Code.MISSING_ARGUMENT,
        f"block `{definition.name}` needs `{parameter.name}`",
        call.name_span,
        labels=(Label(parameter.span, "it has no default"),),
        help=f"write {signature(definition.block)}",
    )
