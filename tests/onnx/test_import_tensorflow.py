"""Graphs as tf2onnx writes them: transposes around what works on maps, names of variables, folded constants. They come
as nets of images."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from archc.analysis.cost import totals
from tests.onnx.agreeing import imported
from tests.onnx.test_import_nodes import Weights, node, reals, saved


def tf(name: str) -> str:
    return f"StatefulPartitionedCall/model/{name}/ReadVariableOp:0"


IN: dict[str, Any] = {"perm": [0, 3, 1, 2]}
OUT: dict[str, Any] = {"perm": [0, 2, 3, 1]}
TF: dict[str, tuple[list[Any], Weights, tuple[Any, ...], int, str]] = {
    "a classifier": (
        [
            node("Mul", "x", "StatefulPartitionedCall/model/rescaling/mul/y:0", to="m"),
            node("Sub", "m", "StatefulPartitionedCall/model/rescaling/sub/y:0", to="s"),
            node("Transpose", "s", to="t", **IN),
            node("Conv", "t", tf("conv2d/Conv2D"), tf("conv2d/BiasAdd"), to="c", auto_pad="SAME_UPPER", strides=[2, 2]),
            node("Relu", "c", to="r"),
            node("MaxPool", "r", to="p", kernel_shape=[2, 2], strides=[2, 2]),
            node("Transpose", "p", to="u", **OUT),
            node("Reshape", "u", "const_fold_opt__11", to="f"),
            node("MatMul", "f", tf("dense/MatMul"), to="d"),
            node("Add", "d", tf("dense/BiasAdd"), to="e"),
            node("Softmax", "e", axis=-1),
        ],
        {
            "StatefulPartitionedCall/model/rescaling/mul/y:0": np.float32(1 / 127.5),
            "StatefulPartitionedCall/model/rescaling/sub/y:0": np.float32(1),
            tf("conv2d/Conv2D"): reals(4, 3, 3, 3), tf("conv2d/BiasAdd"): reals(4),
            "const_fold_opt__11": np.array([-1, 16], np.int64),
            tf("dense/MatMul"): reals(16, 5), tf("dense/BiasAdd"): reals(5),
        },
        ("n", 8, 8, 3), 112 + 85, "input 8x8x3\n  rescale 0.007843138, offset=-1\n  conv 3x3/2, 4, pad=(0, 1, 0, 1)"),
    "a map again": (
        [
            node("Pad", "x", "pads", to="z"),
            node("Transpose", "z", to="t", **IN),
            node("Conv", "t", tf("a/Conv2D"), to="c", kernel_shape=[3, 3]),
            node("Transpose", "c", to="u", **OUT),
            node("Add", "u", tf("a/BiasAdd"), to="b"),
            node("Clip", "b", "low", "high", to="q"),
            node("Concat", "q", "x", to="v", axis=-1),
            node("Transpose", "v", to="w", **IN),
            node("Conv", "w", tf("b/Conv2D"), to="o", kernel_shape=[1, 1]),
            node("Transpose", "o", to="y", **OUT),
        ],
        {
            "pads": np.array([0, 1, 1, 0, 0, 1, 1, 0], np.int64), tf("a/Conv2D"): reals(4, 3, 3, 3),
            tf("a/BiasAdd"): reals(4), "low": np.float32(0), "high": np.float32(6), tf("b/Conv2D"): reals(2, 7, 1, 1),
        },
        ("n", 8, 8, 3), 112 + 14, "pad 1 -> conv 3x3, 4 -> relu6"),
    "squeeze and excitation": (
        [
            node("Transpose", "x", to="t", **IN),
            node("Conv", "t", tf("a/Conv2D"), tf("a/BiasAdd"), to="c", kernel_shape=[1, 1]),
            node("GlobalAveragePool", "c", to="g"),
            node("Squeeze", "g", "axes", to="s"),
            node("MatMul", "s", tf("fc/MatMul"), to="d"),
            node("Sigmoid", "d", to="e"),
            node("Reshape", "e", "new_shape__7", to="h"),
            node("Transpose", "c", to="u", **OUT),
            node("Mul", "u", "h", to="m"),
            node("ReduceMean", "m", "places", to="y", keepdims=0),
        ],
        {
            tf("a/Conv2D"): reals(4, 3, 1, 1), tf("a/BiasAdd"): reals(4), "axes": np.array([2, 3], np.int64),
            tf("fc/MatMul"): reals(4, 4), "new_shape__7": np.array([-1, 1, 1, 4], np.int64),
            "places": np.array([1, 2], np.int64),
        },
        ("n", 8, 8, 3), 16 + 16, "mul {"),
    "a signal": (
        [
            node("Transpose", "x", to="t", perm=[0, 2, 1]),
            node("Conv", "t", tf("a/Conv1D"), tf("a/BiasAdd"), to="c", kernel_shape=[3]),
            node("Transpose", "c", to="y", perm=[0, 2, 1]),
        ],
        {tf("a/Conv1D"): reals(4, 3, 3), tf("a/BiasAdd"): reals(4)}, ("n", 16, 3), 40, "input 16x3\n  conv 3, 4\n"),
    "a volume": (
        [
            node("Transpose", "x", to="t", perm=[0, 4, 1, 2, 3]),
            node("Conv", "t", tf("a/Conv3D"), tf("a/BiasAdd"), to="c", kernel_shape=[3, 3, 3]),
            node("Relu", "c", to="r"),
            node("Transpose", "r", to="y", perm=[0, 2, 3, 4, 1]),
        ],
        {tf("a/Conv3D"): reals(4, 2, 3, 3, 3), tf("a/BiasAdd"): reals(4)}, ("n", 4, 5, 6, 2), 220,
        "input 4x5x6x2\n  conv 3x3x3, 4 -> relu"),
}  # fmt: skip


@pytest.mark.parametrize("name", TF)
def test_channels_last_as_tensorflow_has_them(name: str, tmp_path: Path) -> None:
    nodes, weights, shape, params, said = TF[name]
    path = saved(tmp_path / "net.onnx", nodes, weights, writer="tf2onnx", shape=shape, opset=18)
    read = imported(path)
    assert totals(read.graph).params == params
    assert said in read.text
    assert "permute" not in read.text
    assert "channels-last" in [note.code for note in read.notes]


def test_a_net_that_turns_its_input_for_another_reason_keeps_its_permute(tmp_path: Path) -> None:
    """Only where all that is read of an input is turned are its last values channels."""
    nodes = [
        node("Transpose", "x", to="t", **IN),
        node("Conv", "t", "k", to="c", kernel_shape=[1, 1]),
        node("GlobalAveragePool", "c", to="g"),
        node("Conv", "x", "q", to="d", kernel_shape=[1, 1]),
        node("GlobalAveragePool", "d", to="h"),
        node("Add", "g", "h"),
    ]
    weights = {"k": reals(4, 8, 1, 1), "q": reals(4, 3, 1, 1)}
    assert "permute" in imported(saved(tmp_path / "net.onnx", nodes, weights)).text
