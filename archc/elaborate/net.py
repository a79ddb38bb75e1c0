"""One net of a file, elaborated."""

from dataclasses import dataclass, field

from archc.diagnostics import Diagnostic
from archc.elaborate.bounds import Counter, TooMany, too_many
from archc.elaborate.build import Builder, Settings, Stop
from archc.elaborate.env import Env, Failure, Lost
from archc.elaborate.evaluate import evaluate
from archc.elaborate.finish import finish
from archc.elaborate.naming import Place
from archc.elaborate.suggest import did_you_mean, nearest
from archc.elaborate.values import LOST, START
from archc.graph import Graph
from archc.syntax import ast


@dataclass(frozen=True, slots=True, eq=False)
class Elaborated:
    """graph holds the nodes up to each mistake; it is the net only where there are no errors."""

    net: ast.Net
    graph: Graph
    diagnostics: tuple[Diagnostic, ...] = field(default=())
    claims_held: int = 0

    @property
    def ok(self) -> bool:
        return all(diagnostic.severity != "error" for diagnostic in self.diagnostics)


def elaborate(net: ast.Net, home: Env, settings: Settings) -> Elaborated:
    """The graph of a net among the names of its file."""
    builder = Builder(settings)
    env = home.child()
    empty = Graph(net.name, (), ())
    try:
        _parameters(net, env, settings)
        counter_env = env.child()
        Counter(settings.max_nodes).body(net.body.statements, counter_env)
    except Failure as failure:
        return Elaborated(net, empty, (failure.diagnostic,))
    except TooMany as error:
        return Elaborated(net, empty, (too_many(error, settings.max_nodes),))
    except Lost:
        return Elaborated(net, empty, ())
    return _walk(net, env, builder)


def _walk(net: ast.Net, env: Env, builder: Builder) -> Elaborated:
    place = Place("", builder.scopes)
    place.reserve(net.body.statements)
    try:
        end = builder.run(net.body.statements, START, env, place)
        graph = finish(net, builder, end if end is not START else LOST)
    except Stop:
        return Elaborated(net, Graph(net.name, (), ()), tuple(builder.diagnostics))
    return Elaborated(net, graph, tuple(builder.diagnostics), builder.claims_held)


def _parameters(net: ast.Net, env: Env, settings: Settings) -> None:
    known = [parameter.name for parameter in net.parameters]
    for name in settings.parameters:
        if name not in known:
            raise Failure(
                Diagnostic(
                    "unknown-argument",
                    f"net `{net.name}` has no parameter `{name}`",
                    net.name_span,
                    help=did_you_mean(nearest(name, known))
                    or (f"it has {', '.join(known)}" if known else "it has none"),
                )
            )
    for parameter in net.parameters:
        if parameter.name in settings.parameters:
            env.values[parameter.name] = settings.parameters[parameter.name]
        elif parameter.default is not None:
            env.values[parameter.name] = evaluate(parameter.default, env, LOST)
        else:
            raise Failure(
                Diagnostic(
                    "missing-argument",
                    f"net `{net.name}` needs `{parameter.name}`",
                    parameter.span,
                    help=f"give it a default, or pass --param {parameter.name}=…",
                )
            )
