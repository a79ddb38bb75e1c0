"""Layers with little or nothing to learn: scale, fixed filters, identity."""

from collections.abc import Mapping
from math import prod
from types import MappingProxyType
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from archc.ops.base import Category, Inputs, Op, OpError, Shape, Tensor, need_rank
from archc.ops.fields import Flag, Padding, one_of
from archc.ops.window import Axis, explain_axes, slide

Filter = Literal["blur", "sharpen", "laplacian", "emboss", "edge"]

FILTERS: Mapping[Filter, tuple[tuple[float, ...], ...]] = MappingProxyType(
    {
        "blur": ((1 / 16, 2 / 16, 1 / 16), (2 / 16, 4 / 16, 2 / 16), (1 / 16, 2 / 16, 1 / 16)),
        "sharpen": ((0.0, -1.0, 0.0), (-1.0, 5.0, -1.0), (0.0, -1.0, 0.0)),
        "laplacian": ((0.0, 1.0, 0.0), (1.0, -4.0, 1.0), (0.0, 1.0, 0.0)),
        "emboss": ((-2.0, -1.0, 0.0), (-1.0, 1.0, 1.0), (0.0, 1.0, 2.0)),
        "edge": ((-1.0, -1.0, -1.0), (-1.0, 8.0, -1.0), (-1.0, -1.0, -1.0)),
    }
)


class Identity(Op):
    """What flows in flows out: (C, n…) → (C, n…)."""

    name: ClassVar[str] = "identity"
    category: ClassVar[Category] = "other"
    keeps_channels: ClassVar[bool] = True

    def output(self, inputs: Inputs) -> Shape:
        return inputs[0]


class Scale(Op):
    """One learnt weight and bias for each channel.

    (C, n…) → (C, n…)

        y[c] = w[c]·x[c] + b[c]

    weight, bias (C). It is LeNet-5's S layers after their sums (LeCun et al. 1998, section II.B) and
    Caffe's Scale. flops: 1 a value, 2 with the bias.
    """

    name: ClassVar[str] = "scale"
    category: ClassVar[Category] = "other"
    keeps_channels: ClassVar[bool] = True

    bias: Flag = True

    def output(self, inputs: Inputs) -> Shape:
        return inputs[0]

    def parameters(self, inputs: Inputs) -> tuple[Tensor, ...]:
        weight = Tensor("weight", inputs[0][:1])
        return (weight, Tensor("bias", inputs[0][:1])) if self.bias else (weight,)

    def flops(self, inputs: Inputs, output: Shape) -> int:
        return (1 + self.bias) * prod(output)


class FixedKernel(Op):
    """A fixed 3×3 filter on every channel of an image: blur, sharpen, laplacian, emboss, edge.

    (C, h, w) → (C, h + p_top + p_bottom − 2, w + p_left + p_right − 2)

        y[c] = f ⋆ x[c]        cross-correlation, f one of FILTERS

    Unlike a conv's, the padding is 1 unless given, so the image keeps its size as filters are used.
    weight (3, 3) is a buffer, the same for all channels; nothing is learnt and no MACs are counted.
    flops: 18 a value.
    """

    name: ClassVar[str] = "kernel"
    category: ClassVar[Category] = "other"
    positional: ClassVar[tuple[str, ...]] = ("filter",)
    symbols: ClassVar[frozenset[str]] = frozenset({*FILTERS, "half", "same", "valid"})
    keeps_channels: ClassVar[bool] = True

    filter: Annotated[Filter, one_of(*FILTERS)]
    padding: Padding = Field(1, alias="pad")

    def axes(self, inputs: Inputs) -> tuple[Axis, ...]:
        """The window on each axis. Raises OpError where it does not fit."""
        need_rank(inputs, "kernel", 2, 2)
        try:
            return slide(inputs[0], (3, 3), 1, self.padding)
        except OpError as error:
            error.repairs = tuple(repair for repair in error.repairs if repair.field == "padding")
            error.field = error.field if error.field == "padding" else None
            raise

    def output(self, inputs: Inputs) -> Shape:
        return (inputs[0][0], *(axis.count for axis in self.axes(inputs)))

    def parameters(self, inputs: Inputs) -> tuple[Tensor, ...]:
        return (Tensor("weight", (3, 3), buffer=True, trainable=False),)

    def flops(self, inputs: Inputs, output: Shape) -> int:
        return 18 * prod(output)

    def field_step(self, inputs: Inputs) -> tuple[tuple[int, ...], tuple[float, ...]]:
        return (3, 3), (1.0, 1.0)

    def explain(self, inputs: Inputs, output: Shape) -> list[tuple[str, str]]:
        return explain_axes(self.axes(inputs))
