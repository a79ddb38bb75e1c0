"""What a layer owns, made of the tensors that a file has for it."""

import numpy as np

from archc.backends.onnx.lowered import Array, DerivedParameter
from archc.decompile.matcher import Match
from archc.decompile.nodes import MALFORMED
from archc.ops import Op, Shape, Tensor

COUNTER = "num_batches_tracked"
"""The steps that a batch norm was trained for, which no file has."""


def layer_tensors(op: Op, shapes: tuple[Shape, ...], bound: Match) -> dict[str, Array] | None:
    """The layer's tensors by their names; None where the file's are not as its layer would have them."""
    try:
        wanted = {tensor.name: tensor for tensor in op.parameters(shapes)}
        made = {name: np.zeros((), np.int64) for name in wanted if name == COUNTER}
        for name, array in bound.tensors.items():
            operand = bound.owned[name]
            if not isinstance(operand, DerivedParameter):
                if not _stands_alike(wanted[name].shape, array.shape):
                    return None
                made[name] = np.ascontiguousarray(array.reshape(wanted[name].shape))
            elif not _unmade(operand, array, wanted, made):
                return None
        return {name: made[name] for name in wanted}
    except (KeyError, *MALFORMED):
        return None


class _Places(dict[str, Array]):
    """A layer's tensors whose values are places, counted from 1 over all of them: 0 is a value that no tensor has."""

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


def _unmade(operand: DerivedParameter, array: Array, wanted: dict[str, Tensor], made: dict[str, Array]) -> bool:
    """Puts the values of a tensor that was made of the layer's own back where they came from. False where it stands
    in another shape, or holds more than the layer would."""
    places = _Places(wanted)
    came = operand.make(places)
    if not _stands_alike(came.shape, array.shape):
        return False
    came, array = came.reshape(-1), array.reshape(-1)
    for name in places:
        mine = (came >= places.start(name)) & (came < places.start(name) + wanted[name].size)
        target = made.setdefault(name, np.full(wanted[name].shape, np.nan, array.dtype))
        target.reshape(-1)[came[mine] - places.start(name)] = array[mine]
    again = operand.make(made).reshape(-1)
    return bool(np.array_equal(again, array, equal_nan=True))


def _stands_alike(ours: Shape, theirs: Shape) -> bool:
    """(8) counts along the last axis of a map and (8, 1, 1) along its channels; a leading 1 changes nothing."""
    return _without_ones(ours) == _without_ones(theirs)


def _without_ones(shape: Shape) -> Shape:
    while shape and shape[0] == 1:
        shape = shape[1:]
    return tuple(shape)
