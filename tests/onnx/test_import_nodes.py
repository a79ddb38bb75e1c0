"""Nodes that ONNX can write and archc's own files do not have: read as what ONNX Runtime computes, or named."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from onnx import ModelProto, TensorProto, helper, numpy_helper

from archc.decompile.compare import compare
from archc.decompile.source import decompile
from archc.diagnostics import ArchError
from archc.serving.runtime import line
from tests.cli.running import archc
from tests.onnx.agreeing import imported

RANDOM = np.random.default_rng(0)
Weights = dict[str, Any]


def reals(*shape: int) -> Any:
    return RANDOM.standard_normal(shape, np.float32)


def node(op_type: str, *inputs: str, to: str = "y", **attributes: Any) -> Any:
    return helper.make_node(op_type, list(inputs), to.split(), **attributes)


def saved(
    path: Path,
    nodes: list[Any],
    weights: Weights,
    outputs: tuple[str, ...] = ("y",),
    opset: int = 22,
    writer: str = "",
    shape: tuple[Any, ...] = ("n", 3, 8, 8),
) -> Path:
    graph = helper.make_graph(
        nodes,
        "graph",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in outputs],
        [numpy_helper.from_array(np.asarray(array), name) for name, array in weights.items()],
    )
    opsets = [helper.make_opsetid("", opset)]
    made: ModelProto = helper.make_model(graph, opset_imports=opsets, ir_version=10, producer_name=writer)
    path.write_bytes(made.SerializeToString())
    return path


POOL: dict[str, Any] = {"kernel_shape": [3, 3], "strides": [2, 2], "pads": [1] * 4, "ceil_mode": 1}
UP = {"s": np.array([1, 1, 2, 2], np.float32)}
CHANNELS = {"w": reals(3), "b": reals(3)}


def layer_norm(axis: int) -> list[Any]:
    """A layer norm over an axis and those after it, of a map with the channels last."""
    return [
        node("Transpose", "x", to="t", perm=[0, 2, 3, 1]),
        node("LayerNormalization", "t", "w", "b", to="n", axis=axis),
        node("Transpose", "n", perm=[0, 3, 1, 2]),
    ]


READ: dict[str, tuple[list[Any], Weights, int, str]] = {
    "a mean rounded up": ([node("AveragePool", "x", **POOL)], {}, 22, "avgpool 3x3/2, pad=1, ceil=yes, count"),
    "that counts its border": (
        [node("AveragePool", "x", **POOL, count_include_pad=1)], {}, 22, "avgpool 3x3/2, pad=1, ceil=yes\n"),
    "of an opset before": (
        [node("AveragePool", "x", **POOL, count_include_pad=1)], {}, 11, "avgpool 3x3/2, pad=1, ceil=yes\n"),
    "of 5 by 5": (
        [node("AveragePool", "x", kernel_shape=[5, 5], strides=[3, 3], pads=[2] * 4, ceil_mode=1, count_include_pad=1)],
        {}, 22, "avgpool 5x5/3, pad=2, ceil=yes\n"),
    "the greatest rounded up": ([node("MaxPool", "x", **POOL)], {}, 22, "maxpool 3x3/2, pad=1, ceil=yes"),
    "a border at the end of a tconv": (
        [node("ConvTranspose", "x", "k", strides=[2, 2], pads=[0, 0, 1, 1])], {"k": reals(3, 4, 3, 3)}, 22,
        "tconv 3x3/2, 4, bias=no\n  crop 16x16"),
    "one at the beginning": (
        [node("ConvTranspose", "x", "k", strides=[2, 2], pads=[3, 2, 0, 0])], {"k": reals(3, 4, 5, 5)}, 22,
        "slice 3, axis=height\n  slice 2, axis=width"),
    "one of each": (
        [node("ConvTranspose", "x", "k", "b", strides=[2, 2], pads=[0, 1, 3, 0])],
        {"k": reals(3, 4, 5, 5), "b": reals(4)}, 22, "pad=(0, 1), output_padding=(0, 1)\n  slice 0, 16, axis=height"),
    "a tconv that keeps the size": (
        [node("ConvTranspose", "x", "k", strides=[2, 2], auto_pad="SAME_LOWER")], {"k": reals(3, 4, 4, 3)}, 22,
        "pad=1, output_padding=(0, 1)"),
    "from 0 to infinity": (
        [node("Clip", "x", "a", "b")], {"a": np.float32(0), "b": np.float32(np.inf)}, 22, "relu\n"),
    "from 0 to the greatest number": (
        [node("Clip", "x", "a", "b")], {"a": np.float32(0), "b": np.finfo(np.float32).max}, 22, "relu\n"),
    "from 0": ([node("Clip", "x", "a")], {"a": np.float32(0)}, 22, "relu\n"),
    "the greater of 0": ([node("Max", "a", "x")], {"a": np.float32(0)}, 22, "relu\n"),
    "an old upsample of the nearest": ([node("Upsample", "x", "s", mode="nearest")], UP, 9, "upsample 2\n"),
    "slopes by channel": ([node("PRelu", "x", "s")], {"s": reals(3, 1, 1)}, 22, "prelu shared=no"),
    "a negative": ([node("Neg", "x")], {}, 22, "rescale -1\n"),
    "a third in float32": (
        [node("LeakyRelu", "x", alpha=float(np.float32(1 / 3)))], {}, 22, "leaky_relu 0.333333333333"),
    "the number before two thirds": (
        [node("LeakyRelu", "x", alpha=float(np.nextafter(np.float32(2 / 3), np.float32(0))))], {}, 22, "0.6666666\n"),
    "a norm over the channels": (layer_norm(-1), CHANNELS, 22, "ln channels\n"),
    "counted from the first axis": (layer_norm(3), CHANNELS, 22, "ln channels\n"),
    "numbers in a row": (
        [node("Div", "x", "a", to="p"), node("Sub", "p", "b", to="q"), node("Mul", "q", "b", to="r"),
         node("Add", "r", "a")],
        {"a": np.float32(4), "b": np.float32(2)}, 22, "rescale 0.5\n"),
}  # fmt: skip


@pytest.mark.parametrize("name", READ)
def test_it_is_read(name: str, tmp_path: Path) -> None:
    nodes, weights, opset, said = READ[name]
    assert said in imported(saved(tmp_path / "net.onnx", nodes, weights, opset=opset)).text


ONES = {"a": np.ones(3, np.float32)}
TRAINS = {"r": np.float32(0.5), "t": np.array(True)}
CONV = node("Conv", "x", "k", to="c")
KERNEL = {"k": reals(8, 3, 1, 1)}
NAMED: dict[str, tuple[list[Any], Weights, int, str]] = {
    "dropout that trains": ([node("Dropout", "x", "r", "t", to="d"), node("Relu", "d")], TRAINS, 22,
                            "`d`: Dropout is in training mode"),
    "a norm that trains": ([node("BatchNormalization", "x", *"aaaa", to="y m v", training_mode=1)], ONES, 22,
                           "`y`: BatchNormalization is in training mode"),
    "an old norm that trains": ([node("BatchNormalization", "x", *"aaaa", to="y m v p q")], ONES, 9,
                                "`y`: BatchNormalization is in training mode"),
    "an old upsample between corners": ([node("Upsample", "x", "s", mode="linear")], UP, 9,
                                        "`y`: no layer does what it does; `upsample 2, mode=bilinear` is the nearest"),
    "a resize of opset 10": ([node("Resize", "x", "s", mode="linear")], UP, 10, "`y`: no layer does what it does"),
    "slopes by column": ([CONV, node("PRelu", "c", "s")], {**KERNEL, "s": reals(8)}, 22, "one for each channel"),
    "slopes by place": ([node("PRelu", "x", "s")], {"s": reals(3, 8, 8)}, 22, "`y`: no layer is PRelu"),
    "factors by column": ([CONV, node("Mul", "c", "s")], {**KERNEL, "s": reals(8)}, 22, "no layer is Mul of 8x8x8"),
    "sums by row": ([CONV, node("Add", "c", "s")], {**KERNEL, "s": reals(8, 1)}, 22, "no layer is Add of 8x8x8"),
    "bounds of another layer": ([node("Clip", "x", "a", "b")], {"a": np.float32(-1), "b": np.float32(1)}, 22, "Clip"),
    "a norm over columns and channels": (layer_norm(2), CHANNELS, 22, "no layer is LayerNormalization of 8x8x3"),
    "over all, by channel": (layer_norm(-3), CHANNELS, 22, "no layer is LayerNormalization of 8x8x3"),
    "no factor": ([node("Div", "x", "a")], {"a": np.zeros((3, 1, 1), np.float32)}, 22, "no layer is Div"),
}  # fmt: skip


@pytest.mark.parametrize("name", NAMED)
def test_it_is_named(name: str, tmp_path: Path) -> None:
    nodes, weights, opset, said = NAMED[name]
    path = saved(tmp_path / "net.onnx", nodes, weights, opset=opset)
    with pytest.raises(ArchError) as caught:
        compare(path, decompile(path))
    told = [diagnostic.message for diagnostic in caught.value.diagnostics]
    assert any(said in one for one in told), told
    assert not any("computes something else than its source" in one for one in told)


UNSOUND: dict[str, tuple[list[Any], tuple[str, ...], str]] = {
    "an output twice": ([node("Relu", "x")], ("y", "y"), "has the output `y` twice"),
    "an output from nowhere": ([node("Relu", "x")], ("q",), "an output `q` that no node gives"),
    "an input from nowhere": ([node("Add", "x", "q")], ("y",), "reads `q` in `y`, which nothing gives before it"),
    "an input from later": ([node("Relu", "q"), node("Selu", "x", to="q")], ("y",), "reads `q` in `y`"),
    "a value twice": ([node("Relu", "x"), node("Selu", "x")], ("y",), "gives `y` twice"),
    "a node of no opset": ([node("Frobnicate", "x")], ("y",), "a Frobnicate, which opset 22 of ONNX does not have"),
    "sizes that differ": (
        [node("MaxPool", "x", to="a", kernel_shape=[2, 2]), node("Concat", "x", "a", axis=1)], ("y",), "do not fit"),
    "an attribute of another": ([node("Relu", "x", alpha=2.0)], ("y",), "attribute"),
}  # fmt: skip


@pytest.mark.parametrize("name", UNSOUND)
def test_what_does_not_hang_together(name: str, tmp_path: Path) -> None:
    """In words of archc's own: no place in the sources of onnx or ONNX Runtime reaches the user."""
    nodes, outputs, said = UNSOUND[name]
    ran = archc("import", saved(tmp_path / "net.onnx", nodes, {}, outputs))
    assert ran.code == 1
    assert said in ran.err
    assert not any(part in ran.err for part in (".cc", ".h:", ".cpp", "onnxruntime", "Traceback"))


