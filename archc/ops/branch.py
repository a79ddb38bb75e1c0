"""What stands at the end of a residual branch, before it is added: layer scale, stochastic depth."""

from math import prod
from typing import Annotated, ClassVar, Literal

from archc.ops.base import Category, Inputs, Op, Shape, Tensor
from archc.ops.fields import Real, one_of
from archc.ops.regular import Share


class LayerScale(Op):
    """One learnt factor for each channel, which starts near zero.

    (C, n…) → (C, n…)

        y[c] = w[c]·x[c]        w[c] = init before training

    weight (C, 1…), a 1 for each size: (C, 1, 1) on an image. flops: 1 a value. `scale` is the same with a
    bias, and starts at 1. Source: Touvron et al. 2021 (CaiT), section 2.2; Liu et al. 2022 (ConvNeXt),
    whose init is 1e-6.
    """

    name: ClassVar[str] = "layer_scale"
    category: ClassVar[Category] = "other"
    positional: ClassVar[tuple[str, ...]] = ("init",)
    keeps_channels: ClassVar[bool] = True
    shows_fields: ClassVar[bool] = False
    bare: ClassVar[bool] = True
    fixed_twin: ClassVar[str] = "rescale"

    init: Real = 1e-6

    def output(self, inputs: Inputs) -> Shape:
        return inputs[0]

    def parameters(self, inputs: Inputs) -> tuple[Tensor, ...]:
        channels, *sizes = inputs[0]
        return (Tensor("weight", (channels, *(1 for _ in sizes))),)

    def flops(self, inputs: Inputs, output: Shape) -> int:
        return prod(output)


class StochasticDepth(Op):
    """When training, sets the whole value to zero with probability p and divides it by 1 − p otherwise.

    (C, n…) → (C, n…)

    It ends a residual branch, which is so left out now and then. `mode=row` decides for each sample by
    itself, `mode=batch` for all of a batch at once. Afterwards it is the identity: no flops. p is the share
    dropped, as in torchvision; the paper's p is the share kept.
    Source: Huang et al. 2016; torchvision.ops.StochasticDepth.
    """

    name: ClassVar[str] = "stochastic_depth"
    category: ClassVar[Category] = "other"
    positional: ClassVar[tuple[str, ...]] = ("p",)
    symbols: ClassVar[frozenset[str]] = frozenset({"row", "batch"})
    keeps_channels: ClassVar[bool] = True
    shows_fields: ClassVar[bool] = False
    varies: ClassVar[bool] = True

    p: Share
    mode: Annotated[Literal["row", "batch"], one_of("row", "batch")] = "row"

    def output(self, inputs: Inputs) -> Shape:
        return inputs[0]
