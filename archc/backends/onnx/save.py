"""A model as a file. Weights are written from memory without a copy, since they take most of an export's time."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from onnx import ModelProto, StringStringEntryProto, TensorProto

from archc.backends.onnx.lowered import Array
from archc.backends.onnx.model import Model
from archc.files import Part

LARGEST = 2**31 - 2**24
"""The most bytes of weights in one file: a protobuf message is below 2 GiB, and names and nodes need some of it."""
ALIGNMENT = 4096
"""The alignment of weights in a separate file: a page, so that they can be memory-mapped."""

# Field numbers of onnx.proto, which never change, and the wire type "so many bytes follow".
GRAPH, INITIALIZER, RAW_DATA = 7, 5, 9
BYTES_FOLLOW = 2


def file_parts(model: Model) -> Iterator[Part]:
    """The parts of the file in order: everything but the graph, the graph without weights, and each weight."""
    head = ModelProto()
    head.CopyFrom(model.proto)
    head.ClearField("graph")
    graph = model.proto.graph.SerializeToString(deterministic=True)
    heads = {name: _head(name, array) for name, array in model.weights.items()}
    sizes = {name: len(heads[name]) + array.nbytes for name, array in model.weights.items()}
    total = len(graph) + sum(len(_field(INITIALIZER, size)) + size for size in sizes.values())
    yield head.SerializeToString(deterministic=True)
    yield _field(GRAPH, total)
    yield graph
    for name, array in model.weights.items():
        yield _field(INITIALIZER, sizes[name])
        yield heads[name]
        yield _raw(array)


def with_data_beside(model: Model, data: str) -> tuple[Model, list[Part]]:
    """The model with its weights in a separate file `data` beside it, and the parts of that file."""
    if data != Path(data).name or data in ("", ".", ".."):
        raise ValueError(f"`{data}` is not the name of a file beside the model")
    proto = ModelProto()
    proto.CopyFrom(model.proto)
    content: list[Part] = []
    offset = 0
    for name, array in model.weights.items():
        gap = -offset % ALIGNMENT
        content += [bytes(gap), _raw(array)]
        offset += gap
        tensor = proto.graph.initializer.add(name=name, data_type=_type(array), dims=array.shape)
        tensor.data_location = TensorProto.EXTERNAL
        entries = {"location": data, "offset": str(offset), "length": str(array.nbytes)}
        tensor.external_data.extend(StringStringEntryProto(key=key, value=value) for key, value in entries.items())
        offset += array.nbytes
    return Model(proto, {}), content


def _head(name: str, array: Array) -> bytes:
    """The encoded tensor up to its values."""
    tensor = TensorProto(name=name, data_type=_type(array), dims=array.shape)
    head: bytes = tensor.SerializeToString(deterministic=True)
    return head + _field(RAW_DATA, array.nbytes)


def _type(array: Array) -> TensorProto.DataType:
    return TensorProto.FLOAT16 if array.dtype == np.float16 else TensorProto.FLOAT


def _raw(array: Array) -> memoryview:
    """The values as little-endian bytes, as the format requires."""
    return array.astype(array.dtype.newbyteorder("<"), copy=False).reshape(-1).view(np.uint8).data


def _field(number: int, size: int) -> bytes:
    return _varint(number << 3 | BYTES_FOLLOW) + _varint(size)


def _varint(value: int) -> bytes:
    """Protobuf's varint: seven bits per byte, the lowest first; the eighth bit marks that more follow."""
    encoded = bytearray()
    while value >= 0x80:
        encoded.append(value & 0x7F | 0x80)
        value >>= 7
    encoded.append(value)
    return bytes(encoded)
