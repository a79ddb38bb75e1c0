"""What a served net ends in: probabilities or logits."""

from dataclasses import replace

from archc.graph import Graph, Node
from archc.ops import OPS

APART = "sigmoid"
"""The layer that gives each class a probability of its own; a file's metadata `scores` says that its net ends in it."""


def gives_apart(graph: Graph) -> bool:
    """Whether the first output has a probability of its own for each class."""
    return graph[graph.outputs[0].node].op.name == APART


def with_softmax(graph: Graph) -> Graph:
    """The same net with probabilities for its first output, where it does not end in them."""
    first = graph.outputs[0]
    last = graph[first.node]
    if last.op.name in ("softmax", APART):
        return graph
    name = next(name for name in ("softmax", *(f"softmax{n}" for n in range(2, 99))) if name not in graph)
    node = Node(name, OPS["softmax"](), (last.name,), (last.shape,), last.shape, last.span)
    outputs = tuple(replace(output, node=name) if output is first else output for output in graph.outputs)
    root = replace(graph.root, items=(*graph.root.items, node))
    return replace(graph, root=root, outputs=outputs)
