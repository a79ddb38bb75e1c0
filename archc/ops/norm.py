"""Normalisation."""

from math import prod
from typing import Annotated, ClassVar, Literal

from archc.diagnostics import Code
from archc.ops.base import Category, Inputs, OpError, Repair, SameShape, Shape, Tensor, check_divides, need_rank
from archc.ops.fields import Count, Flag, Positive, Real, one_of

LnAxes = Annotated[Literal["all", "channels"], one_of("all", "channels")]


class Norm(SameShape):
    """The base of norms: the output has the shape of the input."""

    category: ClassVar[Category] = "norm"
    shows_fields: ClassVar[bool] = False
    follows: ClassVar[bool] = True

    def output(self, inputs: Inputs) -> Shape:
        need_rank(inputs, self.name, 0)
        return inputs[0]


def _affine(shape: Shape, affine: bool, bias: bool = True) -> tuple[Tensor, ...]:
    if not affine:
        return ()
    return (Tensor("weight", shape), Tensor("bias", shape)) if bias else (Tensor("weight", shape),)


class BatchNorm(Norm):
    """Batch normalisation of each channel.

    (C, n…) → (C, n…)

        y = w·(x − μ)/√(σ² + eps) + b        μ, σ² of the channel over the batch and all positions

    When training, the batch's own; after, the running means kept with
    running ← (1 − momentum)·running + momentum·batch, which is torch's momentum (Keras's is 1 − it).
    weight, bias (C), and the buffers running_mean, running_var (C) and num_batches_tracked ().
    flops are of inference: 2 a value, one multiplication and one addition, the statistics folded in.
    Source: Ioffe & Szegedy 2015; torch.nn.BatchNorm2d.
    """

    name: ClassVar[str] = "bn"
    title: ClassVar[str] = "BN"
    gain: ClassVar[bool] = True
    keeps_output: ClassVar[bool] = False
    batch_statistics: ClassVar[bool] = True

    eps: Positive = 1e-5
    momentum: Real = 0.1
    affine: Flag = True
    track_running_stats: Flag = True

    def cancels_bias(self, inputs: Inputs) -> bool:
        return not self.track_running_stats or self.momentum != 0  # else the running mean stays 0, and takes nothing

    def parameters(self, inputs: Inputs) -> tuple[Tensor, ...]:
        shape = inputs[0][:1]
        running = (
            Tensor("running_mean", shape, buffer=True, trainable=False),
            Tensor("running_var", shape, buffer=True, trainable=False),
            Tensor("num_batches_tracked", (), buffer=True, trainable=False),
        )
        return (*_affine(shape, self.affine), *(running if self.track_running_stats else ()))

    def flops(self, inputs: Inputs, output: Shape) -> int:
        return 2 * prod(output)


class LayerNorm(Norm):
    """Layer normalisation of each sample.

    (C, n…) → (C, n…)

        y = w·(x − μ)/√(σ² + eps) + b

    `over all`, the default: μ, σ² over all of the sample, weight and bias (C, n…), as
    torch.nn.LayerNorm(shape). `over channels`: at each position over its channels, weight and bias (C),
    as ConvNeXt has it (Liu et al. 2022). On a vector both are the same.
    flops: 5 a value (sum, subtract, square, sum, scale) and one each for weight and bias.
    Source: Ba et al. 2016.
    """

    name: ClassVar[str] = "ln"
    positional: ClassVar[tuple[str, ...]] = ("over",)
    symbols: ClassVar[frozenset[str]] = frozenset({"all", "channels"})
    title: ClassVar[str] = "LN"
    gain: ClassVar[bool] = True

    over: LnAxes = "all"
    eps: Positive = 1e-5
    affine: Flag = True
    bias: Flag = True

    def cancels_bias(self, inputs: Inputs) -> bool:
        return inputs[0][0] == 1  # the mean is of all channels: of several, their differences stay

    def parameters(self, inputs: Inputs) -> tuple[Tensor, ...]:
        shape = inputs[0] if self.over == "all" else inputs[0][:1]
        return _affine(shape, self.affine, self.bias)

    def flops(self, inputs: Inputs, output: Shape) -> int:
        return (5 + self.affine + (self.affine and self.bias)) * prod(output)


