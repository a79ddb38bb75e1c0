"""Values with channels last, and beside each the one with channels first that stands for it."""

import numpy as np

from archc.backends.onnx.lowered import Array
from archc.decompile.nodes import Nodes, OnnxNode, readers


class ChannelsFirst:
    """first: of a value with channels last, the one with channels first. same: what a value is another name for.
    flat: of a map as a vector, position by position, the vector channel by channel, and where in it each value lies.
    made: the values of `first` that nodes of their own give. turns: transposes that are no longer needed. producers,
    readers: of the values as they stand in the file."""

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
        """A node with channels first; `part` where it is not what gives the value of `like`."""
        output = f"{like.output}/first{part}"
        self.kept.append(OnnxNode(op_type, f"{like.name}{part}" if part else like.name, inputs, output, attributes))
        return output

    def gives(self, like: OnnxNode, value: str) -> None:
        """The value is that of `like`, turned."""
        samples, *sizes, channels = self.nodes.shapes[like.output]
        self.nodes.shapes[value] = (samples, channels, *sizes)
        self.first[like.output] = self.made[like.output] = value

    def input(self, value: str) -> None:
        """What flows into the net has its channels last."""
        samples, *sizes, channels = self.nodes.shapes[value]
        self.first[value] = f"{value}/first"
        self.nodes.shapes[self.first[value]] = (samples, channels, *sizes)

    def constant(self, value: str, rank: int) -> str | None:
        """By channel, for channels first; None where it differs by position."""
        array = self.nodes.constants[value]
        if array.ndim == rank == 3 and array.shape[1] > 1:  # of tokens, one for each position
            return self.nodes.derive(f"{value}/first", np.ascontiguousarray(np.swapaxes(array, 1, 2)), value)
        if array.size != 1 and (array.ndim == 0 or array.size != array.shape[-1]):
            return None
        shape = () if array.size == 1 else (array.size, *(1,) * (rank - 2))
        return self.nodes.derive(f"{value}/first{rank}", array.reshape(shape), value)

    def whole(self, like: OnnxNode, part: str, values: Array) -> str:
        """A constant of positions, axes or sizes."""
        name = f"{like.output}/first_{part}"
        self.nodes.constants[name] = np.asarray(values, np.int64)
        return name


def last(rank: int) -> tuple[int, ...]:
    """The transpose that puts the channels last."""
    return (0, *range(2, rank), 1)


def first(rank: int) -> tuple[int, ...]:
    """The one that puts them first."""
    return (0, rank - 1, *range(1, rank - 1))


def axis_first(axis: int, rank: int) -> int:
    """Where an axis of a value with channels last is once they are first."""
    return first(rank).index(axis % rank)
