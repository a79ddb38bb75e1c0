"""Tokens: a map as a sequence of positions, (C, L), and what a transformer adds to it before attention.

A layer for each token by itself is a 1-D convolution of width 1: `conv 1, 3072` has the parameters, MACs and
values of torch.nn.Linear(C, 3072) on (L, C), its weight (3072, C, 1).
"""

from math import prod
from typing import ClassVar

from archc.diagnostics import Code
from archc.ops.base import Category, Inputs, Op, OpError, Shape, Tensor, need_rank, times
from archc.ops.reads import Movement, Reading, Reshaped, shifted
from archc.shapes import hwc


class Tokens(Op):
    """A map as tokens, one a position: (C, n…) → (C, Πn), row by row.

    It is torch.flatten(x, 2); where torch has tokens as (L, C), here they are (C, L) as every signal.
    Source: Dosovitskiy et al. 2021, section 3.1.
    """

    name: ClassVar[str] = "tokens"
    category: ClassVar[Category] = "shape"
    keeps_channels: ClassVar[bool] = True
    view: ClassVar[bool] = True

    def output(self, inputs: Inputs) -> Shape:
        need_rank(inputs, self.name)
        return (inputs[0][0], prod(inputs[0][1:]))

    def reading(self, inputs: Inputs) -> Movement:
        return Reshaped()

    def explain(self, inputs: Inputs, output: Shape) -> list[tuple[str, str]]:
        return [("length", f"{times(*inputs[0][1:])} = {output[1]:,}")]


class ClassToken(Op):
    """One learnt token in front of the others: (C, L) → (C, L + 1).

        y[0] = w, y[l + 1] = x[l]

    weight (1, 1, C), as torch has tokens. `slice 0, 1, axis=length -> flatten` brings it back as a vector.
    No flops. Source: Devlin et al. 2019; Dosovitskiy et al. 2021, equation 1.
    """

    name: ClassVar[str] = "class_token"
    category: ClassVar[Category] = "other"
    keeps_channels: ClassVar[bool] = True
    bare: ClassVar[bool] = True

    def output(self, inputs: Inputs) -> Shape:
        need_tokens(inputs[0], self.name)
        channels, length = inputs[0]
        return (channels, length + 1)

    def reading(self, inputs: Inputs) -> Reading:
        return (None, shifted(-1))

    def parameters(self, inputs: Inputs) -> tuple[Tensor, ...]:
        return (Tensor("weight", (1, 1, inputs[0][0])),)

    def explain(self, inputs: Inputs, output: Shape) -> list[tuple[str, str]]:
        return [("length", f"{inputs[0][1]:,} + 1 = {output[1]:,}")]


class Position(Op):
    """A learnt embedding of the position, added: (C, L) → (C, L).

        y[l] = x[l] + w[l]

    weight (1, L, C), as torch has tokens: it fixes the length. flops: 1 a value.
    Source: Gehring et al. 2017; Dosovitskiy et al. 2021, equation 1.
    """

    name: ClassVar[str] = "position"
    category: ClassVar[Category] = "other"
    keeps_channels: ClassVar[bool] = True
    title: ClassVar[str] = "position embedding"
    shows_fields: ClassVar[bool] = False
    bare: ClassVar[bool] = True

    def output(self, inputs: Inputs) -> Shape:
        need_tokens(inputs[0], self.name)
        return inputs[0]

    def parameters(self, inputs: Inputs) -> tuple[Tensor, ...]:
        channels, length = inputs[0]
        return (Tensor("weight", (1, length, channels)),)

    def flops(self, inputs: Inputs, output: Shape) -> int:
        return prod(output)

    def explain(self, inputs: Inputs, output: Shape) -> list[tuple[str, str]]:
        channels, length = inputs[0]
        return [("params", f"{times(length, channels)} = {length * channels:,}")]


def need_tokens(shape: Shape, layer: str) -> None:
    """Raises OpError unless this is (channels, length)."""
    if len(shape) != 2:
        what = f"a vector of {shape[0]}" if len(shape) == 1 else f"a map of {hwc(shape)}"
        raise OpError(
            f"{layer} works on tokens, a length and channels, but {what} flows in",
            code=Code.WRONG_RANK,
            help="`tokens` makes tokens of a map, one a position" if len(shape) > 2 else None,
            label_inputs=True,
        )
