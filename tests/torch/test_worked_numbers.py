"""Figures that were worked by hand, and formulas of papers written out, against the layers as they run in float32."""

from math import ceil
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

import archc
from archc.ops import OPS
from tests.torch.lowered import run


def layer(text: str, shape: str) -> torch.nn.Module:
    return archc.parse(f"net n {{ input {shape}\n {text} }}").torch()


def close(found: Tensor, expected: object, digits: int) -> None:
    torch.testing.assert_close(found, torch.tensor(expected), atol=0.51 * 10.0**-digits, rtol=0)


def test_batch_norm_of_four_rows() -> None:
    rows = torch.tensor([[2.0, 2, 1], [4, 1, 0], [0, 4, 0], [3, 3, 4]])
    module = layer("bn", "3").train()
    expected = [
        [-0.1690, -0.4472, -0.1525],
        [1.1832, -1.3416, -0.7625],
        [-1.5213, 1.3416, -0.7625],
        [0.5071, 0.4472, 1.6775],
    ]
    close(module(rows), expected, 4)
    norm: Any = module.get_submodule("bn1")
    close(norm.running_mean / 0.1, [2.25, 2.5, 1.25], 4)
    unbiased = rows.var(0)  # what is kept for evaluation; what normalised the batch is biased
    torch.testing.assert_close(norm.running_var, 0.9 + 0.1 * unbiased)
    close(rows.var(0, correction=0).sqrt(), [1.479, 1.118, 1.639], 3)
    module.eval()
    mean, var = norm.running_mean, norm.running_var
    torch.testing.assert_close(module(rows), (rows - mean) / (var + 1e-5).sqrt())


def test_batch_norm_of_maps() -> None:
    maps = torch.tensor([[[[7.0, 5], [0, 4]]], [[[0.0, 7], [3, 1]]], [[[2.0, 0], [0, 1]]]])
    close(layer("bn", "2x2x1").train()(maps)[0, 0], [[1.75, 0.97], [-0.97, 0.58]], 2)


def test_one_value_a_channel_cannot_be_normalised() -> None:
    with pytest.raises(ValueError, match="more than 1 value"):
        layer("bn", "3").train()(torch.ones(1, 3))


def test_convolution() -> None:
    module = layer("conv 3x3/2, 1, pad=1", "4x4x1")
    with torch.no_grad():
        module.get_parameter("conv1.weight").copy_(torch.tensor([[[[1.0, 1, 1], [1, 1, 1], [0, 1, 0]]]]))
        module.get_parameter("conv1.bias").fill_(1.0)
        x = torch.tensor([[[[0.0, 3, 1, 1], [3, 1, 2, 0], [3, 4, 2, 3], [3, 0, 0, 2]]]])
        assert module(x)[0, 0].tolist() == [[7, 8], [15, 13]]


def test_max_pool() -> None:
    rows = ["3 2 1 0 0 3", "0 3 3 1 1 0", "3 1 4 1 1 0", "2 4 1 1 0 4", "1 0 3 0 3 0", "3 4 4 3 3 4"]
    x = torch.tensor([[[list(map(float, row.split())) for row in rows]]])
    assert layer("maxpool 2x2/2", "6x6x1")(x)[0, 0].tolist() == [[3, 3, 3], [4, 4, 4], [4, 4, 4]]


def test_softmax_and_swish() -> None:
    close(layer("softmax", "3")(torch.tensor([[1.0, 2, 3]]))[0], [0.09, 0.24, 0.67], 2)
    x = torch.linspace(-4, 4, 9)[None]
    torch.testing.assert_close(layer("silu", "9")(x), x / (1 + torch.exp(-x)))


def test_dropout_keeps_the_expectation() -> None:
    module = layer("dropout 0.3", "1000").train()
    torch.manual_seed(0)
    y = module(torch.ones(100, 1000))
    kept = y[y != 0]
    torch.testing.assert_close(kept, torch.full_like(kept, 1 / 0.7))
    assert y.mean() == pytest.approx(1, abs=0.01)  # 100,000 draws: a standard deviation of 0.002
    assert torch.equal(module.eval()(torch.ones(2, 1000)), torch.ones(2, 1000))


