"""Reading an ONNX file of unknown origin: its version, sizes, types and external data are checked."""

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import onnx
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import DecodeError, Message
from onnx import ModelProto, TensorProto, external_data_helper, helper

from archc.backends.onnx.model import OPSET
from archc.decompile.graph_checks import OWN, graph_errors, node_label
from archc.decompile.learnt import stated_learnt
from archc.decompile.nodes import TRAINS
from archc.diagnostics import ArchError, Code, Diagnostic
from archc.serving.external_data import check_place, tensors
from archc.serving.runtime import line

T = TypeVar("T")
LARGEST = 2**28
"""The most numbers of one value, a gibibyte: a few bytes of a file can ask for any number."""
WRONG_SHAPES = "has shapes that do not fit"
OLDEST = 7
"""The first opset with batch norm and dropout as they are now."""


def load(path: Path, sizes: tuple[int, ...] | None = None) -> tuple[ModelProto, dict[str, bool]]:
    """The model at archc's opset, with its weights and every size, and which constants the file says are learnt.

    An open batch becomes 1, other open sizes are taken from `sizes`. Raises ArchError.
    """
    if not path.is_file():
        raise failed(path, "is not there" if not path.exists() else "is not a file", code=Code.NO_FILE)
    model = attempt(path, "is no ONNX file", lambda: onnx.load(path, load_external_data=False))
    if not _is_text(model):
        raise failed(path, "is no ONNX file: a name in it is no UTF-8 text")
    if not model.graph.node:
        raise failed(path, "is no ONNX file, or holds no nodes")
    _check_tensors(path, model)
    attempt(
        path,
        "has weights beside it that cannot be read",
        lambda: external_data_helper.load_external_data_for_model(model, str(path.parent)),
    )
    version = _version(path, model)
    _check_sound(path, model, version)
    learnt = stated_learnt(model)  # converting it to another opset loses this
    if version != OPSET:
        model = attempt(
            path,
            f"cannot be brought from opset {version} to {OPSET}",
            lambda: onnx.version_converter.convert_version(model, OPSET),
        )
    model = _with_output_shapes(path, model)
    attempt(path, "is not valid ONNX", lambda: onnx.checker.check_model(model))
    _fix_sizes(model, sizes, path)
    inferred = attempt(path, WRONG_SHAPES, lambda: onnx.shape_inference.infer_shapes(model, data_prop=True))
    return inferred, learnt


def _with_output_shapes(path: Path, model: ModelProto) -> ModelProto:
    """The model with output shapes, which ONNX's checker needs. Raises ArchError if they cannot be inferred."""
    given = {value.name: value for value in model.graph.input}
    for value in model.graph.output:
        if value.name in given:
            value.type.CopyFrom(given[value.name].type)
    if any(not value.type.tensor_type.HasField("shape") for value in model.graph.output):
        model = attempt(path, WRONG_SHAPES, lambda: onnx.shape_inference.infer_shapes(model))
    if any(not value.type.tensor_type.HasField("shape") for value in model.graph.output):
        attempt(path, WRONG_SHAPES, lambda: onnx.shape_inference.infer_shapes(model, strict_mode=True))
    return model


def _is_text(message: Message) -> bool:
    """Whether all strings of a message are UTF-8; protobuf gives others as bytes."""
    for field, value in message.ListFields():
        values = value if field.is_repeated else [value]
        if field.type == FieldDescriptor.TYPE_STRING and not all(isinstance(one, str) for one in values):
            return False
        if field.type == FieldDescriptor.TYPE_MESSAGE and not all(map(_is_text, values)):
            return False
    return True


def _check_tensors(path: Path, model: ModelProto) -> None:
    """Raises ArchError for external data outside the folder, and for unknown element types."""
    known = {TensorProto.UNDEFINED, *helper.get_all_tensor_dtypes()}
    for tensor in tensors(model):
        check_place(path, tensor)
        if tensor.data_type not in known:
            raise failed(path, f"has `{tensor.name}` of a type that ONNX does not know ({tensor.data_type})")
    if model.graph.sparse_initializer:
        raise failed(path, "keeps weights as sparse tensors", "write them out before importing it")


def _check_sound(path: Path, model: ModelProto, version: int) -> None:
    """Raises ArchError for all graph errors, and for old norms in training mode, which the converter cannot read."""
    found = list(graph_errors(model, version))
    if found:
        raise ArchError([one for message in found for one in failed(path, message).diagnostics])
    trains = [
        node for node in model.graph.node if node.op_type == "BatchNormalization" and sum(map(bool, node.output)) > 1
    ]
    if trains and version < 14:
        message = f"`{node_label(trains[0])}`: {TRAINS.format(kind='BatchNormalization')}"
        raise ArchError([Diagnostic(Code.NO_LAYER, message, file=str(path))])


def _version(path: Path, model: ModelProto) -> int:
    """The opset. Raises ArchError if archc does not read it."""
    newest = onnx.defs.onnx_opset_version()
    version = next((one.version for one in model.opset_import if one.domain in OWN), 0)
    if not OLDEST <= version <= newest:
        raise failed(path, f"has opset {version}; archc reads {OLDEST} to {newest} with onnx {onnx.__version__}")
    if model.ir_version > onnx.IR_VERSION:
        raise failed(path, f"is of IR version {model.ir_version}, and onnx {onnx.__version__} reads {onnx.IR_VERSION}")
    foreign = sorted({node.domain for node in model.graph.node if node.domain not in OWN})
    if set(foreign) & {function.domain for function in model.functions}:
        raise failed(path, f"has nodes that are functions of {', '.join(foreign)}", "inline them: onnx.inliner")
    if foreign:
        help = "export it before optimising"
        raise failed(path, f"has nodes of {', '.join(foreign)}, which are a runtime's own", help)
    return version


def failed(path: Path, message: str, help: str | None = None, code: Code = Code.BAD_ONNX) -> ArchError:
    """The error of a file as a whole."""
    return ArchError([Diagnostic(code, f"`{path.name}` {message}", help=help, file=str(path))])


def attempt(path: Path, what: str, do: Callable[[], T]) -> T:
    """The result of a function of onnx. Raises ArchError for the exceptions that onnx raises for damaged files."""
    try:
        return do()
    except (DecodeError, onnx.checker.ValidationError, onnx.shape_inference.InferenceError, OSError) as error:
        raise failed(path, f"{what}: {line(error)}") from None
    except (RuntimeError, ValueError, TypeError, LookupError, ArithmeticError, MemoryError) as error:
        raise failed(path, f"{what}: {line(error)}") from None


def _fix_sizes(model: ModelProto, sizes: tuple[int, ...] | None, path: Path) -> None:
    """Set an open batch to 1 and other open sizes to `sizes`. Raises ArchError."""
    weights = {tensor.name for tensor in model.graph.initializer}
    for value in model.graph.input:
        if value.name in weights:
            continue
        kind = value.type.tensor_type.elem_type
        if kind not in (TensorProto.FLOAT, TensorProto.UNDEFINED):
            said = helper.tensor_dtype_to_np_dtype(kind).name
            raise failed(path, f"takes {said} as `{value.name}`, and the layers of a table work on float32")
        dims = value.type.tensor_type.shape.dim
        if len(dims) < 2:
            what = "does not say what shape" if not dims else "has no batch and channels in"
            raise failed(path, f"{what} its input `{value.name}`{' has' if not dims else ''}")
        if not dims[0].HasField("dim_value") or dims[0].dim_value < 1:
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
