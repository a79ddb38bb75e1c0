"""Holes to numbers: an exact, complete search over the domains of holes.py.

The net is walked statement by statement. Wherever a hole is met, every value of its domain is tried,
and a value lives on only while nothing that is stated refutes it. Candidates that lead to the same
situation (shape, labels, constants) are followed together, so that the work grows with the number of
different shapes and not with the number of combinations.
"""

from dataclasses import dataclass, field

from archc.diagnostics import Span
from archc.elaborate import claims
from archc.elaborate.build import Settings
from archc.elaborate.channels import PROBES, Trace, worth_trying
from archc.elaborate.env import BlockDefinition, Env, Open
from archc.elaborate.holes import Quantity, Uses, quantities
from archc.elaborate.probe import METRICS, Probe, Refuted, Situation, step, traced
from archc.elaborate.values import START
from archc.graph import Node
from archc.ops import Axis, hwc
from archc.syntax import ast

MAX_TRIALS = 60_000
MAX_SITUATIONS = 20_000
MAX_TOGETHER = 64  # quantities open in one statement
SHOWN = 12

Choice = tuple[tuple[Quantity, int], ...]


class Exhausted(Exception):
    """The search is larger than its budget."""


@dataclass(eq=False, slots=True)
class State:
    """A situation, and the ways that lead to it."""

    situation: Situation
    ways: list[tuple["State | None", Choice]] = field(default_factory=list)
    count: int = 0

    def solutions(self, limit: int) -> list[Choice]:
        """The first few complete assignments that lead here."""
        found: list[Choice] = []
        stack: list[tuple[State, Choice]] = [(self, ())]
        while stack and len(found) < limit:
            state, rest = stack.pop()
            for before, choice in reversed(state.ways):
                if before is not None:
                    stack.append((before, (*choice, *rest)))
                elif len(found) < limit:
                    found.append((*choice, *rest))
        return found


@dataclass(slots=True)
class Solved:
    """What a search found. count is exact; solutions are the first few of them."""

    open: list[Quantity]
    count: int
    solutions: list[Choice]
    trials: int
    blocked_at: ast.Statement | None = None  # where the last candidate fell
    tried: list[tuple[Choice, str, Refuted]] = field(default_factory=list)
    exhausted: bool = False


def solve(net: ast.Net, env: Env, settings: Settings) -> Solved:
    """All ways to fill the holes of a net. `env` holds its parameters; holes are left open."""
    search = _Search(net, env, settings)
    try:
        return search.run()
    except Exhausted:
        return Solved(search.met, 0, [], search.trials, search.at, exhausted=True)
    finally:
        for quantity in search.met:
            quantity.value = None


