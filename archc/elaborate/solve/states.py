"""The states of a search: situations, and the choices that led to each."""

from collections.abc import Iterator
from dataclasses import field

from archc.elaborate.solve.holes import Quantity
from archc.elaborate.solve.probe import Refuted, Situation
from archc.records import dataclass
from archc.syntax import ast

SHOWN = 12

Choice = tuple[tuple[Quantity, int], ...]
Rejection = tuple[Choice, str, Refuted]  # the choice, its result, what refuted it


@dataclass(eq=False, slots=True)
class State:
    """A situation, and the choices that lead to it."""

    situation: Situation
    ways: list[tuple["State | None", Choice]] = field(default_factory=list)
    count: int = 0

    def solutions(self) -> Iterator[Choice]:
        """The complete assignments that lead here."""
        stack: list[tuple[State, Choice]] = [(self, ())]
        while stack:
            state, rest = stack.pop()
            for before, choice in reversed(state.ways):
                if before is not None:
                    stack.append((before, (*choice, *rest)))
                else:
                    yield (*choice, *rest)

    @property
    def first(self) -> Choice:
        """One assignment; it represents all that were merged."""
        return next(self.solutions())


@dataclass(slots=True)
class Solved:
    """What a search found. count is exact; solutions are the first few of them."""

    open: list[Quantity]
    trials: int
    count: int = 0
    solutions: list[Choice] = field(default_factory=list)
    blocked_at: ast.Statement | None = None  # where the last candidate fell
    tried: list[Rejection] = field(default_factory=list)
    exhausted: bool = False
