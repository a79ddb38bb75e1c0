"""Binds the parameters of a net: to values given by the caller, or to their defaults."""

from collections.abc import Iterator

from archc.diagnostics import Code, Diagnostic
from archc.elaborate import advice
from archc.elaborate.arithmetic import MAX_NUMBER
from archc.elaborate.env import Env, Failure, Lost
from archc.elaborate.evaluate import evaluate
from archc.elaborate.record import ElaborationOptions
from archc.elaborate.values import LOST, START, Symbol, Value
from archc.syntax import ast


def _numbers(value: object) -> Iterator[int | float]:
    """The numbers in a value, nested lists included."""
    stack = [value]
    while stack:
        top = stack.pop()
        if isinstance(top, int | float):
            yield top
        elif isinstance(top, list | tuple):
            stack.extend(top)


def _of_its_kind(parameter: ast.Parameter, value: Value) -> bool:
    """False for a word or a switch where the default is a number, and the other way round."""
    if isinstance(parameter.default, ast.Boolean):
        return isinstance(value, bool) or not isinstance(value, int | float | Symbol | str)
    if isinstance(parameter.default, ast.Number):
        return not isinstance(value, bool | Symbol | str)
    return True


def bind_parameters(net: ast.Net, env: Env, options: ElaborationOptions) -> list[Diagnostic]:
    """Bind the parameters of a net; return their diagnostics. One without a value is LOST."""
    known = [parameter.name for parameter in net.parameters]
    unknown = [name for name in options.parameters if name not in known]
    wrong = [advice.net_parameters.unknown_net_parameter(net, name, known) for name in unknown]
    for name, value in options.parameters.items():
        if beyond := next((each for each in _numbers(value) if not abs(each) <= MAX_NUMBER), None):
            shown = beyond if isinstance(beyond, float) else "a number"
            wrong.append(Diagnostic(Code.LIMIT_NUMBER, f"`{name}` is {shown}, beyond 10^18", net.name_span))
            env.values[name] = LOST
    for parameter in net.parameters:
        if parameter.name in env.values:
            continue
        if parameter.name in options.parameters:
            env.values[parameter.name] = options.parameters[parameter.name]
            if not _of_its_kind(parameter, options.parameters[parameter.name]):
                wrong.append(advice.net_parameters.wrong_kind(net, parameter, options.parameters[parameter.name]))
                env.values[parameter.name] = LOST
            continue
        env.values[parameter.name] = LOST
        if parameter.default is None:
            wrong.append(advice.net_parameters.missing_net_parameter(net, parameter))
            continue
        try:
            env.values[parameter.name] = evaluate(parameter.default, env, START)
        except Failure as failure:
            wrong.append(failure.diagnostic)
        except Lost:
            pass
    return wrong