def test_stochastic_depth_keeps_the_expectation() -> None:
    module = layer("stochastic_depth 0.25", "4x4x3").train()
    torch.manual_seed(0)
    y = module(torch.ones(20000, 3, 4, 4))
    assert {round(value, 5) for value in y.unique().tolist()} == {0.0, round(1 / 0.75, 5)}
    assert torch.equal(y.amax((1, 2, 3)), y.amin((1, 2, 3))), "a sample is dropped whole"
    assert y.mean() == pytest.approx(1, abs=0.02)


def test_local_response_norm_is_alexnets() -> None:
    """Krizhevsky et al. 2012, section 3.3: b_i = a_i / (k + α·Σ_{j = max(0, i − n/2)}^{min(N − 1, i + n/2)} a_j²)^β
    with k = 2, n = 5, α = 1e-4, β = 0.75. It sums; `lrn` divides alpha by n as torch does, so α is 5e-4 there."""
    x = 10 * torch.randn(2, 8, 3, 3)
    expected = torch.empty_like(x)
    for i in range(8):
        window = x[:, max(0, i - 2) : min(8, i + 3)]
        expected[:, i] = x[:, i] / (2 + 1e-4 * window.square().sum(1)) ** 0.75
    torch.testing.assert_close(layer("lrn 5, alpha=5e-4, k=2", "3x3x8")(x), expected)


SAME = [(7, 3, 2), (8, 3, 2), (5, 2, 1), (6, 5, 3), (9, 4, 2), (4, 3, 1), (10, 1, 3), (11, 6, 4)]


def borders(n: int, k: int, s: int) -> tuple[int, int]:
    """TensorFlow's rule for SAME: ⌈n/s⌉ outputs, the odd pixel at the end."""
    total = max((ceil(n / s) - 1) * s + k - n, 0)
    return total // 2, total - total // 2


@pytest.mark.parametrize(("n", "k", "s"), SAME)
def test_same_is_tensorflows(n: int, k: int, s: int) -> None:
    """A convolution, a max pool and a mean pool window by window; TensorFlow's mean leaves padding out."""
    x = torch.randn(1, 1, n, n, dtype=torch.float64)
    begin, end = borders(n, k, s)
    wide = np.full((n + begin + end,) * 2, np.nan)
    wide[begin : begin + n, begin : begin + n] = x[0, 0]
    windows = np.lib.stride_tricks.sliding_window_view(wide, (k, k))[::s, ::s]
    conv = archc.parse(f"net n {{ input {n}x{n}x1\n conv {k}x{k}/{s}, 1, pad=same, bias=no }}").torch().double()
    weight = conv.get_parameter("conv1.weight")[0, 0].detach().numpy()
    with torch.no_grad():
        assert conv(x)[0, 0].numpy() == pytest.approx(np.nansum(windows * weight, (2, 3)))
    greatest = run(OPS["maxpool"].of({"kernel": k, "stride": s, "pad": "same"}), (x,), (1,))
    assert greatest[0, 0].numpy() == pytest.approx(np.nanmax(windows, (2, 3)))
    fields = {"kernel": k, "stride": s, "pad": "same", "count_include_pad": False}
    mean = run(OPS["avgpool"].of(fields), (x,), (1,))
    assert mean[0, 0].numpy() == pytest.approx(np.nanmean(windows, (2, 3)))
    fields["count_include_pad"] = True
    mean = run(OPS["avgpool"].of(fields), (x,), (1,))
    assert mean[0, 0].numpy() == pytest.approx(np.nansum(windows, (2, 3)) / k**2)


@pytest.mark.parametrize("include", [True, False])
@pytest.mark.parametrize(
    ("n", "k", "s", "pad"), [(7, 3, 2, (0, 1)), (8, 3, 3, (1, 0)), (6, 4, 3, (2, 1)), (9, 3, 4, (1, 2))]
)
def test_means_in_ceil_mode_with_unequal_borders(n: int, k: int, s: int, pad: tuple[int, int], include: bool) -> None:
    """The stated border counts if it is to; what the last window reaches beyond it never does."""
    x = torch.randn(1, 2, n, dtype=torch.float64)
    op = OPS["avgpool"].of({"kernel": k, "stride": s, "pad": pad, "ceil": True, "count_include_pad": include})
    out = op.output(((2, n),))
    expected = torch.zeros(1, *out, dtype=torch.float64)
    for i in range(out[1]):
        places = range(i * s - pad[0], i * s - pad[0] + k)
        inside = [p for p in places if 0 <= p < n]
        counted = [p for p in places if -pad[0] <= p < n + pad[1]] if include else inside
        expected[:, :, i] = x[:, :, inside].sum(2) / len(counted)
    torch.testing.assert_close(run(op, (x,), out), expected)


