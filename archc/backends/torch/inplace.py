"""Which activations may work in place, as in hand-written networks, to save memory."""

from archc.graph import Graph, Node


def inplace(graph: Graph) -> frozenset[str]:
    """The names of the nodes that may work in place: each is the only reader of a value from its own block."""
    readers: dict[str, int] = {}
    for node in graph.nodes:
        for source in node.inputs:
            readers[source] = readers.get(source, 0) + 1
    results = {output.node for output in graph.outputs}
    return frozenset(
        node.name
        for node in graph.nodes
        if node.op.in_place
        and not _keeps_output(graph[source := node.inputs[0]])
        and readers[source] == 1
        and source not in results
        and source.startswith(node.name[: node.name.rfind(".") + 1])
    )


def _keeps_output(node: Node) -> bool:
    """Whether a node's output must stay unchanged. A join of one value returns that value, which others may read."""
    return node.op.keeps_output or (node.op.joins is not None and len(node.inputs) == 1)
