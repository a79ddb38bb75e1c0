"""The canonical form of nodes that ONNX can write in several ways: the one of archc's lowerings."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np

from archc.decompile.canonical_windows import pad, resize, window
from archc.decompile.nodes import MALFORMED, Nodes, OnnxNode, default


def canonicalise(nodes: Nodes) -> None:
    """Rewrite the nodes in canonical form, in place. What they compute stays the same."""
    canonical: list[OnnxNode] = []
    for node in nodes.all:
        made = _canonical(node, nodes)
        nodes.producers.update((one.output, one) for one in made)
        canonical += made
    nodes.all = _with_biases(canonical, nodes)


def _canonical(node: OnnxNode, nodes: Nodes) -> list[OnnxNode]:
    """The canonical nodes of a node. A malformed node stays as it is, and no layer will match it."""
    change = CHANGES.get(node.op_type)
    try:
        return [node] if change is None else change(node, nodes)
    except MALFORMED:
        return [node]


def _unsqueezed(node: OnnxNode, nodes: Nodes) -> OnnxNode | None:
    """Reshapes that append sizes of one to a vector, as one Unsqueeze; None for other nodes."""
    after = nodes.shapes.get(node.output, ())
    source = node.inputs[0]
    while (before := nodes.producers.get(source)) is not None and before.op_type in ("Unsqueeze", "Reshape"):
        if len(nodes.shapes.get(source, ())) == 2:
            break
        source = before.inputs[0]
    root = nodes.shapes.get(source, ())
    if len(root) != 2 or len(after) < 3 or after != (*root, *(1 for _ in after[2:])):
        return None
    changed = OnnxNode("Unsqueeze", node.name, [source], node.output, {})
    return _with_constant(changed, nodes, np.arange(2, len(after)))


def _reshape(node: OnnxNode, nodes: Nodes) -> list[OnnxNode]:
    """A reshape to (N, rest) as a Flatten; several reshapes in a row as one."""
    before, after = nodes.shapes.get(node.inputs[0]), nodes.shapes.get(node.output)
    if before is None or after is None:
        return [node]
    target = nodes.constants.get(node.inputs[1]) if node.op_type == "Reshape" and len(node.inputs) > 1 else None
    if target is not None and (target != 0).all():
        node.attributes.pop("allowzero", None)  # of sizes of nothing, and there are none
    while (source := nodes.producers.get(node.inputs[0])) is not None and source.op_type == "Reshape":
        if node.op_type == "Unsqueeze" or len(after) == 2:
            break
        node = as_reshape(OnnxNode("Reshape", node.name, source.inputs[:1], node.output, {}), nodes)
    one = _unsqueezed(node, nodes) if node.op_type in ("Reshape", "Unsqueeze") else None
    if one is not None:
        return [one]
    if len(after) == 2 and after[0] == before[0] and node.op_type != "Unsqueeze":
        return [OnnxNode("Flatten", node.name, node.inputs[:1], node.output, {"axis": 1})]
    return [as_reshape(node, nodes)] if node.op_type == "Squeeze" else [node]


def as_reshape(node: OnnxNode, nodes: Nodes) -> OnnxNode:
    """A node that only changes the shape, as a Reshape to the whole shape."""
    shape = nodes.shapes.get(node.output, ())
    changed = OnnxNode("Reshape", node.name, node.inputs[:1], node.output, {})
    return _with_constant(changed, nodes, np.array((0, *shape[1:]), np.int64)) if shape else node


def _with_constant(node: OnnxNode, nodes: Nodes, array: "np.ndarray[tuple[int, ...], np.dtype[np.int64]]") -> OnnxNode:
    name = f"{node.output}/constant"
    nodes.constants[name] = array
    return OnnxNode(node.op_type, node.name, [node.inputs[0], name], node.output, {})


def _reduce(node: OnnxNode, nodes: Nodes) -> list[OnnxNode]:
    """A reduction over all positions of a map as a global pool."""
    shape = nodes.shapes.get(node.inputs[0], ())
    told = nodes.constants.get(node.inputs[1]) if len(node.inputs) > 1 else None
    axes = node.attributes.get("axes", ()) if told is None else told.reshape(-1).tolist()
    if len(shape) < 3 or sorted(axis % len(shape) for axis in axes) != list(range(2, len(shape))):
        return [node]
    pool = {"ReduceMean": "GlobalAveragePool", "ReduceMax": "GlobalMaxPool"}[node.op_type]
    if node.attributes.get("keepdims", 1):
        return [OnnxNode(pool, node.name, node.inputs[:1], node.output, {})]
    pooled = f"{node.output}/pooled"
    nodes.shapes[pooled] = (*shape[:2], *(1 for _ in shape[2:]))
    return [
        OnnxNode(pool, f"{node.name}/pool", node.inputs[:1], pooled, {}),
        OnnxNode("Flatten", node.name, [pooled], node.output, {"axis": 1}),
    ]


def _slice(node: OnnxNode, nodes: Nodes) -> list[OnnxNode]:
    """A slice with starts, stops, axes and steps as constants from 0 on, and none left out."""
    shape = nodes.shapes.get(node.inputs[0], ())
    told = [nodes.constants.get(name) for name in node.inputs[1:]]
    if not shape or len(told) < 2 or any(one is None for one in told):
        return [node]
    starts, stops, *rest = (np.asarray(one, np.int64).reshape(-1) for one in told)
    axes = rest[0] if rest else np.arange(starts.size)
    steps = rest[1] if len(rest) > 1 else np.ones(starts.size, np.int64)
    rank = len(shape)
    if not starts.size == stops.size == axes.size == steps.size or (steps < 1).any() or (abs(axes) > rank).any():
        return [node]
    axes = axes % rank
    sizes = np.array(shape, np.int64)[axes]
    ends = np.clip(np.where(stops < 0, stops + sizes, stops), 0, sizes)
    starts = np.clip(np.where(starts < 0, starts + sizes, starts), 0, sizes)
    names = [f"{node.output}/{part}" for part in ("starts", "stops", "axes", "steps")]
    nodes.constants.update(zip(names, (starts, ends, axes, steps), strict=True))
    if starts.size > 1 and (steps == 1).all():
        names.pop()  # a crop is written without
    return [OnnxNode("Slice", node.name, [node.inputs[0], *names], node.output, {})]


def _gemm(node: OnnxNode, nodes: Nodes) -> list[OnnxNode]:
    """A Gemm with transB = 1, and a bias for each output."""
    weight = nodes.constants.get(node.inputs[1])
    plain = all(node.attributes.get(name, 1.0) == 1.0 for name in ("alpha", "beta"))
    if weight is None or not plain or node.attributes.get("transA"):
        return [node]
    if not node.attributes.get("transB"):
        turned = np.ascontiguousarray(weight.T)
        node.inputs[1] = nodes.derive(f"{node.output}/weight", turned, node.inputs[1])
    outputs = nodes.constants[node.inputs[1]].shape[0]
    if (
        len(node.inputs) > 2
        and node.inputs[2] in nodes.constants
        and nodes.constants[node.inputs[2]].size in (1, outputs)
    ):
        bias = np.broadcast_to(nodes.constants[node.inputs[2]].reshape(-1), nodes.constants[node.inputs[1]].shape[:1])
        node.inputs[2] = nodes.derive(f"{node.output}/bias", bias, node.inputs[2])
    return [OnnxNode("Gemm", node.name, node.inputs, node.output, {"transB": 1})]


def _matmul(node: OnnxNode, nodes: Nodes) -> list[OnnxNode]:
    """A product of a vector with a constant as a Gemm."""
    weight = nodes.constants.get(node.inputs[1])
    if weight is None or weight.ndim != 2 or len(nodes.shapes.get(node.inputs[0], ())) != 2:
        return [node]
    turned = nodes.derive(f"{node.output}/weight", np.ascontiguousarray(weight.T), node.inputs[1])
    return [OnnxNode("Gemm", node.name, [node.inputs[0], turned], node.output, {"transB": 1})]


def _with_biases(listed: list[OnnxNode], nodes: Nodes) -> list[OnnxNode]:
    """The nodes with each constant that is added to a Gemm or convolution without a bias as its bias."""
    by_output = {node.output: node for node in listed}
    uses: dict[str, int] = {}
    for node in listed:
        for name in node.inputs:
            uses[name] = uses.get(name, 0) + 1
    gone = set()
    for node in listed:
        if node.op_type != "Add":
            continue
        for value, other in (node.inputs, node.inputs[::-1]):
            layer = by_output.get(value)
            bias = nodes.constants.get(other)
            if layer is None or bias is None or uses[value] != 1 or any(value == output for _, output in nodes.outputs):
                continue
            if nodes.learnt(other) is False:
                continue
            rank = 1 if layer.op_type == "Gemm" else len(nodes.shapes.get(value, ())) - 1
            width = (nodes.shapes.get(value) or (0, 0))[1]
            shape = (width, *(1 for _ in range(rank - 1)))
            if layer.op_type in ("Gemm", "Conv", "ConvTranspose") and len(layer.inputs) == 2 and bias.size == width:
                if bias.size > 1 and bias.shape[-rank:] != shape:
                    continue
                layer.inputs.append(nodes.derive(f"{node.output}/bias", bias.reshape(-1), other))
                layer.output = node.output
                gone.add(id(node))
                break
    return [node for node in listed if id(node) not in gone]


def _group_norm(node: OnnxNode, nodes: Nodes) -> list[OnnxNode]:
    """A GroupNormalization as an InstanceNormalization of the groups, with a factor and a bias for each channel."""
    shape, groups = nodes.shapes.get(node.inputs[0], ()), node.attributes.get("num_groups", 0)
    weight, bias = (nodes.constants.get(name) for name in node.inputs[1:3])
    if len(shape) < 2 or groups < 1 or weight is None or bias is None or {weight.size, bias.size} != {shape[1]}:
        return [node]
    samples, channels, *sizes = shape
    rows, normed, back, scaled = (f"{node.output}/{part}" for part in ("rows", "normed", "back", "scaled"))
    nodes.shapes |= {rows: (samples, groups, int(np.prod(shape[1:])) // groups), back: shape, scaled: shape}
    nodes.shapes[normed] = nodes.shapes[rows]
    made = {
        "apart": np.array((0, groups, -1), np.int64),
        "whole": np.array((0, *shape[1:]), np.int64),
        "ones": np.ones(groups, np.float32),
        "zeros": np.zeros(groups, np.float32),
        "weight": weight.reshape(channels, *(1 for _ in sizes)),
        "bias": bias.reshape(channels, *(1 for _ in sizes)),
    }
    name = {part: f"{node.output}/{part}" for part in made}
    nodes.constants |= {name[part]: array for part, array in made.items()}
    nodes.learnt.derive(name["weight"], frozenset((node.inputs[1],)))
    nodes.learnt.derive(name["bias"], frozenset((node.inputs[2],)))
    eps = {"epsilon": node.attributes.get("epsilon", 1e-5)}
    return [
        OnnxNode("Reshape", f"{node.name}/rows", [node.inputs[0], name["apart"]], rows, {}),
        OnnxNode("InstanceNormalization", f"{node.name}/normed", [rows, name["ones"], name["zeros"]], normed, eps),
        OnnxNode("Reshape", f"{node.name}/back", [normed, name["whole"]], back, {}),
        OnnxNode("Mul", f"{node.name}/scaled", [back, name["weight"]], scaled, {}),
        OnnxNode("Add", node.name, [scaled, name["bias"]], node.output, {}),
    ]


def _clip(node: OnnxNode, nodes: Nodes) -> list[OnnxNode]:
    """A clip from 0 without an upper bound, or with the greatest number, as a Relu."""
    bounds = [nodes.constants.get(name) if name else None for name in (*node.inputs, "", "")[1:3]]
    low, high = (float(one.reshape(())) if one is not None and one.size == 1 else None for one in bounds)
    unbounded = not (*node.inputs, "", "")[2] or (high is not None and high >= np.finfo(np.float32).max)
    return [OnnxNode("Relu", node.name, node.inputs[:1], node.output, {})] if low == 0 and unbounded else [node]


def _max(node: OnnxNode, nodes: Nodes) -> list[OnnxNode]:
    """The maximum of a value and 0 as a Relu."""
    for value, other in (node.inputs, node.inputs[::-1]) if len(node.inputs) == 2 else ():
        zero = nodes.constants.get(other)
        if zero is not None and zero.size == 1 and not zero.any() and value not in nodes.constants:
            return [OnnxNode("Relu", node.name, [value], node.output, {})]
    return [node]


def _axis(node: OnnxNode, nodes: Nodes) -> list[OnnxNode]:
    """The axis counted from 0."""
    rank = len(nodes.shapes.get(node.inputs[0], ()))
    if rank:
        node.attributes["axis"] = node.attributes.get("axis", default(node.op_type, "axis") or 0) % rank
    return [node]


def _concat(node: OnnxNode, nodes: Nodes) -> list[OnnxNode]:
    """A Concat that begins with the inputs of an earlier one reads its output, as in a dense block."""
    (changed,) = _axis(node, nodes)
    axis, given = changed.attributes.get("axis"), tuple(changed.inputs)
    for length in range(len(given) - 1, 1, -1):
        before = nodes.joined.get((axis, *given[:length]))
        if before is not None:
            changed.inputs = [before, *given[length:]]
            break
    nodes.joined[(axis, *given)] = node.output
    return [changed]


def _sum(node: OnnxNode, nodes: Nodes) -> list[OnnxNode]:
    """A Sum as a chain of Adds."""
    value, *rest = node.inputs
    made = []
    for number, other in enumerate(rest):
        last = number == len(rest) - 1
        output = node.output if last else f"{node.output}/sum_{number}"
        nodes.shapes.setdefault(output, nodes.shapes.get(node.output, ()))
        made.append(OnnxNode("Add", node.name if last else f"{node.name}/{number}", [value, other], output, {}))
        value = output
    return made or [node]


CHANGES: Mapping[str, Callable[[OnnxNode, Nodes], list[OnnxNode]]] = MappingProxyType(
    {
        "Reshape": _reshape,
        "Squeeze": _reshape,
        "Unsqueeze": _reshape,
        "Flatten": _reshape,
        "ReduceMean": _reduce,
        "ReduceMax": _reduce,
        "Slice": _slice,
        "Gemm": _gemm,
        "MatMul": _matmul,
        "Conv": window,
        "ConvTranspose": window,
        "MaxPool": window,
        "AveragePool": window,
        "Max": _max,
        "Sum": _sum,
        "Softmax": _axis,
        "LogSoftmax": _axis,
        "Clip": _clip,
        "Concat": _concat,
        "Gather": _axis,
        "LayerNormalization": _axis,
        "GroupNormalization": _group_norm,
        "Resize": resize,
        "Pad": pad,
    }
)
