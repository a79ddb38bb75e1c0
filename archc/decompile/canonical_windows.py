"""The canonical form of windows, padding and resizes."""

from collections.abc import Sequence
from math import ceil, floor

import numpy as np

from archc.backends.onnx.lowered import Array
from archc.decompile.nodes import Nodes, OnnxNode

Sizes = tuple[int, ...]


def window(node: OnnxNode, nodes: Nodes) -> list[OnnxNode]:
    """A window with explicit pads; ceil_mode and count_include_pad only if they change the result."""
    shape = nodes.shapes.get(node.inputs[0])
    after = nodes.shapes.get(node.output)
    if shape is None or after is None:
        return [node]
    rank = len(shape) - 2
    given = node.attributes
    kernel = given.get("kernel_shape") or nodes.constants[node.inputs[1]].shape[2:]
    strides, dilations = given.get("strides", (1,) * rank), given.get("dilations", (1,) * rank)
    if min(*strides, *dilations, *kernel, 1) < 1:
        return [node]
    pads = given.get("pads", (0,) * 2 * rank)
    automatic = given.get("auto_pad", "NOTSET")
    if node.op_type == "ConvTranspose" and (automatic.startswith("SAME") or given.get("output_shape")):
        return _cut(_transposed(node, shape, after, kernel), shape, after, nodes)
    if automatic in ("SAME_UPPER", "SAME_LOWER"):
        pads = _same(shape[2:], kernel, strides, dilations, automatic == "SAME_UPPER")
    elif automatic == "VALID":
        pads = (0,) * 2 * rank
    made = {**given, "kernel_shape": tuple(kernel), "strides": strides, "dilations": dilations, "pads": tuple(pads)}
    made.pop("auto_pad", None)
    changed = OnnxNode(node.op_type, node.name, node.inputs, node.output, made)
    if node.op_type in ("MaxPool", "AveragePool"):
        rooms = [
            (n + begin + end - d * (k - 1) - 1) // s + 1
            for n, begin, end, k, s, d in zip(
                shape[2:], pads[:rank], pads[rank:], kernel, strides, dilations, strict=True
            )
        ]
        made["ceil_mode"] = int(bool(given.get("ceil_mode")) and tuple(rooms) != tuple(after[2:]))
        made.pop("storage_order", None)  # of the places of the greatest values, which nobody reads
        return _pool(changed, nodes, rank)
    if node.op_type == "ConvTranspose":
        made.setdefault("output_padding", (0,) * rank)
        return _cut(changed, shape, after, nodes)
    return [changed]


def _pool(node: OnnxNode, nodes: Nodes, rank: int) -> list[OnnxNode]:
    """Padding that counts in the mean as a Pad before the pool, if a pool cannot have it: uneven, or too wide."""
    made, average = node.attributes, node.op_type == "AveragePool"
    pads = made["pads"]
    counts = average and bool(made.get("count_include_pad")) and any(pads)
    if average:
        made["count_include_pad"] = int(counts)
        if set(made["dilations"]) == {1}:
            made.pop("dilations")
    wide = any(2 * side > kernel for side, kernel in zip(pads, made["kernel_shape"] * 2, strict=True))
    if made["ceil_mode"] or not counts or not (wide or pads[:rank] != pads[rank:]):
        return [node]
    before, shape = f"{node.output}/bordered", nodes.shapes[node.inputs[0]]
    grown = (n + begin + end for n, begin, end in zip(shape[2:], pads[:rank], pads[rank:], strict=True))
    nodes.shapes[before] = (*shape[:2], *grown)
    sides = (0, 0, *pads[:rank], 0, 0, *pads[rank:])
    border = _border(f"{node.name}/border", node.inputs[0], before, sides, 0.0, "constant", nodes)
    inner = {**made, "pads": (0,) * 2 * rank, "count_include_pad": 0}
    return [border, OnnxNode(node.op_type, node.name, [before], node.output, inner)]


