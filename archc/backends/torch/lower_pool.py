"""Pools in PyTorch."""

from archc.backends.torch.lowered import Literal, Lowered, lowers, module, one, torch_pad
from archc.ops import Axis, Inputs, Shape
from archc.ops.pool import AvgPool, MaxPool, Pool


@lowers(MaxPool)
def maxpool(op: MaxPool, inputs: Inputs, output: Shape) -> Lowered:
    """Unequal borders are a separate F.pad with −∞ that ends with the last window."""
    axes = op.axes(inputs)
    if not axes:
        return _adaptive("nn.AdaptiveMaxPool", op, inputs)
    if _even(axes):
        dilation = one(tuple(axis.dilation for axis in axes))
        return _sliding("nn.MaxPool", axes, dilation=(dilation, 1), ceil_mode=(_rounds_up(axes), False))
    borders = torch_pad(tuple((axis.begin, axis.reach) for axis in axes))
    make = _sliding("nn.MaxPool", axes, padded=False, dilation=(one(tuple(axis.dilation for axis in axes)), 1)).make
    return Lowered(f'{{m}}(F.pad({{0}}, {borders}, value=float("-inf")))', make)


@lowers(AvgPool)
def avgpool(op: AvgPool, inputs: Inputs, output: Shape) -> Lowered:
    """Unequal borders need a class of layers.py, which heeds `count_include_pad`; torch's pool has equal ones only."""
    axes = op.axes(inputs)
    if not axes:
        return _adaptive("nn.AdaptiveAvgPool", op, inputs)
    padded = any(axis.begin for axis in axes)
    if _even(axes):
        include = (op.count_include_pad or not padded, True)
        return _sliding("nn.AvgPool", axes, ceil_mode=(_rounds_up(axes), False), count_include_pad=include)
    borders = torch_pad(tuple((axis.begin, axis.reach) for axis in axes))
    counted = torch_pad(tuple((axis.begin, axis.end) if op.count_include_pad else (0, 0) for axis in axes))
    kernel = tuple(axis.kernel for axis in axes)
    stride = tuple(axis.stride for axis in axes)
    if not op.ceil_mode and op.count_include_pad:
        make = _sliding("nn.AvgPool", axes, padded=False).make
        return Lowered(f"{{m}}(F.pad({{0}}, {borders}))", make)
    beyond = tuple(border - count for border, count in zip(borders, counted, strict=True))
    window = (("kernel_size", kernel), ("stride", stride))
    return module("PaddedAvgPool", *window, ("counted", counted), ("beyond", beyond))


def _adaptive(callee: str, op: Pool, inputs: Inputs) -> Lowered:
    bins = op.bins(inputs)
    return module(f"{callee}{len(bins)}d", ("output_size", one(bins)))


def _sliding(callee: str, axes: tuple[Axis, ...], *, padded: bool = True, **more: tuple[Literal, Literal]) -> Lowered:
    kernel = one(tuple(axis.kernel for axis in axes))
    padding = one(tuple(axis.begin for axis in axes)) if padded else 0
    stride = one(tuple(axis.stride for axis in axes))
    keywords = {"stride": (stride, kernel), "padding": (padding, 0), **more}
    return module(f"{callee}{len(axes)}d", ("kernel_size", kernel), **keywords)


def _even(axes: tuple[Axis, ...]) -> bool:
    return all(axis.begin == axis.end and 2 * axis.begin <= axis.kernel for axis in axes)


def _rounds_up(axes: tuple[Axis, ...]) -> bool:
    return any(axis.ceil for axis in axes)
