"""What ONNX can say in several ways, in the one that archc says it in."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np

from archc.decompile.nodes import MALFORMED, Nodes, Plain, default


def respell(nodes: Nodes) -> None:
    """Change the nodes in place; what they compute stays."""
    respelled: list[Plain] = []
    for node in nodes.all:
        respelled += _respelled(node, nodes)
    nodes.all = _with_biases(respelled, nodes)


def _respelled(node: Plain, nodes: Nodes) -> list[Plain]:
    """A node that is not as ONNX has it stays as it stands, and no layer will be found in it."""
    change = CHANGES.get(node.op_type)
    try:
        return [node] if change is None else change(node, nodes)
    except MALFORMED:
        return [node]


def _reshape(node: Plain, nodes: Nodes) -> list[Plain]:
    """To (N, everything) it is a flatten; to the shape that it has, nothing but a name."""
    before, after = nodes.shapes.get(node.inputs[0]), nodes.shapes.get(node.output)
    if before is None or after is None:
        return [node]
    if len(after) == 2 and after[0] == before[0]:
        return [Plain("Flatten", node.name, node.inputs[:1], node.output, {"axis": 1})]
    return [as_reshape(node, nodes)] if node.op_type == "Squeeze" else [node]


def as_reshape(node: Plain, nodes: Nodes) -> Plain:
    """A node that only changes the shape, with the whole shape in it."""
    shape = nodes.shapes.get(node.output, ())
    changed = Plain("Reshape", node.name, node.inputs[:1], node.output, {})
    return _with_constant(changed, nodes, np.array((0, *shape[1:]), np.int64)) if shape else node


def _with_constant(node: Plain, nodes: Nodes, array: "np.ndarray[tuple[int, ...], np.dtype[np.int64]]") -> Plain:
    name = f"{node.output}/constant"
    nodes.constants[name] = array
    return Plain(node.op_type, node.name, [node.inputs[0], name], node.output, {})


def _reduce_mean(node: Plain, nodes: Nodes) -> list[Plain]:
    """Over all positions of a map it is a global pool."""
    shape = nodes.shapes.get(node.inputs[0], ())
    axes = (
        nodes.constants[node.inputs[1]].tolist() if len(node.inputs) > 1 and node.inputs[1] in nodes.constants else []
    )
    if len(shape) < 3 or sorted(axis % len(shape) for axis in axes) != list(range(2, len(shape))):
        return [node]
    if node.attributes.get("keepdims", 1):
        return [Plain("GlobalAveragePool", node.name, node.inputs[:1], node.output, {})]
    pooled = f"{node.output}/pooled"
    nodes.shapes[pooled] = (*shape[:2], *(1 for _ in shape[2:]))
    return [
        Plain("GlobalAveragePool", f"{node.name}/pool", node.inputs[:1], pooled, {}),
        Plain("Flatten", node.name, [pooled], node.output, {"axis": 1}),
    ]


def _gemm(node: Plain, nodes: Nodes) -> list[Plain]:
    """A fully connected layer has its weight by output."""
    weight = nodes.constants.get(node.inputs[1])
    plain = all(node.attributes.get(name, 1.0) == 1.0 for name in ("alpha", "beta"))
    if weight is None or not plain or node.attributes.get("transA"):
        return [node]
    if not node.attributes.get("transB"):
        nodes.constants[f"{node.output}/weight"] = np.ascontiguousarray(weight.T)
        node.inputs[1] = f"{node.output}/weight"
    outputs = nodes.constants[node.inputs[1]].shape[0]
    if (
        len(node.inputs) > 2
        and node.inputs[2] in nodes.constants
        and nodes.constants[node.inputs[2]].size in (1, outputs)
    ):
        bias = np.broadcast_to(nodes.constants[node.inputs[2]].reshape(-1), nodes.constants[node.inputs[1]].shape[:1])
        nodes.constants[f"{node.output}/bias"] = bias
        node.inputs[2] = f"{node.output}/bias"
    return [Plain("Gemm", node.name, node.inputs, node.output, {"transB": 1})]


def _matmul(node: Plain, nodes: Nodes) -> list[Plain]:
    """Of a vector and a constant it is a fully connected layer."""
    weight = nodes.constants.get(node.inputs[1])
    if weight is None or weight.ndim != 2 or len(nodes.shapes.get(node.inputs[0], ())) != 2:
        return [node]
    nodes.constants[f"{node.output}/weight"] = np.ascontiguousarray(weight.T)
    return [Plain("Gemm", node.name, [node.inputs[0], f"{node.output}/weight"], node.output, {"transB": 1})]


def _with_biases(listed: list[Plain], nodes: Nodes) -> list[Plain]:
    """A constant added to a fully connected or convolutional layer that has no bias is its bias."""
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
            rank = 1 if layer.op_type == "Gemm" else len(nodes.shapes.get(value, ())) - 1
            width = (nodes.shapes.get(value) or (0, 0))[1]
            shape = (width, *(1 for _ in range(rank - 1)))
            if layer.op_type in ("Gemm", "Conv", "ConvTranspose") and len(layer.inputs) == 2 and bias.size == width:
                if bias.shape[-rank:] != shape:
                    continue
                nodes.constants[f"{node.output}/bias"] = bias.reshape(-1)
                layer.inputs.append(f"{node.output}/bias")
                layer.output = node.output
                gone.add(id(node))
                break
    return [node for node in listed if id(node) not in gone]


def _window(node: Plain, nodes: Nodes) -> list[Plain]:
    """Borders in numbers; ceil and the counting of borders only where they change something."""
    shape = nodes.shapes.get(node.inputs[0])
    after = nodes.shapes.get(node.output)
    if shape is None or after is None:
        return [node]
    rank = len(shape) - 2
    given = node.attributes
    kernel = given.get("kernel_shape") or nodes.constants[node.inputs[1]].shape[2:]
    strides, dilations = given.get("strides", (1,) * rank), given.get("dilations", (1,) * rank)
    pads = given.get("pads", (0,) * 2 * rank)
    automatic = given.get("auto_pad", "NOTSET")
    if automatic in ("SAME_UPPER", "SAME_LOWER") and node.op_type != "ConvTranspose":
        pads = _same(shape[2:], kernel, strides, dilations, automatic == "SAME_UPPER")
    elif automatic == "VALID":
        pads = (0,) * 2 * rank
    elif automatic != "NOTSET" or given.get("output_shape"):
        return [node]
    made = {**given, "kernel_shape": tuple(kernel), "strides": strides, "dilations": dilations, "pads": tuple(pads)}
    made.pop("auto_pad", None)
    if node.op_type in ("MaxPool", "AveragePool"):
        rooms = [
            (n + begin + end - d * (k - 1) - 1) // s + 1
            for n, begin, end, k, s, d in zip(
                shape[2:], pads[:rank], pads[rank:], kernel, strides, dilations, strict=True
            )
        ]
        made["ceil_mode"] = int(bool(given.get("ceil_mode")) and tuple(rooms) != tuple(after[2:]))
        if node.op_type == "AveragePool":
            made["count_include_pad"] = int(bool(given.get("count_include_pad")) and any(pads))
            made.pop("dilations") if set(dilations) == {1} else None
    if node.op_type == "ConvTranspose":
        made.setdefault("output_padding", (0,) * rank)
    return [Plain(node.op_type, node.name, node.inputs, node.output, made)]


def _same(
    sizes: tuple[int, ...], kernel: tuple[int, ...], strides: tuple[int, ...], dilations: tuple[int, ...], upper: bool
) -> tuple[int, ...]:
    totals = [
        max(0, (-(-n // s) - 1) * s + d * (k - 1) + 1 - n)
        for n, k, s, d in zip(sizes, kernel, strides, dilations, strict=True)
    ]
    less = [total // 2 for total in totals]
    more = [total - total // 2 for total in totals]
    return (*less, *more) if upper else (*more, *less)


def _axis(node: Plain, nodes: Nodes) -> list[Plain]:
    """Counted from the first."""
    rank = len(nodes.shapes.get(node.inputs[0], ()))
    if rank:
        node.attributes["axis"] = node.attributes.get("axis", default(node.op_type, "axis") or 0) % rank
    return [node]


def _resize(node: Plain, nodes: Nodes) -> list[Plain]:
    """Enlarged by whole numbers, the nearest pixel is the same by its centre and by its corner."""
    before, after = nodes.shapes.get(node.inputs[0]), nodes.shapes.get(node.output)
    given = node.attributes
    if before is None or after is None or given.get("mode", "nearest") != "nearest":
        return [node]
    whole = all(large % small == 0 for small, large in zip(before, after, strict=True))
    centred = given.get("coordinate_transformation_mode", "half_pixel") == "half_pixel"
    rounded = given.get("nearest_mode", "round_prefer_floor") in ("round_prefer_floor", "round_prefer_ceil")
    if whole and centred and rounded:
        given |= {"coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor", "mode": "nearest"}
    return [node]


def _sum(node: Plain, nodes: Nodes) -> list[Plain]:
    """Two at a time, as it is written."""
    value, *rest = node.inputs
    made = []
    for number, other in enumerate(rest):
        last = number == len(rest) - 1
        output = node.output if last else f"{node.output}/sum_{number}"
        nodes.shapes.setdefault(output, nodes.shapes.get(node.output, ()))
        made.append(Plain("Add", node.name if last else f"{node.name}/{number}", [value, other], output, {}))
        value = output
    return made or [node]


def _pad(node: Plain, nodes: Nodes) -> list[Plain]:
    """With its axes named."""
    shape = nodes.shapes.get(node.inputs[0])
    sides = nodes.constants.get(node.inputs[1])
    if shape is None or sides is None or (len(node.inputs) > 3 and node.inputs[3]):
        return [node]
    rank = len(shape)
    axes = [axis for axis in range(rank) if sides[axis] or sides[rank + axis]] or [rank - 1]
    first = min(2 if axes[0] >= 2 else 1, rank - 1)
    named = list(range(first, rank)) if axes[0] >= 2 else axes
    fill = nodes.constants[node.inputs[2]] if len(node.inputs) > 2 and node.inputs[2] else np.float32(0)
    names = [f"{node.output}/{part}" for part in ("sides", "fill", "axes")]
    nodes.constants[names[0]] = np.array([*(sides[a] for a in named), *(sides[rank + a] for a in named)], np.int64)
    nodes.constants[names[1]] = np.asarray(fill, np.float32).reshape(())
    nodes.constants[names[2]] = np.array(named, np.int64)
    mode = node.attributes.get("mode", "constant")
    return [Plain("Pad", node.name, [node.inputs[0], *names], node.output, {"mode": mode})]


CHANGES: Mapping[str, Callable[[Plain, Nodes], list[Plain]]] = MappingProxyType(
    {
        "Reshape": _reshape,
        "Squeeze": _reshape,
        "Flatten": _reshape,
        "ReduceMean": _reduce_mean,
        "Gemm": _gemm,
        "MatMul": _matmul,
        "Conv": _window,
        "ConvTranspose": _window,
        "MaxPool": _window,
        "AveragePool": _window,
        "Sum": _sum,
        "Softmax": _axis,
        "LogSoftmax": _axis,
        "Concat": _axis,
        "Gather": _axis,
        "LayerNormalization": _axis,
        "Resize": _resize,
        "Pad": _pad,
    }
)
