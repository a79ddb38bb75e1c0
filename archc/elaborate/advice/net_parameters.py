"""Reports of parameters of a net that are given from outside, as by `--param`."""

from collections.abc import Collection

from archc.diagnostics import Code, Diagnostic
from archc.elaborate.advice.suggest import did_you_mean, nearest
from archc.elaborate.values import Value, describe, kind
from archc.syntax import ast


def unknown_net_parameter(net: ast.Net, name: str, known: Collection[str]) -> Diagnostic:
    """The report of a value for a parameter that the net does not have."""
    close = nearest(name, known)
    listed = f"it has {', '.join(known)}" if known else "it has none"
    message = f"net `{net.name}` has no parameter `{name}`"
    return Diagnostic(Code.UNKNOWN_ARGUMENT, message, net.name_span, help=did_you_mean(close) or listed)


def wrong_kind(net: ast.Net, parameter: ast.Parameter, value: Value) -> Diagnostic:
    """The report of a value that is no number where the default is one, or no switch where it is one."""
    default = parameter.default
    assert default is not None
    one = "a number" if isinstance(default, ast.Number) else "yes or no"
    return Diagnostic(
        Code.BAD_VALUE,
        f"`{parameter.name}={describe(value)}`: `{parameter.name}` of net `{net.name}` is {one}, not {kind(value)}",
        help=f"for example {parameter.name}={default.span.text}, its default",
        file=net.span.source.name,
    )


def missing_net_parameter(net: ast.Net, parameter: ast.Parameter) -> Diagnostic:
    """The report of a parameter that is not given and has no default."""
    pass_it = f"give it a default, or pass --param {parameter.name}=…"
    return Diagnostic(Code.MISSING_ARGUMENT, f"net `{net.name}` needs `{parameter.name}`", parameter.span, help=pass_it)
