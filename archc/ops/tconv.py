"""Transposed convolution."""

from math import prod
from typing import ClassVar

from archc.diagnostics import Code
from archc.ops.base import Category, Inputs, Op, OpError, Repair, Shape, Tensor, need_rank, spatial, times
from archc.ops.conv import check_groups, check_in_channels, explain_cost
from archc.ops.declared import field
from archc.ops.fields import Count, Extent, Flag, Sides
from archc.ops.reads import ALL, Reading, transposed
from archc.ops.window import AXES, convolution_words, minus


class TransposedConv(Op):
    """Transposed convolution: each input value lays its kernel, weighted, on the output.

    (C_in, n…) → (C_out, (n − 1)·s − 2p + d(k − 1) + 1 + output_padding …)

    It is the gradient of `conv` for its input, so it has conv's shapes the other way round.
    weight (C_in, C_out/groups, k…), bias (C_out). MACs: input positions · C_in · C_out/groups · Πk, as
    torch's flop counter has it; flops are twice that, and one for each biased output.
    `padding` is a number or one an axis, and takes away from the output; `output_padding` must be less
    than the stride or the dilation. Source: torch.nn.ConvTranspose2d; Dumoulin & Visin 2016, section 4.
    """

    name: ClassVar[str] = "tconv"
    category: ClassVar[Category] = "conv"
    adds_bias: ClassVar[bool] = True
    positional: ClassVar[tuple[str, ...]] = ("kernel_size", "out_channels")
    title: ClassVar[str] = "up-conv"
    tabled: ClassVar[bool] = True
    random_start: ClassVar[bool] = True
    keeps_output: ClassVar[bool] = False

    kernel_size: Extent = field(alias="kernel")
    out_channels: Count = field(alias="channels")
    stride: Extent = 1
    padding: Sides = field(0, alias="pad")
    output_padding: Sides = 0
    dilation: Extent = 1
    groups: Count = 1
    bias: Flag = True
    in_channels: Count | None = None

    def _fields(self, inputs: Inputs) -> list[tuple[str, int, int, int, int, int, int]]:
        """(axis, n, k, s, p, output_padding, d) on each axis."""
        rank = need_rank(inputs, "tconv")
        return list(
            zip(
                AXES[rank],
                inputs[0][1:],
                self.window(inputs),
                spatial(self.stride, rank, "stride", "the stride"),
                spatial(self.padding, rank, "padding", "the padding"),
                spatial(self.output_padding, rank, "output_padding", "the output padding"),
                spatial(self.dilation, rank, "dilation", "the dilation"),
                strict=True,
            )
        )

    def caption(self, inputs: Inputs, output: Shape) -> str:
        return convolution_words(self.kernel_size, self.titled(), output, self.stride, self.groups, self.dilation)

    def window(self, inputs: Inputs) -> tuple[int, ...]:
        """The kernel's sizes, one an axis."""
        return spatial(self.kernel_size, len(inputs[0]) - 1, "kernel_size", "the window")

    def output(self, inputs: Inputs) -> Shape:
        fields = self._fields(inputs)
        in_channels = inputs[0][0]
        check_in_channels(self.in_channels, in_channels)
        check_groups(self.groups, in_channels, self.out_channels)
        sizes = []
        for axis, n, k, s, p, extra, d in fields:
            if extra >= max(s, d):
                raise OpError(
                    f"`output_padding` must be less than the stride or the dilation, and {extra} is neither",
                    code=Code.OUTPUT_PADDING_TOO_LARGE,
                    field="output_padding",
                    notes=(f"{axis}: output_padding {extra}, stride {s}, dilation {d}",),
                    help="it chooses among the sizes that the stride leaves open, and there are only so many",
                    repairs=(Repair("output_padding", str(max(s, d) - 1)),),
                )
            size = (n - 1) * s - 2 * p + d * (k - 1) + 1 + extra
            if size < 1:
                raise OpError(
                    f"the padding takes away the whole output {axis}",
                    code=Code.WINDOW_TOO_LARGE,
                    field="padding",
                    notes=(f"{axis}: {_arithmetic(n, k, s, p, extra, d)} = {minus(size)}",),
                    repairs=(Repair("padding", str(max(0, p - (2 - size) // 2))),),
                )
            sizes.append(size)
        return (self.out_channels, *sizes)

    def weight(self, inputs: Inputs) -> tuple[int, ...]:
        """The shape of the weight."""
        return (inputs[0][0], self.out_channels // self.groups, *self.window(inputs))

    def parameters(self, inputs: Inputs) -> tuple[Tensor, ...]:
        weight = Tensor("weight", self.weight(inputs))
        return (weight, Tensor("bias", (self.out_channels,))) if self.bias else (weight,)

    def macs(self, inputs: Inputs, output: Shape) -> int:
        return prod(inputs[0][1:]) * prod(self.weight(inputs))

    def flops(self, inputs: Inputs, output: Shape) -> int:
        return 2 * self.macs(inputs, output) + (prod(output) if self.bias else 0)

    def reading(self, inputs: Inputs) -> Reading:
        return (ALL, *(transposed(k, s, p, d) for _, _, k, s, p, _, d in self._fields(inputs)))

    def explain(self, inputs: Inputs, output: Shape) -> list[tuple[str, str]]:
        sizes = [
            (axis, f"{_arithmetic(*numbers)} = {size}")
            for (axis, *numbers), size in zip(self._fields(inputs), output[1:], strict=True)
        ]
        weight = self.weight(inputs)
        return [*sizes, *explain_cost(self, inputs, output, times(*weight), inputs[0][1:], prod(weight))]


def _arithmetic(n: int, k: int, s: int, p: int, extra: int, d: int) -> str:
    """`(14 − 1)·2 − 2·1 + 4`"""
    reach = str(k) if d == 1 else f"({d}·({k} − 1) + 1)"
    return f"({n} − 1)·{s} − 2·{p} + {reach}{f' + {extra}' if extra else ''}"
