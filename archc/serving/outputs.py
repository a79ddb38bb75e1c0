"""The ending of a served net: probabilities or logits."""

from dataclasses import replace

from archc.graph import Graph, Node
from archc.ops.activation import Sigmoid, Softmax

SCORES = Sigmoid.name
"""The value of the metadata `scores` if each class has a probability of its own."""


def gives_apart(graph: Graph) -> bool:
    """Whether the first output has a probability of its own for each class."""
    return graph[graph.outputs[0].node].op.probabilities == "of each class"


def with_softmax(graph: Graph) -> Graph:
    """The net with a softmax at the end of its first output, if that does not give probabilities."""
    first = graph.outputs[0]
    last = graph[first.node]
    if last.op.probabilities in ("of one class", "of each class"):
        return graph
    name = next(name for name in (Softmax.name, *(f"{Softmax.name}{n}" for n in range(2, 99))) if name not in graph)
    node = Node(name, Softmax(), (last.name,), (last.shape,), last.shape, last.span)
    outputs = tuple(replace(output, node=name) if output is first else output for output in graph.outputs)
    root = replace(graph.root, items=(*graph.root.items, node))
    return replace(graph, root=root, outputs=outputs)
