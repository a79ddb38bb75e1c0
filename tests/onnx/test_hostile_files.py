"""ONNX files that were made to harm: one line each, exit 1, nothing read from elsewhere and nothing written."""

import os
import warnings
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from archc.decompile.compare import compare
from archc.decompile.source import decompile
from archc.diagnostics import ArchError
from archc.serving.benchmark import measure
from archc.serving.runtime import session
from tests.cli.running import archc

IMAGE = (1, 3, 8, 8)
KERNEL = (4, 3, 3, 3)


def node(op_type: str, *inputs: str, to: str = "y", **attributes: Any) -> Any:
    return helper.make_node(op_type, list(inputs), [to], **attributes)


def save(
    path: Path, nodes: Sequence[Any], weights: Sequence[Any] = (), shape: Sequence[int] = IMAGE, opset: int = 22
) -> Any:
    given = helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)
    output = helper.make_tensor_value_info("y", TensorProto.FLOAT, ["n", "c", "h", "w"])
    graph = helper.make_graph(list(nodes), "net", [given], [output], list(weights))
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=10)
    path.write_bytes(made.SerializeToString())
    return made


def array(name: str, *values: float, kind: Any = np.int64) -> Any:
    return numpy_helper.from_array(np.array(values, kind), name)


CONV = node("Conv", "x", "k")
ONE = array("v", 1, kind=np.float32)
MANY = array("s", 10**6, 10**5)
FILES: dict[str, tuple[list[Any], list[Any], str]] = {
    "dims without data": ([CONV], [TensorProto(name="k", data_type=1, dims=[10**9] * 2, raw_data=b"0" * 4)], ""),
    "too little data": ([CONV], [TensorProto(name="k", data_type=1, dims=KERNEL, raw_data=b"0" * 4)], ""),
    "negative": ([CONV], [TensorProto(name="k", data_type=1, dims=[-4, 3, 3, 3], raw_data=b"0" * 432)], ""),
    "no type": ([CONV], [TensorProto(name="k", data_type=99, dims=KERNEL, raw_data=b"0" * 432)], "does not know (99)"),
    "a fill": ([node("ConstantOfShape", "s", to="c"), node("Add", "x", "c")], [MANY], "are the most"),
    "a spread": ([node("Expand", "v", "s", to="c"), node("Add", "x", "c")], [MANY, ONE], "are the most"),
    "a smaller fill": ([node("ConstantOfShape", "s", to="c"), node("Add", "x", "c")], [array("s", 2**27)], "too many"),
    "tiles": ([node("Tile", "v", "s", to="c"), node("Add", "x", "c")], [array("s", 10**11), ONE], "are the most"),
    "a huge map": ([node("Resize", "x", "", "s")], [array("s", 1, 1, 1e6, 1e6, kind=np.float32)], "are the most"),
    "a wild slice": ([node("Slice", "x", "a", "b", "c")], [array("a", 5), array("b", 2**62), array("c", 77)], "Slice"),
    "division": ([node("Div", "a", "b", to="c"), node("Add", "x", "c")], [array("a", 5), array("b", 0)], ""),
    "a circle": ([node("Add", "x", "b", to="a"), node("Relu", "a", to="b"), node("Relu", "b")], [], "before it"),
    "twice": ([node("Relu", "x"), node("Relu", "x")], [], "twice"),
    "from nowhere": ([node("Add", "x", "nowhere")], [], "nowhere"),
    "no such node": ([node("Frobnicate", "x")], [], "Frobnicate"),
    "a runtime's own": ([node("FusedConv", "x", domain="com.microsoft")], [], "which are a runtime's own"),
    "no stride": ([node("Conv", "x", "k", strides=[0, 0])], [array("k", kind=np.float32)], ""),
    "no window": ([node("MaxPool", "x", kernel_shape=[0, 0])], [], "MaxPool"),
    "no axis": ([node("Concat", "x", "x", axis=9)], [], ""),
    "no numbers": ([CONV], [numpy_helper.from_array(np.full(KERNEL, np.nan, np.float32), "k")], "gives NaN"),
    "nothing": ([node("Dropout", "x")], [], "has no layer"),
}  # fmt: skip


@pytest.mark.parametrize("name", FILES)
def test_import(name: str, tmp_path: Path) -> None:
    nodes, weights, said = FILES[name]
    save(tmp_path / "net.onnx", nodes, weights)
    with warnings.catch_warnings(action="error"), pytest.raises(ArchError) as caught:
        compare(tmp_path / "net.onnx", decompile(tmp_path / "net.onnx"))
    assert any(said in diagnostic.message for diagnostic in caught.value.diagnostics)


