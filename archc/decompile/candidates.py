"""Candidate layers for a node. A candidate counts only after its own lowering was matched against the file."""

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Any

from archc.decompile import candidates_reshape as reshapes
from archc.decompile import candidates_window as windows
from archc.decompile.inverse_lowerings import proposals
from archc.decompile.node_context import NodeContext, shortest, valid_op
from archc.decompile.nodes import MALFORMED
from archc.ops import Op


def candidates(around: NodeContext) -> Iterator[Op]:
    """The layers that may end in a node, without repeats, larger ones first. A malformed node has none."""
    seen: set[Op] = set()
    for guess in (proposals, *GUESSES.get(around.node.op_type, ())):
        try:
            for op in guess(around):
                if op not in seen:
                    seen.add(op)
                    yield op
        except MALFORMED:
            continue


def _layer(layer: str, **fields: Any) -> Callable[[NodeContext], Iterator[Op]]:
    return lambda around: valid_op(layer, **fields)


def _grouped_maxout(around: NodeContext) -> Iterator[Op]:
    """A maxout as ReduceMax over an axis that a Reshape made of the pieces."""
    shaped = around.producers.get(around.node.inputs[0])
    if shaped is None or shaped.op_type != "Reshape":
        return
    sizes = around.producers.get(shaped.inputs[1])
    name = sizes.inputs[0] if sizes is not None and sizes.op_type == "Concat" else shaped.inputs[1]
    groups = around.nodes.constants.get(name)
    if groups is not None and groups.size > 2:
        yield from valid_op("maxout", pieces=int(groups[2]))


def _adaptive(layer: str) -> Callable[[NodeContext], Iterator[Op]]:
    """A pool to a fixed output size that does not divide the input's."""
    return lambda around: valid_op(layer, output_size=around.output[1:])


def _maxout(around: NodeContext) -> Iterator[Op]:
    yield from valid_op("maxout", pieces=len(around.node.inputs))
    yield from valid_op("max")


def _rbf(around: NodeContext) -> Iterator[Op]:
    if len(around.output) == 1:
        yield from valid_op("rbf", classes=around.output[0])


def _add(around: NodeContext) -> Iterator[Op]:
    yield from windows.group_norm(around)
    yield from valid_op("position")
    yield from valid_op("scale")
    yield from valid_op("add")


def _mul(around: NodeContext) -> Iterator[Op]:
    yield from valid_op("layer_scale")
    yield from valid_op("scale", bias=False)
    scale = around.constant(1)
    if scale is not None and scale.size == 1:
        yield from valid_op("matmul", scale=shortest(float(scale.reshape(()))))
    yield from valid_op("mul")


GUESSES: Mapping[str, tuple[Callable[[NodeContext], Iterator[Op]], ...]] = MappingProxyType(
    {
        "Conv": (windows.conv,),
        "ConvTranspose": (windows.transposed,),
        "Gemm": (windows.fully_connected,),
        "MaxPool": (windows.maxpool,),
        "AveragePool": (windows.avgpool,),
        "GlobalMaxPool": (_layer("maxpool", kernel_size="global"),),
        "GlobalAveragePool": (_layer("avgpool", kernel_size="global"),),
        "BatchNormalization": (windows.norms,),
        "LRN": (windows.lrn,),
        "Div": (windows.wide_lrn,),
        "Flatten": (_layer("flatten"),),
        "Reshape": (reshapes.shuffle_by_reshapes,),
        "Transpose": (reshapes.transpose,),
        "DepthToSpace": (lambda around: valid_op("pixel_shuffle", factor=around.get("blocksize")),),
        "Gather": (reshapes.shuffle, lambda around: valid_op("upsample", output_size=around.output[1:])),
        "Slice": (reshapes.slice_,),
        "Resize": (reshapes.resize,),
        "Pad": (reshapes.pad,),
        "Concat": (reshapes.concat,),
        "Add": (_add,),
        "Mul": (_mul,),
        "Max": (_maxout,),
        "ReduceSum": (_rbf,),
        "Mean": (_layer("mean"),),
        "MatMul": (_adaptive("avgpool"), _layer("matmul")),
        "ReduceMax": (_adaptive("maxpool"), _grouped_maxout),
    }
)
