"""Values with the channels last, and for each the value with the channels first."""

import numpy as np

from archc.backends.onnx.lowered import Array
from archc.decompile.nodes import Nodes, OnnxNode, readers


class ChannelsFirst:
    """The state of a rewrite of nodes from channels last to channels first.

    kept: the nodes so far. first: channels-last value → channels-first value. same: value → the value that it equals.
    flat: a flattened channels-last map → (the flattened channels-first map, the index in it of each element). made: the
    part of `first` that has nodes of its own. turns: the number of transposes that fell away. producers, readers: of
    the values of the file.
    """

    def __init__(self, nodes: Nodes) -> None:
        self.nodes = nodes
        self.kept: list[OnnxNode] = []
        self.first: dict[str, str] = {}
        self.same: dict[str, str] = {}
        self.flat: dict[str, tuple[str, Array]] = {}
        self.made: dict[str, str] = {}
        self.turns = 0
        self.producers: dict[str, OnnxNode] = {}
        self.readers = readers(nodes)

    def shape(self, value: str) -> tuple[int, ...]:
        return self.nodes.shapes.get(value, ())

    def rank(self, value: str) -> int:
        return len(self.shape(value))

    def add(
        self, like: OnnxNode, op_type: str, inputs: list[str], attributes: dict[str, object], part: str = ""
    ) -> str:
        """Add a node with the channels first; its output. part: a suffix for an intermediate value of `like`."""
        output = f"{like.output}/first{part}"
        self.kept.append(OnnxNode(op_type, f"{like.name}{part}" if part else like.name, inputs, output, attributes))
        return output

    def gives(self, like: OnnxNode, value: str) -> None:
        """Record that `value` is the output of `like` with the channels first."""
        samples, *sizes, channels = self.nodes.shapes[like.output]
        self.nodes.shapes[value] = (samples, channels, *sizes)
        self.first[like.output] = self.made[like.output] = value

    def input(self, value: str) -> None:
        """Record that an input of the net has the channels last."""
        samples, *sizes, channels = self.nodes.shapes[value]
        self.first[value] = f"{value}/first"
        self.nodes.shapes[self.first[value]] = (samples, channels, *sizes)

    def constant(self, value: str, rank: int) -> str | None:
        """A constant for each channel in channels-first shape; None if it differs from position to position."""
        array = self.nodes.constants[value]
        if array.ndim == rank == 3 and array.shape[1] > 1:  # of tokens, one for each position
            return self.nodes.derive(f"{value}/first", np.ascontiguousarray(np.swapaxes(array, 1, 2)), value)
        if array.size != 1 and (array.ndim == 0 or array.size != array.shape[-1]):
            return None
        shape = () if array.size == 1 else (array.size, *(1,) * (rank - 2))
        return self.nodes.derive(f"{value}/first{rank}", array.reshape(shape), value)

    def whole(self, like: OnnxNode, part: str, values: Array) -> str:
        """Add an int64 constant; its name."""
        name = f"{like.output}/first_{part}"
        self.nodes.constants[name] = np.asarray(values, np.int64)
        return name


def last(rank: int) -> tuple[int, ...]:
    """The permutation that moves the channels to the end."""
    return (0, *range(2, rank), 1)


def first(rank: int) -> tuple[int, ...]:
    """The permutation that moves the channels to the front."""
    return (0, rank - 1, *range(1, rank - 1))


def axis_first(axis: int, rank: int) -> int:
    """The channels-first index of an axis of a channels-last value."""
    return first(rank).index(axis % rank)
