"""What a layer does by itself where a source says nothing of it is what PyTorch's does: defaults, and tensors owned."""

import inspect
from typing import Any

import pytest
import torch
from torch import nn

from archc.ops import OPS, Shape

# a layer; what must be given; torch's; the fields that torch has too, and what it calls them where that differs
DEFAULTS: list[tuple[str, dict[str, Any], type[nn.Module], dict[str, str]]] = [
    ("leaky_relu", {}, nn.LeakyReLU, {"negative_slope": ""}),
    ("prelu", {}, nn.PReLU, {"initial": "init"}),
    ("elu", {}, nn.ELU, {"alpha": ""}),
    ("gelu", {}, nn.GELU, {"approximate": ""}),
    ("softplus", {}, nn.Softplus, {"beta": "", "threshold": ""}),
    ("bn", {}, nn.BatchNorm2d, {"eps": "", "momentum": "", "affine": "", "track_running_stats": ""}),
    ("ln", {}, nn.LayerNorm, {"eps": "", "affine": "elementwise_affine", "bias": ""}),
    ("gn", {"groups": 2}, nn.GroupNorm, {"eps": "", "affine": ""}),
    ("instancenorm", {}, nn.InstanceNorm2d, {"eps": "", "affine": ""}),
    ("lrn", {}, nn.LocalResponseNorm, {"alpha": "", "beta": "", "k": ""}),
    ("fc", {"units": 3}, nn.Linear, {"bias": ""}),
    ("dropout", {}, nn.Dropout, {"p": ""}),
    ("upsample", {"scale": 2}, nn.Upsample, {"mode": ""}),
]


@pytest.mark.parametrize(("layer", "given", "theirs", "fields"), DEFAULTS, ids=[row[0] for row in DEFAULTS])
def test_defaults(layer: str, given: dict[str, Any], theirs: type[nn.Module], fields: dict[str, str]) -> None:
    made = OPS[layer].of(given)
    assert made.output(((4, 8, 8),))
    asked = inspect.signature(theirs).parameters
    assert {name: getattr(made, name) for name in fields} == {
        name: asked[other or name].default for name, other in fields.items()
    }


SHAPE: Shape = (4, 8, 6)
# a layer, its fields, torch's module for a map of that shape
OWNED: list[tuple[str, dict[str, Any], nn.Module]] = [
    ("prelu", {}, nn.PReLU()),
    ("prelu", {"shared": False}, nn.PReLU(4)),
    ("bn", {}, nn.BatchNorm2d(4)),
    ("bn", {"affine": False}, nn.BatchNorm2d(4, affine=False)),
    ("bn", {"track_running_stats": False}, nn.BatchNorm2d(4, track_running_stats=False)),
    ("ln", {}, nn.LayerNorm(SHAPE)),
    ("ln", {"bias": False}, nn.LayerNorm(SHAPE, bias=False)),
    ("ln", {"affine": False}, nn.LayerNorm(SHAPE, elementwise_affine=False)),
    ("gn", {"groups": 2}, nn.GroupNorm(2, 4)),
    ("gn", {"groups": 2, "affine": False}, nn.GroupNorm(2, 4, affine=False)),
    ("instancenorm", {}, nn.InstanceNorm2d(4)),
    ("instancenorm", {"affine": True}, nn.InstanceNorm2d(4, affine=True)),
    ("lrn", {}, nn.LocalResponseNorm(5)),
    ("fc", {"units": 3}, nn.Linear(4 * 8 * 6, 3)),
    ("fc", {"units": 3, "bias": False}, nn.Linear(4 * 8 * 6, 3, bias=False)),
]


@pytest.mark.parametrize(("layer", "fields", "theirs"), OWNED)
def test_tensors(layer: str, fields: dict[str, Any], theirs: nn.Module) -> None:
    """Their names, their shapes, their order, and which of them training learns."""
    learnt = {name for name, _ in theirs.named_parameters()}
    tensors = OPS[layer].of(fields).parameters((SHAPE,))
    assert [(t.name, torch.Size(t.shape), t.trainable, t.buffer) for t in tensors] == [
        (name, value.shape, name in learnt, name not in learnt) for name, value in theirs.state_dict().items()
    ]
