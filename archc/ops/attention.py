"""Attention and the product of matrices: each output may depend on all positions."""

from math import prod
from typing import ClassVar

from archc.diagnostics import Code
from archc.ops.base import (
    Category,
    Inputs,
    Joining,
    Op,
    OpError,
    Shape,
    Tensor,
    check_divides,
    everything,
    times,
)
from archc.ops.fields import Count, Flag, Real
from archc.ops.reads import Reading
from archc.ops.tokens import need_tokens
from archc.shapes import hwc


class Attention(Op):
    """Multi-head self-attention of tokens.

    (C, L) → (C, L), L tokens of C channels, x_l the token at position l

        q, k, v = W_in·x + b_in                            the three in turn, C rows each
        a_h[l, m] = softmax over m of q_h[l]·k_h[m]/√(C/heads)
        y[l] = W_out·[Σ_m a_1[l, m]·v_1[m]; …; Σ_m a_H[l, m]·v_H[m]] + b_out

    Head h has channels h·C/heads and up of q, k and v; the heads must divide the channels. in_proj_weight
    (3C, C), in_proj_bias (3C), out_proj.weight (C, C), out_proj.bias (C).
    MACs count its matrix products, those of two activations included: 4·L·C² for the projections and
    2·L²·C for q·k and a·v. That is how papers of transformers and torchvision's figures count (ViT-B/16:
    17.56 G). flops are twice that, and one for each biased value (4·L·C), one for each value of q scaled
    (L·C) and 5 for each value of the softmax (heads·L²). Of weight layers it counts as one.
    Source: Vaswani et al. 2017, section 3.2.2; torch.nn.MultiheadAttention with `batch_first=True`.
    """

    name: ClassVar[str] = "attention"
    category: ClassVar[Category] = "fc"
    positional: ClassVar[tuple[str, ...]] = ("heads",)
    keeps_channels: ClassVar[bool] = True
    tabled: ClassVar[bool] = True
    random_start: ClassVar[bool] = True

    heads: Count
    bias: Flag = True

    def caption(self, inputs: Inputs, output: Shape) -> str:
        return f"{self.heads}-head attention"

    def output(self, inputs: Inputs) -> Shape:
        shape = inputs[0]
        need_tokens(shape, self.name)
        channels = shape[0]
        check_divides(self.heads, channels, "heads", f"{self.heads} heads")
        return shape

    def parameters(self, inputs: Inputs) -> tuple[Tensor, ...]:
        channels = inputs[0][0]
        tensors = (
            Tensor("in_proj_weight", (3 * channels, channels)),
            Tensor("in_proj_bias", (3 * channels,)),
            Tensor("out_proj.weight", (channels, channels)),
            Tensor("out_proj.bias", (channels,)),
        )
        return tensors if self.bias else tensors[::2]

    def macs(self, inputs: Inputs, output: Shape) -> int:
        channels, length = inputs[0]
        return 4 * length * channels**2 + 2 * length**2 * channels

    def flops(self, inputs: Inputs, output: Shape) -> int:
        channels, length = inputs[0]
        by_value = (5 if self.bias else 1) * length * channels
        return 2 * self.macs(inputs, output) + by_value + 5 * self.heads * length**2

    def reading(self, inputs: Inputs) -> Reading:
        return everything(inputs)

    def explain(self, inputs: Inputs, output: Shape) -> list[tuple[str, str]]:
        channels, length = inputs[0]
        bias = f" + 4·{channels:,}" if self.bias else ""
        total = sum(tensor.size for tensor in self.parameters(inputs))
        products = f"4·{times(length, channels, channels)} + 2·{times(length, length, channels)}"
        return [
            ("head", f"{channels:,}/{self.heads} = {channels // self.heads:,} channels"),
            ("params", f"4·{times(channels, channels)}{bias} = {total:,}"),
            ("macs", f"{products} = {self.macs(inputs, output):,}"),
        ]


class MatMul(Op):
    """The product of two matrices that both flow in: (m, k), (k, n) → (m, n).

    (b…, m, k), (b…, k, n) → (b…, m, n)

        y[b, i, j] = scale · Σ_l x_1[b, i, l]·x_2[b, l, j]

    A signal (C, L) is a matrix of C rows; of a map (C, H, W) each channel is one, H × W. So, for tokens,
    `matmul { | @k -> permute [1, 0] | @q } -> softmax` are the weights of attention, one column a query.
    No parameters. MACs: Πb · m · k · n; flops are twice that, and one a value where `scale` is not 1.
    Source: torch.matmul.
    """

    name: ClassVar[str] = "matmul"
    category: ClassVar[Category] = "join"
    inputs: ClassVar[tuple[int, int | None]] = (2, 2)
    title: ClassVar[str] = "matrix product"
    shows_fields: ClassVar[bool] = False

    scale: Real = 1.0

    @property
    def joins(self) -> Joining:
        return "products"

    def output(self, inputs: Inputs) -> Shape:
        if len(inputs) > 2:
            raise OpError(f"matmul joins two values, and here are {len(inputs)}", code=Code.JOIN_MISMATCH)
        left, right = inputs
        if len(left) != len(right) or len(left) < 2:
            raise OpError(
                f"matmul needs two matrices, but its branches give {hwc(left)} and {hwc(right)}",
                code=Code.WRONG_RANK if len(left) == len(right) else Code.JOIN_MISMATCH,
                help="a value with a length is a matrix, its channels the rows; a vector is none",
                label_inputs=True,
            )
        if left[:-2] != right[:-2] or left[-1] != right[-2]:
            fits = left[-1] == right[-2]
            differing = f"{left[:-2][0]} and {right[:-2][0]} of them" if fits else f"{left[-1]} is not {right[-2]}"
            raise OpError(
                "matmul needs as many rows on the right as there are columns on the left, and equally many matrices",
                code=Code.JOIN_MISMATCH,
                notes=(f"({_matrix(left)})·({_matrix(right)}): {differing}",),
                help="`permute [1, 0]` exchanges the rows and columns of a matrix",
                label_inputs=True,
            )
        return (*left[:-1], right[-1])

    def macs(self, inputs: Inputs, output: Shape) -> int:
        return prod(output) * inputs[0][-1]

    def flops(self, inputs: Inputs, output: Shape) -> int:
        return 2 * self.macs(inputs, output) + (prod(output) if self.scale != 1 else 0)

    def reading(self, inputs: Inputs) -> Reading:
        return everything(inputs)

    def explain(self, inputs: Inputs, output: Shape) -> list[tuple[str, str]]:
        return [("macs", f"{times(*output, inputs[0][-1])} = {self.macs(inputs, output):,}")]


def _matrix(shape: Shape) -> str:
    return "x".join(map(str, shape))