class _Search:
    def __init__(self, net: ast.Net, env: Env, settings: Settings) -> None:
        self.net = net
        self.env = env
        self.settings = settings
        self.known: dict[int, Quantity] = {}
        memory: dict[int, Uses] = {}
        bodies = [(net.body, env), *((d.block.body, d.home) for d in _blocks(env))]
        for body, home in bodies:
            for quantity in quantities(body, home, memory):
                for hole in quantity.holes:
                    self.known.setdefault(id(hole), quantity)
        self.met: list[Quantity] = []
        self.trials = 0
        self.at: ast.Statement | None = None
        countable = _countable(net.body.statements)
        self.expectations = [s for s in net.body.statements if isinstance(s, ast.Expect) and s.metric in countable]
        self.falls: list[tuple[Choice, str, Refuted]] = []  # what was chosen, what it comes to, what refuted it

    def run(self) -> Solved:
        start = State(Situation(START, self.env.child(), (0, 0, 0, 0)), [(None, ())], 1)
        states = [start]
        for statement in self.net.body.statements:
            if isinstance(statement, ast.Expect):
                continue
            self.at = statement
            self.falls = []
            merged: dict[tuple[object, ...], State] = {}
            for state in states:
                self._advance(statement, state, merged)
            if not merged:
                return Solved(self.met, 0, [], self.trials, statement, self.falls)
            states = list(merged.values())
            if len(states) > MAX_SITUATIONS:
                raise Exhausted
        return self._finish(states)

    def _finish(self, states: list[State]) -> Solved:
        self.falls = []
        kept = [state for state in states if self._expected(state)]
        count = sum(state.count for state in kept)
        solutions: list[Choice] = []
        for state in kept:
            solutions += list(state.solutions(SHOWN - len(solutions)))
            if len(solutions) >= SHOWN:
                break
        if not kept:
            return self._unexpected(states)
        return Solved(self.met, count, solutions, self.trials, None, self.falls)

    def _expected(self, state: State) -> bool:
        """Whether the figures stated of the whole net hold."""
        return self._refuting(state) is None

    def _refuting(self, state: State) -> tuple[ast.Expect, int] | None:
        """The first stated figure that does not hold, and the computed one."""
        for statement in self.expectations:
            computed = state.situation.figures[METRICS.index(statement.metric)]
            if claims.figure_holds(computed, statement.stated) is False:
                return statement, computed
        return None

    def _unexpected(self, states: list[State]) -> Solved:
        """No way gives the figures that are stated: those that come nearest to the first."""
        missed = [(state, found) for state in states if (found := self._refuting(state)) is not None]
        statement = next(s for s in self.expectations if any(s is found[0] for _, found in missed))
        stated = statement.stated.value
        assert isinstance(stated, ast.Number)
        near = [(abs(computed - stated.value), state, computed) for state, (of, computed) in missed if of is statement]
        near.sort(key=lambda each: each[0])
        refuted = Refuted(None)
        falls = [(_first(state), f"{computed:,} {statement.metric}", refuted) for _, state, computed in near[:SHOWN]]
        return Solved(self.met, 0, [], self.trials, statement, falls)

    # ---- one statement

    def _advance(self, statement: ast.Statement, state: State, merged: dict[tuple[object, ...], State]) -> None:
        self._fill(state)
        try:
            for choice, situation in self._explore(statement, state.situation, ())[0]:
                key = situation.key(), self._lasting(state, choice)
                found = merged.setdefault(key, State(situation))
                found.ways.append((state, choice))
                found.count += state.count
        finally:
            self._clear()

    def _fill(self, state: State) -> None:
        """Put back what was chosen on the way to a state; one way stands for all that were merged."""
        for quantity, value in _first(state):
            quantity.value = value

    def _clear(self) -> None:
        for quantity in self.met:
            quantity.value = None

    def _lasting(self, state: State, choice: Choice) -> tuple[tuple[int, int | None], ...]:
        """Values of holes inside blocks: a later call meets them again."""
        inside = [q for q in self.met if not self._in_net(q)]
        chosen = {id(q): v for q, v in (*_first(state), *choice)}
        return tuple((id(q), chosen.get(id(q))) for q in inside)

    def _in_net(self, quantity: Quantity) -> bool:
        span, body = quantity.holes[0].span, self.net.body.span
        return span.source is body.source and body.start <= span.start < body.end

    def _explore(
        self, statement: ast.Statement, before: Situation, chosen: Choice, later: tuple[Quantity, ...] = ()
    ) -> tuple[list[tuple[Choice, Situation]], bool]:
        """All ways through a statement, and whether sizes alone barred the others.

        Channel counts seldom bear on sizes, so those met are settled last (`later`), standing at 1.
        """
        try:
            situation = self._step(statement, before)
            return (self._settle(statement, before, chosen, later), False) if later else ([(chosen, situation)], False)
        except Refuted as refuted:
            if later and not (refuted.about_sizes and self._whatever(statement, before, later)):
                return self._settle(statement, before, chosen, later), False
            self._fell(chosen, refuted, sizes_alone=bool(later))
            return [], refuted.about_sizes
        except Open as met:
            quantity = self.known.get(id(met.hole)) or Quantity((met.hole,), None)
        if len(chosen) + len(later) >= MAX_TOGETHER:
            raise Exhausted
        if quantity not in self.met:
            self.met.append(quantity)
        if quantity.role == "channels":
            quantity.value = 1
            try:
                return self._explore(statement, before, chosen, (*later, quantity))
            finally:
                quantity.value = None
        results: list[tuple[Choice, Situation]] = []
        all_sizes = True
        for value in quantity.domain:
            quantity.value = value
            found, sizes = self._explore(statement, before, (*chosen, (quantity, value)), later)
            quantity.value = None
            results += found
            all_sizes = all_sizes and sizes and not found
        return results, all_sizes

    def _whatever(self, statement: ast.Statement, before: Situation, later: tuple[Quantity, ...]) -> bool:
        """Whether a walk goes one way whatever the channel counts put off are."""
        ways = set()
        for value in range(PROBES, 0, -1):  # and back to 1
            for quantity in later:
                quantity.value = value
            trace = self._trace(statement, before)
            ways.add((trace.path, trace.compared))
        return len(ways) == 1

    def _settle(
        self, statement: ast.Statement, before: Situation, chosen: Choice, later: tuple[Quantity, ...]
    ) -> list[tuple[Choice, Situation]]:
        """The channel counts that were put off, one after the other."""
        if not later:
            try:
                return [(chosen, self._step(statement, before))]
            except Refuted as refuted:
                self._fell(chosen, refuted)
                return []
        quantity, *others = later

        def trace(value: int) -> Trace:
            quantity.value = value
            return self._trace(statement, before)

        results = []
        fallen = len(self.falls)
        values = quantity.domain if others else worth_trying(quantity.domain, trace)
        for value in values:
            quantity.value = value
            results += self._settle(statement, before, (*chosen, (quantity, value)), tuple(others))
        quantity.value = 1
        if not results and all(refuted.about_sizes for *_, refuted in self.falls[fallen:]):
            self._fell_whatever(statement, before, chosen, fallen)
        return results

    def _fell_whatever(self, statement: ast.Statement, before: Situation, chosen: Choice, fallen: int) -> None:
        """Keep the sizes that refute a choice once, not for each channel count that was looked at."""
        try:
            self._step(statement, before)
        except Refuted as refuted:
            if refuted.about_sizes:
                del self.falls[fallen:]
                self._fell(chosen, refuted, sizes_alone=True)

    def _count(self, nodes: int = 0) -> None:
        """One trial more. Raises Exhausted."""
        spent = 1 + nodes // 4  # a trial of many layers is as much work as many trials
        self.trials += spent
        self.settings.work.left -= spent
        if self.trials > MAX_TRIALS or self.settings.work.left < 0:
            raise Exhausted

    def _trace(self, statement: ast.Statement, before: Situation) -> Trace:
        self._count()
        return traced(statement, before, self.settings)

    def _step(self, statement: ast.Statement, before: Situation) -> Situation:
        self._count()
        situation, nodes = step(statement, before, Probe(self.settings), bool(self.expectations))
        self._count(len(nodes))
        padded = [place for q in self.met if q.role == "pad" and q.value is not None for place in q.holes]
        if padded and any(_lies_in_padding(node, padded) for node in nodes):
            raise Refuted(None, about_sizes=True)
        return situation

    def _fell(self, chosen: Choice, refuted: Refuted, sizes_alone: bool = False) -> None:
        """Keep a candidate that does not fit with what it comes to, for the report."""
        if len(self.falls) >= SHOWN * 4:
            return
        if refuted.computed:
            sizes = refuted.computed[1:] if sizes_alone else ()
            result = "x".join(map(str, sizes)) or hwc(refuted.computed)
        else:
            result = refuted.diagnostic.message if refuted.diagnostic else "no fit"
        self.falls.append((chosen, result, refuted))


