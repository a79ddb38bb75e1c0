"""Arithmetic with constants: fixed numbers as `rescale`, learnt ones as `scale` or `layer_scale`."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import takewhile

import numpy as np

from archc.backends.onnx.lowered import Array
from archc.decompile.layer import Layer
from archc.decompile.node_context import shortest, valid_op
from archc.decompile.nodes import Nodes, OnnxNode
from archc.ops import Op


@dataclass(frozen=True, slots=True)
class _Step:
    """One node: weight·x + bias, with one number or one for each channel. value: the name of the constant; None for a
    negation. learns: the field, weight or bias, that the constant is."""

    node: OnnxNode
    source: str
    weight: Array
    bias: Array
    value: str | None
    learns: str


def match_affine(
    node: OnnxNode,
    nodes: Nodes,
    producers: Mapping[str, OnnxNode],
    readers: Mapping[str, list[OnnxNode]],
    kept: set[str],
    is_layer: Callable[[OnnxNode], bool],
) -> Layer | None:
    """The layer that ends in a node: fixed steps in a row, or one learnt tensor; None if it is neither."""
    last = _step(node, nodes)
    if last is None:
        return None
    steps = [last]
    while (
        (before := producers.get(steps[-1].source)) is not None
        and before.output not in kept
        and len(readers.get(before.output, ())) == 1
        and (more := _step(before, nodes)) is not None
        and not is_layer(before)
    ):
        steps.append(more)
    root = steps[-1].source
    if last.value is None or not is_learnt(last.value, root, nodes):
        fixed = takewhile(lambda one: one.value is None or not is_learnt(one.value, root, nodes), steps)
        return _rescale([*fixed], nodes)
    if nodes.learnt(last.value):
        return _scale([last], nodes)
    unsaid = takewhile(lambda one: one.value is not None and nodes.learnt(one.value) is None, steps)
    return _scale([*unsaid], nodes)


def is_learnt(value: str, source: str, nodes: Nodes) -> bool:
    """Whether a constant in arithmetic on `source` is learnt: as the file says; if it does not say, a tensor is, unless
    `source` is an input of the net."""
    said = nodes.learnt(value)
    return nodes.constants[value].size > 1 and source not in nodes.flows if said is None else said


def _rescale(steps: list[_Step], nodes: Nodes) -> Layer | None:
    weight, bias = _folded(steps)
    numbers = {"scale": [shortest(one) for one in weight], "offset": [shortest(one) for one in bias]}
    still = (weight == 1).all() and (bias == 0).all()
    sources = {str(number): step.value for number, step in enumerate(steps) if step.value is not None}
    found = next(valid_op("identity") if still else valid_op("rescale", **numbers), None)
    return None if found is None else _layer(found, steps[0].node, steps[-1].source, {}, sources, nodes)


def _scale(steps: list[_Step], nodes: Nodes) -> Layer | None:
    """The `scale` or `layer_scale` of the steps; several steps are a norm written out: a mean, a factor and a bias."""
    weight, bias = _folded(steps)
    channels = nodes.shapes[steps[0].node.output][1]
    held = {"weight": bool((weight != 1).any()), "bias": bool(bias.any())}
    if len(steps) == 1:
        held = {name: name == steps[0].learns for name in held}
        if (weight != 1).any() and not held["weight"]:
            return None  # p − x is a negation and then the bias
    shared = max(weight.size, bias.size) == 1 < channels
    if not any(held.values()) or not (np.isfinite(weight).all() and np.isfinite(bias).all()):
        return None
    sizes = 1 if shared else channels
    values = {"weight": weight, "bias": bias}
    tensors = {name: np.broadcast_to(values[name], sizes).astype(np.float32) for name in held if held[name]}
    alone = len(steps) == 1 and held["weight"] and not shared
    op = next(valid_op("layer_scale") if alone else valid_op("scale", shared=shared, **held))
    if alone:
        tensors["weight"] = tensors["weight"].reshape(-1, *(1 for _ in nodes.shapes[steps[0].node.output][2:]))
    sources = {str(number): step.value for number, step in enumerate(steps) if step.value is not None}
    return _layer(op, steps[0].node, steps[-1].source, tensors, sources, nodes)


def _folded(steps: list[_Step]) -> tuple[Array, Array]:
    """One weight and one bias for all steps."""
    weight, bias = np.ones(1), np.zeros(1)
    with np.errstate(all="ignore"):
        for step in reversed(steps):
            weight, bias = weight * step.weight, bias * step.weight + step.bias
    return weight, bias


def _layer(
    op: Op, node: OnnxNode, source: str, tensors: Mapping[str, Array], sources: Mapping[str, str], nodes: Nodes
) -> Layer:
    shape = nodes.shapes[node.output][1:]
    return Layer(op, (source,), node.output, shape, tensors, node.name, sources, (shape,))


def _step(node: OnnxNode, nodes: Nodes) -> _Step | None:
    """The step of a node that computes w·x + b with one number or one for each channel; None for other nodes."""
    one, none = np.ones(1), np.zeros(1)
    if node.op_type == "Neg" and len(nodes.shapes.get(node.output, ())) > 1:
        return _Step(node, node.inputs[0], -one, none, None, "weight")
    if node.op_type not in ("Add", "Sub", "Mul", "Div") or len(node.inputs) != 2:
        return None
    places = [place for place, name in enumerate(node.inputs) if name in nodes.constants]
    if len(places) != 1:
        return None
    name, source = node.inputs[places[0]], node.inputs[1 - places[0]]
    value = _by_channel(nodes.constants[name], nodes.shapes.get(node.output, ()))
    if value is None or nodes.shapes.get(source) != nodes.shapes.get(node.output):
        return None
    if node.op_type == "Add":
        return _Step(node, source, one, value, name, "bias")
    if node.op_type == "Sub":
        weight, bias = (one, -value) if places[0] else (-one, value)
        return _Step(node, source, weight, bias, name, "bias")
    if node.op_type == "Mul":
        return _Step(node, source, value, none, name, "weight")
    return _Step(node, source, 1 / value, none, name, "weight") if places[0] and value.all() else None


def _by_channel(array: Array, shape: tuple[int, ...]) -> Array | None:
    """A constant as (C) or (1) in float64; None if it differs from position to position."""
    if array.dtype.kind not in "fiu" or array.ndim > len(shape) or len(shape) < 2:
        return None
    dims = (1,) * (len(shape) - array.ndim) + array.shape
    if array.size != 1 and (array.size != shape[1] or dims[1] != shape[1]):
        return None
    return array.reshape(-1).astype(np.float64)
