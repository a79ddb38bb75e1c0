"""What a layer says where it does not fit, and a field where it does not take what it is given."""

from typing import Any

import pytest
from pydantic import ValidationError

from archc.ops import OPS, OpError, Shape


def refusal(layer: str, fields: dict[str, Any], *shapes: Shape) -> OpError:
    with pytest.raises(OpError) as caught:
        OPS[layer].model_validate(fields).output(shapes)
    return caught.value


def complaint(layer: str, **fields: Any) -> str:
    with pytest.raises(ValidationError) as caught:
        OPS[layer].model_validate(fields)
    return str(caught.value.errors()[0]["msg"]).removeprefix("Value error, ")
