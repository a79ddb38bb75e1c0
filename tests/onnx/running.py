"""One layer as an ONNX file through ONNX Runtime, and the same through PyTorch."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import onnx
import onnxruntime
import torch
from torch import Tensor

from archc.backends.onnx.model import Model, model
from archc.backends.onnx.save import LARGEST, file_parts, with_data_beside
from archc.diagnostics import Source, Span
from archc.files import write_parts
from archc.graph import Graph, Node, Output, Region
from archc.ops import OPS, Op, Shape
from tests.torch.lowered import run as run_in_torch

SPAN = Span(Source("<test>", "layer"), 0, 5)


def graph_of(op: Op, inputs: Sequence[Shape]) -> Graph:
    """A net of this layer alone."""
    shapes = tuple(inputs)
    nodes = [Node(f"x{i}", OPS["input"].of({"shape": s}), (), (), s, SPAN) for i, s in enumerate(shapes)]
    names = tuple(node.name for node in nodes)
    nodes.append(Node("layer", op, names, shapes, op.output(shapes), SPAN))
    return Graph("layer", Region(tuple(nodes)), (Output("y", "layer"),))


def model_of(op: Op, inputs: Sequence[Shape], state: Mapping[str, Tensor]) -> Model:
    """The model of this layer alone. state: its tensors, by their own names."""
    return model(graph_of(op, inputs), {f"layer.{name}": value.numpy() for name, value in state.items()})


def session(made: Model) -> Any:
    """Valid by ONNX's full check, shapes inferred equal to those written, and loaded; from files beyond 2 GiB."""
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    options.intra_op_num_threads = 1
    if sum(array.nbytes for array in made.weights.values()) > LARGEST:
        with TemporaryDirectory() as folder:
            return _loaded(made, Path(folder) / "net.onnx", options)
    content = made.whole().SerializeToString()
    onnx.checker.check_model(content, full_check=True)
    return onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])


def _loaded(made: Model, path: Path, options: onnxruntime.SessionOptions) -> Any:
    lean, data = with_data_beside(made, "net.data")
    write_parts(path.with_name("net.data"), data)
    write_parts(path, file_parts(lean))
    onnx.checker.check_model(str(path), full_check=True)
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def run(op: Op, xs: Sequence[Tensor], state: Mapping[str, Tensor]) -> Tensor:
    """What ONNX Runtime makes of the layer."""
    running = session(model_of(op, [tuple(x.shape[1:]) for x in xs], state))
    (found,) = running.run(None, {f"x{number}": x.numpy() for number, x in enumerate(xs)})
    return torch.from_numpy(found)


def state_of(op: Op, inputs: Sequence[Shape]) -> dict[str, Tensor]:
    """Random tensors for a layer."""
    made = {}
    for tensor in op.parameters(tuple(inputs)):
        value = torch.randn(tensor.shape)
        made[tensor.name] = value.abs() + 0.5 if tensor.name == "running_var" else value
        if tensor.name == "num_batches_tracked":
            made[tensor.name] = torch.tensor(1)
    return made


def agree(layer: str, fields: Mapping[str, Any], *shapes: Shape, batch: int = 2, places: float = 1e-5) -> None:
    """Both give the same shape and values."""
    op = OPS[layer].of(fields)
    output = op.output(shapes)
    torch.manual_seed(0)
    xs = [3 * torch.randn(batch, *shape) for shape in shapes]  # some beyond 6, where relu6 ends
    state = state_of(op, shapes)
    with torch.no_grad():
        expected = run_in_torch(op, xs, output, state)
    found = run(op, xs, state)
    assert tuple(found.shape) == (batch, *output), (layer, fields, shapes)
    torch.testing.assert_close(
        found,
        expected,
        rtol=places,
        atol=places * max(1.0, float(expected.abs().max())),
        msg=f"{layer} {fields} {shapes}",
    )
