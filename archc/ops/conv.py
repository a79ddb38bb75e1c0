"""Convolution."""

from math import gcd, prod
from typing import Annotated, ClassVar

from archc.diagnostics import Code
from archc.ops.base import Category, Inputs, Op, OpError, Repair, Shape, Tensor, divisors, need_rank, spatial, times
from archc.ops.declared import field
from archc.ops.fields import Count, Extent, Flag, Padding
from archc.ops.reads import ALL, Reading
from archc.ops.window import Axis, convolution_words, explain_axes, slide, sliding


def _table(value: object) -> object:
    if isinstance(value, list | tuple) and value and all(isinstance(item, int) for item in value):
        value = [value]  # `[0, 1]` is a list; here it is the one row
    if not isinstance(value, list | tuple) or not all(isinstance(row, list | tuple) for row in value):
        raise ValueError("takes a list of rows, one for each output channel: [0,1,2; 1,2,3]")
    rows = []
    for number, row in enumerate(value):
        if not row or not all(isinstance(item, int) and not isinstance(item, bool) and item >= 0 for item in row):
            raise ValueError(f"row {number} must list input channels, counted from 0")
        if len(set(row)) != len(row):
            raise ValueError(f"row {number} names a channel twice")
        rows.append(tuple(row))
    return tuple(rows)


ConnectionTable = Annotated[tuple[tuple[int, ...], ...], _table]


