"""Candidates among convolutions, pools, products and norms."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from archc.decompile.node_context import NodeContext, padding, shortest, single, valid_op
from archc.ops import Op

LARGEST_TABLE, MOST_SEEN = 4096, 0.95
"""The most pairs of channels in a connection table, and the largest share of them that are connected."""


def _sliding(around: NodeContext) -> dict[str, Any]:
    return {
        "kernel_size": tuple(around.get("kernel_shape", (1,))),
        "stride": single(around.get("strides", (1,))),
        "padding": padding(around.get("pads", (0, 0))),
    }


def conv(around: NodeContext) -> Iterator[Op]:
    weight = around.constant(1)
    if weight is None or not around.shape() or weight.ndim < 3 or not weight.size:
        return
    groups, out_channels = around.get("group", 1), weight.shape[0]
    fields = {
        **_sliding(around),
        "dilation": single(around.get("dilations", (1,))),
        "bias": len(around.node.inputs) > 2,
    }
    if groups > 1 and groups == around.shape()[0] == out_channels:
        yield from valid_op("dwconv", **fields)
    seen = weight.reshape(*weight.shape[:2], -1).any(2)
    if (
        groups == 1 and seen.size <= LARGEST_TABLE and seen.mean() < MOST_SEEN and seen.any(1).all()
    ):  # a table of connections, written out with zeros
        table = [np.flatnonzero(row).tolist() for row in seen]
        yield from valid_op("conv", **fields, out_channels=out_channels, connections=table)
    yield from valid_op("conv", **fields, out_channels=out_channels, groups=groups)


def transposed(around: NodeContext) -> Iterator[Op]:
    weight = around.constant(1)
    if weight is None:
        return
    pads, extra = around.get("pads", (0, 0)), around.get("output_padding", (0,))
    half = len(pads) // 2
    begins, ends = pads[:half], pads[half:]
    if any(begin < end for begin, end in zip(begins, ends, strict=True)):
        return
    more = tuple(
        e + begin - end for e, begin, end in zip(extra * (half if len(extra) == 1 else 1), begins, ends, strict=False)
    )
    yield from valid_op(
        "tconv",
        **{**_sliding(around), "padding": single(begins)},
        dilation=single(around.get("dilations", (1,))),
        output_padding=single(more or (0,)),
        groups=around.get("group", 1),
        out_channels=weight.shape[1] * around.get("group", 1),
        bias=len(around.node.inputs) > 2,
    )


def fully_connected(around: NodeContext) -> Iterator[Op]:
    weight = around.constant(1)
    if weight is not None:
        yield from valid_op("fc", out_features=weight.shape[0], bias=len(around.node.inputs) > 2)


def maxpool(around: NodeContext) -> Iterator[Op]:
    fields = {**_sliding(around), "dilation": single(around.get("dilations", (1,)))}
    yield from valid_op("maxpool", **fields, ceil_mode=bool(around.get("ceil_mode")))


def avgpool(around: NodeContext) -> Iterator[Op]:
    include = bool(around.get("count_include_pad")) or not any(around.get("pads", ()))
    yield from valid_op(
        "avgpool", **_sliding(around), ceil_mode=bool(around.get("ceil_mode")), count_include_pad=include
    )


def norms(around: NodeContext) -> Iterator[Op]:
    momentum = shortest(1 - shortest(around.get("momentum", 0.9)))
    for affine in (True, False):
        yield from valid_op("bn", eps=shortest(around.get("epsilon", 1e-5)), momentum=momentum, affine=affine)


def group_norm(around: NodeContext) -> Iterator[Op]:
    for norm in around.before("InstanceNormalization"):
        weight = around.nodes.constants.get(norm.inputs[1])
        for affine in (True, False):
            if weight is not None:
                yield from valid_op(
                    "gn", groups=weight.size, eps=shortest(norm.attributes.get("epsilon", 1e-5)), affine=affine
                )


def lrn(around: NodeContext) -> Iterator[Op]:
    yield from valid_op(
        "lrn",
        size=around.get("size"),
        alpha=shortest(around.get("alpha", 1e-4)),
        beta=shortest(around.get("beta", 0.75)),
        k=shortest(around.get("bias", 1.0)),
    )


def wide_lrn(around: NodeContext) -> Iterator[Op]:
    """An LRN written with a pool, for sizes and ranks that ONNX's LRN does not have."""
    numbers: dict[str, float] = {}
    for op_type, name in (("Pow", "beta"), ("Add", "k"), ("Mul", "alpha")):
        for node in around.before(op_type):
            value = around.nodes.constants.get(node.inputs[1])
            if value is not None and value.size == 1:
                numbers.setdefault(name, float(value.reshape(())))
    for pool in around.before("AveragePool"):
        size = pool.attributes.get("kernel_shape", (0,))[0]
        yield from valid_op("lrn", size=size, **{name: shortest(value) for name, value in numbers.items()})
