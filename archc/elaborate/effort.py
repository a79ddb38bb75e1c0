"""Counts and bounds the work that a source causes besides its layers: a loop can cause any amount.

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
    """The units spent and allowed, of all nets of a source together."""

    spent: int = 0
    allowed: int = field(default_factory=lambda: MOST)

    @property
    def exhausted(self) -> bool:
        return self.spent > self.allowed

    def spend(self, count: int, span: Span) -> None:
        """Add units. Raises Failure where more are spent than allowed."""
        self.spent += count
        if self.spent > self.allowed:
            message = f"more than {self.allowed:,} values are computed by here, beside the layers"
            raise Failure(Diagnostic(Code.LIMIT_VALUES, message, span, help="compute it once, before the loop"))


effort: ContextVar[Effort] = ContextVar("effort", default=Effort(allowed=1 << 62))  # noqa: B039 - none is counted there


@contextmanager
def counted() -> Iterator[Effort]:
    """Count the effort of one source within this context."""
    token = effort.set(Effort())
    try:
        yield effort.get()
    finally:
        effort.reset(token)
