"""What is being expanded: the chain of calls from the net down to the present step."""

from archc.diagnostics import Source, Span
from archc.elaborate.values import Wire
from archc.records import dataclass


@dataclass(frozen=True, slots=True)
class Frame:
    """A block or a net whose body is being walked, and what flowed into it. library: its source, if it is archc's."""

    name: str
    span: Span
    inflow: Wire
    is_net: bool = False
    mutes_claims: bool = False
    library: Source | None = None
