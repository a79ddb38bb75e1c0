"""The arithmetic of one layer: `archc check --explain LAYER`."""

from difflib import get_close_matches

from archc.analysis.cost import cost
from archc.analysis.field import Field, fields
from archc.analysis.figures import human_bytes
from archc.analysis.memory import output_bytes
from archc.diagnostics import Diagnostic
from archc.graph import Graph, Node
from archc.ops import hwc

SHOWN = 6  # names that a name could stand for


class NoSuchLayer(LookupError):
    """The name is no layer's. `close` are some that are like it, or that it could stand for."""

    def __init__(self, name: str, close: list[str], ambiguous: bool) -> None:
        super().__init__(name)
        self.name = name
        self.close = close
        self.ambiguous = ambiguous

    @property
    def diagnostic(self) -> Diagnostic:
        """With the names that were close."""
        if self.ambiguous:
            more = len(self.close) - SHOWN
            names = ", ".join(self.close[:SHOWN]) + (f" and {more} more" if more > 0 else "")
            return Diagnostic("unknown-node", f"`{self.name}` could be several layers", help=f"one of {names}")
        likely = f"did you mean {' or '.join(f'`{name}`' for name in self.close)}?" if self.close else None
        return Diagnostic(
            "unknown-node", f"there is no layer `{self.name}`", help=likely or "`archc check --csv` lists all layers"
        )


def find(graph: Graph, name: str) -> Node:
    """The node of that name, or the one whose name ends so. Raises NoSuchLayer."""
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
    """Names that are like this one, whole or in their last part."""
    names = [node.name for node in graph.nodes[:10_000]]
    whole = get_close_matches(name, names, 4, 0.6)
    ends: dict[str, str] = {}
    for full in names:
        ends.setdefault(full.rpartition(".")[2], full)
    parts = get_close_matches(name.rpartition(".")[2], list(ends), 4, 0.6)
    return list(dict.fromkeys([*whole, *(ends[part] for part in parts)]))[:4]


def explain(graph: Graph, node: Node) -> str:
    """What flows in and out, and how its size, parameters, operations and receptive field come about."""
    seen = fields(graph)
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
    pairs += _field(node, [seen[name] for name in node.inputs], seen[node.name])
    pairs.append(("written", f"{node.span.source.name}:{node.span.line}"))
    pairs.append(("", node.span.source.line(node.span.line).strip()))
    room = max(len(what) for what, _ in pairs)
    head = f"{node.name}: {node.op.words()}"
    return "\n".join([head, *(f"  {what:{room}}  {text}".rstrip() for what, text in pairs)])


def _field(node: Node, before: list[Field], after: Field) -> list[tuple[str, str]]:
    """r + (k − 1)·j on each axis; one line where the axes are alike."""
    if not before:
        return [("field", "1: one value of the input")]
    if len(before) > 1:
        widest = " and ".join(_number(field.extent) for field in before[:8])
        return [("field", f"the largest of {widest} = {_number(after.extent)}"), ("jump", _number(after.jump))]
    (field,) = before
    extents, steps = node.op.field_step(node.input_shapes)
    if not extents or len(extents) != len(field.extent):
        return [("field", f"{_number(after.extent)}, as before"), ("jump", _number(after.jump))]
    count = 1 if len(set(zip(field.extent, extents, field.jump, steps, strict=True))) == 1 else len(extents)
    lines = []
    for r, k, j, s, end, jump in list(
        zip(field.extent, extents, field.jump, steps, after.extent, after.jump, strict=True)
    )[:count]:
        lines.append(("field", f"{r:g} + ({k} − 1)·{j:g} = {end:g}"))
        lines.append(("jump", f"{j:g}·{s:g} = {jump:g}"))
    return lines


def _number(values: tuple[float, ...]) -> str:
    texts = [f"{value:g}" for value in values]
    return texts[0] if len(set(texts)) == 1 else "x".join(texts)
