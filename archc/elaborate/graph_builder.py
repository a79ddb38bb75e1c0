"""The part of a graph that has been built: its nodes by name, and the regions in which they stand."""

from archc.elaborate.region_builder import RegionBuilder
from archc.graph import Node, Region


class GraphBuilder:
    """nodes: in the order of execution. index: by name. root: the region of the whole net."""

    def __init__(self) -> None:
        self.nodes: list[Node] = []
        self.index: dict[str, Node] = {}
        self.root = RegionBuilder(Region())

    def origin(self, node: Node, *, sizes: bool) -> Node | None:
        """The node that determined the sizes (or the channels) of this node's value."""
        while node.inputs:
            source = self.index.get(node.inputs[0])
            if source is None:
                return node
            changed = node.shape[1:] != source.shape[1:] if sizes else not node.op.keeps_channels
            if changed or (sizes and hasattr(node.op, "axes")):
                return node
            node = source
        return node
