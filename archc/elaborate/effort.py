"""How much a source makes archc compute besides its layers, counted so that it is bounded: a loop can hide any work.

One unit is an expression that is evaluated, a statement that is walked, or a value of a list that is gone through.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import field

from archc.diagnostics import Code, Diagnostic, Span
from archc.elaborate.env import Failure
from archc.records import dataclass

MOST = 2_000_000
A_STEP, A_NODE = 4, 8  # what each step that is counted, and each layer that is made, allows besides


@dataclass(slots=True, eq=False)
class Effort:
    """What was spent of what is allowed, by all nets of a source together."""

    spent: int = 0
    allowed: int = field(default_factory=lambda: MOST)

    @property
    def exhausted(self) -> bool:
        return self.spent > self.allowed

    def spend(self, count: int, span: Span) -> None:
        """Raises Failure once it is more than is allowed."""
        self.spent += count
        if self.spent > self.allowed:
            message = f"more than {self.allowed:,} values are computed by here, beside the layers"
            raise Failure(Diagnostic(Code.LIMIT_VALUES, message, span, help="compute it once, before the loop"))


effort: ContextVar[Effort] = ContextVar("effort", default=Effort(allowed=1 << 62))  # noqa: B039 - none is counted there


@contextmanager
def counted() -> Iterator[Effort]:
    """A source's own effort, for as long as it is looked at."""
    token = effort.set(Effort())
    try:
        yield effort.get()
    finally:
        effort.reset(token)
