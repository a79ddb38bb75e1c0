"""What is recorded of a net at work, against torch's own hooks and gradients."""

import torch

import archc
from archc.look.activations import feature_maps, filters, gradient_norms
from archc.look.figures import filters_figure, maps_figure


def test_feature_maps_are_what_the_layer_gave() -> None:
    """Before an activation that works in place writes over it."""
    module = archc.load("cifar10net").torch(seed=0, logits=True).eval()
    x = torch.rand(1, 3, 32, 32)
    maps = feature_maps(module, x)
    conv = module.get_submodule("one.conv1")
    torch.testing.assert_close(maps["one.conv1"], conv(x)[0])
    assert (maps["one.conv1"] < 0).any()
    assert not (maps["one.relu1"] < 0).any()
    assert torch.equal(maps["fc2"], module(x)[0])
    assert not any(part._forward_hooks for part in module.modules()), "the hooks are taken off again"


def test_a_shortcut_that_is_not_there_gives_no_maps() -> None:
    module = archc.load("resnet18", input=(32, 32)).torch(seed=0)
    maps = feature_maps(module, torch.rand(1, 3, 32, 32))
    assert "conv3_x.0.shortcut1.conv1" in maps
    assert not [name for name in maps if name.endswith("shortcut1")]


def test_filters_are_the_kernels() -> None:
    module = archc.load("cifar10net").torch(seed=0)
    assert [(name, tuple(kernel.shape)) for name, kernel in filters(module).items()] == [
        ("one.conv1", (32, 3, 3, 3)),
        ("two.conv1", (64, 32, 3, 3)),
        ("three.conv1", (128, 64, 3, 3)),
    ]


def test_gradient_norms_are_of_the_likeliest_class() -> None:
    module = archc.load("cifar10net").torch(seed=0, logits=True).eval()
    x = torch.rand(1, 3, 32, 32)
    norms = gradient_norms(module, x)
    module.zero_grad()
    logits = module(x)
    (-logits.log_softmax(1).max()).backward()
    assert list(norms) == ["one.conv1", "two.conv1", "three.conv1", "fc1", "fc2"]
    for name, norm in norms.items():
        gradient = module.get_parameter(f"{name}.weight").grad
        assert gradient is not None
        assert abs(norm - gradient.norm().item()) < 1e-5


def test_vanishing_gradients_show() -> None:
    """Nine sigmoid layers with small weights: the first layers get almost nothing."""
    convs = "\n".join("conv 3x3, 8, pad=1 -> sigmoid" for _ in range(9))
    module = archc.parse(f"net deep {{ input 12x12x3\n {convs}\n fc 10 }}").torch(seed=0)
    norms = list(gradient_norms(module, torch.rand(1, 3, 12, 12)).values())
    assert norms[0] < 1e-3 * norms[-1]


def test_filters_of_a_transposed_convolution_lie_as_those_of_others() -> None:
    """One kernel for each output channel: what that channel becomes from one point of an input channel."""
    module = archc.parse("net up { input 5x5x4 -> tconv 2x2/2, 6, groups=2, bias=no }").torch(seed=0)
    (kernels,) = filters(module).values()
    assert kernels.shape == (6, 2, 2, 2)
    for channel in range(4):
        x = torch.zeros(1, 4, 5, 5)
        x[0, channel, 0, 0] = 1
        group, place = divmod(channel, 2)
        own = module(x)[0, 3 * group : 3 * group + 3, :2, :2]
        torch.testing.assert_close(own, kernels[3 * group : 3 * group + 3, place])


def test_sizes_are_written_as_check_writes_them() -> None:
    module = archc.load("alexnet").torch(seed=0)
    maps = feature_maps(module, torch.rand(1, 3, 227, 227))
    titles = [axes.get_title() for axes in maps_figure("", {"conv1": maps["conv1"]}).axes]
    assert titles == ["conv1\n55x55x96 (first 64)"]
    kernels = {name: kernel for name, kernel in filters(module).items() if name == "conv1"}
    assert [axes.get_title() for axes in filters_figure("", kernels).axes] == ["conv1\n96 of 11x11x3 (first 64)"]
