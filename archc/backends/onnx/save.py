"""A model as a file. Weights go from memory to the file as they lie there, which is most of an export's time."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from onnx import ModelProto, StringStringEntryProto, TensorProto

from archc.backends.onnx.lowered import Array
from archc.backends.onnx.model import Model
from archc.files import Part

LARGEST = 2**31 - 2**24
"""What protobuf holds in one message is below 2 GiB; the rest is for names and nodes."""
ALIGNMENT = 4096
"""Of weights in a file of their own: pages, so that they can be mapped."""

# Field numbers of onnx.proto, which never change, and the wire type "so many bytes follow".
GRAPH, INITIALIZER, RAW_DATA = 7, 5, 9
BYTES_FOLLOW = 2


def parts(model: Model) -> Iterator[Part]:
    """The file, a part after the other: all but the graph, the graph without weights, and each weight in it."""
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
    """A model whose weights are in a file of that name beside it, and the parts of that file."""
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
    """A tensor up to its bytes."""
    tensor = TensorProto(name=name, data_type=_type(array), dims=array.shape)
    head: bytes = tensor.SerializeToString(deterministic=True)
    return head + _field(RAW_DATA, array.nbytes)


def _type(array: Array) -> TensorProto.DataType:
    return TensorProto.FLOAT16 if array.dtype == np.float16 else TensorProto.FLOAT


def _raw(array: Array) -> memoryview:
    """Little-endian, as the format has it."""
    return array.astype(array.dtype.newbyteorder("<"), copy=False).reshape(-1).view(np.uint8).data


def _field(number: int, size: int) -> bytes:
    return _varint(number << 3 | BYTES_FOLLOW) + _varint(size)


def _varint(value: int) -> bytes:
    """Seven bits a byte, the lowest first; the eighth says that more follow."""
    encoded = bytearray()
    while value >= 0x80:
        encoded.append(value & 0x7F | 0x80)
        value >>= 7
    encoded.append(value)
    return bytes(encoded)
