"""Elaborates one net of a file."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field, replace

from archc.diagnostics import Code, Diagnostic, Span, Trait
from archc.elaborate.bounds import Counter, TooMany, most_steps, too_many
from archc.elaborate.build import Builder
from archc.elaborate.env import Env, Failure, Lost, NetDefinition, Open, unsettled
from archc.elaborate.finish import finish
from archc.elaborate.net_parameters import bind_parameters
from archc.elaborate.record import ElaborationOptions, Spot, Stop
from archc.elaborate.solve.reports import diagnostics_of, untried
from archc.elaborate.solve.search import solve
from archc.elaborate.values import LOST, START, plain
from archc.graph import Graph, Region
from archc.records import dataclass
from archc.syntax import ast

MAX_WAYS = 8  # walks for one net past its misfits


@dataclass(frozen=True, slots=True, eq=False)
class Elaborated:
    """An elaborated net. graph: all nodes up to each mistake, so the net itself only without errors."""

    net: ast.Net
    graph: Graph
    diagnostics: tuple[Diagnostic, ...] = field(default=())
    claims_held: int = 0
    arms: frozenset[Span] = frozenset()  # of `if`s, that were taken
    filled: tuple[tuple[Span, int], ...] = ()  # each hole's place and its value, where they were solved
    stopped: bool = False  # at a limit: of what follows nothing is known
    unjudged: frozenset[tuple[int, int]] = frozenset()  # lines that a value reached which depends on a mistake

    @property
    def errors(self) -> int:
        return sum(diagnostic.severity == "error" for diagnostic in self.diagnostics)

    @property
    def mistakes(self) -> set[tuple[str, int, int]]:
        """Their kinds and lines."""
        return {(d.code, *_line(d)) for d in self.diagnostics if d.severity == "error"}

    @property
    def lines(self) -> set[tuple[int, int]]:
        """Those with mistakes."""
        return {_line(diagnostic) for diagnostic in self.diagnostics if diagnostic.severity == "error"}

    @property
    def ok(self) -> bool:
        return all(diagnostic.severity != "error" for diagnostic in self.diagnostics)

    @property
    def refuted(self) -> int:
        """The number of statements that do not hold, if there are no other errors; else 0. The graph is whole then."""
        codes = [diagnostic.code for diagnostic in self.diagnostics if diagnostic.severity == "error"]
        return len(codes) if all(Trait.CLAIM in code.traits for code in codes) else 0


def elaborate(net: ast.Net, home: Env, options: ElaborationOptions, steps: int | None = None) -> Elaborated:
    """The graph of a net among the names of its file; its holes are solved first. steps: if counted before."""
    builder = Builder(options)
    env = home.child()
    empty = Graph(net.name, Region(), ())
    try:
        for diagnostic in bind_parameters(net, env, options):
            builder.report(diagnostic)
        # Counted before it is built: a limit is reported before memory is spent, and the count bounds the walk.
        if steps is None:
            steps = Counter(options.max_nodes).body(net.body.statements, env.child())
        builder.options = replace(options, most_steps=most_steps(steps, options.max_nodes))
    except Failure as failure:
        return Elaborated(net, empty, (*builder.diagnostics, failure.diagnostic))
    except TooMany as error:
        return Elaborated(net, empty, (*builder.diagnostics, too_many(error, options.max_nodes)))
    except Open as met:
        return Elaborated(net, empty, (*builder.diagnostics, unsettled(met.hole)))
    except Stop:
        return Elaborated(net, empty, tuple(builder.diagnostics))
    holes = any(scope.has_holes for scope in env.chain())
    if holes and builder.diagnostics:  # the values of holes depend on parameters that are missing
        return Elaborated(net, empty, tuple(builder.diagnostics))
    return _solved(net, home, env, builder) if holes else _walk(net, env, builder)


def counted_steps(nets: Sequence[NetDefinition], options: ElaborationOptions) -> dict[int, int]:
    """The steps of each of several nets, by its identity. Raises Failure where they are too many together.

    Of one net alone, and of one that cannot be counted, elaborate says it.
    """
    counts: dict[int, int] = {}
    total = most = 0
    for definition in nets if len(nets) > 1 else ():
        count = _count(definition, options)
        if isinstance(count, TooMany):
            total, most = total + count.count, max(most, count.count)
        else:
            counts |= {id(definition.net): count} if count is not None else {}
            total, most = total + (count or 1), max(most, count or 1)
        if total > options.max_nodes and total - most > options.max_nodes // 2:
            raise Failure(_too_many_together(definition, total, options.max_nodes))
    return counts


def _count(definition: NetDefinition, options: ElaborationOptions) -> int | TooMany | None:
    """The steps of a net; how it passes the limit; None where a mistake stands in the way."""
    env = definition.home.child()
    try:
        bind_parameters(definition.net, env, options)
        return Counter(options.max_nodes).body(definition.net.body.statements, env.child())
    except TooMany as error:
        return error
    except (Failure, Lost, Open):
        return None


def _too_many_together(last: NetDefinition, total: int, limit: int) -> Diagnostic:
    return Diagnostic(
        Code.LIMIT_NODES,
        f"the nets of this file, up to this one, expand to at least {total:,} nodes; the limit is {limit:,}",
        last.net.name_span,
        help=f"{last.net.span.source.name}::{last.net.name} checks one net; --max-nodes raises the limit",
    )


def _solved(net: ast.Net, home: Env, env: Env, builder: Builder) -> Elaborated:
    """Solve the holes, walk the net with them, and clear them again for the next variant."""
    complaint: list[Diagnostic] = []
    for names, options in _readings(net, home, env, builder.options):
        solved = solve(net, names, options)
        found = diagnostics_of(solved) if solved.open else []
        if solved.open and not found:
            break
        complaint = complaint or found
    else:
        if solved.open:
            return Elaborated(net, Graph(net.name, Region(), ()), tuple(complaint))
        return _walk(net, env, builder)
    filled = tuple((hole.span, value) for quantity, value in solved.solutions[0] for hole in quantity.holes)
    for quantity, value in solved.solutions[0]:
        quantity.value = value
    try:
        return replace(_walk(net, env, builder), filled=filled)
    finally:
        for quantity in solved.open:
            quantity.value = None


def _readings(net: ast.Net, home: Env, env: Env, asked: ElaborationOptions) -> Iterator[tuple[Env, ElaborationOptions]]:
    """The scopes and options to solve holes with: first as written, for which figures are stated; then as asked for."""
    if not asked.as_written:
        names = home.child()
        try:
            wrong = bind_parameters(net, names, replace(asked, parameters={}))
            Counter(asked.max_nodes).body(net.body.statements, names.child())
            if wrong:
                raise Lost
            yield names, replace(asked, parameters={}, input_sizes=None)
        except (Failure, TooMany, Open, Lost):
            pass
    yield env, asked


def _walk(net: ast.Net, env: Env, builder: Builder) -> Elaborated:
    """Walk a net; where a shape does not fit and more is wrong, walk it again in the other ways to go on from there.

    A stated shape that is refuted may be a slip in the figure or in a layer, and of a join either branch may be the
    wrong one. Each such place, in turn, is taken in the way in which only some of the other's mistakes are left. Where
    each way has mistakes of its own, a join goes on as its first branch; past a statement only those are reported that
    are there in both ways, or where the other way's values are lost. A way that stops at a limit does not count.
    """
    given = tuple(builder.diagnostics)
    result = _once(net, env, builder)
    forks = dict(builder.forks)
    if not forks or result.errors < 2:
        return result

    def walked(ways: Mapping[Spot, int], proposes: bool = False) -> tuple[Elaborated, Builder]:
        again = Builder(replace(builder.options, ways=ways, proposes=proposes))
        again.diagnostics.extend(given)
        return _once(net, env, again), again

    best, taken = result, dict[Spot, int]()
    ways, others = dict[Spot, int](), list[Elaborated]()
    for _ in range(MAX_WAYS):
        open_fork = next((spot for spot in forks if spot not in ways), None)
        if open_fork is None:
            break
        tried = {**ways, open_fork: 1 - forks[open_fork]}
        other, again = walked(tried)
        judged = {mistake for mistake in best.mistakes if mistake[1:] not in other.unjudged}
        fewer = other.mistakes < best.mistakes and not judged <= other.mistakes
        if fewer or (best.stopped and not other.stopped and other.errors < best.errors):
            best, forks, taken = other, again.forks, tried
        elif open_fork not in again.joins and (best.stopped or not other.stopped):
            others.append(other)
        ways[open_fork] = forks[open_fork]
    if any(spot not in ways for spot in forks):
        other, _ = walked({**dict.fromkeys(forks, 1), **ways})
        others += [other] if best.stopped or not other.stopped else []
    if taken and builder.options.proposes:
        best, _ = walked(taken, proposes=True)
    kept = tuple(d for d in best.diagnostics if all(_line(d) in other.lines | other.unjudged for other in others))
    return replace(result, diagnostics=kept)


def _line(diagnostic: Diagnostic) -> tuple[int, int]:
    """The source and line of a mistake: another walk may word it otherwise."""
    span = diagnostic.span
    return (id(span.source), span.line) if span is not None else (0, 0)


def _once(net: ast.Net, env: Env, builder: Builder) -> Elaborated:
    parameters = plain(env.values)
    env = env.child()
    place = builder.root
    place.reserve(net.body.statements)
    try:
        end = builder.run(net.body.statements, START, env, place)
        graph = finish(net, builder, end if end is not START else LOST, parameters)
    except Stop:
        return Elaborated(net, Graph(net.name, Region(), ()), tuple(builder.diagnostics), stopped=True)
    except Open as met:
        left = unsettled(met.hole) if builder.options.work.left >= 0 else untried(met.hole)
        return Elaborated(net, Graph(net.name, Region(), ()), (*builder.diagnostics, left))
    lost = {(spot[0], line) for spot, span in builder.unjudged.items() for line in range(span.line, span.end_line + 1)}
    return Elaborated(
        net,
        graph,
        tuple(builder.diagnostics),
        builder.claims_held,
        frozenset(builder.arms),
        unjudged=frozenset(lost),
    )
