"""A layer lowered to ONNX: an expression of its inputs, its parameters and constants."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from archc.backends.lowering_table import LoweringTable
from archc.ops import Inputs, Shape

Array = NDArray[Any]
Attribute = int | float | str | tuple[int, ...]


@dataclass(frozen=True, slots=True)
class InputValue:
    """An input of the layer, by its number."""

    number: int = 0


@dataclass(frozen=True, slots=True)
class Parameter:
    """A tensor of the layer, by its name in the state_dict."""

    name: str


@dataclass(frozen=True, slots=True, eq=False)
class DerivedParameter:
    """A tensor computed from the layer's tensors when the file is written: in the layout that ONNX requires."""

    name: str
    make: Callable[[Mapping[str, Array]], Array]


@dataclass(frozen=True, slots=True, eq=False)
class Const:
    """A constant tensor. None: an optional input that is left out."""

    array: Array | None


@dataclass(frozen=True, slots=True, eq=False)
class Apply:
    """`op_type(operands…, attributes…)`. An object used in several places is one node."""

    op_type: str
    operands: tuple["Operand", ...]
    attributes: Mapping[str, Attribute]


Operand = InputValue | Parameter | DerivedParameter | Const | Apply

Lowering = Callable[[Any, Inputs, Shape], Operand]
"""(op, input shapes, output shape) → the expression. Shapes leave the batch out, as everywhere in the program."""

LOWERINGS: LoweringTable[Lowering] = LoweringTable()
"""Layer → its lowering. `table` imports the modules that fill it."""
lowers = LOWERINGS.lowers


X = InputValue()
NONE = Const(None)


def apply(op_type: str, *operands: Operand, **attributes: Attribute) -> Apply:
    """The node's expression. It is not checked here: that is left to ONNX's checker and to tests."""
    return Apply(op_type, operands, attributes)


def float_constant(value: float) -> Const:
    """A number of the weights' type, float32."""
    return Const(np.array(value, np.float32))


def int_constant(values: Sequence[int]) -> Const:
    """A list of int64: a shape, axes, positions."""
    return Const(np.array(values, np.int64))


def per_channel(name: str, rank: int) -> Operand:
    """A tensor (C) as (C, 1…), so that it is broadcast to all positions."""
    return Parameter(name) if rank == 0 else DerivedParameter(name, lambda own: own[name].reshape(-1, *(1,) * rank))


def slice_axis(value: Operand, axis: int, start: int, stop: int, step: int = 1) -> Apply:
    """Positions start … stop − 1 of an axis; axis 0 is the batch."""
    return apply(
        "Slice", value, int_constant((start,)), int_constant((stop,)), int_constant((axis,)), int_constant((step,))
    )


def with_border(
    value: Operand,
    begins: Sequence[int],
    ends: Sequence[int],
    *,
    first: int = 2,
    fill: float = 0.0,
    mode: str = "constant",
) -> Apply:
    """A border around the axes from `first` on.

    All axes are listed, though they are optional. ONNX Runtime (seen in 1.31) fuses a Pad without axes with the pool
    after it, whose maximum then ignores the zeros. ONNX's shape inference loses the name of an open size, as that of
    the batch, where Pad lists only other axes.
    """
    none = (0,) * first
    axes = int_constant(range(first + len(begins)))
    return apply("Pad", value, int_constant((*none, *begins, *none, *ends)), float_constant(fill), axes, mode=mode)
