"""Every layer has its row in every backend's table."""

from collections.abc import Mapping

import pytest

from archc.backends.onnx.table import LOWERINGS as ONNX
from archc.backends.torch.table import LOWERINGS as TORCH
from archc.ops import OPS

TABLES: dict[str, Mapping[str, object]] = {"torch": TORCH, "onnx": ONNX}


@pytest.mark.parametrize("backend", TABLES)
def test_no_row_is_missing(backend: str) -> None:
    layers = {name for name, op in OPS.items() if op.category != "input"}
    assert set(TABLES[backend]) == layers
