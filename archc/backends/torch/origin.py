"""What a net's layers are set to, held against those of a file's origin: a file of weights shows neither."""

from collections.abc import Iterable

from archc.backends.torch.task import listed
from archc.graph import Graph, Node
from archc.renaming import Naming

NEAR = 0.01  # of a number: within it outputs agree but for rounding


def differences(graph: Graph, origin: Naming) -> tuple[list[str], list[str]]:
    """A line for each field that is set otherwise in the net, and one for each number that is nearly the same."""
    different, near = [], []
    for layer, field, value in origin.fields:
        others: dict[str, list[Node]] = {}
        if not field:
            nodes = [node for node in graph.inference_nodes if node.op.name == layer]
            if nodes:
                there = f"{origin.whose} has `{value}` where this net has `{layer}`"
                different.append(
                    f"{there}: {listed([node.name for node in nodes])}: the net would compute something else"
                )
            continue
        for node in graph.inference_nodes:
            if node.op.name == layer and (said := _otherwise(node, field, value)) is not None:
                others.setdefault(said, []).append(node)
        for said, nodes in others.items():
            names = listed([node.name for node in nodes])
            line = f"{origin.whose} has `{layer} {field}={_written(value)}`, and {names} have {field}={said}"
            line = line.replace(" have ", " has ") if len(nodes) == 1 else line
            numbers = [getattr(node.op, _field(node, field), None) for node in nodes]
            if isinstance(value, float) and all(
                isinstance(n, float) and abs(n - value) <= NEAR * value for n in numbers
            ):
                near.append(line)
            else:
                different.append(
                    f"{line}, written in line {listed(_lines(nodes))}: the net would compute something else"
                )
    return different, near


def changed(graph: Graph, origin: Naming) -> str:
    """How a source says what the origin was set to."""
    said = [f"{layer} {field}={_written(value)}" if field else str(value) for layer, field, value in origin.fields]
    files = listed(list(dict.fromkeys(node.span.source.name for node in graph.inference_nodes)))
    return f"a copy of {files} that says {listed([f'`{one}`' for one in said])} loads the file"


def _field(node: Node, word: str) -> str:
    """`padding` for `pad`."""
    return next((name for name, field in type(node.op).fields.items() if word in (name, field.alias)), word)


def _otherwise(node: Node, word: str, value: object) -> str | None:
    """What a field is, where that is not the value: of paddings, where they pad otherwise on this layer's input."""
    field = _field(node, word)
    held = getattr(node.op, field, None)
    if field == "padding" and hasattr(node.op, "axes"):
        here, there = (op.axes(node.input_shapes) for op in (node.op, node.op.changed(**{field: value})))
        return None if here == there else _written(held)
    return None if held == value else _written(held)


def _written(value: object) -> str:
    return ("yes" if value else "no") if isinstance(value, bool) else str(value)


def _lines(nodes: Iterable[Node]) -> list[str]:
    return list(dict.fromkeys(f"{node.span.line}" for node in nodes))
