"""The calls that are open while a block or a net is expanded."""

from archc.diagnostics import Source, Span
from archc.elaborate.values import Wire
from archc.records import dataclass


@dataclass(frozen=True, slots=True)
class Frame:
    """A block or net whose body is being walked. inflow: the value it is called on. library: its source, if archc's."""

    name: str
    span: Span
    inflow: Wire
    is_net: bool = False
    mutes_claims: bool = False
    library: Source | None = None
