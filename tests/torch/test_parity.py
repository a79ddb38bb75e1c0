"""The built modules against torchvision's, with the same weights and the same image: the logits agree."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import archc
from archc.backends.torch.match_weights import match_weights
from tests.torch.oracle.fill import fill, image

ORACLE: dict[str, Any] = json.loads((Path(__file__).parent / "oracle" / "torchvision.json").read_text("utf-8"))
SPECS = {"alexnet": "alexnet_torchvision", "googlenet": "googlenet_bn"}  # torchvision's name → ours, where they differ
SLOW = {"vgg11", "vgg11_bn", "vgg13", "vgg16", "vgg16_bn", "vgg19", "resnext101_32x8d"}  # 8 to 20 s each
TOLERANCE = 1e-4  # of the greatest logit; the greatest error found is 2.3e-6, of VGG-13


@pytest.mark.parametrize(
    "theirs", [pytest.param(name, marks=[pytest.mark.nightly] if name in SLOW else []) for name in ORACLE]
)
def test_logits(theirs: str) -> None:
    model = ORACLE[theirs]
    net = archc.load(SPECS.get(theirs, theirs))
    module = net.torch(logits=True).eval()
    state = module.state_dict()
    shapes = {name: tuple(tensor.shape) for name, tensor in state.items()}
    given = {key: tuple(shape) for key, shape in model["state_dict"]}
    found = match_weights(shapes, given, namings=net.graph.namings, graph=net.graph)
    assert not found.problems
    numbers = {key: (number, key, tuple(shape)) for number, (key, shape) in enumerate(model["state_dict"])}
    for pair in found.pairs:
        state[pair.ours] = torch.from_numpy(fill(*numbers[pair.theirs]))
    module.load_state_dict(state)
    with torch.no_grad():
        logits = module(torch.from_numpy(image(tuple(model["input"]))))[0].numpy()
    expected = np.array(model["logits"])
    assert np.abs(logits[: len(expected)] - expected).max() <= TOLERANCE * model["max_abs"]
    assert logits.argmax() == model["argmax"]
    assert np.abs(logits).max() == pytest.approx(model["max_abs"], rel=TOLERANCE)
    assert logits.mean() == pytest.approx(model["mean"], abs=TOLERANCE * model["max_abs"])
