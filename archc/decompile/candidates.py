"""Candidate layers for a node. A candidate counts only after its own lowering was matched against the file."""

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Any

from archc.decompile import candidates_reshape as reshapes
from archc.decompile import candidates_window as windows
from archc.decompile.inverse_lowerings import proposals
from archc.decompile.node_context import Around, made, short
from archc.decompile.nodes import MALFORMED
from archc.ops import Op


def candidates(around: Around) -> Iterator[Op]:
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


def _layer(layer: str, **fields: Any) -> Callable[[Around], Iterator[Op]]:
    return lambda around: made(layer, **fields)


def _grouped_maxout(around: Around) -> Iterator[Op]:
    """A maxout as ReduceMax over an axis that a Reshape made of the pieces."""
    shaped = around.producers.get(around.node.inputs[0])
    if shaped is None or shaped.op_type != "Reshape":
        return
    sizes = around.producers.get(shaped.inputs[1])
    name = sizes.inputs[0] if sizes is not None and sizes.op_type == "Concat" else shaped.inputs[1]
    groups = around.nodes.constants.get(name)
    if groups is not None and groups.size > 2:
        yield from made("maxout", pieces=int(groups[2]))


def _adaptive(layer: str) -> Callable[[Around], Iterator[Op]]:
    """A pool to a fixed output size that does not divide the input's."""
    return lambda around: made(layer, output_size=around.output[1:])


def _maxout(around: Around) -> Iterator[Op]:
    yield from made("maxout", pieces=len(around.node.inputs))
    yield from made("max")


def _rbf(around: Around) -> Iterator[Op]:
    if len(around.output) == 1:
        yield from made("rbf", classes=around.output[0])


def _add(around: Around) -> Iterator[Op]:
    yield from windows.group_norm(around)
    yield from made("position")
    yield from made("scale")
    yield from made("add")


def _mul(around: Around) -> Iterator[Op]:
    yield from made("layer_scale")
    yield from made("scale", bias=False)
    scale = around.constant(1)
    if scale is not None and scale.size == 1:
        yield from made("matmul", scale=short(float(scale.reshape(()))))
    yield from made("mul")


GUESSES: Mapping[str, tuple[Callable[[Around], Iterator[Op]], ...]] = MappingProxyType(
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
        "DepthToSpace": (lambda around: made("pixel_shuffle", factor=around.get("blocksize")),),
        "Gather": (reshapes.shuffle, lambda around: made("upsample", output_size=around.output[1:])),
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
