"""What a layer is: its fields, its shape rule, its parameters and its cost.

Shapes are (channels, *sizes), batch left out: an image is (3, 224, 224), a signal (8, 1000), a volume
(1, 16, 64, 64), a vector (features,). `rank` is the number of sizes: 0 for a vector.
"""

from math import prod
from typing import ClassVar, Literal

from archc.diagnostics import Code
from archc.ops.declared import Declared
from archc.ops.fields import written
from archc.ops.reads import ALL, Movement, Reading
from archc.ops.source_text import source_text
from archc.records import dataclass

Shape = tuple[int, ...]
Inputs = tuple[Shape, ...]

Joining = Literal["values", "channels", "positions", "products"]
"""Elementwise; concatenated along the channels, or along an axis of the map; multiplied as matrices."""
Probabilities = Literal["of one class", "of each class", "as logarithms"]
Pattern = Literal["residual", "branches", "gated"]
Category = Literal["input", "conv", "fc", "pool", "norm", "activation", "join", "shape", "other"]


@dataclass(frozen=True, slots=True, eq=False)
class Tensor:
    """A tensor of a layer. buffer: state without a gradient, as running statistics. trainable: False if it is fixed."""

    name: str
    shape: Shape
    buffer: bool = False
    trainable: bool = True

    @property
    def size(self) -> int:
        return prod(self.shape)


@dataclass(frozen=True, slots=True, eq=False)
class Repair:
    """A value for a field that may make the layer fit. It is not verified."""

    field: str
    value: str
    message: str = ""


