"""Solves holes: an exact and complete search over the domains of holes.py.

The net is walked statement by statement. Wherever a hole is met, every value of its domain is tried,
and a value is kept only while no stated shape or figure refutes it. Candidates that lead to the same
situation (shape, labels, constants) are followed together, so that the work grows with the number of
different shapes and not with the number of combinations.
"""

from itertools import chain, islice

from archc.elaborate.effort import effort
from archc.elaborate.env import Env, Open
from archc.elaborate.record import ElaborationOptions
from archc.elaborate.solve.channels import PROBES, Trace, worth_trying
from archc.elaborate.solve.extent import blocks_in_scope, inside, lies_in_padding, words_of
from archc.elaborate.solve.figures import countable, nearest, refuting
from archc.elaborate.solve.holes import Quantity, Uses, quantities
from archc.elaborate.solve.probe import Probe, Refuted, Situation, step, traced
from archc.elaborate.solve.states import SHOWN, Choice, Rejection, Solved, State
from archc.elaborate.values import START
from archc.ops import hwc
from archc.syntax import ast

MAX_TRIALS = 60_000
MAX_SITUATIONS = 20_000
MAX_TOGETHER = 64  # quantities open in one statement


class Exhausted(Exception):
    """The search is larger than its budget."""


def solve(net: ast.Net, env: Env, options: ElaborationOptions) -> Solved:
    """All ways to fill the holes of a net. `env` holds its parameters; holes are left open."""
    search = _Search(net, env, options)
    try:
        return search.run()
    except Exhausted:
        return Solved(search.met, search.trials, blocked_at=search.at, exhausted=True)
    finally:
        for quantity, _ in search.settled:
            quantity.value = None


