"""The fields of an op as sources write them, and an op with what its call gives."""

from collections.abc import Mapping
from functools import cache

from archc.diagnostics import Span
from archc.elaborate.values import Wire
from archc.ops import Op
from archc.records import dataclass


@cache
def field_names(op: type[Op]) -> Mapping[str, str]:
    """What a source may write → the field: aliases first, as they are what sources use."""
    names = {field.alias: name for name, field in op.fields.items() if field.alias}
    return {**names, **{name: name for name in op.fields}}


@cache
def written_name(op: type[Op], field: str) -> str:
    """A field as sources write it."""
    return op.fields[field].alias or field if field in op.fields else field


@dataclass(frozen=True, slots=True, eq=False)
class Bound:
    """An op made from a call, the values given to it as inputs, and where each field was written."""

    op: Op
    wires: tuple[Wire, ...]
    spans: Mapping[str, Span]
