"""Layers with few parameters or none: scale, layer scale, rescale, fixed filters, identity."""

from collections.abc import Mapping
from math import prod
from types import MappingProxyType
from typing import Annotated, ClassVar, Literal

from archc.diagnostics import Code
from archc.ops.base import Category, Inputs, Op, OpError, SameShape, Shape, Tensor, need_rank
from archc.ops.declared import field
from archc.ops.fields import Flag, Padding, Real, Reals, one_of
from archc.ops.reads import Reading
from archc.ops.window import Axis, explain_axes, slide, sliding

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


class Identity(SameShape):
    """What flows in flows out: (C, n…) → (C, n…). Source: torch.nn.Identity."""

    name: ClassVar[str] = "identity"
    category: ClassVar[Category] = "other"
    view: ClassVar[bool] = True


class Scale(SameShape):
    """One learnt weight and bias for each channel.

    (C, n…) → (C, n…)

        y[c] = w[c]·x[c] + b[c]

    weight, bias (C). `weight=no` has the bias alone, `bias=no` the weight alone; `shared=yes` has one of
    each for all channels: weight, bias (1). It is LeNet-5's S layers after their sums (LeCun et al. 1998,
    section II.B) and Caffe's Scale and Bias. flops: 1 a value for each. `rescale` has fixed numbers.
    Source: LeCun et al. 1998, section II.B; Caffe's Scale and Bias.
    """

    name: ClassVar[str] = "scale"
    category: ClassVar[Category] = "other"
    adds_bias: ClassVar[bool] = True
    shows_fields: ClassVar[bool] = False
    bare: ClassVar[bool] = True
    fixed_twin: ClassVar[str] = "rescale"

    bias: Flag = True
    weight: Flag = True
    shared: Flag = False

    def check(self) -> None:
        if not (self.weight or self.bias):
            raise ValueError("`scale` without weight and bias does nothing")

    def parameters(self, inputs: Inputs) -> tuple[Tensor, ...]:
        shape = (1,) if self.shared else inputs[0][:1]
        owned = (("weight", self.weight), ("bias", self.bias))
        return tuple(Tensor(name, shape) for name, there in owned if there)

    def flops(self, inputs: Inputs, output: Shape) -> int:
        return (self.weight + self.bias) * prod(output)


class LayerScale(SameShape):
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
    shows_fields: ClassVar[bool] = False
    bare: ClassVar[bool] = True
    fixed_twin: ClassVar[str] = "rescale"

    init: Real = 1e-6

    def parameters(self, inputs: Inputs) -> tuple[Tensor, ...]:
        channels, *sizes = inputs[0]
        return (Tensor("weight", (channels, *(1 for _ in sizes))),)

    def flops(self, inputs: Inputs, output: Shape) -> int:
        return prod(output)


class Rescale(SameShape):
    """Fixed numbers for each channel, or for all of them: y = scale·x + offset.

    (C, n…) → (C, n…)

        y[c] = scale[c]·x[c] + offset[c]

    Both stand in the source: nothing is learnt and no tensor is owned. One number counts for all channels, a
    list has one for each. `rescale 0.00392` is x/255; `rescale -1, offset=1` is 1 − x. flops: 1 a value for
    the scale, 1 for the offset, where they are not 1 and 0. Source: keras.layers.Rescaling; `scale` is learnt.
    """

    name: ClassVar[str] = "rescale"
    category: ClassVar[Category] = "other"
    positional: ClassVar[tuple[str, ...]] = ("scale",)

    scale: Reals = 1.0
    offset: Reals = 0.0

    def output(self, inputs: Inputs) -> Shape:
        channels = inputs[0][0]
        for name, numbers in (("scale", self.scale), ("offset", self.offset)):
            if isinstance(numbers, tuple) and len(numbers) != channels:
                some = f"{channels} channel{'s' * (channels > 1)}"
                raise OpError(
                    f"`{name}` has {len(numbers)} numbers, but what flows in has {some}",
                    code=Code.CHANNEL_MISMATCH,
                    field=name,
                    label_inputs=True,
                )
        return inputs[0]

    def flops(self, inputs: Inputs, output: Shape) -> int:
        return ((self.scale != 1) + (self.offset != 0)) * prod(output)


class FixedKernel(Op):
    """A fixed 3×3 filter on every channel of an image: blur, sharpen, laplacian, emboss, edge.

    (C, h, w) → (C, h + p_top + p_bottom − 2, w + p_left + p_right − 2)

        y[c] = f ⋆ x[c]        cross-correlation, f one of FILTERS

    Unlike a conv's, the padding is 1 unless given, so the image keeps its size as filters are used.
    weight (3, 3) is a buffer, the same for all channels; nothing is learnt and no MACs are counted.
    flops: 18 a value.
    Source: the 3×3 filters of image processing, by their usual names.
    """

    name: ClassVar[str] = "kernel"
    category: ClassVar[Category] = "other"
    positional: ClassVar[tuple[str, ...]] = ("filter",)
    symbols: ClassVar[frozenset[str]] = frozenset({*FILTERS, "half", "same", "valid"})
    keeps_channels: ClassVar[bool] = True

    filter: Annotated[Filter, one_of(*FILTERS)]
    padding: Padding = field(1, alias="pad")

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

    def reading(self, inputs: Inputs) -> Reading:
        return (None, *sliding(self.axes(inputs)))

    def explain(self, inputs: Inputs, output: Shape) -> list[tuple[str, str]]:
        return explain_axes(self.axes(inputs))
