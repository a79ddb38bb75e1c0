"""Shapes and costs in the notation of papers, and which layers their tables list."""

from archc.analysis.figures import human
from archc.ops import Op, Shape, hwc


def is_main(op: Op) -> bool:
    """Whether a layer has a line of its own in a paper's table: a convolution, a product or a pool."""
    return op.category in ("conv", "fc", "pool")


def shape_text(shape: Shape) -> str:
    """`56×56×64`"""
    return hwc(shape).replace("x", "×")


def shape_range_text(first: Shape, last: Shape) -> str:
    """The shapes of several repetitions: `56×56×(96…256)` where they differ in channels alone, else the last."""
    if first == last:
        return shape_text(first)
    if first[1:] == last[1:] and len(first) > 1:
        sizes = "×".join(map(str, first[1:]))
        return f"{sizes}×({first[0]}…{last[0]})"
    return shape_text(last)


def cost_text(params: int, macs: int, with_params: bool, with_macs: bool) -> str:
    """`36.9 K params · 116 M MACs`, without zeros and without what the flags exclude."""
    parts = []
    if with_params and params:
        parts.append(f"{human(params)} params")
    if with_macs and macs:
        parts.append(f"{human(macs)} MACs")
    return " · ".join(parts)
