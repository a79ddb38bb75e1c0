"""How one layer is written in ONNX: an expression of its inputs, its own tensors and constants."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from archc.backends.rows import Rows
from archc.ops import Inputs, Shape

Array = NDArray[Any]
Attribute = int | float | str | tuple[int, ...]


@dataclass(frozen=True, slots=True)
class In:
    """What flows in, by its number."""

    number: int = 0


@dataclass(frozen=True, slots=True)
class Own:
    """A tensor that the layer owns, by its name in the state_dict."""

    name: str


@dataclass(frozen=True, slots=True, eq=False)
class Made:
    """A tensor made of what the layer owns: kept in the file in the shape in which ONNX wants it."""

    name: str
    make: Callable[[Mapping[str, Array]], Array]


@dataclass(frozen=True, slots=True, eq=False)
class Const:
    """A tensor that the layer's fields say. None stands for an optional input that is left out."""

    array: Array | None


@dataclass(frozen=True, slots=True, eq=False)
class Apply:
    """`op_type(operands…, attributes…)`. One that stands in several places is computed once."""

    op_type: str
    operands: tuple["Operand", ...]
    attributes: Mapping[str, Attribute]


Operand = In | Own | Made | Const | Apply

Row = Callable[[Any, Inputs, Shape], Operand]
"""(op, input shapes, output shape) → the expression. Shapes leave the batch out, as everywhere in the program."""

ROWS: Rows[Row] = Rows()
"""Layer → its row. `table` imports the modules that fill it."""
lowers = ROWS.lowers


X = In()
NONE = Const(None)


def apply(op_type: str, *operands: Operand, **attributes: Attribute) -> Apply:
    """Raises nothing: ONNX's checker sees what is written, and tests what it means."""
    return Apply(op_type, operands, attributes)


def real(value: float) -> Const:
    """A number, of the type of the weights."""
    return Const(np.array(value, np.float32))


def whole(values: Sequence[int]) -> Const:
    """A list of whole numbers: a shape, axes, positions."""
    return Const(np.array(values, np.int64))


def per_channel(name: str, rank: int) -> Operand:
    """A tensor (C) so that it counts for every position: (C, 1…)."""
    return Own(name) if rank == 0 else Made(name, lambda own: own[name].reshape(-1, *(1,) * rank))


def part(value: Operand, axis: int, start: int, stop: int, step: int = 1) -> Apply:
    """Positions start to stop of an axis, the batch being axis 0."""
    return apply("Slice", value, whole((start,)), whole((stop,)), whole((axis,)), whole((step,)))


def bordered(
    value: Operand,
    begins: Sequence[int],
    ends: Sequence[int],
    *,
    first: int = 2,
    fill: float = 0.0,
    mode: str = "constant",
) -> Apply:
    """A border around the axes from `first` on. All are named, though that could be left out: ONNX Runtime joins an
    unnamed border with the pool after it, where its zeros then never win (found in 1.31). Those before `first` are
    named too: ONNX's inference forgets the name of an open size, as the batch is, where Pad names others alone."""
    none = (0,) * first
    axes = whole(range(first + len(begins)))
    return apply("Pad", value, whole((*none, *begins, *none, *ends)), real(fill), axes, mode=mode)
