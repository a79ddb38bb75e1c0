"""Pools in ONNX."""

import numpy as np

from archc.backends.onnx.lowered import Apply, Array, Const, Operand, X, apply, int_constant, lowers, with_border
from archc.ops import Axis, Inputs, Shape
from archc.ops.pool import AvgPool, MaxPool


@lowers(MaxPool)
def maxpool(op: MaxPool, inputs: Inputs, output: Shape) -> Operand:
    """A last window that exceeds the padding gets a border of −∞ that it fits into."""
    axes = op.axes(inputs)
    if not axes:
        return _adaptive_max(inputs[0][1:], op.bins(inputs))
    window = _window(axes, dilations=tuple(axis.dilation for axis in axes))
    if _native(axes) and all(max(axis.begin, axis.end) < axis.kernel for axis in axes):
        return apply("MaxPool", X, pads=_pads(axes), ceil_mode=int(axes[0].ceil), **window)
    ends = tuple(max(0, axis.reach) for axis in axes)
    if all(max(axis.begin, end) < axis.kernel for axis, end in zip(axes, ends, strict=True)):
        return apply("MaxPool", X, pads=(*_begins(axes), *ends), **window)
    padded = with_border(X, _begins(axes), ends, fill=-np.inf)
    return apply("MaxPool", padded, **window)


@lowers(AvgPool)
def avgpool(op: AvgPool, inputs: Inputs, output: Shape) -> Operand:
    """Positions beyond the padding never count, so they are a border that is not counted. Unequal borders that count
    are a Pad node: with them, ONNX Runtime 1.22 to 1.24 divides some windows by too little."""
    axes = op.axes(inputs)
    if not axes:
        return _adaptive_mean(inputs[0][1:], op.bins(inputs))
    padded = any(_pads(axes))
    include = op.count_include_pad and padded
    uneven = any(axis.begin != axis.end for axis in axes)
    if _native(axes) and not (axes[0].ceil and padded) and not (include and uneven):
        ceil = int(axes[0].ceil)
        return apply(
            "AveragePool", X, pads=_pads(axes), ceil_mode=ceil, count_include_pad=int(include), **_window(axes)
        )
    if not include:
        pads = (*_begins(axes), *(max(0, axis.reach) for axis in axes))
        return apply("AveragePool", X, pads=pads, count_include_pad=0, **_window(axes))
    counted = with_border(X, _begins(axes), tuple(axis.end for axis in axes))
    beyond = tuple(max(0, axis.reach - axis.end) for axis in axes)
    return apply("AveragePool", counted, pads=(*(0 for _ in axes), *beyond), count_include_pad=0, **_window(axes))


def _window(axes: tuple[Axis, ...], **more: tuple[int, ...]) -> dict[str, tuple[int, ...]]:
    strides = tuple(axis.stride for axis in axes)
    return {"kernel_shape": tuple(axis.kernel for axis in axes), "strides": strides, **more}


def _begins(axes: tuple[Axis, ...]) -> tuple[int, ...]:
    return tuple(axis.begin for axis in axes)


def _pads(axes: tuple[Axis, ...]) -> tuple[int, ...]:
    return (*_begins(axes), *(axis.end for axis in axes))


def _native(axes: tuple[Axis, ...]) -> bool:
    """Whether ONNX counts the windows as this layer does: with ceil it does where begin and end are equal."""
    return not axes[0].ceil or all(axis.begin == axis.end for axis in axes)


def _even(sizes: Shape, bins: Shape) -> dict[str, tuple[int, ...]] | None:
    """The sliding window that is equal to an adaptive pool, where its bins divide the map."""
    if any(n % m for n, m in zip(sizes, bins, strict=True)):
        return None
    steps = tuple(n // m for n, m in zip(sizes, bins, strict=True))
    return {"kernel_shape": steps, "strides": steps}


def _edges(n: int, m: int) -> list[tuple[int, int]]:
    """[⌊i·n/m⌋, ⌈(i + 1)·n/m⌉) for each bin."""
    return [(i * n // m, -(-(i + 1) * n // m)) for i in range(m)]


def _adaptive_max(sizes: Shape, bins: Shape) -> Operand:
    """Uneven bins are gathered, axis by axis, as rows of equal length, in which a bin's last value may be repeated."""
    if set(bins) == {1}:
        return apply("GlobalMaxPool", X)
    window = _even(sizes, bins)
    if window is not None:
        return apply("MaxPool", X, **window)
    value: Operand = X
    for axis, (n, m) in enumerate(zip(sizes, bins, strict=True), 2):
        edges = _edges(n, m)
        widest = max(stop - start for start, stop in edges)
        places = [[min(start + i, stop - 1) for i in range(widest)] for start, stop in edges]
        rows = apply("Gather", value, Const(np.array(places, np.int64)), axis=axis)
        value = apply("ReduceMax", rows, int_constant((axis + 1,)), keepdims=0)
    return value


def _adaptive_mean(sizes: Shape, bins: Shape) -> Operand:
    """Uneven bins are a product with a matrix for each axis: the mean over a box is a mean of means."""
    if set(bins) == {1}:
        return apply("GlobalAveragePool", X)
    window = _even(sizes, bins)
    if window is not None:
        return apply("AveragePool", X, **window)
    value: Operand = X
    rank = len(sizes)
    for axis, (n, m) in enumerate(zip(sizes, bins, strict=True)):
        value = _along(value, _means(n, m), axis, rank)
    return value


def _means(n: int, m: int) -> Array:
    matrix = np.zeros((n, m), np.float32)
    for column, (start, stop) in enumerate(_edges(n, m)):
        matrix[start:stop, column] = 1 / (stop - start)
    return matrix


def _along(value: Operand, matrix: Array, axis: int, rank: int) -> Apply:
    """The product with a matrix along one axis of the map."""
    if axis == rank - 1:
        return apply("MatMul", value, Const(matrix))
    if axis == rank - 2:
        return apply("MatMul", Const(matrix.T.copy()), value)
    order = (0, 1, 3, 4, 2)  # the depth of a volume last, and back
    product = apply("MatMul", apply("Transpose", value, perm=order), Const(matrix))
    return apply("Transpose", product, perm=(0, 1, 4, 2, 3))
