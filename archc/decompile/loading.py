"""An ONNX file that somebody else wrote, read without trusting it: its version, its sizes, where its data lies."""

import os
from collections.abc import Callable
from math import prod
from pathlib import Path, PurePosixPath
from typing import TypeVar

import onnx
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import DecodeError, Message
from onnx import ModelProto, TensorProto, external_data_helper

from archc.backends.onnx.model import OPSET
from archc.diagnostics import ArchError, Diagnostic

T = TypeVar("T")
LARGEST = 2**28
"""Numbers in one value, a gibibyte of them: a few bytes of a file can ask for any number."""
OLDEST = 7
"""Batch norm and dropout as they are now; what is older, nobody writes."""


def load(path: Path, sizes: tuple[int, ...] | None = None) -> ModelProto:
    """The model at archc's opset, its weights in it, a batch of one, open sizes being `sizes`. Raises ArchError."""
    if not path.is_file():
        raise failed(path, "is not there" if not path.exists() else "is not a file", code="no-file")
    model = _attempt(path, "is no ONNX file", lambda: onnx.load(path, load_external_data=False))
    if not _is_text(model):
        raise failed(path, "is no ONNX file: a name in it is no UTF-8 text")
    if not model.graph.node:
        raise failed(path, "is no ONNX file, or holds no nodes")
    for tensor in model.graph.initializer:
        if tensor.data_location == TensorProto.EXTERNAL:
            _check_place(path, tensor)
    _attempt(
        path,
        "has weights beside it that",
        lambda: external_data_helper.load_external_data_for_model(model, str(path.parent)),
    )
    version = next((one.version for one in model.opset_import if one.domain in ("", "ai.onnx")), 0)
    if version < OLDEST:
        raise failed(path, f"has opset {version}; archc reads {OLDEST} and later")
    foreign = sorted({node.domain for node in model.graph.node if node.domain not in ("", "ai.onnx")})
    if foreign:
        raise failed(
            path, f"has nodes of {', '.join(foreign)}, which are a runtime's own", "export it before optimising"
        )
    if version != OPSET:
        model = _attempt(
            path, f"is of opset {version} and", lambda: onnx.version_converter.convert_version(model, OPSET)
        )
    _attempt(path, "is not valid ONNX:", lambda: onnx.checker.check_model(model))
    _fix_sizes(model, sizes, path)
    model = _attempt(path, "has shapes that", lambda: onnx.shape_inference.infer_shapes(model, data_prop=True))
    for value in (*model.graph.input, *model.graph.value_info, *model.graph.output):
        if prod(dim.dim_value or 1 for dim in value.type.tensor_type.shape.dim) > LARGEST:
            raise failed(path, f"says of `{value.name}` that it holds more than {LARGEST:,} numbers")
    return model


def failed(path: Path, message: str, help: str | None = None, code: str = "bad-onnx") -> ArchError:
    """The error of a file as a whole."""
    return ArchError([Diagnostic(code, f"`{path.name}` {message}", help=help, file=str(path))])


def _attempt(path: Path, what: str, do: Callable[[], T]) -> T:
    """onnx raises many things at what is damaged."""
    try:
        return do()
    except (DecodeError, onnx.checker.ValidationError, onnx.shape_inference.InferenceError, OSError) as error:
        raise failed(path, f"{what} cannot be read: {_line(error)}") from None
    except (RuntimeError, ValueError, TypeError, KeyError, IndexError, MemoryError) as error:
        raise failed(path, f"{what} cannot be read: {_line(error)}") from None


def _is_text(message: Message) -> bool:
    """Whether all names are: what is no UTF-8 is given as bytes, which no reader of names expects."""
    for field, value in message.ListFields():
        values = value if field.is_repeated else [value]
        if field.type == FieldDescriptor.TYPE_STRING and not all(isinstance(one, str) for one in values):
            return False
        if field.type == FieldDescriptor.TYPE_MESSAGE and not all(map(_is_text, values)):
            return False
    return True


def _check_place(path: Path, tensor: TensorProto) -> None:
    """Weights lie in a plain file beside the model, reached by its name."""
    place = next((entry.value for entry in tensor.external_data if entry.key == "location"), "")
    parts = PurePosixPath(place.replace("\\", "/")).parts
    beside = path.parent / place
    wrong = ""
    if not place or "\0" in place or len(parts) != 1 or parts[0] in ("..", ".", "/"):
        wrong = "is not the name of a file beside it"
    elif beside.is_symlink() or not beside.is_file():
        wrong = "is no plain file beside it"
    elif os.stat(beside).st_nlink > 1:  # noqa: PTH116 - one call for both
        wrong = "is a hard link to a file that may be elsewhere"
    if wrong:
        raise failed(path, f"keeps `{tensor.name}` in `{place}`, which {wrong}", code="unsafe-weights")


def _fix_sizes(model: ModelProto, sizes: tuple[int, ...] | None, path: Path) -> None:
    """A batch of one, and a number for every size."""
    weights = {tensor.name for tensor in model.graph.initializer}
    for value in model.graph.input:
        if value.name in weights:
            continue
        dims = value.type.tensor_type.shape.dim
        if len(dims) < 2:
            what = "does not say what shape" if not dims else "has no batch and channels in"
            raise failed(path, f"{what} its input `{value.name}`{' has' if not dims else ''}")
        dims[0].dim_value = 1
        given = iter(sizes or ())
        for dim in dims[1:]:
            if not dim.HasField("dim_value") or dim.dim_value < 1:
                size = next(given, 0)
                if not size:
                    shown = "x".join(one.dim_param or str(one.dim_value or "?") for one in dims[1:])
                    raise failed(path, f"takes `{value.name}` of any size ({shown})", "say one: --input 224x224")
                dim.dim_value = size
    del model.graph.value_info[:]
    for output in model.graph.output:
        output.type.tensor_type.ClearField("shape")


def _line(error: BaseException) -> str:
    text = " ".join(str(error).split()) or type(error).__name__
    return text if len(text) <= 200 else f"{text[:199]}…"
