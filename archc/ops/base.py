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
"""Value by value; side by side, as channels or along an axis of the map; as matrices that are multiplied."""
Probabilities = Literal["of one class", "of each class", "as logarithms"]
Pattern = Literal["residual", "branches", "gated"]
Category = Literal["input", "conv", "fc", "pool", "norm", "activation", "join", "shape", "other"]


@dataclass(frozen=True, slots=True, eq=False)
class Tensor:
    """A tensor that a layer owns. A buffer is state that training does not learn by gradient."""

    name: str
    shape: Shape
    buffer: bool = False
    trainable: bool = True

    @property
    def size(self) -> int:
        return prod(self.shape)


@dataclass(frozen=True, slots=True, eq=False)
class Repair:
    """A value for a field that might make the layer fit; whoever proposes it has yet to try it."""

    field: str
    value: str
    message: str = ""


class OpError(Exception):
    """A layer that does not fit its input.

    field: the field at fault, if one is. notes: the arithmetic. repairs: edits worth trying.
    labels_inputs: show where the input's channels come from. code: the diagnostic's.
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
    """A layer as written, before it knows its input. Subclasses are frozen and hashable.

    Fields have the names of PyTorch; a short alias (`pad`, `channels`) is what sources use.
    """

    name: ClassVar[str]
    category: ClassVar[Category]
    positional: ClassVar[tuple[str, ...]] = ()
    """Fields that may be given without their name, in order. `kernel_size` takes `3x3/2` apart."""
    symbols: ClassVar[frozenset[str]] = frozenset()
    """Bare words that some field of this layer takes: `half`, `same`, `global`."""
    inputs: ClassVar[tuple[int, int | None]] = (1, 1)
    """The least and the greatest number of inputs (None: any)."""
    title: ClassVar[str] = ""
    """What figures call it, where that is not its name: `BN`, `max pool`."""
    shows_fields: ClassVar[bool] = True
    """Figures write its fields beside its title."""
    varies: ClassVar[bool] = False
    """Its fields may change from one repetition of a block to the next; a picture shows them as equal."""
    tabled: ClassVar[bool] = False
    """The tables of papers give it a line of its own."""
    keeps_channels: ClassVar[bool] = False
    """The output has the channels of the first input, whatever they are."""
    flattens: ClassVar[bool] = False
    """It reads a map of any shape as the vector that `flatten` makes of it."""
    view: ClassVar[bool] = False
    """The output is the input's memory: the same values in the same order."""
    in_place: ClassVar[bool] = False
    """It may write over its input: its gradient needs the output alone."""
    keeps_output: ClassVar[bool] = True
    """Nothing may write over its output: its gradient needs the output, or the output is a view of its input."""
    random_start: ClassVar[bool] = False
    """An initialisation scheme draws its weights at random, and its biases start at zero."""
    gain: ClassVar[bool] = False
    """It multiplies what it has normalised by its weight and adds its bias: with both at zero it gives zero."""
    batch_statistics: ClassVar[bool] = False
    """In training it normalises by statistics of the batch."""
    probabilities: ClassVar[Probabilities | None] = None
    """What its output says of the classes, if its input is their logits."""
    follows: ClassVar[bool] = False
    """A table writes it on the line of the layer before it."""
    pattern: ClassVar[Pattern | None] = None
    """The name of a block whose branches meet in this layer."""
    bare: ClassVar[bool] = False
    """In an ONNX file its weight is an operand of plain arithmetic, so that it looks like a constant."""
    fixed_twin: ClassVar[str] = ""
    """The layer that does the same with fixed numbers."""
    adds_bias: ClassVar[bool] = False
    """Where its field `bias` is set, one learnt number is added to each channel of the output, last of all."""

    @property
    def joins(self) -> Joining | None:
        """How it makes one value of several; None where it takes one."""
        return None

    @classmethod
    def titled(cls) -> str:
        """What figures call it: `max pool`, `pixel shuffle`."""
        return cls.title or cls.name.replace("_", " ")

    def caption(self, inputs: Inputs, output: Shape) -> str:
        """The layer as a figure writes it: `3×3 conv, 64, /2`."""
        return self.words().replace("_", " ") if self.shows_fields else self.titled()

    def cell(self, inputs: Inputs, output: Shape) -> str:
        """The layer in a table of convolutions, whose name and stride go without saying: `3×3, 64`."""
        return self.caption(inputs, output)

    def output(self, inputs: Inputs) -> Shape:
        """The shape that comes out. Raises OpError where the layer does not fit."""
        raise NotImplementedError

    def parameters(self, inputs: Inputs) -> tuple[Tensor, ...]:
        """The tensors owned, in the order of PyTorch's state_dict."""
        return ()

    def macs(self, inputs: Inputs, output: Shape) -> int:
        """Multiply-accumulates for one sample: of convolutions and matrix products alone."""
        return 0

    def flops(self, inputs: Inputs, output: Shape) -> int:
        """Every arithmetic operation for one sample; a multiply-accumulate is two."""
        return 0

    def reading(self, inputs: Inputs) -> Reading | Movement:
        """Which positions of the input each output reads, for each dimension, or how values are moved.

        () where a layer works by element. The statistics of a norm and the sums of a softmax are left out, as
        receptive fields are usually given.
        """
        return ()

    def gates(self, inputs: Inputs) -> tuple[int, ...]:
        """The inputs, by number, that only scale the others by one value a channel."""
        return ()

    def cancels_bias(self, inputs: Inputs) -> bool:
        """Whether a number that is added to a channel of the input is subtracted again, with the channel's mean."""
        return False

    def explain(self, inputs: Inputs, output: Shape) -> list[tuple[str, str]]:
        """(what, arithmetic) pairs for `check --explain`, output sizes first."""
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
    """One number an axis: 3 on an image is (3, 3). Raises OpError where the count is not the rank."""
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
    """What a layer reads whose outputs each see the whole input."""
    return tuple(ALL for _ in inputs[0])


def channels_mixed(inputs: Inputs) -> Reading:
    """What a layer reads that works at each position, on all channels."""
    return (ALL, *((None,) * (len(inputs[0]) - 1)))


def divisors(number: int, most: int = 10**6) -> list[int]:
    """The divisors of `number` in order. Those are found that are at most `most`, and their partners."""
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
