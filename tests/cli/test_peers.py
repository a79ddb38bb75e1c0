"""What other tools answer to the mistake of the README, as its table says: AlexNet's first layer gives 54, not 55.

They are no requirement of the tests: `pip install n-orca torchshapeflow nnef onnxscript keras` first.
"""

import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.nightly

N_ORCA = """\
# architecture Slip

## tensors

| Name | Shape            | Dtype   |
|------|------------------|---------|
| x    | (B, 3, 224, 224) | float32 |

## layer x [input]
- shape: (B, 3, 224, 224)
## layer conv1
- op: Conv2d(3, 96, 11, 4, 0)
- shape: (B, 96, 55, 55)
## layer y [output]

## flow

| Source | Target | Tensor |
|--------|--------|--------|
| x      | conv1  | x      |
| conv1  | y      | y      |
"""
TORCHSHAPEFLOW = """\
from typing import Annotated
import torch
from torch import nn
from torchshapeflow import Shape

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 96, 11, stride=4)

    def forward(
        self, x: Annotated[torch.Tensor, Shape("B", 3, 224, 224)]
    ) -> Annotated[torch.Tensor, Shape("B", 96, 55, 55)]:
        return self.conv(x)
"""
ONNXSCRIPT = """\
import onnx
from onnxscript import FLOAT, opset18 as op, script

@script()
def slip(x: FLOAT[1, 3, 224, 224], w: FLOAT[96, 3, 11, 11]) -> FLOAT[1, 96, 55, 55]:
    return op.Relu(op.Conv(x, w, strides=[4, 4]))

onnx.checker.check_model(slip.to_model_proto(), full_check=True)
"""
NNEF = """\
import nnef
graph = nnef.parse_string('''version 1.0;
graph slip(x) -> (y)
{
    x = external<scalar>(shape = [1,3,224,224]);
    w = variable<scalar>(shape = [96,3,11,11], label = 'w');
    y = conv(x, w, 0.0, stride = [4,4], padding = [(0,0),(0,0)]);
}''')
nnef.infer_shapes(graph)
print(graph.tensors["y"].shape)
"""
TORCHINFO = """\
from torch import nn
from torchinfo import summary
print(summary(nn.Conv2d(3, 96, 11, stride=4), (1, 3, 224, 224), verbose=0))
"""
KERAS = """\
import keras
print(keras.Sequential([keras.Input((224, 224, 3)), keras.layers.Conv2D(96, 11, strides=4)]).output_shape)
"""


@pytest.mark.parametrize(
    ("package", "source", "words", "code", "said"),
    [
        ("n_orca", N_ORCA, ["-m", "n_orca.cli.main", "verify"], 1, r"declared shape .*55.* differs from inferred .*54"),
        (
            "torchshapeflow",
            TORCHSHAPEFLOW,
            ["-c", "from torchshapeflow.cli import entrypoint; entrypoint()", "check"],
            1,
            r"96, 54, 54\] does not match .*55",
        ),
        ("onnxscript", ONNXSCRIPT, [], 1, r"\(54\) vs \(55\)"),
        ("nnef", NNEF, [], 0, r"\[1, 96, 54, 54\]"),
        ("torchinfo", TORCHINFO, [], 0, r"\[1, 96, 54, 54\]"),
        ("keras", KERAS, [], 0, r"\(None, 54, 54, 96\)"),
    ],
)
def test_each_says_what_the_table_says(
    package: str, source: str, words: list[str], code: int, said: str, tmp_path: Path
) -> None:
    if importlib.util.find_spec(package) is None:
        pytest.skip(f"needs {package}")
    file = tmp_path / ("slip.n.orca.md" if package == "n_orca" else "slip.py")
    file.write_text(source, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, *words, str(file)], cwd=tmp_path, env={**os.environ, "KERAS_BACKEND": "torch"},
        capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip
    assert done.returncode == code, done.stdout + done.stderr
    assert re.search(said, done.stdout + done.stderr), done.stdout + done.stderr
