"""What a reshape of a layer's weights may mean, where the net's graph says what map the layer reads."""

from math import prod

from archc.backends.torch.flow import Flow
from archc.backends.torch.held import Held, Shape
from archc.graph import Graph, Node


class Maps:
    """The maps that layers read at once: a linear layer all of it, a convolution with a window as large as it is."""

    def __init__(self, graph: Graph | None, flow: Flow) -> None:
        self._graph, self._flow = graph, flow

    def _node(self, tensor: str) -> Node | None:
        index = self._flow.index(tensor)
        return self._graph.nodes[index] if self._graph is not None and index >= 0 else None

    def flat(self, tensor: str) -> Shape | None:
        """(C, height, width) of the map that was flattened into the vector that a tensor's layer reads."""
        node = self._node(tensor)
        while node is not None and self._graph is not None and node.inputs and len(node.input_shapes) == 1:
            if len(node.input_shapes[0]) > 1:
                return node.input_shapes[0] if node.op.name in ("fc", "flatten") else None
            node = self._graph[node.inputs[0]]
            if node.op.name == "fc":
                return None
        return None

    def reads_whole(self, tensor: str, ours: Shape) -> bool:
        """Whether it is the weight of a linear layer on a map, or of a convolution as large as its map."""
        node = self._node(tensor)
        if node is None or len(ours) < 2:
            return False
        return self.flat(tensor) is not None if node.op.name == "fc" else ours[1:] == node.input_shapes[0]

    def whole(self, tensor: str, ours: Shape, theirs: Shape) -> bool:
        """Whether a convolution's weight over a whole map is a linear layer's of all its values, in PyTorch's order."""
        node = self._node(tensor)
        if node is None or ours[:1] != theirs[:1] or len(ours) == len(theirs):
            return False
        maps = self.flat(tensor) if node.op.name == "fc" else node.input_shapes[0]
        window = node.op.name == "fc" or (
            getattr(node.op, "groups", 1) == 1 and ours[1:] == maps and all(size == 1 for size in node.shape[1:])
        )
        return maps is not None and window and {ours[1:], theirs[1:]} == {maps, (prod(maps),)}

    def view(self, tensor: str, ours: Shape, held: Held) -> tuple[Shape, tuple[int, ...]] | None:
        """A view and the order of its axes that give PyTorch's order of values, where the file keeps channels last and
        the layer reads a flattened map; (file's shape, axes) where a kernel is of each channel by itself."""
        if held.axes is not None and len(held.axes) > 2:
            *window, channels, times = held.raw
            if channels > 1 and ours == (channels * times, 1, *window):
                count = len(window)
                return held.raw, (count, count + 1, *range(count))
            return None
        maps = self.flat(tensor)
        if maps is None or prod(maps[1:]) == 1:
            return None
        spatial = maps[1:]
        count = len(spatial)
        if held.axes == (1, 0) and held.shape == (ours[0], prod(maps)) == ours:
            return (*spatial, maps[0], ours[0]), (count + 1, count, *range(count))
        node = self._node(tensor)
        if held.axes is None and node is not None and node.op.name != "fc" and held.shape == ours == (prod(maps),):
            return (*spatial, maps[0]), (count, *range(count))
        return None
