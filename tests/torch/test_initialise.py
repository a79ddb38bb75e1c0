"""First values against torch.nn.init, and residual branches that start at zero."""

from math import sqrt

import pytest
import torch
from torch import nn

import archc
from archc.backends.torch.initialise import chosen, last_norms

WIDE = "net n { input 8x8x32\n conv 3x3, 256 -> relu\n tconv 2x2/2, 128 -> flatten -> fc 64 }"


@pytest.mark.parametrize("scheme", ["glorot_uniform", "glorot_normal", "he_uniform", "he_normal"])
def test_the_spread_is_the_papers(scheme: str) -> None:
    module = archc.parse(WIDE).torch(init=scheme, seed=0)
    for name, fan_in, fan_out in (("conv1", 32 * 9, 256 * 9), ("fc1", 128 * 144, 64)):
        weight = module.get_parameter(f"{name}.weight").detach()
        variance = 2 / fan_in if scheme.startswith("he") else 2 / (fan_in + fan_out)
        assert weight.var().item() == pytest.approx(variance, rel=0.02)
        assert abs(weight.mean().item()) < 0.01 * sqrt(variance)
        if scheme.endswith("uniform"):
            assert weight.abs().max().item() <= sqrt(3 * variance)
        assert not module.get_parameter(f"{name}.bias").any()
    torch.manual_seed(0)
    ours = nn.init.kaiming_normal_(torch.empty(256, 32, 3, 3), nonlinearity="relu")
    assert ours.std().item() == pytest.approx(sqrt(2 / 288), rel=0.02), "torch's own has the same"


def test_plain_values() -> None:
    net = archc.parse(WIDE)
    assert not any(parameter.any() for parameter in net.torch(init="zeros").parameters())
    assert net.torch(init="torch", seed=0).get_parameter("conv1.bias").any()
    constant = net.torch(init="constant=-0.25")
    weight = constant.get_parameter("tconv1.weight")
    assert torch.equal(weight, torch.full_like(weight, -0.25))
    assert not constant.get_parameter("tconv1.bias").any()


@pytest.mark.parametrize(
    ("scheme", "said"),
    [
        ("spectral", "glorot_uniform"),
        ("constant", "constant=0.01"),
        ("constant=", "wants its value|no number"),
        ("constant=inf", "no number"),
        ("constant=x", "no number"),
        ("he_normal=2", "takes no value"),
    ],
)
def test_what_is_no_scheme_is_said(scheme: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        archc.parse(WIDE).torch(init=scheme)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        *(("xavier_uniform", "glorot_uniform"), ("xavier_normal_", "glorot_normal"), ("kaiming_normal", "he_normal")),
        *(("kaiming_uniform_", "he_uniform"), ("msra", "he_normal"), ("he_unifrom", "he_uniform")),
    ],
)
def test_the_names_of_others_are_answered_with_ours(typed: str, meant: str) -> None:
    with pytest.raises(ValueError, match=f"did you mean `{meant}`"):
        chosen(typed)


@pytest.mark.parametrize("typed", ["orthogonal", "trunc_normal", "normal", "uniform", "lecun_uniform", "he"])
def test_a_name_that_is_near_and_another_scheme_is_not_proposed(typed: str) -> None:
    with pytest.raises(ValueError, match="there are torch, glorot_uniform"):
        chosen(typed)


def test_seeds() -> None:
    net = archc.parse(WIDE)
    one, two = (net.torch(init="he_normal", seed=7).state_dict() for _ in range(2))
    assert all(torch.equal(one[name], two[name]) for name in one)
    assert not torch.equal(one["fc1.weight"], net.torch(init="he_normal", seed=8).state_dict()["fc1.weight"])


def test_residual_branches_start_at_zero() -> None:
    """torchvision's zero_init_residual: bn2 of a basic block, bn3 of a bottleneck, no shortcut's (resnet.py)."""
    assert last_norms(archc.load("resnet18").graph) == [
        f"conv{stage}_x.{block}.bn2" for stage in (2, 3, 4, 5) for block in (0, 1)
    ]
    bottlenecks = last_norms(archc.load("resnet50").graph)
    assert len(bottlenecks) == 16
    assert {name.rpartition(".")[2] for name in bottlenecks} == {"bn3"}
    module = archc.load("resnet18").torch(zero_gamma=True).eval()
    unit = module.get_submodule("conv2_x.1")
    x = torch.rand(1, 64, 8, 8)
    assert torch.equal(unit(x), x), "with its branch at zero a block is the identity"
    assert last_norms(archc.load("vgg16").graph) == []
    grouped = "net n { input 8x8x4\n add { | | conv 3x3, 4, pad=1 -> gn 2 } }"
    assert last_norms(archc.parse(grouped).graph) == ["gn1"]