class GroupNorm(Norm):
    """Group normalisation: the channels in groups, each normalised over its channels and positions.

    (C, n…) → (C, n…)

        y = w·(x − μ)/√(σ² + eps) + b        μ, σ² of the channel's group

    weight, bias (C). The groups must divide the channels, and each must hold more than one value.
    flops: 5 a value, as `ln`, and 2 with the affine step. Source: Wu & He 2018; torch.nn.GroupNorm.
    """

    name: ClassVar[str] = "gn"
    positional: ClassVar[tuple[str, ...]] = ("groups",)
    title: ClassVar[str] = "GN"
    gain: ClassVar[bool] = True

    groups: Count
    eps: Positive = 1e-5
    affine: Flag = True

    def output(self, inputs: Inputs) -> Shape:
        shape = super().output(inputs)
        channels = shape[0]
        check_divides(self.groups, channels, "groups", f"{self.groups} groups")
        if prod(shape) == self.groups:
            raise OpError(
                "each group is a single value, and a single value has nothing to be normalised by",
                code=Code.NOTHING_TO_NORMALISE,
                field="groups",
                notes=("x − μ = 0 for every value, whatever flows in",),
                repairs=(Repair("groups", "1"),) if channels > 1 else (),
            )
        return shape

    def cancels_bias(self, inputs: Inputs) -> bool:
        return self.groups == inputs[0][0]

    def parameters(self, inputs: Inputs) -> tuple[Tensor, ...]:
        return _affine(inputs[0][:1], self.affine)

    def flops(self, inputs: Inputs, output: Shape) -> int:
        return (7 if self.affine else 5) * prod(output)


class InstanceNorm(Norm):
    """Instance normalisation: each channel of each sample over its own positions.

    (C, n…) → (C, n…)

        y = w·(x − μ)/√(σ² + eps) + b        μ, σ² of the sample's channel

    No parameters unless `affine=yes`: then weight, bias (C). It needs a map of more than one position.
    flops: 5 a value, as `ln`, and 2 with the affine step.
    Source: Ulyanov et al. 2016; torch.nn.InstanceNorm2d.
    """

    name: ClassVar[str] = "instancenorm"
    title: ClassVar[str] = "instance norm"
    gain: ClassVar[bool] = True

    eps: Positive = 1e-5
    affine: Flag = False

    def output(self, inputs: Inputs) -> Shape:
        need_rank(inputs, self.name)
        if prod(inputs[0][1:]) == 1:
            raise OpError(
                "each channel is a single value, and a single value has nothing to be normalised by",
                code=Code.NOTHING_TO_NORMALISE,
                notes=("x − μ = 0 for every value, whatever flows in",),
                help="put this layer where the map is larger than one position",
            )
        return inputs[0]

    def cancels_bias(self, inputs: Inputs) -> bool:
        return True

    def parameters(self, inputs: Inputs) -> tuple[Tensor, ...]:
        return _affine(inputs[0][:1], self.affine)

    def flops(self, inputs: Inputs, output: Shape) -> int:
        return (7 if self.affine else 5) * prod(output)


class LocalResponseNorm(Norm):
    """Local response normalisation across neighbouring channels.

    (C, n…) → (C, n…), n… of one size or more

        y[c] = x[c] / (k + alpha/size · Σ_j x[j]²)^beta        c − ⌊size/2⌋ ≤ j ≤ c + ⌊(size − 1)/2⌋

    with j kept inside the channels. Alpha is divided by `size`, as in Caffe and torch; AlexNet's paper
    (Krizhevsky et al. 2012, section 3.3) sums without dividing, so its alpha 1e-4 over 5 channels is 5e-4
    here, and its k is 2. An even size reaches one channel further down than up, as torch has it.
    flops: size + 4 a value (square, size − 1 sums, scale, add, power, divide).
    Source: torch.nn.LocalResponseNorm.
    """

    name: ClassVar[str] = "lrn"
    positional: ClassVar[tuple[str, ...]] = ("size",)
    title: ClassVar[str] = "LRN"
    follows: ClassVar[bool] = False
    tabled: ClassVar[bool] = True

    size: Count = 5
    alpha: Real = 1e-4
    beta: Real = 0.75
    k: Real = 1.0

    def output(self, inputs: Inputs) -> Shape:
        need_rank(inputs, self.name)
        return inputs[0]

    def flops(self, inputs: Inputs, output: Shape) -> int:
        return (self.size + 4) * prod(output)
