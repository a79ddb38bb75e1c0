"""The arithmetic of one layer: `archc check --explain LAYER`."""

from archc.analysis.cost import cost
from archc.analysis.figures import human_bytes
from archc.analysis.memory import output_bytes
from archc.analysis.receptive_field_text import receptive_field_lines
from archc.diagnostics import Code, Diagnostic
from archc.graph import Graph, Node
from archc.ops import hwc
from archc.spelling import close_words

SHOWN = 6  # candidates that a message lists


class NoSuchLayer(LookupError):
    """No layer has this name. close: similar names, or, if ambiguous, those it may be short for."""

    def __init__(self, name: str, close: list[str], ambiguous: bool) -> None:
        super().__init__(name)
        self.name = name
        self.close = close
        self.ambiguous = ambiguous

    @property
    def diagnostic(self) -> Diagnostic:
        """The error, with the similar names."""
        if self.ambiguous:
            more = len(self.close) - SHOWN
            names = ", ".join(self.close[:SHOWN]) + (f" and {more} more" if more > 0 else "")
            return Diagnostic(Code.UNKNOWN_NODE, f"`{self.name}` could be several layers", help=f"one of {names}")
        likely = f"did you mean {' or '.join(f'`{name}`' for name in self.close)}?" if self.close else None
        return Diagnostic(
            Code.UNKNOWN_NODE, f"there is no layer `{self.name}`", help=likely or "`archc check --csv` lists all layers"
        )


def find(graph: Graph, name: str) -> Node:
    """The node of that name, or the only one whose name ends with it. Raises NoSuchLayer."""
    if name in graph:
        return graph[name]
    ends = [node.name for node in graph.nodes if node.name.endswith(f".{name}")]
    if len(ends) == 1:
        return graph[ends[0]]
    if ends:
        raise NoSuchLayer(name, ends, ambiguous=True)
    inside = [node.name for node in graph.nodes if node.name.startswith(f"{name}.")]
    raise NoSuchLayer(name, inside or _close(graph, name), ambiguous=bool(inside))


def _close(graph: Graph, name: str) -> list[str]:
    """Names similar to this one, as a whole or in their last part."""
    names = [node.name for node in graph.nodes[:10_000]]
    whole = close_words(name, names, 4)
    ends: dict[str, str] = {}
    for full in names:
        ends.setdefault(full.rpartition(".")[2], full)
    parts = close_words(name.rpartition(".")[2], ends, 4)
    return list(dict.fromkeys([*whole, *(ends[part] for part in parts)]))[:4]


def explain(graph: Graph, node: Node) -> str:
    """The layer's inputs and output, and the arithmetic of its size, parameters, operations and receptive field."""
    one = cost(node)
    given = dict(node.op.explain(node.input_shapes, node.shape))
    pairs: list[tuple[str, str]] = []
    for source, shape in zip(node.inputs, node.input_shapes, strict=True):
        pairs.append(("input", f"{hwc(shape)}  from {source}"))
    sums = {key: given.pop(key) for key in ("params", "macs") if key in given}
    pairs += given.items()
    pairs.append(("output", f"{hwc(node.shape)}  ({human_bytes(output_bytes(node))} a sample)"))
    tensors = node.op.parameters(node.input_shapes)
    pairs.append(("params", sums.get("params") or f"{one.params:,}"))
    for tensor in tensors:
        kind = ", a buffer" if tensor.buffer else "" if tensor.trainable else ", fixed"
        size = f"{'x'.join(map(str, tensor.shape))} = {tensor.size:,}" if len(tensor.shape) > 1 else f"{tensor.size:,}"
        pairs.append(("", f"{tensor.name}: {size}{kind}"))
    pairs.append(("MACs", sums.get("macs") or f"{one.macs:,}"))
    pairs.append(("FLOPs", f"{one.flops:,}"))
    pairs += receptive_field_lines(graph, node)
    pairs.append(("written", f"{node.span.source.name}:{node.span.line}"))
    pairs.append(("", node.span.source.line(node.span.line).strip()))
    room = max(len(what) for what, _ in pairs)
    head = f"{node.name}: {node.op.words()}"
    return "\n".join([head, *(f"  {what:{room}}  {text}".rstrip() for what, text in pairs)])
