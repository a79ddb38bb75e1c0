"""The fields of an op as sources write them."""

from collections.abc import Mapping
from functools import cache

from archc.ops import Op


@cache
def field_names(op: type[Op]) -> Mapping[str, str]:
    """What a source may write → the field: aliases first, as they are what sources use."""
    names = {field.alias: name for name, field in op.fields.items() if field.alias}
    return {**names, **{name: name for name in op.fields}}


@cache
def written_name(op: type[Op], field: str) -> str:
    """A field as sources write it."""
    return op.fields[field].alias or field if field in op.fields else field
