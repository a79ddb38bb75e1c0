"""Comparison of a net's fields with those of the library that a file is from, which weights do not show: bn's eps."""

from collections.abc import Iterable

from archc.backends.torch.match_context import listing
from archc.graph import Graph, Node
from archc.renaming import Naming

NEAR = 0.01  # the relative difference of numbers up to which outputs agree but for rounding


def differences(graph: Graph, origin: Naming) -> tuple[list[str], list[str]]:
    """(a line for each field that differs, a line for each number that is nearly the same)."""
    different, near = [], []
    for layer, field, value in origin.fields:
        others: dict[str, list[Node]] = {}
        if not field:
            nodes = [node for node in graph.inference_nodes if node.op.name == layer]
            if nodes:
                there = f"{origin.whose} has `{value}` where this net has `{layer}`"
                different.append(
                    f"{there}: {listing([node.name for node in nodes])}: the net would compute something else"
                )
            continue
        for node in graph.inference_nodes:
            if node.op.name == layer and (said := _difference(node, field, value)) is not None:
                others.setdefault(said, []).append(node)
        for said, nodes in others.items():
            names = listing([node.name for node in nodes])
            line = f"{origin.whose} has `{layer} {field}={_value_text(value)}`, and {names} have {field}={said}"
            line = line.replace(" have ", " has ") if len(nodes) == 1 else line
            numbers = [getattr(node.op, _field(node, field), None) for node in nodes]
            if isinstance(value, float) and all(
                isinstance(n, float) and abs(n - value) <= NEAR * value for n in numbers
            ):
                near.append(line)
            else:
                different.append(
                    f"{line}, written in line {listing(_lines(nodes))}: the net would compute something else"
                )
    return different, near


def changes_text(graph: Graph, origin: Naming) -> str:
    """Help text: the fields to write in the source so that it agrees with the origin."""
    said = [f"{layer} {field}={_value_text(value)}" if field else str(value) for layer, field, value in origin.fields]
    files = listing(list(dict.fromkeys(node.span.source.name for node in graph.inference_nodes)))
    return f"a copy of {files} that says {listing([f'`{one}`' for one in said])} loads the file"


def _field(node: Node, word: str) -> str:
    """`padding` for `pad`."""
    return next((name for name, field in type(node.op).fields.items() if word in (name, field.alias)), word)


def _difference(node: Node, word: str, value: object) -> str | None:
    """The text of a field that is not equal to `value`; None where it is, or where paddings come to the same."""
    field = _field(node, word)
    held = getattr(node.op, field, None)
    if field == "padding" and hasattr(node.op, "axes"):
        here, there = (op.axes(node.input_shapes) for op in (node.op, node.op.changed(**{field: value})))
        return None if here == there else _value_text(held)
    return None if held == value else _value_text(held)


def _value_text(value: object) -> str:
    return ("yes" if value else "no") if isinstance(value, bool) else str(value)


def _lines(nodes: Iterable[Node]) -> list[str]:
    return list(dict.fromkeys(f"{node.span.line}" for node in nodes))
