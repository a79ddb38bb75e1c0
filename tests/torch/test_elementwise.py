"""Layers that have one value for each value, or move values about, against torch: also far out, and at the corners."""

from collections.abc import Callable, Mapping
from itertools import permutations, product

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from archc.ops import OPS, OpError, Shape
from tests.torch.lowered import run

SHAPES: list[Shape] = [(1,), (7,), (6, 1), (6, 5), (4, 1, 1), (4, 3, 2), (6, 2, 3, 2)]
FAR = torch.tensor([-1e4, -90.0, -20.0, -6.0, -3.0, -1.0, -1e-3, -0.0, 0.0, 1e-3, 0.5, 1.0, 3.0, 6.0, 20.0, 90.0, 1e4])

Function = Callable[[Tensor], Tensor]
GELUS: dict[str, Function] = {how: nn.GELU(how) for how in ("none", "tanh")}
SOFTPLUS: dict[tuple[float, float], Function] = {
    (beta, least): nn.Softplus(beta, least) for beta, least in ((1.0, 20.0), (2.0, 1.0), (0.5, 5.0))
}
ACTIVATIONS: list[tuple[str, Mapping[str, object], Function]] = [
    ("relu", {}, nn.ReLU()),
    ("relu6", {}, nn.ReLU6()),
    ("leaky_relu", {}, nn.LeakyReLU()),
    ("leaky_relu", {"slope": 0.2}, nn.LeakyReLU(0.2)),
    ("leaky_relu", {"slope": -0.5}, nn.LeakyReLU(-0.5)),
    ("elu", {}, nn.ELU()),
    ("elu", {"alpha": 0.3}, nn.ELU(0.3)),
    ("selu", {}, nn.SELU()),
    *[("gelu", {"approximate": how}, theirs) for how, theirs in GELUS.items()],
    ("silu", {}, nn.SiLU()),
    ("mish", {}, nn.Mish()),
    ("hardswish", {}, nn.Hardswish()),
    ("hardsigmoid", {}, nn.Hardsigmoid()),
    ("sigmoid", {}, nn.Sigmoid()),
    ("tanh", {}, nn.Tanh()),
    ("tanh", {"scale": 1.7159, "slope": 2 / 3}, lambda x: 1.7159 * torch.tanh(2 / 3 * x)),
    *[("softplus", {"beta": b, "threshold": t}, theirs) for (b, t), theirs in SOFTPLUS.items()],
    ("dropout", {"p": 0.4}, nn.Identity()),
    ("stochastic_depth", {"p": 0.4}, nn.Identity()),
    ("identity", {}, nn.Identity()),
    ("prelu", {"initial": 0.1}, nn.PReLU(init=0.1)),
]


@pytest.mark.parametrize(
    ("layer", "fields", "theirs"), ACTIVATIONS, ids=[f"{name}-{own}" for name, own, _ in ACTIVATIONS]
)
def test_activations(layer: str, fields: Mapping[str, object], theirs: Function) -> None:
    op = OPS[layer].of(fields)
    for shape in SHAPES:
        assert op.output((shape,)) == shape
        x = 4 * torch.randn(3, *shape)
        with torch.no_grad():
            torch.testing.assert_close(run(op, (x.clone(),), shape), theirs(x))
    with torch.no_grad():
        torch.testing.assert_close(run(op, (FAR[None].clone(),), (len(FAR),)), theirs(FAR[None]))


def test_permute() -> None:
    for shape in SHAPES:
        for order in permutations(range(len(shape))):
            op = OPS["permute"].of({"order": order})
            x = torch.randn(2, *shape)
            expected = x.permute(0, *(axis + 1 for axis in order))
            out = op.output((shape,))
            assert out == tuple(expected.shape[1:])
            assert torch.equal(run(op, (x,), out), expected)
    for wrong in ((0,), (0, 0, 1), (1, 2, 3), (0, 1, 2, 3)):
        with pytest.raises((OpError, ValueError)):
            OPS["permute"].of({"order": wrong}).output(((4, 3, 2),))


def test_slice_and_split() -> None:
    for shape in SHAPES:
        x = torch.randn(2, *shape)
        for start, stop in product(range(shape[0]), range(1, shape[0] + 2)):
            if not start < stop <= shape[0]:
                with pytest.raises((OpError, ValueError)):
                    OPS["slice"].of({"start": start, "stop": stop}).output((shape,))
                continue
            op = OPS["slice"].of({"start": start, "stop": stop})
            assert torch.equal(run(op, (x,), op.output((shape,))), x[:, start:stop])
        for parts in range(1, shape[0] + 2):
            op = OPS["split"].of({"parts": parts, "index": parts - 1})
            if shape[0] % parts:
                with pytest.raises(OpError):
                    op.output((shape,))
                continue
            assert torch.equal(run(op, (x,), op.output((shape,))), x.chunk(parts, 1)[-1])


JOINS: dict[str, Callable[[list[Tensor]], Tensor]] = {
    "add": lambda xs: torch.stack(xs).sum(0),
    "mul": lambda xs: torch.stack(xs).prod(0),
    "max": lambda xs: torch.stack(xs).amax(0),
    "mean": lambda xs: torch.stack(xs).mean(0),
    "concat": lambda xs: torch.cat(xs, 1),
}


@pytest.mark.parametrize("layer", JOINS)
def test_joins(layer: str) -> None:
    op = OPS[layer].of({})
    for shape, count in product(SHAPES, (2, 3, 5)):
        inputs = [torch.randn(2, *shape) for _ in range(count)]
        expected = JOINS[layer](inputs)
        out = op.output((shape,) * count)
        assert out == tuple(expected.shape[1:])
        torch.testing.assert_close(run(op, inputs, out), expected)


def test_products_of_matrices_and_linear_layers() -> None:
    for rows, inner, columns in product((1, 4), (1, 3), (1, 5)):
        left, right = torch.randn(2, rows, inner), torch.randn(2, inner, columns)
        op = OPS["matmul"].of({"scale": 0.5})
        out = op.output(((rows, inner), (inner, columns)))
        torch.testing.assert_close(run(op, (left, right), out), 0.5 * left @ right)
    for shape, bias in product(SHAPES, (True, False)):
        x = torch.randn(2, *shape)
        linear = nn.Linear(x[0].numel(), 3, bias)
        op = OPS["fc"].of({"units": 3, "bias": bias})
        with torch.no_grad():
            ours = run(op, (x,), op.output((shape,)), linear.state_dict())
            torch.testing.assert_close(ours, linear(x.flatten(1)))


def test_crop_is_the_middle() -> None:
    for n, to in product(range(1, 9), range(1, 10)):
        op = OPS["crop"].of({"size": to})
        x = torch.randn(1, 2, n, n + 1)
        if to > n:
            with pytest.raises(OpError):
                op.output(((2, n, n + 1),))
            continue
        top, left = (n - to) // 2, (n + 1 - to) // 2
        expected = x[:, :, top : top + to, left : left + to]
        assert torch.equal(run(op, (x,), op.output(((2, n, n + 1),))), expected)


def test_softmax_of_large_values_is_finite() -> None:
    x = torch.tensor([[1e4, 1e4 - 1, -1e4]])
    for layer, theirs in (("softmax", F.softmax), ("log_softmax", F.log_softmax)):
        torch.testing.assert_close(run(OPS[layer].of({}), (x,), (3,)), theirs(x, 1))
