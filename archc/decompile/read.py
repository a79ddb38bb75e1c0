"""The nodes of a file as layers of ours, each with its inputs and the tensors that it owns."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from archc.backends.onnx.lowered import Array
from archc.backends.onnx.table import ROWS
from archc.decompile.around import Around
from archc.decompile.guess import candidates
from archc.decompile.nodes import MALFORMED, Nodes, Plain, Unreadable, readers
from archc.decompile.otherwise import ALIASES, OTHERWISE
from archc.decompile.unify import Bound, Matcher
from archc.decompile.why import why
from archc.ops import Op, OpError, Shape, Tensor
from archc.ops.conv import Conv

TURNED = frozenset({"attention", "class_token", "position"})
"""Layers whose tensors the file has with the last two axes exchanged."""


@dataclass(frozen=True, slots=True, eq=False)
class Layer:
    """output: the value that it gives, by which others name it. tensors: by their names in a state_dict."""

    op: Op
    inputs: tuple[str, ...]
    output: str
    shape: Shape
    tensors: Mapping[str, Array]
    name: str


def read(nodes: Nodes) -> tuple[list[Layer], list[Unreadable]]:
    """The layers in order, and the nodes that none is.

    From the last node to the first, so that what several nodes say together is seen before its parts.
    """
    matcher = Matcher(nodes)
    used = readers(nodes)
    kept = {value for _, value in nodes.outputs}
    needed = set(kept)
    layers: list[Layer] = []
    problems: list[tuple[Plain, Unreadable]] = []
    for node in reversed(nodes.all):
        if node.output not in needed:
            continue
        found = _layer(node, nodes, matcher, used, kept)
        for change in OTHERWISE.get(node.op_type, ()) if found is None else ():
            changed = change(node, nodes, matcher, used, kept)
            found = _layer(changed, nodes, matcher, used, kept) if changed is not None else None
        if found is None:
            problems.append((node, Unreadable(node.name, node.op_type, why(node, nodes))))
            needed.update(name for name in node.inputs if name not in nodes.constants)
            continue
        layers.append(found)
        needed.update(found.inputs)
    return layers[::-1], [*nodes.problems, *_first_of(problems[::-1], nodes)]


def _first_of(problems: list[tuple[Plain, Unreadable]], nodes: Nodes) -> list[Unreadable]:
    """Those that are not there only because of others: of a value that no shape is known of, nothing is a layer."""
    own = [
        problem
        for node, problem in problems
        if all(name in nodes.shapes or name in nodes.constants for name in node.inputs if name)
    ]
    return own or ([] if nodes.problems else [problem for _, problem in problems])


def _layer(
    node: Plain, nodes: Nodes, matcher: Matcher, used: Mapping[str, list[Plain]], kept: set[str]
) -> Layer | None:
    around = Around(node, nodes, matcher.producers)
    for op in candidates(around):
        for layer in _written(op, node, nodes, matcher):
            bound, inputs, shapes, output = layer
            inner = [one for one in bound.nodes if one is not node]
            if any(one.output in kept or not all(r in bound.nodes for r in used.get(one.output, ())) for one in inner):
                continue  # what it computes on the way is used elsewhere too
            tensors = _fitting(op, shapes, bound.tensors)
            if tensors is not None:
                return Layer(op, inputs, node.output, output, tensors, node.name)
    return None


def _written(
    op: Op, node: Plain, nodes: Nodes, matcher: Matcher
) -> Iterator[tuple[Bound, tuple[str, ...], tuple[Shape, ...], Shape]]:
    """The layer in this place, if what archc would write for it stands there. What it is written from depends on
    the shapes of its inputs, which are those that matching finds: they are tried as the node's own first."""
    low, high = op.inputs
    flows = [name for name in node.inputs if name and name not in nodes.constants]
    if high is None or high > 1:
        tries = [[_vector(value, nodes, matcher) for value in flows], flows]
    else:
        tries = [[value] for value in _sources(node, nodes, matcher)]
    for inputs in tries:
        shapes = tuple(nodes.shapes.get(value, ())[1:] for value in inputs)
        if not inputs or len(inputs) < low or any(value not in nodes.shapes for value in inputs):
            continue
        try:
            output = op.output(shapes)
            rows = [ROWS[op.name], *ALIASES.get(op.name, ())]
            matched = [matcher.match(row(op, shapes, output), node.output) for row in rows]
        except (OpError, *MALFORMED):
            continue
        for bound in matched:
            if bound is not None and [bound.inputs.get(i) for i in range(len(inputs))] == inputs:
                yield bound, tuple(inputs), shapes, output


def _vector(value: str, nodes: Nodes, matcher: Matcher) -> str:
    """What an operand was before it was given sizes of one beside a map."""
    node = matcher.producers.get(value)
    if node is None or node.op_type != "Unsqueeze" or len(nodes.shapes.get(node.inputs[0], ())) != 2:
        return value
    return node.inputs[0]


def _sources(node: Plain, nodes: Nodes, matcher: Matcher) -> list[str]:
    """The values that may flow into a layer that ends here, the nearest first."""
    most = 40 + len(node.inputs)  # a maxout of many pieces has as many
    found: list[str] = []
    front = [node]
    for one in front:
        for name in one.inputs:
            if name and name not in nodes.constants and name not in found and len(found) < most:
                found.append(name)
                if name in matcher.producers:
                    front.append(matcher.producers[name])
    return found


def _fitting(op: Op, shapes: tuple[Shape, ...], found: Mapping[str, Array]) -> dict[str, Array] | None:
    """What the layer owns; None where the file's tensors are not as its layer would have them."""
    try:
        return _tensors(op.parameters(shapes), found, op)
    except MALFORMED:
        return None


def _tensors(wanted: tuple[Tensor, ...], found: Mapping[str, Array], op: Op) -> dict[str, Array] | None:
    """What the layer owns, in the shapes in which it owns it; None where the file's do not fit."""
    made: dict[str, Array] = {}
    if isinstance(op, Conv) and op.connections is not None and "weight" in found:
        rows = [row for row, seen in enumerate(op.connections) for _ in seen]
        channels = [channel for seen in op.connections for channel in seen]
        found = {**found, "weight": found["weight"][rows, channels]}
    for tensor in wanted:
        if tensor.name == "num_batches_tracked":
            made[tensor.name] = np.zeros((), np.int64)
            continue
        array = found.get(tensor.name)
        if array is None and op.name == "attention":
            array = _joined(tensor.name, found)
        if array is None or array.size != tensor.size:
            return None
        turned = (
            op.name in ("class_token", "position", "attention") and array.ndim > 1 and tensor.name != "in_proj_weight"
        )
        array = np.swapaxes(array, -1, -2) if turned else array
        made[tensor.name] = np.ascontiguousarray(array.reshape(tensor.shape))
    return made


def _joined(name: str, found: Mapping[str, Array]) -> Array | None:
    """The projections of q, k and v as one."""
    parts = [found.get(f"{name}.{part}") for part in "qkv"]
    known = [part for part in parts if part is not None]
    return np.concatenate([part.T for part in known]) if len(known) == len(parts) else None
