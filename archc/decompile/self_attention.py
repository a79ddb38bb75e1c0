"""Self-attention as other exporters write it, recognised by running its nodes."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import permutations

import numpy as np

from archc.backends.onnx.lowered import Array
from archc.decompile.nodes import MALFORMED, Nodes, OnnxNode
from archc.decompile.subgraphs import Subgraph, run_subgraph, subgraphs_to

AMONG = frozenset(
    ("Add", "Concat", "Div", "Gather", "Gemm", "MatMul", "Mul", "Reshape", "Slice", "Softmax", "Squeeze", "Transpose")
).union(("Unsqueeze",))
ATTENTION = "archc.Attention"
"""The op_type of the node that replaces it; inputs: the tokens and the tensors, whose names are an attribute."""
MOST = 80
"""The most nodes of an attention."""
LARGEST = 2**22
"""The most numbers of its input."""
CLOSE = 1e-3


@dataclass(frozen=True, slots=True)
class AttentionMatch:
    """source: the input, (N, L, C). tensors: the weight (3C, C) and bias (3C) of q, k and v, and the weight (C, C) and
    bias (C) of the projection, by their names. sources: the values of the file that they come from."""

    source: str
    heads: int
    tensors: dict[str, Array]
    sources: dict[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class _Product:
    """x·weight + bias. name, bias_name: the names in the file."""

    weight: Array
    name: str
    bias: Array | None
    bias_name: str


def find_attention(
    node: OnnxNode,
    nodes: Nodes,
    producers: Mapping[str, OnnxNode],
    readers: Mapping[str, list[OnnxNode]],
    kept: set[str],
) -> AttentionMatch | None:
    """The attention that ends in a node; None if there is none."""
    shape = nodes.shapes.get(node.output, ())
    if node.op_type not in ("Transpose", "Reshape", "Add", "MatMul") or len(shape) != 3 or np.prod(shape) > LARGEST:
        return None
    try:
        for source, part in subgraphs_to(node, nodes, producers, readers, kept, AMONG, MOST):
            softmaxes = [one for one in part if one.op_type == "Softmax"]
            if len(softmaxes) > 1:
                return None
            if softmaxes and nodes.shapes.get(source) == shape:
                found = _heads(source, part, softmaxes[0], shape, nodes)
                if found is not None:
                    return found
    except MALFORMED:
        return None
    return None


def _heads(
    source: str, part: Subgraph, softmax: OnnxNode, shape: tuple[int, ...], nodes: Nodes
) -> AttentionMatch | None:
    scores = nodes.shapes[softmax.output]
    number = scores[1] if len(scores) == 4 else scores[0] // shape[0]
    products = [one for node in reversed(part) if (one := _product(node, part, nodes)) is not None]
    value = np.random.default_rng(0).standard_normal(shape, np.float32)
    expected = run_subgraph(part, source, value, nodes)
    for each in _orders(products, shape[-1]):
        (weight, bias), (out, out_bias) = _joined(each[:-1]), _joined(each[-1:])
        if weight.shape[1] != 3 * shape[-1]:
            continue
        if bias is None and out_bias is not None:  # zeros that an exporter left out
            bias = np.zeros(3 * shape[-1], np.float32)
        if out_bias is None and bias is not None:
            out_bias = np.zeros(shape[-1], np.float32)
        found = _attention(value, weight, bias, out, out_bias, number)
        if found.shape == expected.shape and np.allclose(found, expected, rtol=CLOSE, atol=CLOSE * np.abs(found).max()):
            tensors = {"in_proj_weight": weight.T, "out_proj.weight": out.T}
            sources = {"in_proj_weight": tuple(p.name for p in each[:-1]), "out_proj.weight": (each[-1].name,)}
            if bias is not None and out_bias is not None:
                tensors |= {"in_proj_bias": bias, "out_proj.bias": out_bias}
                sources |= {"in_proj_bias": _named(each[:-1]), "out_proj.bias": _named(each[-1:])}
            return AttentionMatch(source, number, tensors, sources)
    return None


def _named(products: list[_Product]) -> tuple[str, ...]:
    return tuple(one.bias_name for one in products if one.bias_name)


def _product(node: OnnxNode, part: Subgraph, nodes: Nodes) -> _Product | None:
    """The product of a node with a constant, and the bias added to it; None if it is no such product."""
    weight = nodes.constants.get(node.inputs[1]) if node.op_type in ("Gemm", "MatMul") else None
    if weight is None or weight.ndim != 2:
        return None
    if node.op_type == "Gemm":
        bias_name = node.inputs[2] if len(node.inputs) > 2 else ""
        turned = weight.T if node.attributes.get("transB") else weight
        return _Product(turned, node.inputs[1], nodes.constants.get(bias_name), bias_name)
    added = [one for one in part if one.op_type == "Add" and node.output in one.inputs]
    names = [name for one in added for name in one.inputs if name in nodes.constants]
    bias = nodes.constants[names[0]].reshape(-1) if names else None
    return _Product(weight, node.inputs[1], bias, names[0] if names else "")


def _orders(products: list[_Product], channels: int) -> Iterator[list[_Product]]:
    """The possible orders of the products: q, k and v as one product or three, then the projection."""
    if len(products) == 2 and products[0].weight.shape == (channels, 3 * channels):
        yield products
    if len(products) == 4 and all(one.weight.shape == (channels, channels) for one in products):
        for order in permutations(products[:3]):
            yield [*order, products[3]]


def _joined(products: list[_Product]) -> tuple[Array, Array | None]:
    biases = [one.bias for one in products if one.bias is not None]
    weight = np.concatenate([one.weight for one in products], 1)
    return weight, np.concatenate(biases) if len(biases) == len(products) else None


def _attention(x: Array, weight: Array, bias: Array | None, out: Array, out_bias: Array | None, heads: int) -> Array:
    samples, length, channels = x.shape
    qkv = x.astype(np.float64) @ weight + (0 if bias is None else bias)
    q, k, v = qkv.reshape(samples, length, 3, heads, -1).transpose(2, 0, 3, 1, 4)
    scores = q @ k.swapaxes(2, 3) / np.sqrt(channels // heads)
    shares = np.exp(scores - scores.max(-1, keepdims=True))
    shares /= shares.sum(-1, keepdims=True)
    found: Array = (shares @ v).swapaxes(1, 2).reshape(x.shape) @ out + (0 if out_bias is None else out_bias)
    return found
