"""Candidates among layers that move, repeat or join values."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from archc.decompile.candidates_window import group_norm
from archc.decompile.node_context import NodeContext, padding, shortest, single, valid_op
from archc.ops import Op


def transpose(around: NodeContext) -> Iterator[Op]:
    """An attention that ends in this node, or a permute."""
    for reshape in around.before("Reshape"):
        target = around.nodes.constants.get(reshape.inputs[1])
        if target is not None and target.size == 4:
            for bias in (True, False):
                yield from valid_op("attention", heads=int(target[2]), bias=bias)
    order = around.get("perm", ())
    if order and order[0] == 0:
        yield from valid_op("permute", order=[axis - 1 for axis in order[1:]])


def shuffle(around: NodeContext) -> Iterator[Op]:
    order = around.constant(1)
    if order is not None and order.size > 1 and around.get("axis") == 1 and int(order[1]):
        yield from valid_op("channel_shuffle", groups=max(1, order.size // int(order[1])))


def shuffle_by_reshapes(around: NodeContext) -> Iterator[Op]:
    yield from group_norm(around)
    for turned in around.before("Transpose"):
        groups = around.nodes.shapes.get(turned.inputs[0], ())[1:2]
        if groups and turned.attributes.get("perm", ())[:3] == (0, 2, 1):
            yield from valid_op("channel_shuffle", groups=groups[0])
    yield from _reshape(around)


def _reshape(around: NodeContext) -> Iterator[Op]:
    output = around.output
    if len(output) == 2 and len(around.shape()) > 2:
        yield from valid_op("tokens")
    if output:
        yield from valid_op("reshape", dims=(*output[1:], output[0]))


def slice_(around: NodeContext) -> Iterator[Op]:
    starts, stops, axes = (around.constant(place) for place in (1, 2, 3))
    shape = around.shape()
    if starts is None or stops is None or axes is None or not shape:
        return
    if starts.size == 1:
        axis = int(axes[0]) - 1
        if not 0 <= axis < len(shape):
            return
        start, stop = int(starts[0]), int(stops[0])
        names = {1: ("length",), 2: ("height", "width"), 3: ("depth", "height", "width")}.get(len(shape) - 1, ())
        size = stop - start
        if axis == 0 and size and shape[0] % size == 0 and start % size == 0:
            yield from valid_op("split", parts=shape[0] // size, index=start // size)
        name = "channels" if axis == 0 else names[axis - 1]
        yield from valid_op("slice", start=start, stop=None if stop == shape[axis] else stop, axis=name)
    yield from valid_op("crop", size=around.output[1:])


def resize(around: NodeContext) -> Iterator[Op]:
    scales, rank = around.constant(2), len(around.shape()) - 1
    mode = {"nearest": "nearest", "cubic": "bicubic"}.get(
        around.get("mode", "nearest"), {1: "linear", 2: "bilinear", 3: "trilinear"}.get(rank, "bilinear")
    )
    corners = around.get("coordinate_transformation_mode", "half_pixel") == "align_corners"
    fields: dict[str, Any] = {"mode": mode, **({"align_corners": corners} if mode != "nearest" else {})}
    if scales is not None and scales.size == rank + 2:
        yield from valid_op("upsample", scale=single([shortest(float(scale)) for scale in scales[2:]]), **fields)
    else:
        yield from valid_op("upsample", output_size=single(around.output[1:]), **fields)


def pad(around: NodeContext) -> Iterator[Op]:
    sides, fill = around.constant(1), around.constant(2)
    mode = {"constant": "zero", "reflect": "reflect", "edge": "replicate"}.get(around.get("mode", "constant"))
    if sides is None or mode is None or len(sides) < 6:
        return
    begins, ends = np.split(sides, 2)
    if begins[1] or ends[1]:
        yield from valid_op("pad_channels", padding=(int(begins[1]), int(ends[1])))
    numbers = [*map(int, begins[2:]), *map(int, ends[2:])]
    yield from valid_op(
        "pad", padding=padding(numbers), mode=mode, value=shortest(float(fill)) if fill is not None else 0.0
    )


def concat(around: NodeContext) -> Iterator[Op]:
    yield from valid_op("class_token")
    axis, rank = around.get("axis", 1), len(around.shape())
    if axis == 1:
        yield from valid_op("concat")
    elif 2 <= axis <= rank:
        yield from valid_op("concat", axis={0: "width", 1: "height"}.get(rank - axis, "depth"))
