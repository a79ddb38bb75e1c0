"""What a layer owns, made of the tensors that a file has for it."""

from collections.abc import Mapping

import numpy as np

from archc.backends.onnx.lowered import Array, Made
from archc.decompile.nodes import MALFORMED
from archc.decompile.unify import Bound
from archc.ops import Op, Shape, Tensor
from archc.ops.conv import Conv

TURNED = frozenset({"attention", "class_token", "position"})
"""Layers whose tensors the file has with the last two axes exchanged."""


def owned(op: Op, shapes: tuple[Shape, ...], bound: Bound) -> dict[str, Array] | None:
    """The layer's tensors by their names; None where the file's are not as its layer would have them."""
    try:
        wanted = op.parameters(shapes)
        if op.name not in TURNED and not _stand_alike(wanted, bound):
            return None
        return _tensors(wanted, bound.tensors, op)
    except MALFORMED:
        return None


def _stand_alike(wanted: tuple[Tensor, ...], bound: Bound) -> bool:
    """Whether each has the shape in which the layer would be written: (8) counts along the last axis of a map and
    (8, 1, 1) along its channels, which a size of 8 alone does not tell."""
    zeros = {tensor.name: np.broadcast_to(np.float32(0), tensor.shape) for tensor in wanted}
    for name, operand in bound.owned.items():
        shape = operand.make(zeros).shape if isinstance(operand, Made) else zeros[name].shape
        if _without_ones(shape) != _without_ones(bound.tensors[name].shape):
            return False
    return True


def _without_ones(shape: Shape) -> Shape:
    """A leading 1 changes nothing."""
    while shape and shape[0] == 1:
        shape = shape[1:]
    return tuple(shape)


def _tensors(wanted: tuple[Tensor, ...], found: Mapping[str, Array], op: Op) -> dict[str, Array] | None:
    """What the layer owns, in the shapes in which it owns it; None where the file's do not fit."""
    made: dict[str, Array] = {}
    if isinstance(op, Conv) and op.connections is not None and "weight" in found:
        rows = [row for row, seen in enumerate(op.connections) for _ in seen]
        channels = [channel for seen in op.connections for channel in seen]
        found = {**found, "weight": found["weight"][rows, channels]}
    for tensor in wanted:
        if tensor.name == "num_batches_tracked":
            made[tensor.name] = np.zeros((), np.int64)
            continue
        array = found.get(tensor.name)
        if array is None and op.name == "attention":
            array = _joined(tensor.name, found)
        if array is None or array.size != tensor.size:
            return None
        turned = op.name in TURNED and array.ndim > 1 and tensor.name != "in_proj_weight"
        array = np.swapaxes(array, -1, -2) if turned else array
        made[tensor.name] = np.ascontiguousarray(array.reshape(tensor.shape))
    return made


def _joined(name: str, found: Mapping[str, Array]) -> Array | None:
    """The projections of q, k and v as one."""
    parts = [found.get(f"{name}.{part}") for part in "qkv"]
    known = [part for part in parts if part is not None]
    return np.concatenate([part.T for part in known]) if len(known) == len(parts) else None