def test_absent_connections_learn_nothing() -> None:
    """LeNet-5's C3 by its table (LeCun et al. 1998, table I): a dense convolution with zeros in the absent places."""
    module = archc.load("lenet5").torch(seed=0)
    c3: Any = module.get_submodule("c3")
    table = {0: (0, 1, 2), 5: (0, 1, 5), 6: (0, 1, 2, 3), 11: (0, 1, 2, 5), 12: (0, 1, 3, 4), 14: (0, 2, 3, 5)}
    table[15] = (0, 1, 2, 3, 4, 5)
    assert c3.weight.numel() + c3.bias.numel() == 1516
    x = torch.randn(1, 6, 14, 14, requires_grad=True)
    for output, seen in table.items():
        (gradient,) = torch.autograd.grad(c3(x)[0, output].sum(), x, retain_graph=True)
        assert tuple(gradient.abs().sum((0, 2, 3)).nonzero()[:, 0].tolist()) == seen
    rows = [(row, channel) for row, channel in zip(c3.rows.tolist(), c3.channels.tolist(), strict=True)]
    dense = torch.zeros(16, 6, 5, 5)
    for weight, (row, channel) in zip(c3.weight.detach(), rows, strict=True):
        dense[row, channel] = weight
    torch.testing.assert_close(c3(x), torch.nn.functional.conv2d(x, dense, c3.bias))


def test_attention_is_torchs() -> None:
    theirs = torch.nn.MultiheadAttention(12, 3, batch_first=True).eval()
    x = torch.randn(2, 12, 7)
    op = OPS["attention"].of({"heads": 3})
    with torch.no_grad():
        expected = theirs(x.mT, x.mT, x.mT, need_weights=False)[0].mT
        torch.testing.assert_close(run(op, (x,), (12, 7), theirs.state_dict()), expected)


def test_layers_of_one_factor() -> None:
    x = torch.randn(2, 5, 4, 4)
    weight, bias = torch.randn(5), torch.randn(5)
    scaled = run(OPS["scale"].of({}), (x,), (5, 4, 4), {"weight": weight, "bias": bias})
    torch.testing.assert_close(scaled, torch.einsum("ncij,c->ncij", x, weight) + bias[:, None, None])
    op = OPS["layer_scale"].of({"init": 0.5})
    torch.testing.assert_close(run(op, (x,), (5, 4, 4)), x / 2)
    normed = run(OPS["ln"].of({"over": "channels"}), (x,), (5, 4, 4))
    torch.testing.assert_close(normed, (x - x.mean(1, True)) / (x.var(1, correction=0, keepdim=True) + 1e-5).sqrt())
    codes = run(OPS["rbf"].of({"classes": 3}), (x[:, :, 0, 0],), (3,), {"weight": torch.ones(3, 5)})
    torch.testing.assert_close(codes, (x[:, :, 0, 0] - 1).square().sum(1, True).expand(2, 3))
    pieces = run(OPS["maxout"].of({"pieces": 5}), (x,), (1, 4, 4))
    assert torch.equal(pieces, x.amax(1, True))


@pytest.mark.parametrize(("filter", "expected"), [("blur", 1.0), ("sharpen", 1.0), ("laplacian", 0.0), ("edge", 0.0)])
def test_fixed_filters_on_a_flat_image(filter: str, expected: float) -> None:
    flat = run(OPS["kernel"].of({"filter": filter, "pad": 0}), (torch.ones(1, 3, 5, 5),), (3, 3, 3))
    torch.testing.assert_close(flat, torch.full((1, 3, 3, 3), expected))
