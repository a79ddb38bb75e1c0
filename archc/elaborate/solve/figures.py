"""Checks the figures that a net states against the states of a search."""

from collections.abc import Iterable

from archc.elaborate import claims
from archc.elaborate.solve.probe import METRICS, Refuted, Situation
from archc.elaborate.solve.states import SHOWN, Rejection, State
from archc.syntax import ast


def countable(statements: tuple[ast.Statement, ...], blocks: Iterable[ast.Block]) -> tuple[ast.Expect, ...]:
    """The stated figures that add up statement by statement. The others are checked once the net is filled."""
    heads = [s for s in statements if isinstance(s, ast.Output)]
    inner = [*ast.nodes(*(s for s in statements if not isinstance(s, ast.Output | ast.Block | ast.Expect)))]
    brings_back = any(isinstance(node, ast.Reference) for node in inner)
    others = {block.name: block for block in blocks}
    for node in inner:  # it grows by the blocks that are called or named in it
        if isinstance(node, ast.Call | ast.Name) and node.name in others:
            inner += ast.nodes(others.pop(node.name))
    metrics: tuple[str, ...] = METRICS
    if brings_back and any(map(_for_training, [*inner, *ast.nodes(*heads)])):
        metrics = ()  # what only a head for training needs may be brought back for it
    elif brings_back or any(map(_may_be_longest, heads)) or any(isinstance(node, ast.Output) for node in inner):
        metrics = METRICS[:-1]  # without depth, that of one path
    return tuple(s for s in statements if isinstance(s, ast.Expect) and s.metric in metrics)


def _for_training(node: object) -> bool:
    return isinstance(node, ast.Argument) and node.name == "train_only"


def _may_be_longest(head: ast.Output) -> bool:
    """Whether depth may be that of a head: it has layers, and counts."""
    for_training = any(isinstance(given.value, ast.Boolean) and given.value.value for given in head.arguments)
    return not for_training and not all(isinstance(step, ast.Reference) for step in head.sequence.steps)


def refuting(situation: Situation, expectations: tuple[ast.Expect, ...]) -> tuple[ast.Expect, int] | None:
    """The first stated figure that does not hold, and the computed one."""
    for statement in expectations:
        computed = situation.figures[METRICS.index(statement.metric)]
        if claims.figure_holds(computed, statement.stated) is False:
            return statement, computed
    return None


def nearest(states: list[State], expectations: tuple[ast.Expect, ...]) -> tuple[ast.Expect, list[Rejection]]:
    """If no state has the stated figures: the states nearest to the first figure that is missed."""
    missed = [(state, found) for state in states if (found := refuting(state.situation, expectations)) is not None]
    statement = next(s for s in expectations if any(s is found[0] for _, found in missed))
    stated = statement.stated.value
    assert isinstance(stated, ast.Number)
    near = [(abs(computed - stated.value), state, computed) for state, (of, computed) in missed if of is statement]
    near.sort(key=lambda each: each[0])
    refuted = Refuted(None)
    return statement, [
        (state.first, f"{computed:,} {statement.metric}", refuted) for _, state, computed in near[:SHOWN]
    ]