def _cut(node: OnnxNode, shape: Sizes, after: Sizes, nodes: Nodes) -> list[OnnxNode]:
    """A transposed convolution whose pads differ by more than output_padding allows, with a slice after it."""
    given = node.attributes
    rank = len(shape) - 2
    pads, extra = given["pads"], given["output_padding"]
    begins, ends = list(pads[:rank]), list(pads[rank:])
    cuts = []
    for axis, (begin, end) in enumerate(zip(begins, ends, strict=True)):
        steps = max(given["strides"][axis], given["dilations"][axis])
        if begin < end or extra[axis] + begin - end >= steps:
            begins[axis] = ends[axis] = min(begin, end)
            cuts.append(axis)
    more = [e + begin - end for e, begin, end in zip(extra, begins, ends, strict=True)]
    if all(e < stride for e, stride in zip(more, given["strides"], strict=True)):
        given = {**given, "output_padding": tuple(more)}
        ends = begins
    if not cuts or min(*begins, *ends) < 0:
        return [OnnxNode(node.op_type, node.name, node.inputs, node.output, {**given, "pads": (*begins, *ends)})]
    starts = [begin - least for begin, least in zip(pads[:rank], begins, strict=True)]
    grown = [pads[axis] + pads[axis + rank] - 2 * begins[axis] if axis in cuts else 0 for axis in range(rank)]
    sizes = [size + beyond for size, beyond in zip(after[2:], grown, strict=True)]
    whole = f"{node.output}/whole"
    nodes.shapes[whole] = (*after[:2], *sizes)
    made = [OnnxNode(node.op_type, f"{node.name}/whole", node.inputs, whole, {**given, "pads": (*begins, *ends)})]
    if all(start == (size - kept) // 2 for start, size, kept in zip(starts, sizes, after[2:], strict=True)):
        stops = [start + kept for start, kept in zip(starts, after[2:], strict=True)]
        made.append(_slice(node, whole, node.output, (starts, stops, [axis + 2 for axis in range(rank)]), nodes))
        return made
    source = whole
    for axis in cuts:
        output = node.output if axis == cuts[-1] else f"{node.output}/cut_{axis}"
        sizes[axis] = after[axis + 2]
        nodes.shapes[output] = (*after[:2], *sizes)
        ranges = ([starts[axis]], [starts[axis] + after[axis + 2]], [axis + 2], [1])
        made.append(_slice(node, source, output, ranges, nodes))
        source = output
    return made


def _slice(node: OnnxNode, source: str, output: str, ranges: Sequence[Sequence[int]], nodes: Nodes) -> OnnxNode:
    names = [f"{output}/range_{number}" for number in range(len(ranges))]
    nodes.constants.update(zip(names, (np.array(one, np.int64) for one in ranges), strict=True))
    return OnnxNode("Slice", node.name, [source, *names], output, {})


def _transposed(node: OnnxNode, shape: Sizes, after: Sizes, kernel: Sequence[int]) -> OnnxNode:
    """A transposed convolution with the pads that follow from its output size."""
    given = node.attributes
    rank = len(shape) - 2
    strides, dilations = given.get("strides", (1,) * rank), given.get("dilations", (1,) * rank)
    extra = given.get("output_padding", (0,) * rank)
    totals = [
        s * (n - 1) + e + d * (k - 1) + 1 - m
        for n, m, k, s, d, e in zip(shape[2:], after[2:], kernel, strides, dilations, extra, strict=True)
    ]
    more = given.get("auto_pad") != "SAME_UPPER"
    begins = [max(0, total - total // 2 if more else total // 2) for total in totals]
    ends = [max(0, total) - begin for total, begin in zip(totals, begins, strict=True)]
    wider = tuple(e - min(0, total) for e, total in zip(extra, totals, strict=True))
    made = {**given, "kernel_shape": tuple(kernel), "strides": strides, "dilations": dilations}
    made |= {"pads": (*begins, *ends), "output_padding": wider}
    made.pop("auto_pad", None)
    made.pop("output_shape", None)
    return OnnxNode(node.op_type, node.name, node.inputs, node.output, made)


def _same(
    sizes: Sequence[int], kernel: Sequence[int], strides: Sequence[int], dilations: Sequence[int], upper: bool
) -> Sizes:
    totals = [
        max(0, (-(-n // s) - 1) * s + d * (k - 1) + 1 - n)
        for n, k, s, d in zip(sizes, kernel, strides, dilations, strict=True)
    ]
    less = [total // 2 for total in totals]
    more = [total - total // 2 for total in totals]
    return (*less, *more) if upper else (*more, *less)


def pad(node: OnnxNode, nodes: Nodes) -> list[OnnxNode]:
    """A Pad with pads for every axis."""
    shape = nodes.shapes.get(node.inputs[0])
    sides = nodes.constants.get(node.inputs[1])
    if shape is None or sides is None:
        return [node]
    rank = len(shape)
    axes = nodes.constants.get(node.inputs[3]) if len(node.inputs) > 3 and node.inputs[3] else np.arange(rank)
    fill = nodes.constants.get(node.inputs[2]) if len(node.inputs) > 2 and node.inputs[2] else np.float32(0)
    if axes is None or fill is None or sides.size != 2 * axes.size or np.size(fill) != 1:
        return [node]
    whole = np.zeros(2 * rank, np.int64)
    places = axes % rank
    whole[places], whole[places + rank] = sides[: axes.size], sides[axes.size :]
    value, mode = float(np.reshape(fill, ())), node.attributes.get("mode", "constant")
    return [_border(node.name, node.inputs[0], node.output, whole.tolist(), value, mode, nodes)]


def _border(
    name: str, source: str, output: str, sides: Sequence[int], fill: float, mode: str, nodes: Nodes
) -> OnnxNode:
    names = [f"{output}/{part}" for part in ("sides", "fill", "axes")]
    nodes.constants[names[0]] = np.array(sides, np.int64)
    nodes.constants[names[1]] = np.array(fill, np.float32)
    nodes.constants[names[2]] = np.arange(len(sides) // 2)
    return OnnxNode("Pad", name, [source, *names], output, {"mode": mode})


RELEVANT = {"nearest_mode": "nearest", "cubic_coeff_a": "cubic", "exclude_outside": "cubic"}
"""Attributes of a Resize that have an effect in one mode alone."""


def resize(node: OnnxNode, nodes: Nodes) -> list[OnnxNode]:
    """A Resize by scales if it has them or enlarges by whole numbers, else to sizes."""
    before, after = nodes.shapes.get(node.inputs[0]), nodes.shapes.get(node.output)
    given = node.attributes
    place = given.get("coordinate_transformation_mode", "half_pixel")
    if before is None or after is None or before[:2] != after[:2] or place == "tf_crop_and_resize":
        return [node]
    scales = _scales(node, nodes, len(before))
    if scales is None or given.get("keep_aspect_ratio_policy", "stretch") != "stretch":
        return [node]
    mode = given.get("mode", "nearest")
    made = {key: value for key, value in given.items() if RELEVANT.get(key, mode) == mode}
    for name in ("extrapolation_value", "keep_aspect_ratio_policy", "axes"):
        made.pop(name, None)
    enlarged = list(zip(before[2:], after[2:], scales[2:], strict=True))
    centred = place == "pytorch_half_pixel" and all(m > 1 for m in after[2:])
    exact = place == "half_pixel_symmetric" and all(round(n * s) == n * s for n, _, s in enlarged)
    if centred or exact:
        made["coordinate_transformation_mode"] = "half_pixel"
    if mode == "nearest" and all(_as_floor(n, m, s, place, given.get("nearest_mode", "")) for n, m, s in enlarged):
        made |= {"coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor", "mode": "nearest"}
    said = len(node.inputs) > 2 and bool(node.inputs[2]) and nodes.constants[node.inputs[2]].size > 0
    if said or all(m % n == 0 for n, m, _ in enlarged):
        nodes.constants[f"{node.output}/scales"] = np.array(scales, np.float32)
        inputs = [node.inputs[0], "", f"{node.output}/scales"]
    else:
        nodes.constants[f"{node.output}/sizes"] = np.array(after[2:], np.int64)
        inputs = [node.inputs[0], "", "", f"{node.output}/sizes"]
        made["axes"] = tuple(range(2, len(after)))
    return [OnnxNode("Resize", node.name, inputs, node.output, made)]


def _scales(node: OnnxNode, nodes: Nodes, rank: int) -> list[float] | None:
    """The scale of every axis; None if they are not known."""
    axes = [axis % rank for axis in node.attributes.get("axes", range(rank))]
    before = nodes.shapes[node.inputs[0]]
    told: list[Array | None] = [nodes.constants.get(name) if name else None for name in node.inputs[2:4]]
    factors, sizes = (*told, None, None)[:2]
    if factors is not None and factors.size == len(axes):
        each = dict(zip(axes, map(float, factors), strict=True))
    elif sizes is not None and sizes.size == len(axes):
        each = {axis: int(size) / before[axis] for axis, size in zip(axes, sizes, strict=True)}
    else:
        return None
    return [each.get(axis, 1.0) for axis in range(rank)]


def _as_floor(n: int, m: int, scale: float, place: str, rounding: str) -> bool:
    """Whether output i of m reads input ⌊i/scale⌋ of n, as in PyTorch."""
    rounds = {"floor": floor, "ceil": ceil, "round_prefer_ceil": lambda at: floor(at + 0.5)}
    nearest = rounds.get(rounding, lambda at: ceil(at - 0.5))
    for number in range(m):
        if place == "align_corners":
            at = number * (n - 1) / (m - 1) if m > 1 else 0.0
        else:
            at = number / scale if place == "asymmetric" else (number + 0.5) / scale - 0.5
        if min(max(nearest(at), 0), n - 1) != min(floor(number / scale + 1e-9), n - 1):
            return False
    return True
