"""Regularisation."""

from typing import Annotated, ClassVar

from archc.ops.base import Category, Inputs, Op, Shape, need_rank
from archc.ops.fields import Flag, Real


def _below_one(value: float) -> float:
    if not 0 <= value < 1:
        raise ValueError(f"is the share that is dropped, from 0 to below 1, not {value:g}")
    return value


Share = Annotated[Real, _below_one]


class Dropout(Op):
    """When training, sets values to zero with probability p and divides the others by 1 − p.

    (C, n…) → (C, n…)

    With `spatial=yes` whole maps are dropped, a channel at a time, which needs a map. Afterwards it is the
    identity: no flops. p is the share dropped, as in torch; ConvNetJS's `drop_prob` is the same.
    Source: Srivastava et al. 2014; torch.nn.Dropout, Dropout2d.
    """

    name: ClassVar[str] = "dropout"
    category: ClassVar[Category] = "other"
    positional: ClassVar[tuple[str, ...]] = ("p",)
    keeps_channels: ClassVar[bool] = True
    follows: ClassVar[bool] = True

    p: Share = 0.5
    spatial: Flag = False

    def caption(self, inputs: Inputs, output: Shape) -> str:
        return f"{self.titled()} {self.p:g}"

    def output(self, inputs: Inputs) -> Shape:
        if self.spatial:
            need_rank(inputs, "dropout with `spatial`")
        return inputs[0]
