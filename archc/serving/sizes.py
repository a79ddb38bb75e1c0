"""Whether one file may serve inputs of all sizes."""

from collections.abc import Callable

from archc.backends.onnx.sizes import depends_on_size
from archc.diagnostics import ArchError, Diagnostic
from archc.graph import Graph
from archc.ops import hwc

STEPS = (1, 2, 3, 5, 7, 16, 32, 64, 96)
"""By how much the sizes are varied: odd and even, and what five halvings leave whole."""


def check_sizes(graph: Graph, at: Callable[[tuple[int, ...]], Graph | None]) -> Graph:
    """The net at another size, for which the file is the same. Raises ArchError, which names the layer, where the
    file would be another at some other size.

    at: the same net at other input sizes; None where it does not check there.
    """
    if len(graph.inputs) != 1 or len(graph.inputs[0].shape) == 1:
        raise _failed(graph, "the net takes a vector or several inputs, and --dynamic-size opens one map's sizes")
    sizes = graph.inputs[0].shape[1:]
    found: Graph | None = None
    for step in STEPS:
        for other in (tuple(size + step for size in sizes), (sizes[0] + step, *sizes[1:])):
            changed = at(other)
            if changed is None:
                continue
            found = found or changed
            name = depends_on_size(graph, changed)
            if name is not None:
                node = graph[name]
                message = f"`{name}` ({node.op.words()}) is written for an input of {hwc(graph.inputs[0].shape)}"
                given = "x".join(map(str, other))
                raise _failed(graph, message, f"at {given} it would be another; `avgpool global` takes any size")
    if found is None:
        raise _failed(graph, "the net checks at no other input size that was tried")
    return found


def _failed(graph: Graph, message: str, help: str | None = None) -> ArchError:
    return ArchError([Diagnostic("fixed-size", message, help=help, file=graph.name)])
