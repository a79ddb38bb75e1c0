"""Attention and matrix products against PyTorch: shapes, parameters and MACs."""

from itertools import product
from typing import Any

import pytest
import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from archc.ops import OPS, OpError, Shape


def theirs(heads: int, channels: int, length: int, bias: bool) -> tuple[dict[str, Shape], int] | None:
    """The parameters and twice the MACs of torch's, or None where it refuses."""
    count = FlopCounterMode(display=False)
    try:
        with torch.device("meta"):
            module = nn.MultiheadAttention(channels, heads, bias=bias, batch_first=True)
            x = torch.empty(1, length, channels)
    except AssertionError:
        return None
    with count, torch.no_grad():
        y, _ = module(x, x, x, need_weights=False)
    assert y.shape == x.shape
    return {name: tuple(p.shape) for name, p in module.state_dict().items()}, count.get_total_flops()


@pytest.mark.parametrize("bias", [True, False])
def test_attention(bias: bool) -> None:
    refused = 0
    for heads, channels, length in product([1, 2, 3, 12], [1, 6, 24, 768], [1, 5, 197]):
        made = OPS["attention"].of({"heads": heads, "bias": bias})
        shape = (channels, length)
        expected = theirs(heads, channels, length, bias)
        if expected is None:
            refused += 1
            with pytest.raises(OpError, match="do not divide"):
                made.output((shape,))
            continue
        assert made.output((shape,)) == shape
        tensors = made.parameters((shape,))
        assert [(t.name, t.shape) for t in tensors] == list(expected[0].items())
        assert 2 * made.macs((shape,), shape) == expected[1]
    assert refused


MATRICES: list[Shape] = [(4,), (4, 5), (5, 3), (5, 4), (3, 4, 5), (3, 5, 4), (4, 5, 4), (2, 3, 4, 5), (2, 3, 5, 6)]


def test_matmul() -> None:
    taken = 0
    made = OPS["matmul"].of({})
    for left, right in product(MATRICES, repeat=2):
        alike = len(left) == len(right) > 1 and left[:-2] == right[:-2]  # torch would broadcast; a matrix each here
        count = FlopCounterMode(display=False)
        product_: Any = None
        try:
            with count, torch.device("meta"):
                product_ = torch.matmul(torch.empty(1, *left), torch.empty(1, *right)) if alike else None
        except RuntimeError:
            pass
        if product_ is None:
            with pytest.raises(OpError):
                made.output((left, right))
            continue
        taken += 1
        out = made.output((left, right))
        assert out == tuple(product_.shape[1:])
        assert 2 * made.macs((left, right), out) == count.get_total_flops() == made.flops((left, right), out)
    assert taken


def test_a_token_by_itself_is_a_linear_layer() -> None:
    linear = nn.Linear(24, 96)
    made = OPS["conv"].of({"kernel": 1, "channels": 96})
    conv = nn.Conv1d(24, 96, 1)
    conv.load_state_dict({"weight": linear.weight[..., None], "bias": linear.bias})
    x = torch.randn(2, 7, 24)
    torch.testing.assert_close(conv(x.mT).mT, linear(x))
    count = FlopCounterMode(display=False)
    with count:
        linear(x[:1])
    assert 2 * made.macs(((24, 7),), (96, 7)) == count.get_total_flops()
    assert sum(t.size for t in made.parameters(((24, 7),))) == sum(p.numel() for p in linear.parameters())


def test_attention_by_hand_costs_the_same() -> None:
    """One head as convolutions, matmul and softmax; and its values, as the docstring of `matmul` has it."""
    from archc.program import compile_text  # noqa: PLC0415

    text = """
    net by_hand {
      x: input 7x8
      q: @x -> conv 1, 8
      k: @x -> conv 1, 8 -> permute [1, 0]
      v: @x -> conv 1, 8
      a: matmul(scale=0.3535533905932738) { | @k | @q } -> softmax    => 7x7
      matmul { | @v | @a } -> conv 1, 8                              => 7x8
    }
    """
    compilation = compile_text(text)
    assert [d.message for d in compilation.diagnostics] == []
    graph = compilation.nets[0].graph
    assert graph is not None
    macs = sum(node.op.macs(node.input_shapes, node.shape) for node in graph)
    params = sum(t.size for node in graph for t in node.op.parameters(node.input_shapes))
    whole = OPS["attention"].of({"heads": 1})
    assert macs == whole.macs(((8, 7),), (8, 7))
    assert params == sum(t.size for t in whole.parameters(((8, 7),)))

    q, k, v = torch.randn(3, 1, 8, 7, dtype=torch.float64)  # (C, L), as here
    weights = torch.softmax(0.3535533905932738 * k.mT @ q, 1)  # over the keys
    expected = nn.functional.scaled_dot_product_attention(q.mT, k.mT, v.mT).mT
    torch.testing.assert_close(v @ weights, expected)
