"""Shapes and costs as papers write them, and which layers their tables list."""

from archc.analysis.figures import human
from archc.ops import Op, Shape, hwc


def is_main(op: Op) -> bool:
    """Whether a layer has a line of its own in a paper's table: a convolution, a product or a pool."""
    return op.category in ("conv", "fc", "pool")


def shape_words(shape: Shape) -> str:
    """`56×56×64`"""
    return hwc(shape).replace("x", "×")


def range_words(first: Shape, last: Shape) -> str:
    """The shapes of several repetitions: `56×56×(96…256)` where they differ in channels alone, else the last."""
    if first == last:
        return shape_words(first)
    if first[1:] == last[1:] and len(first) > 1:
        sizes = "×".join(map(str, first[1:]))
        return f"{sizes}×({first[0]}…{last[0]})"
    return shape_words(last)


def cost_words(params: int, macs: int, with_params: bool, with_macs: bool) -> str:
    """`36.9 K params · 116 M MACs`, as much of it as was asked for and is not nothing."""
    parts = []
    if with_params and params:
        parts.append(f"{human(params)} params")
    if with_macs and macs:
        parts.append(f"{human(macs)} MACs")
    return " · ".join(parts)
