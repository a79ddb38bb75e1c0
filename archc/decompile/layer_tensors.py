"""The tensors of a layer, from the constants that its lowering was matched with."""

import numpy as np

from archc.backends.onnx.lowered import Array, DerivedParameter
from archc.decompile.matcher import Match
from archc.decompile.nodes import MALFORMED
from archc.ops import Op, Shape, Tensor

COUNTER = "num_batches_tracked"
"""The number of training steps of a batch norm; no ONNX file has it, and it is 0 here."""


def layer_tensors(op: Op, shapes: tuple[Shape, ...], bound: Match) -> dict[str, Array] | None:
    """The tensors by their names in a state_dict; None if the constants do not have the right shapes."""
    try:
        wanted = {tensor.name: tensor for tensor in op.parameters(shapes)}
        made = {name: np.zeros((), np.int64) for name in wanted if name == COUNTER}
        for name, array in bound.tensors.items():
            operand = bound.owned[name]
            if not isinstance(operand, DerivedParameter):
                if not _same_but_ones(wanted[name].shape, array.shape):
                    return None
                made[name] = np.ascontiguousarray(array.reshape(wanted[name].shape))
            elif not _inverted(operand, array, wanted, made):
                return None
        return {name: made[name] for name in wanted}
    except (KeyError, *MALFORMED):
        return None


class _Places(dict[str, Array]):
    """A layer's tensors with their own positions as values, counted from 1 over all tensors; 0 is in no tensor."""

    def __init__(self, wanted: dict[str, Tensor]) -> None:
        super().__init__()
        self.wanted = wanted

    def start(self, name: str) -> int:
        names = list(self.wanted)
        return 1 + sum(self.wanted[other].size for other in names[: names.index(name)])

    def __missing__(self, name: str) -> Array:
        tensor = self.wanted[name]
        self[name] = np.arange(self.start(name), self.start(name) + tensor.size).reshape(tensor.shape)
        return self[name]


def _inverted(operand: DerivedParameter, array: Array, wanted: dict[str, Tensor], made: dict[str, Array]) -> bool:
    """Copy the values of a constant that a lowering derives from the layer's tensors back into those tensors.

    False if the constant has another shape, or other values than the derivation gives for the result.
    """
    places = _Places(wanted)
    came = operand.make(places)
    if not _same_but_ones(came.shape, array.shape):
        return False
    came, array = came.reshape(-1), array.reshape(-1)
    for name in places:
        mine = (came >= places.start(name)) & (came < places.start(name) + wanted[name].size)
        target = made.setdefault(name, np.full(wanted[name].shape, np.nan, array.dtype))
        target.reshape(-1)[came[mine] - places.start(name)] = array[mine]
    again = operand.make(made).reshape(-1)
    return bool(np.array_equal(again, array, equal_nan=True))


def _same_but_ones(ours: Shape, theirs: Shape) -> bool:
    """Whether two shapes are equal but for leading ones: (1, 8, 1, 1) and (8, 1, 1) are, (8,) and (8, 1, 1) are not."""
    return _without_ones(ours) == _without_ones(theirs)


def _without_ones(shape: Shape) -> Shape:
    while shape and shape[0] == 1:
        shape = shape[1:]
    return tuple(shape)
