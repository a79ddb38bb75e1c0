"""Reshapes and permutations of weights that follow from the map that a layer reads."""

from collections.abc import Iterator
from functools import cached_property
from math import prod

from archc.backends.torch.execution_order import ExecutionOrder
from archc.backends.torch.weight_layers import Shape, StoredTensor
from archc.graph import Graph, Node
from archc.ops.reads import Reshaped

NOT_FLATTENED: Shape = ()
"""The map of a vector that no map was flattened to."""


class FlattenedMaps:
    """The maps that layers read as a whole: a linear layer, or a convolution whose window is the whole map."""

    def __init__(self, graph: Graph | None, flow: ExecutionOrder) -> None:
        self._graph, self._flow = graph, flow

    def _node(self, tensor: str) -> Node | None:
        index = self._flow.index(tensor)
        return self._graph.nodes[index] if self._graph is not None and index >= 0 else None

    @cached_property
    def _orders(self) -> dict[str, Shape | None]:
        """For each node that returns a vector, the map that was flattened to it; NOT_FLATTENED without one; None where
        the order of its values depends on the memory layout of the file in an unknown way."""
        found: dict[str, Shape | None] = {}
        for node in self._graph.nodes if self._graph is not None else ():
            if len(node.shape) == 1:
                found[node.name] = self._made(node, found)
        return found

    def _made(self, node: Node, found: dict[str, Shape | None]) -> Shape | None:
        """The entry of `_orders` for one node. found: those of the nodes before it."""
        if node.op.flattens or not node.inputs:
            return NOT_FLATTENED
        read = {_order(shape, name, found) for name, shape in zip(node.inputs, node.input_shapes, strict=True)}
        reading = node.op.reading(node.input_shapes)
        by_element = reading == () and all(shape == node.shape for shape in node.input_shapes)
        if len(read) == 1 and (by_element or isinstance(reading, Reshaped)):
            return read.pop()
        return None if None in read or any(_several(shape) for shape in read if shape) else NOT_FLATTENED

    def _read(self, node: Node) -> Shape | None:
        """The map that a node reads, as in `_orders`."""
        return _order(node.input_shapes[0], node.inputs[0], self._orders)

    def flat(self, tensor: str) -> Shape | None:
        """(C, height, width) of the map that was flattened for the layer that owns a tensor; None without one."""
        node = self._node(tensor)
        if node is None or not node.inputs or (len(node.input_shapes[0]) > 1 and not node.op.flattens):
            return None
        return self._read(node) or None

    def lost(self, tensors: Iterator[str]) -> Iterator[str]:
        """A clause for each layer of these tensors whose order of values is unknown in a file with channels last."""
        owners = {node.name: node for tensor in tensors if (node := self._node(tensor)) is not None}
        for node in owners.values():
            if node.inputs and len(node.shape) == 1 and self._read(node) is None:
                yield f"{node.name} is of a vector that flattened maps were put together for"
        for node in self._graph.nodes if self._graph is not None else ():
            reshaped = isinstance(node.op.reading(node.input_shapes), Reshaped) and len(node.input_shapes[0]) == 1
            if reshaped and _several(node.shape) and self._read(node) != node.shape:
                yield f"{node.name} makes a map of a vector"

    def reads_whole(self, tensor: str, ours: Shape) -> bool:
        """Whether the tensor is the weight of a linear layer on a map, or of a convolution as large as its map."""
        node = self._node(tensor)
        if node is None or len(ours) < 2:
            return False
        return self.flat(tensor) is not None if node.op.flattens else ours[1:] == node.input_shapes[0]

    def whole(self, tensor: str, ours: Shape, theirs: Shape) -> bool:
        """Whether one shape is that of a convolution over a whole map and the other that of the equal linear layer."""
        node = self._node(tensor)
        if node is None or ours[:1] != theirs[:1] or len(ours) == len(theirs):
            return False
        maps = self.flat(tensor) if node.op.flattens else node.input_shapes[0]
        window = node.op.flattens or (
            getattr(node.op, "groups", 1) == 1 and ours[1:] == maps and all(size == 1 for size in node.shape[1:])
        )
        return maps is not None and window and {ours[1:], theirs[1:]} == {maps, (prod(maps),)}

    def view(self, tensor: str, ours: Shape, held: StoredTensor) -> tuple[Shape, tuple[int, ...]] | None:
        """(shape, permutation) that turn a tensor of a file with channels last into PyTorch's order of values.

        That is needed where the layer reads a flattened map, and for depthwise kernels. None where it is not.
        """
        if held.axes is not None and len(held.axes) > 2:
            *window, channels, times = held.stored_shape
            if channels > 1 and ours == (channels * times, 1, *window):
                count = len(window)
                return held.stored_shape, (count, count + 1, *range(count))
            return None
        maps = self.flat(tensor)
        if maps is None or prod(maps[1:]) == 1:
            return None
        spatial = maps[1:]
        count = len(spatial)
        if held.axes == (1, 0) and held.shape == (ours[0], prod(maps)) == ours:
            return (*spatial, maps[0], ours[0]), (count + 1, count, *range(count))
        node = self._node(tensor)
        if held.axes is None and node is not None and not node.op.flattens and held.shape == ours == (prod(maps),):
            return (*spatial, maps[0]), (count, *range(count))
        return None


def _several(shape: Shape) -> bool:
    """Whether the order of values depends on which comes last, channels or positions."""
    return len(shape) > 1 and shape[0] > 1 and prod(shape[1:]) > 1


def _order(shape: Shape, name: str, orders: dict[str, Shape | None]) -> Shape | None:
    return orders[name] if len(shape) == 1 else shape
