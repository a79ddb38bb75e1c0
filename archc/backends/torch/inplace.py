"""Which activations may write over what flows in, as hand-written networks have them do to save memory."""

from archc.graph import Graph

OVERWRITES = frozenset({"relu", "relu6", "leaky_relu"})
"""Those whose gradient needs their result alone."""

KEEPS_NO_OUTPUT = frozenset({"conv", "dwconv", "tconv", "fc", "bn", "add"})
"""Producers whose gradient does not need their output, and whose output is nobody's view."""


def inplace(graph: Graph) -> frozenset[str]:
    """The names of the nodes that may: each the only reader of a value from its own block or one inside it."""
    readers: dict[str, int] = {}
    for node in graph.nodes:
        for source in node.inputs:
            readers[source] = readers.get(source, 0) + 1
    results = {output.node for output in graph.outputs}
    return frozenset(
        node.name
        for node in graph.nodes
        if node.op.name in OVERWRITES
        and graph[source := node.inputs[0]].op.name in KEEPS_NO_OUTPUT
        and readers[source] == 1
        and source not in results
        and source.startswith(node.name[: node.name.rfind(".") + 1])
    )