def test_what_was_there_stays(tmp_path: Path) -> None:
    save(tmp_path / "net.onnx", [node("Sin", "x", name="a\x1b[31m\nerror: b")])
    (tmp_path / "net.arch").write_text("mine")
    ran = archc("import", "net.onnx", "-o", "net.arch", "--force", cwd=tmp_path)
    assert ran.code == 1
    assert "no layer is Sin of 3x8x8" in ran.err
    assert "\x1b" not in ran.err
    assert (tmp_path / "net.arch").read_text() == "mine"
    assert sorted(one.name for one in tmp_path.iterdir()) == ["net.arch", "net.onnx"]


@pytest.mark.parametrize(("opset", "said"), [(5, "has opset 5; archc reads 7 to "), (99, "has opset 99; ")])
def test_opsets(opset: int, said: str, tmp_path: Path) -> None:
    save(tmp_path / "net.onnx", [node("Relu", "x")], opset=opset)
    with pytest.raises(ArchError, match=said):
        decompile(tmp_path / "net.onnx")


def test_an_input_beyond_memory(tmp_path: Path) -> None:
    save(tmp_path / "net.onnx", [node("Relu", "x")], shape=(1, 3, 10**7, 10**7))
    with pytest.raises(ArchError, match="268,435,456 are the most"):
        decompile(tmp_path / "net.onnx")
    with pytest.raises(ArchError, match="268,435,456 values being the most"):
        list(measure(tmp_path / "net.onnx", [1], [1], 0.01))


def test_other_types_are_not_taken_for_floats(tmp_path: Path) -> None:
    made = save(tmp_path / "net.onnx", [node("Add", "x", "x")])
    for value in (*made.graph.input, *made.graph.output):
        value.type.tensor_type.elem_type = TensorProto.INT8
    onnx.save(made, tmp_path / "net.onnx")
    with pytest.raises(ArchError, match="takes int8 as `x`"):
        decompile(tmp_path / "net.onnx")


def test_a_long_net_is_read(tmp_path: Path) -> None:
    """The time is of the length and not of its square."""
    names = ["x", *(f"v{number}" for number in range(4_999)), "y"]
    save(tmp_path / "net.onnx", [node("Relu", a, to=b) for a, b in pairwise(names)])
    assert "relu x 5000" in decompile(tmp_path / "net.onnx").text


PLACES = ["../secret.data", "{folder}/secret.data", "link.data", "hard.data"]
COMMANDS = [
    ("import", "net.onnx"),
    ("bench", "net.onnx"),
    ("predict", "net.onnx", "a.png"),
    ("eval", "net.onnx", "set"),
]


def reaching_out(folder: Path, place: str, inside: bool) -> None:
    """net.onnx in a folder of its own; inside: the weight stands in a node."""
    (folder.parent / "secret.data").write_bytes(b"\1" * 432)
    folder.mkdir()
    (folder / "link.data").symlink_to(folder.parent / "secret.data")
    os.link(folder.parent / "secret.data", folder / "hard.data")
    tensor = TensorProto(name="k", data_type=1, dims=KERNEL, data_location=TensorProto.EXTERNAL)
    tensor.external_data.add(key="location", value=place.format(folder=folder.parent))
    constant = helper.make_node("Constant", [], ["k"])
    constant.attribute.add(name="value", type=onnx.AttributeProto.TENSOR, t=tensor)
    save(folder / "net.onnx", [constant, CONV] if inside else [CONV], [] if inside else [tensor])


@pytest.mark.parametrize("inside", [False, True])
@pytest.mark.parametrize("place", PLACES)
def test_what_lies_elsewhere_is_not_read(place: str, inside: bool, tmp_path: Path) -> None:
    """Whatever the runtime does: in 1.22 it follows all of these, and hard links in 1.31 too."""
    reaching_out(tmp_path / "in", place, inside)
    for opened in (decompile, session):
        with pytest.raises(ArchError) as caught:
            opened(tmp_path / "in" / "net.onnx")
        assert caught.value.diagnostics[0].code == "unsafe-weights"


def test_no_command_reads_it(tmp_path: Path) -> None:
    reaching_out(tmp_path / "in", "hard.data", inside=False)
    for command in COMMANDS:
        ran = archc(*command, cwd=tmp_path / "in")
        assert ran.code == 1, command
        assert "error[unsafe-weights]: `net.onnx` keeps `k` in `hard.data`" in ran.err, command