class OpError(Exception):
    """A layer that does not fit its input.

    code: of the diagnostic. field: the field at fault, if any. notes: the arithmetic. repairs: edits to try.
    label_inputs: whether to show where the input comes from.
    """

    def __init__(
        self,
        message: str,
        *,
        code: Code = Code.SHAPE_MISMATCH,
        field: str | None = None,
        notes: tuple[str, ...] = (),
        help: str | None = None,
        repairs: tuple[Repair, ...] = (),
        label_inputs: bool = False,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.field = field
        self.notes = notes
        self.help = help
        self.repairs = repairs
        self.label_inputs = label_inputs


class Op(Declared):
    """A layer with its fields, independent of its input. Subclasses are frozen and hashable.

    Fields are named as in PyTorch; sources may use a short alias (`pad`, `channels`).
    """

    name: ClassVar[str]
    category: ClassVar[Category]
    positional: ClassVar[tuple[str, ...]] = ()
    """Fields that may be given without their name, in order. For `kernel_size`, `3x3/2` also sets the stride."""
    symbols: ClassVar[frozenset[str]] = frozenset()
    """Bare words that are values of its fields: `half`, `same`, `global`."""
    inputs: ClassVar[tuple[int, int | None]] = (1, 1)
    """The least and the greatest number of inputs (None: any)."""
    title: ClassVar[str] = ""
    """Its name in figures, if different from `name`: `BN`, `max pool`."""
    shows_fields: ClassVar[bool] = True
    """Figures show its fields beside its title."""
    varies: ClassVar[bool] = False
    """Its fields may differ between repetitions of a block, which a picture folds nevertheless."""
    tabled: ClassVar[bool] = False
    """It has a line of its own in the tables of papers."""
    keeps_channels: ClassVar[bool] = False
    """The output has as many channels as the first input."""
    flattens: ClassVar[bool] = False
    """It flattens its input first."""
    view: ClassVar[bool] = False
    """The output is a view of the input: the same values in the same order."""
    in_place: ClassVar[bool] = False
    """It may work in place: its gradient needs only the output."""
    keeps_output: ClassVar[bool] = True
    """No layer may work in place on its output: its gradient needs the output, or the output is a view."""
    random_start: ClassVar[bool] = False
    """An initialisation scheme draws its weights at random, and its biases start at zero."""
    gain: ClassVar[bool] = False
    """It multiplies normalised values by its weight and adds its bias: with both zero its output is zero."""
    batch_statistics: ClassVar[bool] = False
    """In training it normalises by statistics of the batch."""
    probabilities: ClassVar[Probabilities | None] = None
    """The meaning of its output, if its input is logits."""
    follows: ClassVar[bool] = False
    """Tables show it on the line of the layer before it."""
    pattern: ClassVar[Pattern | None] = None
    """The kind of a block whose branches end in this layer."""
    bare: ClassVar[bool] = False
    """In an ONNX file its weight is an operand of elementwise arithmetic and looks like a constant."""
    fixed_twin: ClassVar[str] = ""
    """The layer with fixed numbers in place of its weights."""
    adds_bias: ClassVar[bool] = False
    """With `bias`, its last step adds one learnt number to each channel."""

    @property
    def joins(self) -> Joining | None:
        """How it joins its inputs; None if it has one."""
        return None

    @classmethod
    def titled(cls) -> str:
        """Its name in figures: `max pool`, `pixel shuffle`."""
        return cls.title or cls.name.replace("_", " ")

    def caption(self, inputs: Inputs, output: Shape) -> str:
        """The layer as a figure writes it: `3×3 conv, 64, /2`."""
        return self.words().replace("_", " ") if self.shows_fields else self.titled()

    def cell(self, inputs: Inputs, output: Shape) -> str:
        """The layer in a table of convolutions, without name and stride: `3×3, 64`."""
        return self.caption(inputs, output)

    def output(self, inputs: Inputs) -> Shape:
        """The output shape. Raises OpError where the layer does not fit its inputs."""
        raise NotImplementedError

    def parameters(self, inputs: Inputs) -> tuple[Tensor, ...]:
        """Its tensors, in the order of PyTorch's state_dict."""
        return ()

    def macs(self, inputs: Inputs, output: Shape) -> int:
        """Multiply-accumulates for one sample, of convolutions and matrix products only."""
        return 0

    def flops(self, inputs: Inputs, output: Shape) -> int:
        """Arithmetic operations for one sample; a multiply-accumulate counts as two."""
        return 0

    def reading(self, inputs: Inputs) -> Reading | Movement:
        """The input positions that each output reads, for each dimension; or how values are moved.

        () for an elementwise layer. The statistics of a norm and the sums of a softmax are left out, as is usual for
        receptive fields.
        """
        return ()

    def gates(self, inputs: Inputs) -> tuple[int, ...]:
        """The numbers of the inputs that only scale the others, by one value per channel."""
        return ()

    def cancels_bias(self, inputs: Inputs) -> bool:
        """Whether a constant added to a channel of the input is subtracted again, as part of the channel's mean."""
        return False

    def explain(self, inputs: Inputs, output: Shape) -> list[tuple[str, str]]:
        """(label, arithmetic) pairs for `check --explain`, output sizes first."""
        return []

    def words(self) -> str:
        """The layer as source text: `conv 3x3/2, 64, pad=1`. It reads back as an equal layer."""
        return source_text(self.name, self.positional, self)


class SameShape(Op):
    """A layer whose output has the shape of its input: (C, n…) → (C, n…)."""

    keeps_channels: ClassVar[bool] = True

    def output(self, inputs: Inputs) -> Shape:
        return inputs[0]


def spatial(value: int | tuple[int, ...], rank: int, field: str, what: str) -> tuple[int, ...]:
    """One number per axis: 3 on an image is (3, 3). Raises OpError where there are not `rank` numbers."""
    if isinstance(value, int):
        return (value,) * rank
    if len(value) != rank:
        raise OpError(
            f"{what} {written(value)} has {len(value)} sizes, but its input has {rank}",
            code=Code.WRONG_RANK,
            field=field,
        )
    return value


def everything(inputs: Inputs) -> Reading:
    """The reading of a layer whose outputs depend on the whole input."""
    return tuple(ALL for _ in inputs[0])


def channels_mixed(inputs: Inputs) -> Reading:
    """The reading of a layer that works at each position on all channels."""
    return (ALL, *((None,) * (len(inputs[0]) - 1)))


def divisors(number: int, most: int = 10**6) -> list[int]:
    """The divisors d of `number` in order, with d ≤ most or number/d ≤ most."""
    small = []
    factor = 1
    while factor <= most and factor * factor <= number:
        if number % factor == 0:
            small.append(factor)
        factor += 1
    return small + [number // factor for factor in reversed(small) if factor * factor != number]


def nearest_divisors(wanted: int, number: int) -> list[int]:
    """The two divisors of `number` that are closest to `wanted`."""
    return sorted(divisors(number, 10**5), key=lambda d: (abs(d - wanted), d))[:2]


def check_divides(number: int, channels: int, field: str, words: str) -> None:
    """Raises OpError unless `number`, the value of a field, divides the channels. words: `4 heads`."""
    if channels % number:
        raise OpError(
            f"{words} do not divide {channels} channels",
            code=Code.GROUPS_DO_NOT_DIVIDE,
            field=field,
            notes=(f"{channels} = {number}·{channels // number} + {channels % number}",),
            label_inputs=True,
            repairs=tuple(Repair(field, str(d)) for d in nearest_divisors(number, channels)),
        )


def need_rank(inputs: Inputs, layer: str, least: int = 1, most: int = 3) -> int:
    """The number of spatial sizes of the first input. Raises OpError outside [least, most]."""
    rank = len(inputs[0]) - 1
    if 0 < rank < least:
        raise OpError(f"{layer} works on {least} dimensions, not {rank}", code=Code.WRONG_RANK)
    if rank < least:
        raise OpError(
            f"{layer} needs a map with height and width, but a vector of {inputs[0][0]} flows in",
            code=Code.WRONG_RANK,
            help="`flatten` and `fc` end the convolutional part; put this layer before them",
        )
    if rank > most:
        few = f"{most}" if least == most else f"at most {most}"
        raise OpError(f"{layer} works on {few} dimensions, not {rank}", code=Code.WRONG_RANK)
    return rank


def times(*factors: int) -> str:
    """`64·3·7·7`"""
    return "·".join(f"{factor:,}" for factor in factors)
