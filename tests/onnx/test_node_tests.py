"""ONNX's own node tests, imported: what we read must compute what ONNX stored; what we refuse stands in a list.

The list is tests/onnx/node_tests.txt, a case and our reason a line; ARCHC_UPDATE=1 writes it anew. Cases are of the
operators that layers are made of. Inputs after the first are taken for weights, as in a net; those of a join flow too.
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
JOINS = ("add", "concat", "max_", "mean", "mul", "sum")
FIRST_ALONE = ("dropout", "layer_normalization", "maxpool_with_argmax")
"""Whose further outputs, statistics and places, are for training."""
SEQUENCES = ("identity_opt", "identity_sequence", "split_to_sequence")
"""What a net has no values of."""
READ = 120
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


def _stored(case: Any) -> tuple[onnx.ModelProto, list[Any], list[Any]]:
    """The model with its inputs and outputs, which an older onnx has as files."""
    if case.model is not None:
        inputs, outputs = case.data_sets[0]
        return onnx.ModelProto.FromString(case.model.SerializeToString()), inputs, outputs
    folder = Path(case.model_dir)
    inputs, outputs = (
        [numpy_helper.to_array(onnx.load_tensor(file)) for file in sorted(folder.glob(f"test_data_set_0/{kind}_*.pb"))]
        for kind in ("input", "output")
    )
    return onnx.load(folder / "model.onnx"), inputs, outputs


def outcome(case: Any, path: Path) -> str:
    """ "" where it computes what is stored; else our reason against it."""
    made, inputs, outputs = _stored(case)
    if len(inputs) != len(made.graph.input):
        return "optional inputs that are left out"
    name = case.name.removeprefix("test_")
    flows = len(inputs) if name.startswith(JOINS) and not name.startswith("maxpool") else 1
    for value, array in list(zip(made.graph.input, inputs, strict=True))[flows:]:
        made.graph.initializer.append(numpy_helper.from_array(np.asarray(array), value.name))
    del made.graph.input[flows:]
    if name.startswith(FIRST_ALONE):
        del made.graph.output[1:]
    onnx.save(made, path)
    try:
        read = decompile(path)
    except ArchError as error:
        return error.diagnostics[0].message
    given = dict(zip((value.name for value in made.graph.input), inputs, strict=False))
    running = session(model(read.graph, read.state))
    found = running.run(
        None, {node.name: given[name] for node, name in zip(read.graph.inputs, read.inputs, strict=True)}
    )
    stored = dict(zip((value.name for value in made.graph.output), outputs, strict=False))
    for name, one in zip(read.outputs, found, strict=True):
        assert one.shape == stored[name].shape, case.name
        np.testing.assert_allclose(one, stored[name], rtol=1e-3, atol=1e-5, err_msg=case.name)
    for output, name in zip(read.graph.outputs, read.outputs, strict=True):
        assert read.graph[output.node].shape == stored[name].shape[1:], case.name
    return ""


def test_node_tests(tmp_path: Path) -> None:
    listed = dict(line.split(": ", 1) for line in LIST.read_text(encoding="utf-8").splitlines())
    refused: dict[str, str] = {}
    read, there = 0, set()
    for case in cases():
        name = case.name.removeprefix("test_")
        there.add(name)
        if name in OTHERS or name.startswith(SEQUENCES):
            continue
        reason = outcome(case, tmp_path / "case.onnx")
        read += not reason
        if reason:
            refused[name] = " ".join(reason.split())[:160]
    if os.environ.get("ARCHC_UPDATE"):
        LIST.write_text("".join(f"{name}: {refused[name]}\n" for name in sorted(refused)), encoding="utf-8")
    elif set(listed) <= there:
        assert refused == listed
    else:  # another onnx has other cases, and other words for some
        assert set(refused) <= set(listed)
    assert read >= READ


def test_the_exceptions_are_there() -> None:
    names = {case.name.removeprefix("test_") for case in cases()}
    assert names >= OTHERS
