"""Regularisation: dropout and stochastic depth."""

from typing import Annotated, ClassVar, Literal

from archc.ops.base import Category, Inputs, SameShape, Shape, need_rank
from archc.ops.fields import Flag, Real, one_of


def _below_one(value: float) -> float:
    if not 0 <= value < 1:
        raise ValueError(f"is the share that is dropped, from 0 to below 1, not {value:g}")
    return value


Share = Annotated[Real, _below_one]


class Dropout(SameShape):
    """When training, sets values to zero with probability p and divides the others by 1 − p.

    (C, n…) → (C, n…)

    With `spatial=yes` whole maps are dropped, a channel at a time, which needs a map. Afterwards it is the
    identity: no flops. p is the share dropped, as in torch; ConvNetJS's `drop_prob` is the same.
    Source: Srivastava et al. 2014; torch.nn.Dropout, Dropout2d.
    """

    name: ClassVar[str] = "dropout"
    category: ClassVar[Category] = "other"
    positional: ClassVar[tuple[str, ...]] = ("p",)
    follows: ClassVar[bool] = True

    p: Share = 0.5
    spatial: Flag = False

    def caption(self, inputs: Inputs, output: Shape) -> str:
        return f"{self.titled()} {self.p:g}"

    def output(self, inputs: Inputs) -> Shape:
        if self.spatial:
            need_rank(inputs, "dropout with `spatial`")
        return inputs[0]


class StochasticDepth(SameShape):
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
    shows_fields: ClassVar[bool] = False
    varies: ClassVar[bool] = True

    p: Share
    mode: Annotated[Literal["row", "batch"], one_of("row", "batch")] = "row"
