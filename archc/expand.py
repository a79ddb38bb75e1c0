"""A graph as flat source: a line for each layer, under its full name, with its shape as a checked claim.

What is printed is itself a source, and checks to the same graph.
"""

from collections.abc import Iterator

from archc.elaborate.input_sizes import written_sizes
from archc.graph import Graph, Node
from archc.ops import hwc


def expand(graph: Graph) -> str:
    """The net with blocks, repetitions and parameters resolved."""
    lines = [f"net {graph.name} {{", *(f"  {line}" for line in _lines(graph)), "}"]
    return "\n".join(lines) + "\n"


def _lines(graph: Graph) -> Iterator[str]:
    recalled = _recalled(graph)
    previous = ""
    for node in graph.nodes:
        yield _line(node, previous, recalled)
        previous = node.name
    main = [output for output in graph.outputs if output.name == "output"]
    if main and main[0].node != previous:
        yield f"@{main[0].node}"
    for output in graph.outputs:
        if output.name != "output":
            training = "(train_only=yes)" if output.train_only else ""
            yield f"output {output.name}{training}: @{output.node}"


def _input(node: Node) -> str:
    """Sizes by name where they would read as channels × height × width."""
    return f"input {written_sizes((*node.shape[1:], node.shape[0]))}"


def _recalled(graph: Graph) -> set[str]:
    """The names of values that some line refers to with @."""
    names = {output.node for output in graph.outputs}
    previous = ""
    for node in graph.nodes:
        names.update(node.inputs[1:] if node.inputs[:1] == (previous,) else node.inputs)
        previous = node.name
    return names


def _line(node: Node, previous: str, recalled: set[str]) -> str:
    unnamed = node.name == node.op.name == "input" and node.name not in recalled
    label = "" if unnamed else f"{node.name}: "
    if not node.inputs:
        return f"{label}{_input(node)}"
    first, *others = node.inputs
    start = "" if first == previous else f"@{first} -> "
    name, _, arguments = node.op.words().partition(" ")
    said = ["bias=yes"] if node.op.adds_bias and "bias" in node.op.given and node.op.values()["bias"] else []
    listed = ", ".join([*(f"@{other}" for other in others), *([arguments] if arguments else []), *said])
    return f"{label}{start}{name}{' ' if listed else ''}{listed} => {hwc(node.shape)}"
