"""Fully connected layers, radial basis functions, maxout."""

from math import prod
from typing import ClassVar

from archc.diagnostics import Code
from archc.ops.base import (
    Category,
    Inputs,
    Op,
    OpError,
    Repair,
    Shape,
    Tensor,
    channels_mixed,
    check_divides,
    everything,
    times,
)
from archc.ops.declared import field
from archc.ops.fields import Count, Flag
from archc.ops.reads import Reading
from archc.shapes import hwc


class FullyConnected(Op):
    """Fully connected layer.

    (n…) → (units,), any input being flattened first, channel by channel as `flatten` does

        y = W·x + b

    weight (units, Πn), bias (units). MACs: units · Πn; flops are twice that, and one for each biased
    output. `in_features` is optional and only checked. Source: torch.nn.Linear.
    """

    name: ClassVar[str] = "fc"
    category: ClassVar[Category] = "fc"
    adds_bias: ClassVar[bool] = True
    positional: ClassVar[tuple[str, ...]] = ("out_features",)
    tabled: ClassVar[bool] = True
    random_start: ClassVar[bool] = True
    keeps_output: ClassVar[bool] = False
    flattens: ClassVar[bool] = True

    out_features: Count = field(alias="units")
    bias: Flag = True
    in_features: Count | None = None

    def caption(self, inputs: Inputs, output: Shape) -> str:
        return f"{self.titled()}, {self.out_features}"

    def output(self, inputs: Inputs) -> Shape:
        features = prod(inputs[0])
        if self.in_features is not None and self.in_features != features:
            raise OpError(
                f"declared for {self.in_features} inputs, but {features} flow in",
                code=Code.CHANNEL_MISMATCH,
                field="in_features",
                notes=(f"{times(*inputs[0][1:], inputs[0][0])} = {features:,}",) if len(inputs[0]) > 1 else (),
                label_inputs=True,
                repairs=(Repair("in_features", str(features)),),
            )
        return (self.out_features,)

    def parameters(self, inputs: Inputs) -> tuple[Tensor, ...]:
        weight = Tensor("weight", (self.out_features, prod(inputs[0])))
        return (weight, Tensor("bias", (self.out_features,))) if self.bias else (weight,)

    def macs(self, inputs: Inputs, output: Shape) -> int:
        return self.out_features * prod(inputs[0])

    def flops(self, inputs: Inputs, output: Shape) -> int:
        return 2 * self.macs(inputs, output) + (self.out_features if self.bias else 0)

    def reading(self, inputs: Inputs) -> Reading:
        return everything(inputs)

    def explain(self, inputs: Inputs, output: Shape) -> list[tuple[str, str]]:
        factors = times(self.out_features, *inputs[0])
        total = sum(tensor.size for tensor in self.parameters(inputs))
        bias = f" + {self.out_features:,}" if self.bias else ""
        return [("params", f"{factors}{bias} = {total:,}"), ("macs", f"{factors} = {self.macs(inputs, output):,}")]


class Rbf(Op):
    """Euclidean radial basis functions: the distance of the input to a fixed code for each class.

    (n,) → (classes,)

        y_i = Σ_j (x_j − w_ij)²

    weight (classes, n) is a buffer of ±1, not learnt: LeNet-5's 7×12 bitmaps of the characters. The least
    output is the answer. No MACs; flops: 3 · classes · n. Source: LeCun et al. 1998, section II.B.
    """

    name: ClassVar[str] = "rbf"
    category: ClassVar[Category] = "fc"
    positional: ClassVar[tuple[str, ...]] = ("classes",)
    title: ClassVar[str] = "RBF"
    tabled: ClassVar[bool] = True

    classes: Count

    def caption(self, inputs: Inputs, output: Shape) -> str:
        return f"{self.titled()}, {self.classes}"

    def output(self, inputs: Inputs) -> Shape:
        if len(inputs[0]) != 1:
            raise OpError(
                f"rbf needs a vector, but a map of {hwc(inputs[0])} flows in",
                code=Code.WRONG_RANK,
                help="put `flatten` before it",
            )
        return (self.classes,)

    def reading(self, inputs: Inputs) -> Reading:
        return everything(inputs)

    def parameters(self, inputs: Inputs) -> tuple[Tensor, ...]:
        return (Tensor("weight", (self.classes, inputs[0][0]), buffer=True, trainable=False),)

    def flops(self, inputs: Inputs, output: Shape) -> int:
        return 3 * self.classes * inputs[0][0]


class Maxout(Op):
    """The greatest of each group of neighbouring channels.

    (C, n…) → (C/group_size, n…)

        y[c] = max(x[c·group_size], …, x[c·group_size + group_size − 1])

    No parameters; flops: group_size − 1 comparisons an output. Source: Goodfellow et al. 2013; ConvNetJS's
    `maxout` with its `group_size`.
    """

    name: ClassVar[str] = "maxout"
    category: ClassVar[Category] = "activation"
    positional: ClassVar[tuple[str, ...]] = ("pieces",)
    shows_fields: ClassVar[bool] = False
    follows: ClassVar[bool] = True

    pieces: Count = field(2, alias="group_size")

    def output(self, inputs: Inputs) -> Shape:
        channels = inputs[0][0]
        check_divides(self.pieces, channels, "pieces", f"groups of {self.pieces}")
        return (channels // self.pieces, *inputs[0][1:])

    def reading(self, inputs: Inputs) -> Reading:
        return channels_mixed(inputs)

    def flops(self, inputs: Inputs, output: Shape) -> int:
        return prod(output) * (self.pieces - 1)
