"""The weights of an ONNX file: in the file, or in plain files beside it and nowhere else."""

# ruff: noqa: PLC0415  (onnx is imported for files that name others)

from __future__ import annotations

import mmap
import os
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from archc.diagnostics import ArchError, Code, Diagnostic

if TYPE_CHECKING:
    from onnx import GraphProto, ModelProto, NodeProto, TensorProto

KEY = b"location"
"""The key of the entry that names a data file: if the bytes do not contain it, no file is named."""


def check_places(path: Path) -> None:
    """Raises ArchError if a model names a data file outside its folder. To be called before a runtime opens it."""
    if not _names_others(path):
        return
    import onnx
    from google.protobuf.message import DecodeError

    try:
        model = onnx.load(path, load_external_data=False)
    except (DecodeError, OSError, ValueError):
        return  # the runtime says what is wrong with it
    for tensor in tensors(model):
        check_place(path, tensor)


def check_place(path: Path, tensor: TensorProto) -> None:
    """Raises ArchError unless a tensor is in the model, or in a plain file in its folder."""
    if not tensor.external_data and tensor.data_location != tensor.EXTERNAL:
        return
    for place in [entry.value for entry in tensor.external_data if entry.key == KEY.decode()] or [""]:
        wrong = _wrong(path, place)
        if wrong:
            message = f"`{path.name}` keeps `{tensor.name}` in `{place}`, which {wrong}"
            raise ArchError([Diagnostic(Code.UNSAFE_WEIGHTS, message, file=str(path))])


def _wrong(path: Path, place: str) -> str:
    parts = PurePosixPath(place.replace("\\", "/")).parts
    if not place or "\0" in place or len(parts) != 1 or parts[0] in ("..", ".", "/"):
        return "is not the name of a file beside it"
    beside = path.parent / place
    if beside.is_symlink() or not beside.is_file():
        return "is no plain file beside it"
    if os.stat(beside).st_nlink > 1:  # noqa: PTH116 - one call for both
        return "is a hard link to a file that may be elsewhere"
    return ""


def tensors(model: ModelProto) -> Iterator[TensorProto]:
    """All tensors of a file: of the graph, its nodes, subgraphs and functions."""
    yield from _of_graph(model.graph)
    for function in model.functions:
        for node in function.node:
            yield from _of_node(node)


def _of_graph(graph: GraphProto) -> Iterator[TensorProto]:
    yield from graph.initializer
    for sparse in graph.sparse_initializer:
        yield from (sparse.values, sparse.indices)
    for node in graph.node:
        yield from _of_node(node)


def _of_node(node: NodeProto) -> Iterator[TensorProto]:
    for attribute in node.attribute:
        yield from (attribute.t, *attribute.tensors)
        for sparse in (attribute.sparse_tensor, *attribute.sparse_tensors):
            yield from (sparse.values, sparse.indices)
        for graph in (attribute.g, *attribute.graphs):
            yield from _of_graph(graph)


def _names_others(path: Path) -> bool:
    with path.open("rb") as file:
        try:
            with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
                return content.find(KEY) >= 0
        except ValueError:  # it is empty
            return False