class Convolution(Op):
    """The base of convolutions: a kernel, and channels in groups. Subclasses give their numbers."""

    category: ClassVar[Category] = "conv"
    adds_bias: ClassVar[bool] = True
    symbols: ClassVar[frozenset[str]] = frozenset({"half", "same", "valid"})
    tabled: ClassVar[bool] = True
    random_start: ClassVar[bool] = True
    keeps_output: ClassVar[bool] = False

    kernel_size: Extent = field(alias="kernel")
    stride: Extent = 1
    padding: Padding = field(0, alias="pad")
    dilation: Extent = 1
    bias: Flag = True
    in_channels: Count | None = None

    def caption(self, inputs: Inputs, output: Shape) -> str:
        return self.words_of(self.titled(), output, self.stride)

    def cell(self, inputs: Inputs, output: Shape) -> str:
        return self.words_of(self.titled(), output, 1)

    def words_of(self, title: str, output: Shape, stride: object) -> str:
        """Its caption in a picture with this title and stride."""
        return convolution_words(self.kernel_size, title, output, stride, getattr(self, "groups", 1), self.dilation)

    def channels_groups(self, in_channels: int) -> tuple[int, int]:
        """(output channels, groups) for an input of so many channels."""
        raise NotImplementedError

    def window(self, inputs: Inputs) -> tuple[int, ...]:
        """The kernel's sizes, one an axis."""
        return spatial(self.kernel_size, len(inputs[0]) - 1, "kernel_size", "the window")

    def axes(self, inputs: Inputs) -> tuple[Axis, ...]:
        """The window on each axis. Raises OpError where it does not fit."""
        need_rank(inputs, self.name)
        return slide(inputs[0], self.kernel_size, self.stride, self.padding, self.dilation)

    def output(self, inputs: Inputs) -> Shape:
        need_rank(inputs, self.name)
        in_channels = inputs[0][0]
        check_in_channels(self.in_channels, in_channels)
        out_channels, groups = self.channels_groups(in_channels)
        check_groups(groups, in_channels, out_channels)
        return (out_channels, *(axis.count for axis in self.axes(inputs)))

    def weight(self, inputs: Inputs) -> tuple[int, ...]:
        """The shape of the weight."""
        out_channels, groups = self.channels_groups(inputs[0][0])
        return (out_channels, inputs[0][0] // groups, *self.window(inputs))

    def parameters(self, inputs: Inputs) -> tuple[Tensor, ...]:
        weight = Tensor("weight", self.weight(inputs))
        return (weight, Tensor("bias", (self.channels_groups(inputs[0][0])[0],))) if self.bias else (weight,)

    def macs(self, inputs: Inputs, output: Shape) -> int:
        return prod(output[1:]) * prod(self.weight(inputs))

    def flops(self, inputs: Inputs, output: Shape) -> int:
        return 2 * self.macs(inputs, output) + (prod(output) if self.bias else 0)

    def reading(self, inputs: Inputs) -> Reading:
        return (ALL, *sliding(self.axes(inputs)))

    def explain(self, inputs: Inputs, output: Shape) -> list[tuple[str, str]]:
        return [
            *explain_axes(self.axes(inputs)),
            *explain_cost(self, inputs, output, times(*self.weight(inputs)), output[1:], prod(self.weight(inputs))),
        ]


class Conv(Convolution):
    """Convolution (cross-correlation) with a learnt kernel.

    (C_in, n…) → (C_out, ⌊(n + p_begin + p_end − d(k − 1) − 1)/s⌋ + 1 …)

        y[o] = b[o] + Σ_c w[o, c] ⋆ x[c]        c over the C_in/groups channels of o's group

    weight (C_out, C_in/groups, k…), bias (C_out). MACs: positions · C_out · C_in/groups · Πk; flops are
    twice that, and one for each biased output.
    `connections` lists, for each output channel, the input channels it sees (LeCun et al. 1998, table I);
    then only those weights exist, stored output by output, and MACs count only them.
    `in_channels` is optional and only checked. Source: torch.nn.Conv2d.
    """

    name: ClassVar[str] = "conv"
    positional: ClassVar[tuple[str, ...]] = ("kernel_size", "out_channels")

    out_channels: Count = field(alias="channels")
    groups: Count = 1
    connections: ConnectionTable | None = None

    def check(self) -> None:
        if self.connections is not None:
            if len(self.connections) != self.out_channels:
                raise ValueError(
                    f"`connections` has {len(self.connections)} rows for {self.out_channels} output channels"
                )
            if self.groups != 1:
                raise ValueError("`connections` and `groups` cannot both be given")

    def cell(self, inputs: Inputs, output: Shape) -> str:
        return self.words_of(self.titled() if len(output) == 2 else "", output, 1)

    def channels_groups(self, in_channels: int) -> tuple[int, int]:
        return self.out_channels, self.groups

    def output(self, inputs: Inputs) -> Shape:
        shape = super().output(inputs)
        if self.connections is not None:
            highest = max(max(row) for row in self.connections)
            if highest >= inputs[0][0]:
                raise OpError(
                    f"`connections` names input channel {highest}, but {inputs[0][0]} flow in, counted from 0",
                    field="connections",
                    label_inputs=True,
                )
        return shape

    def weight(self, inputs: Inputs) -> tuple[int, ...]:
        if self.connections is not None:
            return (sum(map(len, self.connections)), *self.window(inputs))
        return super().weight(inputs)


def check_in_channels(declared: int | None, actual: int) -> None:
    """Raises OpError where `in_channels` was stated and is not what flows in."""
    if declared is not None and declared != actual:
        raise OpError(
            f"declared for {declared} input channel{'s' * (declared != 1)}, but {actual} flow in",
            code=Code.CHANNEL_MISMATCH,
            field="in_channels",
            label_inputs=True,
            repairs=(Repair("in_channels", str(actual)),),
        )


def check_groups(groups: int, in_channels: int, out_channels: int) -> None:
    """Raises OpError where the groups do not divide both channel counts."""
    for count, side in ((in_channels, "input"), (out_channels, "output")):
        if count % groups:
            common = divisors(gcd(in_channels, out_channels))
            nearest = sorted(common, key=lambda g: (abs(g - groups), g))[:2]
            raise OpError(
                f"{groups} groups do not divide {count} {side} channels",
                code=Code.GROUPS_DO_NOT_DIVIDE,
                field="groups",
                notes=(f"{count} = {groups}·{count // groups} + {count % groups}",),
                help=f"groups that divide both {in_channels} and {out_channels}: {', '.join(map(str, common[:12]))}",
                label_inputs=side == "input",
                repairs=tuple(Repair("groups", str(g)) for g in nearest),
            )


def explain_cost(
    op: Op, inputs: Inputs, output: Shape, kernel: str, positions: tuple[int, ...], weights: int
) -> list[tuple[str, str]]:
    """The arithmetic of a convolution's parameters and MACs."""
    tensors = op.parameters(inputs)
    bias = f" + {tensors[1].size:,}" if len(tensors) > 1 else ""
    return [
        ("params", f"{kernel}{bias} = {sum(tensor.size for tensor in tensors):,}"),
        ("macs", f"{times(*positions)}·{weights:,} = {op.macs(inputs, output):,}"),
    ]