class _Search:
    def __init__(self, net: ast.Net, env: Env, options: ElaborationOptions) -> None:
        self.net = net
        self.env = env
        self.options = options
        self.known: dict[int, Quantity] = {}
        memory: dict[int, Uses] = {}
        blocks = blocks_in_scope(env)
        for body, home in [(net.body, env), *((d.block.body, d.home) for d in blocks)]:
            for quantity in quantities(body, home, memory):
                for hole in quantity.holes:
                    self.known.setdefault(id(hole), quantity)
        self.met: list[Quantity] = []
        self.lasting: list[Quantity] = []  # of those met, the ones inside blocks: a later statement may meet them again
        self.settled: list[tuple[Quantity, int]] = []  # of those met, the ones that nothing else is left for
        self.active: list[Quantity] = []  # the others of those met
        self.fitted: dict[tuple[object, ...], list[int]] = {}  # by a statement of one hole and what flows into it
        self.trials = 0
        self.at: ast.Statement | None = None
        statements = net.body.statements if options.as_written else ()
        self.expectations = countable(statements, [d.block for d in blocks])
        self.rejections: list[Rejection] = []
        self.ends: set[object] = set()  # the sizes that barred something; None where another count might have mended it

    def run(self) -> Solved:
        states = [State(Situation(START, self.env.child(), (0, 0, 0, 0)), [(None, ())], 1)]
        for statement in self.net.body.statements:
            if isinstance(statement, ast.Expect):
                continue
            self.at = statement
            self.rejections = []
            merged: dict[tuple[object, ...], State] = {}
            for state in states:
                self._advance(statement, state, merged)
            if not merged:
                return Solved(self.met, self.trials, blocked_at=statement, tried=self.rejections)
            states = list(merged.values())
            if len(states) > MAX_SITUATIONS:
                raise Exhausted
            if len(states) == 1 and states[0].count == 1:
                states = [self._settle_all(states[0])]
        kept = [state for state in states if refuting(state.situation, self.expectations) is None]
        if not kept:
            statement, near = nearest(states, self.expectations)
            return Solved(self.met, self.trials, blocked_at=statement, tried=near)
        found = islice(chain.from_iterable(state.solutions() for state in kept), SHOWN)
        listed = [(*self.settled, *choice) for choice in found]
        return Solved(self.met, self.trials, sum(state.count for state in kept), listed)

    def _settle_all(self, state: State) -> State:
        """Fix the holes that have one solution: later holes are solved on their own, with their own trials."""
        found = state.first
        for quantity, value in found:
            quantity.value = value
            self.settled.append((quantity, value))
            self.active.remove(quantity)
        if found:
            self.trials = 0
        return State(state.situation, [(None, ())], 1)

    # ---- one statement

    def _advance(self, statement: ast.Statement, state: State, merged: dict[tuple[object, ...], State]) -> None:
        before = state.first
        for quantity, value in before:
            quantity.value = value
        try:
            for choice, situation in self._ways(statement, state.situation):
                chosen = {id(quantity): value for quantity, value in (*before, *choice)}
                key = situation.key(), tuple((id(each), chosen.get(id(each))) for each in self.lasting)
                found = merged.setdefault(key, State(situation))
                found.ways.append((state, choice))
                found.count += state.count
        finally:
            for quantity in self.active:
                quantity.value = None

    def _ways(self, statement: ast.Statement, before: Situation) -> list[tuple[Choice, Situation]]:
        """All outcomes of a statement. A statement of the same text on the same value is searched once."""
        if ast.holes(statement) != 1:
            return self._explore(statement, before, ())
        key = (words_of(statement), *before.key()[:-1])  # which is all that the outcome depends on
        if key not in self.fitted:
            lasting = len(self.lasting)
            found = self._explore(statement, before, ())
            if found and len(self.lasting) == lasting and all(len(choice) == 1 for choice, _ in found):
                self.fitted[key] = [value for ((_, value),), _ in found]
            return found
        try:
            return self._closed(statement, before, (), ())  # with a hole that is settled by now
        except Open as met:
            quantity = self._meet(met, statement)
        results = []
        for value in self.fitted[key]:
            quantity.value = value
            results += self._closed(statement, before, ((quantity, value),), ())
        quantity.value = None
        return results

    def _explore(
        self, statement: ast.Statement, before: Situation, chosen: Choice, later: tuple[Quantity, ...] = ()
    ) -> list[tuple[Choice, Situation]]:
        """All outcomes of a statement.

        Channel counts rarely affect sizes, so they are solved last (`later`), and are 1 until then.
        """
        fallen = len(self.rejections)
        for each in later:
            each.value = 1
        try:
            return self._closed(statement, before, chosen, later)
        except Open as met:
            quantity = self._meet(met, statement)
        del self.rejections[fallen:]
        if len(chosen) + len(later) >= MAX_TOGETHER:
            raise Exhausted
        if quantity.role == "channels":
            results = self._explore(statement, before, chosen, (*later, quantity))
        else:
            results = []
            for value in quantity.domain:
                quantity.value = value
                results += self._explore(statement, before, (*chosen, (quantity, value)), later)
        quantity.value = None
        return results

    def _meet(self, met: Open, statement: ast.Statement) -> Quantity:
        """The quantity of a hole; recorded when the hole is met first."""
        quantity = self.known.get(id(met.hole)) or Quantity((met.hole,), None)
        if quantity not in self.active:
            self.met.append(quantity)
            self.active.append(quantity)
            if not inside(quantity.holes[0].span, statement.span):
                self.lasting.append(quantity)
        return quantity

    def _closed(
        self, statement: ast.Statement, before: Situation, chosen: Choice, later: tuple[Quantity, ...]
    ) -> list[tuple[Choice, Situation]]:
        """The outcomes with no further holes. Raises Open at a hole."""
        try:
            situation = self._step(statement, before)
        except Refuted as refuted:
            if not later or (refuted.about_sizes and self._whatever(statement, before, later)):
                self._reject(chosen, refuted, bool(later))
                return []
        else:
            if not later:
                return [(chosen, situation)]
        return self._settle(statement, before, chosen, later)

    def _whatever(self, statement: ast.Statement, before: Situation, later: tuple[Quantity, ...]) -> bool:
        """Whether the walk is the same for all values of the postponed channel counts."""
        ways = set()
        for value in later[0].domain[:PROBES]:
            for quantity in later:
                quantity.value = value
            trace = self._trace(statement, before)
            ways.add((trace.path, trace.compared))
        return len(ways) == 1

    def _settle(
        self, statement: ast.Statement, before: Situation, chosen: Choice, later: tuple[Quantity, ...]
    ) -> list[tuple[Choice, Situation]]:
        """Solve the postponed channel counts, one after the other."""
        if not later:
            return self._closed(statement, before, chosen, ())
        quantity, *others = later

        def trace(value: int) -> Trace:
            quantity.value = value
            return self._trace(statement, before)

        results = []
        fallen, ends = len(self.rejections), self.ends
        self.ends = set()
        for value in quantity.domain if others else worth_trying(quantity.domain, trace):
            quantity.value = value
            results += self._settle(statement, before, (*chosen, (quantity, value)), tuple(others))
        if not results and len(self.ends) == 1 and None not in self.ends:
            self._reject_once(statement, before, chosen, fallen)
        self.ends |= ends
        return results

    def _reject_once(self, statement: ast.Statement, before: Situation, chosen: Choice, fallen: int) -> None:
        """Keep the sizes that refute a choice once, not for each channel count tried."""
        del self.rejections[fallen:]
        try:
            self._step(statement, before)
        except Refuted as refuted:
            self._reject(chosen, refuted, True)

    def _count(self, spent: int) -> None:
        """Count trials. Raises Exhausted past the budget."""
        self.trials += spent
        self.options.work.left -= spent
        if self.trials > MAX_TRIALS or self.options.work.left < 0:
            raise Exhausted

    def _trace(self, statement: ast.Statement, before: Situation) -> Trace:
        self._count(1)
        if effort.get().exhausted:
            raise Exhausted
        found = traced(statement, before, self.options)
        self.ends.add(found.end)
        return found

    def _step(self, statement: ast.Statement, before: Situation) -> Situation:
        self._count(1)
        if effort.get().exhausted:
            raise Exhausted
        situation, nodes = step(statement, before, Probe(self.options), bool(self.expectations))
        self._count(1 + len(nodes) // 4)  # a trial of many layers is as much work as many trials
        padding = [quantity for quantity in (*self.active, *self.lasting) if quantity.role == "pad"]
        if padding and any(lies_in_padding(node, padding) for node in nodes):
            raise Refuted(None, about_sizes=True)
        return situation

    def _reject(self, chosen: Choice, refuted: Refuted, sizes_alone: bool) -> None:
        """Keep a candidate that does not fit, with its result, for the report."""
        self.ends.add(refuted.end if refuted.about_sizes else None)
        if len(self.rejections) >= SHOWN * 4:
            return
        if refuted.computed:
            sizes = "x".join(map(str, refuted.computed[1:])) or "a vector"
            result = sizes if sizes_alone else hwc(refuted.computed)
        else:
            result = refuted.diagnostic.message if refuted.diagnostic else "no fit"
        self.rejections.append((chosen, result, refuted))