OUTPUTS: dict[str, tuple[list[Any], tuple[str, ...]]] = {
    "the first is read by the second": ([node("Relu", "x", to="a"), node("Selu", "a", to="b")], ("a", "b")),
    "of one shape": (
        [node("Relu", "x", to="r"), node("Selu", "r", to="a"), node("Elu", "r", to="b"), node("Sigmoid", "r", to="c")],
        ("b", "c", "a")),
    "one value under two names": ([node("Relu", "x", to="a"), node("Identity", "a", to="b")], ("a", "b")),
    "what flows in": ([node("Relu", "x", to="a")], ("x", "a")),
    "what flows in, last": ([node("Relu", "x", to="a")], ("a", "x")),
}  # fmt: skip


@pytest.mark.parametrize("name", OUTPUTS)
def test_outputs_keep_their_order(name: str, tmp_path: Path) -> None:
    nodes, outputs = OUTPUTS[name]
    assert imported(saved(tmp_path / "net.onnx", nodes, {}, outputs)).outputs == outputs


def test_what_three_layers_share(tmp_path: Path) -> None:
    """Each set of layers with the numbers that it shares."""
    nodes = [
        node("Conv", "x", "k", "b", to="a", pads=[1] * 4),
        node("Relu", "a", to="r"),
        node("Conv", "r", "k", "b", to="c", pads=[1] * 4),
        node("Conv", "c", "k", pads=[1] * 4),
    ]
    read = imported(saved(tmp_path / "net.onnx", nodes, {"k": reals(3, 3, 3, 3), "b": reals(3)}))
    told = [note.message for note in read.notes]
    assert (
        "3 layers (`conv1`, `conv2`, `conv3`) share `k`: the file holds 81 numbers once, the source has 243" in told[0]
    )
    assert "2 layers (`conv1`, `conv2`) share `b`: the file holds 3 numbers once, the source has 6" in told[1]


SAID = {  # as onnx and ONNX Runtime say it, and what a user reads
    "/project/onnx/version_converter/adapters/norm_13_14.h:18: adapt_norm_13_14: Assertion `a < 4` failed: Norm": (
        "Assertion `a < 4` failed: Norm"
    ),
    "[ONNXRuntimeError] : 1 : FAIL : Load model from a.onnx failed:/src/core/graph/model.cc:181 "
    "onnxruntime::Model::Model(onnx::ModelProto&&, const PathString&) Unsupported model IR version: 99": (
        "Load model from a.onnx Unsupported model IR version: 99"
    ),
    "Status Message: /src/tensor/reshape_helper.h:47 onnxruntime::Reshape::Reshape(const onnxruntime::Shape&, bool) "
    "input_shape_size == size was false.": "Status Message: input_shape_size == size was false.",
    "[ShapeInferenceError] (op_type:Relu): Input 0 is out of bounds.": "(op_type:Relu): Input 0 is out of bounds.",
    "": "ValueError",
}


@pytest.mark.parametrize("message", SAID)
def test_places_in_the_sources_of_others(message: str) -> None:
    assert line(ValueError(message)) == SAID[message]
