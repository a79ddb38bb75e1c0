"""Joins: layers with several inputs."""

from math import prod
from typing import Annotated, ClassVar, Literal

from archc.diagnostics import Code
from archc.ops.base import Category, Inputs, Joining, Op, OpError, Pattern, Shape, channels_mixed
from archc.ops.fields import one_of
from archc.ops.reads import Concatenated, Movement, Reading
from archc.shapes import hwc

ConcatAxis = Annotated[Literal["channels", "height", "width"], one_of("channels", "height", "width")]


def _listed(shapes: Inputs) -> str:
    """`28x28x64, 28x28x64 and 28x28x256`, cut short where there are many."""
    words = [hwc(shape) for shape in shapes]
    if len(words) > 6:
        words = [*words[:5], f"{len(words) - 5} more"]
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def _gates(gate: Shape, shape: Shape) -> bool:
    """Whether a value has one number per channel: (C,) or (C, 1…) beside (C, n…)."""
    return gate[0] == shape[0] and len(gate) in (1, len(shape)) and set(gate[1:]) <= {1}


def _differences(inputs: Inputs) -> tuple[str, ...]:
    first = inputs[0]
    for number, shape in enumerate(inputs[1:], 2):
        if shape == first:
            continue
        if len(shape) != len(first):
            return (f"branch 1 has {len(first) - 1} sizes, branch {number} has {len(shape) - 1}",)
        notes = []
        if shape[0] != first[0]:
            notes.append(f"channels: {first[0]} in branch 1, {shape[0]} in branch {number}")
        if shape[1:] != first[1:]:
            sizes = ("x".join(map(str, s[1:])) for s in (first, shape))
            notes.append("sizes: {} in branch 1, {} in branch {}".format(*sizes, number))
        return tuple(notes)
    return ()


def _help(inputs: Inputs) -> str:
    ranks = {len(shape) for shape in inputs}
    if len(ranks) > 1:
        return "`flatten` makes a vector of a map; a map cannot be made of a vector without `reshape`"
    if len({shape[1:] for shape in inputs}) == 1:
        return "a 1x1 conv on the smaller branch gives it the channels of the other"
    return "a stride or a pool on one branch must stand on the others too (a 1x1 conv takes a stride: `conv 1x1/2`)"


class Join(Op):
    """Equal shapes, joined value by value: (C, n…), (C, n…), … → (C, n…).

    With `broadcasts`, a branch may also hold one value a channel, (C,) or (C, 1…), which counts for
    every position. flops: one a value for each branch after the first.
    """

    category: ClassVar[Category] = "join"
    inputs: ClassVar[tuple[int, int | None]] = (1, None)
    keeps_channels: ClassVar[bool] = True
    broadcasts: ClassVar[bool] = False
    shows_fields: ClassVar[bool] = False

    @property
    def joins(self) -> Joining:
        return "values"

    def output(self, inputs: Inputs) -> Shape:
        whole = max(inputs, key=lambda shape: (len(shape), prod(shape)))
        if all(shape == whole or (self.broadcasts and _gates(shape, whole)) for shape in inputs):
            return whole
        raise OpError(
            f"{self.name} needs equal shapes, but its branches give {_listed(inputs)}",
            code=Code.JOIN_MISMATCH,
            notes=_differences(inputs),
            help=_help(inputs),
            label_inputs=True,
        )

    def flops(self, inputs: Inputs, output: Shape) -> int:
        return (len(inputs) - 1) * prod(output)


class Add(Join):
    """y = Σ_i x_i. One branch may hold one value a channel. Source: He et al. 2016 (residual networks)."""

    name: ClassVar[str] = "add"
    broadcasts: ClassVar[bool] = True
    pattern: ClassVar[Pattern | None] = "residual"
    keeps_output: ClassVar[bool] = False


class Mul(Join):
    """y = Π_i x_i. One branch may hold one value a channel. Source: Hu et al. 2018 (squeeze and excitation)."""

    name: ClassVar[str] = "mul"
    broadcasts: ClassVar[bool] = True
    pattern: ClassVar[Pattern | None] = "gated"
    title: ClassVar[str] = "multiply"

    def gates(self, inputs: Inputs) -> tuple[int, ...]:
        whole = self.output(inputs)
        return tuple(number for number, shape in enumerate(inputs) if shape != whole)


class Max(Join):
    """y = max_i x_i, value by value. Source: torch.maximum."""

    name: ClassVar[str] = "max"


class Mean(Join):
    """y = (Σ_i x_i)/N, value by value, with one division more than `add`. Source: torch.mean of a stack."""

    name: ClassVar[str] = "mean"

    def flops(self, inputs: Inputs, output: Shape) -> int:
        return len(inputs) * prod(output)


class Concat(Op):
    """Branches side by side: (C_1, n…), (C_2, n…), … → (ΣC_i, n…).

    `axis` is channels, height or width (`width` is a signal's length too); all other sizes are equal.
    No flops. Source: Szegedy et al. 2015 (DepthConcat).
    """

    name: ClassVar[str] = "concat"
    category: ClassVar[Category] = "join"
    symbols: ClassVar[frozenset[str]] = frozenset({"channels", "height", "width"})
    inputs: ClassVar[tuple[int, int | None]] = (1, None)
    pattern: ClassVar[Pattern | None] = "branches"
    shows_fields: ClassVar[bool] = False

    axis: ConcatAxis = "channels"

    @property
    def joins(self) -> Joining:
        return "channels" if self.axis == "channels" else "positions"

    def dim(self, inputs: Inputs) -> int:
        """The position of the axis in the shape. Raises OpError where there is none."""
        if self.axis == "channels":
            return 0
        rank = len(inputs[0]) - 1
        back = 2 if self.axis == "height" else 1
        if rank < back:
            raise OpError(f"{hwc(inputs[0])} has no {self.axis} to join along", code=Code.WRONG_RANK, field="axis")
        return len(inputs[0]) - back

    def output(self, inputs: Inputs) -> Shape:
        dim = self.dim(inputs)
        first = inputs[0]
        for shape in inputs[1:]:
            if len(shape) != len(first) or any(i != dim and n != first[i] for i, n in enumerate(shape)):
                kept = "sizes" if dim == 0 else f"sizes but the {self.axis}"
                raise OpError(
                    f"concat needs equal {kept}, but its branches give {_listed(inputs)}",
                    code=Code.JOIN_MISMATCH,
                    notes=_concat_notes(inputs, dim),
                    help="padding of (k − 1)/2 (`pad=half`) keeps the size of a stride-1 window of odd k"
                    if len({len(shape) for shape in inputs}) == 1
                    else _help(inputs),
                    label_inputs=True,
                )
        return (*first[:dim], sum(shape[dim] for shape in inputs), *first[dim + 1 :])

    def reading(self, inputs: Inputs) -> Reading | Movement:
        dim = self.dim(inputs)
        return Concatenated(dim) if dim and len(inputs) > 1 else channels_mixed(inputs)

    def explain(self, inputs: Inputs, output: Shape) -> list[tuple[str, str]]:
        dim = self.dim(inputs)
        parts = [f"{shape[dim]:,}" for shape in inputs]
        if len(parts) > 12:
            parts = [*parts[:11], "…"]
        return [(self.axis, f"{' + '.join(parts)} = {output[dim]:,}")]


def _concat_notes(inputs: Inputs, dim: int) -> tuple[str, ...]:
    """The differences of the shapes without the joined axis."""
    return _differences(tuple((*shape[:dim], 0, *shape[dim + 1 :]) if len(shape) > dim else shape for shape in inputs))
