"""The nets written by hand that the bench times ours against are the same nets."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch

import archc
from tests.bench.twins import TWINS

ORACLE: dict[str, Any] = json.loads((Path(__file__).parent / "oracle" / "torchvision.json").read_text("utf-8"))


@pytest.mark.parametrize("name", ["resnet50", "resnet152", "densenet121"])
def test_they_are_torchvisions(name: str) -> None:
    with torch.device("meta"):
        state = TWINS[name]().state_dict()
    names = [(key, list(tensor.shape)) for key, tensor in state.items() if not key.endswith("num_batches_tracked")]
    assert names == [tuple(entry) for entry in map(tuple, ORACLE[name]["state_dict"])]


@pytest.mark.parametrize("name", ["resnet50", "densenet121", "mobilenet_v2"])
def test_they_compute_what_ours_do(name: str) -> None:
    ours, theirs = archc.load(name).torch(logits=True, seed=0).eval(), TWINS[name]().eval()
    theirs.load_state_dict(dict(zip(theirs.state_dict(), ours.state_dict().values(), strict=True)))
    x = torch.randn(1, 3, 64, 64)
    with torch.no_grad():
        torch.testing.assert_close(ours(x), theirs(x))
