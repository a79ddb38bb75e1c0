"""Shapes as text."""

from collections.abc import Sequence


def hwc(shape: Sequence[int]) -> str:
    """A shape with the channels first as papers write it: (3, 224, 224) is `224x224x3`."""
    return "x".join(map(str, (*shape[1:], shape[0])))
