"""Depthwise convolution."""

from typing import ClassVar

from archc.ops.base import Inputs
from archc.ops.conv import Convolution
from archc.ops.fields import Count
from archc.ops.reads import ALL, Reading
from archc.ops.window import sliding


class DepthwiseConv(Convolution):
    """Convolution of each input channel with `multiplier` kernels of its own.

    (C, n…) → (C·multiplier, ⌊(n + p_begin + p_end − d(k − 1) − 1)/s⌋ + 1 …)

        y[c·m + i] = b[c·m + i] + w[c·m + i] ⋆ x[c]        i < m = multiplier

    That is `conv` with groups = C. weight (C·m, 1, k…), bias (C·m). MACs: positions · C·m · Πk; flops are
    twice that, and one for each biased output. Source: Howard et al. 2017 (MobileNets).
    """

    name: ClassVar[str] = "dwconv"
    positional: ClassVar[tuple[str, ...]] = ("kernel_size",)
    title: ClassVar[str] = "depthwise conv"

    multiplier: Count = 1

    def channels_groups(self, in_channels: int) -> tuple[int, int]:
        return in_channels * self.multiplier, in_channels

    def reading(self, inputs: Inputs) -> Reading:
        return (None if self.multiplier == 1 else ALL, *sliding(self.axes(inputs)))
