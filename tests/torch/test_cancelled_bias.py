"""What `cancels_bias` and `adds_bias` claim of layers, held against their modules in training."""

import pytest
import torch

import archc
from archc.ops import OPS
from archc.program import compile_text

NORMS = (
    *("bn", "bn affine=no", "bn momentum=0.5", "bn track_running_stats=no", "bn momentum=0", "instancenorm"),
    *("instancenorm affine=yes", "gn 6", "gn 2", "gn 1", "ln", "ln channels", "ln bias=no", "lrn 3"),
)
INPUTS = ("6", "9x6", "7x5x6", "4x3x5x6", "1", "7x5x1")
PAIRS = [
    (norm, shape)
    for norm in NORMS
    for shape in INPUTS
    if compile_text(f"net n {{ input {shape} -> {norm} }}").ok  # not every norm takes a vector, or one channel
]
LAYERS = (
    "conv 3x3, 6",
    "conv 3x3/2, 6, groups=3, pad=same",
    "tconv 3x3/2, 6",
    "dwconv 3x3, multiplier=2",
    "scale",
    "fc 12",
)


def trained(net: archc.Net, bias: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
    """What the net gives for x + bias after a hundred steps on it, which leave a running mean where it tends to."""
    module = net.torch(seed=1).double()
    for _ in range(100):
        module(x + bias)
    result: torch.Tensor = module.eval()(x + bias)
    return result


@pytest.mark.parametrize(("norm", "shape"), PAIRS)
def test_a_norm_subtracts_what_is_added_to_a_channel_just_where_it_says(norm: str, shape: str) -> None:
    net = archc.parse(f"net n {{ input {shape} -> {norm} }}")
    node = net.graph.nodes[-1]
    torch.manual_seed(0)
    x = torch.randn(3, *node.shape, dtype=torch.float64)
    if node.op.name == "bn":
        x = torch.cat([x] * 2)
    bias = torch.linspace(1, 2, node.shape[0], dtype=torch.float64).reshape(-1, *[1] * (len(node.shape) - 1))
    same = torch.allclose(trained(net, bias, x), trained(net, 0 * bias, x), atol=1e-3)
    assert same == node.op.cancels_bias(node.input_shapes)


@pytest.mark.parametrize("layer", LAYERS)
def test_a_bias_is_one_number_a_channel_added_last(layer: str) -> None:
    net = archc.parse(f"net n {{ input 9x9x6 -> {layer} }}")
    node = net.graph.nodes[-1]
    assert node.op.adds_bias
    module = net.torch(seed=1).double()
    x = torch.randn(2, 6, 9, 9, dtype=torch.float64)
    before = module(x)
    added = torch.linspace(1, 2, node.shape[0], dtype=torch.float64)
    with torch.no_grad():
        module.get_parameter(f"{node.name}.bias").add_(added)
    torch.testing.assert_close(module(x), before + added.reshape(-1, *[1] * (len(node.shape) - 1)))


def test_only_these_layers_add_one() -> None:
    assert {name for name, op in OPS.items() if op.adds_bias} == {layer.split()[0] for layer in LAYERS}
