"""What a layer says where it does not fit, and a field where it does not take what it is given."""

from typing import Any

import pytest

from archc.ops import OPS, InvalidFields, OpError, Shape


def refusal(layer: str, fields: dict[str, Any], *shapes: Shape) -> OpError:
    with pytest.raises(OpError) as caught:
        OPS[layer].of(fields).output(shapes)
    return caught.value


def complaint(layer: str, **fields: Any) -> str:
    with pytest.raises(InvalidFields) as caught:
        OPS[layer].of(fields)
    return caught.value.errors[0].message
