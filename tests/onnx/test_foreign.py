"""Files that torch.onnx wrote, of modules that archc did not: what the source computes is what the module does."""

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
import torch

import archc as library
from archc.analysis.cost import totals
from archc.backends.onnx.model import model
from archc.decompile.compare import compare
from archc.decompile.source import Decompiled, decompile
from archc.diagnostics import ArchError
from tests.onnx.foreign.modules import FOREIGN, made
from tests.onnx.running import session

TRACER = "ignore::torch.jit.TracerWarning"


def written(module: Any, given: tuple[torch.Tensor, ...], path: Path) -> Path:
    """By the older exporter, which needs PyTorch alone; a batch that is open."""
    names = [f"x{number}" for number in range(len(given))]
    axes = {name: {0: "n"} for name in names}
    torch.onnx.export(module, given, path, dynamo=False, input_names=names, dynamic_axes=axes)
    return path


def check(name: str, read: Decompiled) -> None:
    foreign = FOREIGN[name]
    module, given = made(name)
    with torch.no_grad():
        answer = module(*given)
    expected = [answer] if isinstance(answer, torch.Tensor) else list(answer)
    running = session(model(read.graph, read.state))
    found = running.run(None, {node.name: x.numpy() for node, x in zip(read.graph.inputs, given, strict=True)})
    shapes = [one.shape for one in found]
    for one in expected:  # the last value of a table is its first output
        mine = found[shapes.index(tuple(one.shape))]
        np.testing.assert_allclose(mine, one.numpy(), rtol=1e-4, atol=1e-5 * float(one.abs().max()))
    assert totals(read.graph).params == foreign.params
    assert foreign.said in read.text


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning", TRACER)
@pytest.mark.parametrize("name", FOREIGN)
def test_the_older_exporter(name: str, tmp_path: Path) -> None:
    check(name, decompile(written(*made(name), tmp_path / "net.onnx")))


@pytest.mark.parametrize("name", FOREIGN)
def test_the_newer_exporter(name: str) -> None:
    check(name, decompile(Path(__file__).parent / "foreign" / f"{name}.onnx"))


NETS = [  # with the most lines that the source may have: what was unrolled is folded again
    ("resnet18", 40),
    ("densenet121", 45),
    ("mobilenet_v2", 55),
]


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning", TRACER)
@pytest.mark.parametrize(("name", "lines"), NETS)
def test_networks(name: str, lines: int, tmp_path: Path) -> None:
    net = library.load(name, input=(64, 64))
    path = written(net.torch(seed=0).eval(), (torch.randn(2, 3, 64, 64),), tmp_path / "net.onnx")
    read = decompile(path)
    assert totals(read.graph).macs == net.macs
    assert compare(path, read) < 1e-5
    assert len(read.text.splitlines()) <= lines


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning", TRACER)
def test_what_no_layer_is_and_only_that(tmp_path: Path) -> None:
    """A recurrent layer is named; what comes after it is not held against the file."""

    class Recurrent(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.lstm, self.head = torch.nn.LSTM(8, 16, batch_first=True), torch.nn.Linear(16, 3)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            answer: torch.Tensor = self.head(self.lstm(x)[0].sin().mean(1))
            return answer

    path = written(Recurrent().eval(), (torch.randn(2, 5, 8),), tmp_path / "net.onnx")
    with pytest.raises(ArchError) as caught:
        decompile(path)
    told = [diagnostic.message for diagnostic in caught.value.diagnostics]
    assert any("no layer is LSTM of" in one for one in told)
    assert any("`/Sin`: no layer is Sin of 5x16" in one for one in told)
    assert not any("Gemm" in one or "a value" in one for one in told)


def test_a_batch_that_is_fixed(tmp_path: Path) -> None:
    node = onnx.helper.make_node("Reshape", ["x", "s"], ["r"])
    graph = onnx.helper.make_graph(
        [node, onnx.helper.make_node("Relu", ["r"], ["y"])],
        "net",
        [onnx.helper.make_tensor_value_info("x", onnx.TensorProto.FLOAT, [4, 6, 2, 2])],
        [onnx.helper.make_tensor_value_info("y", onnx.TensorProto.FLOAT, [4, 3, 8])],
        [onnx.numpy_helper.from_array(np.array([4, 3, 8]), "s")],
    )
    made_model = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 22)], ir_version=10)
    onnx.save(made_model, tmp_path / "net.onnx")
    read = decompile(tmp_path / "net.onnx")
    assert compare(tmp_path / "net.onnx", read) == 0
    assert "reshape 8x3 -> relu" in read.text
