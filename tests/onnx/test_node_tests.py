"""ONNX's own node tests, imported: what we read must compute what ONNX stored; what we refuse stands in a list.

The list is tests/onnx/node_tests.txt, a case and our reason a line; ARCHC_UPDATE=1 writes it anew. Cases are of the
operators that layers are made of. Inputs after the first are taken for weights, as in a net; joins have two flows.
"""

import os
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import numpy_helper

from archc.backends.onnx.model import model
from archc.decompile.source import decompile
from archc.diagnostics import ArchError
from tests.onnx.running import session

LIST = Path(__file__).parent / "node_tests.txt"
OPERATORS = (
    *("add", "averagepool", "batchnorm", "clip", "concat", "conv", "convtranspose", "depthtospace", "dropout", "elu"),
    *("flatten", "gelu", "gemm", "globalaveragepool", "globalmaxpool", "group_normalization", "hardsigmoid"),
    *("hardswish", "identity", "instancenorm", "layer_normalization", "leakyrelu", "logsoftmax", "lrn", "max_"),
    *("maxpool", "mean", "mish", "mul", "prelu", "relu", "reshape", "resize", "selu", "sigmoid", "slice", "softmax"),
    *("softplus", "split", "sum", "tanh", "transpose", "upsample"),
)
OTHERS = {  # ONNX Runtime computes these otherwise than what is stored, and leaves them out of its own tests
    "resize_downsample_scales_linear_align_corners",
    "resize_downsample_scales_cubic_align_corners",
    "flatten_axis0",  # it flattens the batch, which is open in a net
    "flatten_negative_axis4",
}


def cases() -> list[Any]:
    with warnings.catch_warnings(action="ignore"):
        from onnx.backend.test.loader import load_model_tests  # noqa: PLC0415 - it computes all cases

        found = load_model_tests(kind="node")
    return [
        case
        for case in found
        if case.name.removeprefix("test_").startswith(OPERATORS)
        and "expanded" not in case.name
        and "train" not in case.name
    ]


def outcome(case: Any, path: Path) -> str:
    """ "" where it computes what is stored; else our reason against it."""
    made = onnx.ModelProto.FromString(case.model.SerializeToString())
    inputs, outputs = case.data_sets[0]
    if len(inputs) != len(made.graph.input):
        return "optional inputs that are left out"
    for value, array in list(zip(made.graph.input, inputs, strict=True))[1:]:
        made.graph.initializer.append(numpy_helper.from_array(np.asarray(array), value.name))
    del made.graph.input[1:]
    onnx.save(made, path)
    try:
        read = decompile(path)
    except ArchError as error:
        return error.diagnostics[0].message
    (found,) = session(model(read.graph, read.state)).run(
        None, {read.graph.inputs[0].name: np.asarray(inputs[0], np.float32)}
    )
    assert found.shape == outputs[0].shape, case.name
    np.testing.assert_allclose(found, outputs[0], rtol=1e-3, atol=1e-5, err_msg=case.name)
    return ""


def test_node_tests(tmp_path: Path) -> None:
    refused, read = [], 0
    for case in cases():
        name = case.name.removeprefix("test_")
        if name in OTHERS:
            continue
        reason = outcome(case, tmp_path / "case.onnx")
        read += not reason
        if reason:
            refused.append(f"{name}: {' '.join(reason.split())[:160]}")
    text = "\n".join(sorted(refused)) + "\n"
    if os.environ.get("ARCHC_UPDATE"):
        LIST.write_text(text, encoding="utf-8")
    assert text == LIST.read_text(encoding="utf-8")
    assert read >= 85


def test_the_exceptions_are_there() -> None:
    names = {case.name.removeprefix("test_") for case in cases()}
    assert names >= OTHERS
