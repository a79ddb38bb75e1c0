"""The fields of an op as they are written in sources, and an op bound to the arguments of its call."""

from collections.abc import Mapping
from functools import cache

from archc.diagnostics import Span
from archc.elaborate.values import Wire
from archc.ops import Op
from archc.records import dataclass


@cache
def field_names(op: type[Op]) -> Mapping[str, str]:
    """Name in a source → field; aliases (`kernel`) first."""
    names = {field.alias: name for name, field in op.fields.items() if field.alias}
    return {**names, **{name: name for name in op.fields}}


@cache
def written_name(op: type[Op], field: str) -> str:
    """The name of a field in sources: its alias, if it has one."""
    return op.fields[field].alias or field if field in op.fields else field


@dataclass(frozen=True, slots=True, eq=False)
class Bound:
    """An op made from a call. wires: the values among its arguments. spans: where each field is written."""

    op: Op
    wires: tuple[Wire, ...]
    spans: Mapping[str, Span]