def _countable(statements: tuple[ast.Statement, ...]) -> tuple[str, ...]:
    """The figures that add up statement by statement. The others are held against the net once it is filled."""
    brings_back = any("@" in s.span.text for s in statements if not isinstance(s, ast.Output | ast.Block))
    train_only = any("train_only" in s.span.text for s in statements if isinstance(s, ast.Output))
    if not brings_back:
        return METRICS
    return () if train_only else METRICS[:-1]  # without depth, that of one path


def _first(state: State) -> Choice:
    """One way to a state; it stands for all that were merged."""
    return next(iter(state.solutions(1)), ())


def _lies_in_padding(node: Node, holes: list[ast.Hole]) -> bool:
    """Whether a whole window of this layer would lie in padding that is being solved for."""
    axes: tuple[Axis, ...] = getattr(node.op, "axes", lambda _: ())(node.input_shapes)
    if not any(axis.begin >= axis.extent or axis.end >= axis.extent for axis in axes):
        return False
    return any(hole.span.source is node.span.source and _inside(hole.span, node.span) for hole in holes)


def _inside(inner: Span, outer: Span) -> bool:
    return outer.start <= inner.start and inner.end <= outer.end


def _blocks(env: Env) -> list[BlockDefinition]:
    return [definition for scope in env.chain() for definition in scope.blocks.values()]
