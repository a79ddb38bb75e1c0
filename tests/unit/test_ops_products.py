"""Attention and products of matrices, counted product by product, and their arithmetic as it is shown."""

from math import prod

import pytest

from archc.ops import OPS, Shape


@pytest.mark.parametrize(("heads", "channels", "length"), [(1, 6, 5), (3, 6, 5), (2, 8, 3)])
def test_what_attention_computes(heads: int, channels: int, length: int) -> None:
    """Vaswani et al. 2017, section 3.2, product by product, and the operations that are none."""
    shape = (channels, length)
    head = channels // heads
    products = 3 * length * channels * channels  # q, k, v
    products += heads * (length * length * head)  # q·k
    products += heads * (length * length * head)  # a·v
    products += length * channels * channels  # out
    others = length * channels + 5 * heads * length * length  # q scaled; softmax of a row for each query and head
    for bias, biased, weights in ((True, 4 * length * channels, 4 * channels), (False, 0, 0)):
        made = OPS["attention"].of({"heads": heads, "bias": bias})
        assert made.output((shape,)) == shape
        assert made.macs((shape,), shape) == products
        assert made.flops((shape,), shape) == 2 * products + others + biased
        assert made.reading((shape,)) == ("all", "all")
        tensors = {tensor.name: tensor.shape for tensor in made.parameters((shape,))}
        assert tensors["in_proj_weight"] == (3 * channels, channels)
        assert tensors["out_proj.weight"] == (channels, channels)
        assert tensors.get("in_proj_bias") == ((3 * channels,) if bias else None)
        assert tensors.get("out_proj.bias") == ((channels,) if bias else None)
        total = 4 * channels * channels + weights
        plus = f" + 4·{channels}" if bias else ""
        assert made.explain((shape,), shape) == [
            ("head", f"{channels}/{heads} = {head} channels"),
            ("params", f"4·{channels}·{channels}{plus} = {total}"),
            ("macs", f"4·{length}·{channels}·{channels} + 2·{length}·{length}·{channels} = {products:,}"),
        ]


# left, right, product; each matrix (…, rows, columns)
MATRICES: list[tuple[Shape, Shape, Shape]] = [
    ((4, 5), (5, 3), (4, 3)),
    ((2, 4, 5), (2, 5, 3), (2, 4, 3)),
    ((2, 3, 4, 5), (2, 3, 5, 6), (2, 3, 4, 6)),
]


@pytest.mark.parametrize(("left", "right", "out"), MATRICES)
def test_what_a_product_of_matrices_computes(left: Shape, right: Shape, out: Shape) -> None:
    """One multiply-accumulate for each value and each of the columns that it sums over."""
    for scale, scaled in ((1, 0), (0.5, prod(out))):
        made = OPS["matmul"].of({"scale": scale})
        assert made.output((left, right)) == out
        macs = prod(left) * right[-1]
        assert made.macs((left, right), out) == macs
        assert made.flops((left, right), out) == 2 * macs + scaled
        factors = "·".join(map(str, (*out, left[-1])))
        assert made.explain((left, right), out) == [("macs", f"{factors} = {macs}")]
        assert made.reading((left, right)) == ("all",) * len(left)
