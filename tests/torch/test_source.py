"""The PyTorch file that `archc export` writes: alone, formatted, readable, and equal to the module bit for bit."""

import ast
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

import archc
from archc.sources import bundled_nets
from tests.torch.calls import calls
from tests.torch.lowered import by_hand

SMALL = {  # quick to run, and between them all forms that the writer knows
    *("resnet18", "googlenet", "densenet121", "mobilenet_v2", "mobilenet_v3_small", "shufflenet_v2_x0_5"),
    *("lenet5", "squeezenet1_1", "convnext_tiny", "cifar10net_skip", "minivgg"),
}
LINES = {"resnet50": 120, "resnet152": 120, "vgg16": 120, "mobilenet_v2": 120, "densenet121": 160, "unet": 120}

RUN = """
import sys
sys.modules["archc"] = None  # an import of it would fail
import torch, net
module = [value for value in vars(net).values() if isinstance(value, type) and value.__module__ == "net"][-1]()
module.load_state_dict(torch.load("state.pt", weights_only=True))
outputs = module.eval()(torch.load("input.pt", weights_only=True))
torch.save(outputs, "output.pt")
"""


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[] if name in SMALL else pytest.mark.nightly) for name in bundled_nets()]
)
def test_alone_and_bit_for_bit(name: str, tmp_path: Path) -> None:
    net = archc.load(name)
    module = net.torch(seed=0).eval()
    x = torch.randn(1, *net.graph.inputs[0].shape)
    (tmp_path / "net.py").write_text(net.python(), "utf-8")
    torch.save(module.state_dict(), tmp_path / "state.pt")
    torch.save(x, tmp_path / "input.pt")
    subprocess.run([sys.executable, "-c", RUN], cwd=tmp_path, check=True, timeout=120)
    output = torch.load(tmp_path / "output.pt", weights_only=True)
    assert isinstance(output, Tensor)
    with torch.no_grad():
        assert torch.equal(output, module(x))


@pytest.fixture(scope="module", name="written")
def _written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("written")
    for name in bundled_nets():
        (folder / f"{name}.py").write_text(archc.load(name).python(), "utf-8")
    return folder


def test_every_file_is_formatted_and_clean(written: Path) -> None:
    """As ruff has it with nobody's settings: black's layout at 88 columns, sorted imports, no unused name.
    Asked in their own folder: here is one called torch, which it would take for torch."""
    ruff = [sys.executable, "-m", "ruff"]
    done = subprocess.run(
        [*ruff, "format", "--isolated", "--check", written], cwd=written, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout
    check = [*ruff, "check", "--isolated", "--select", "E,F,I,W", "--line-length", "100", str(written)]
    done = subprocess.run(check, cwd=written, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def agree(names: Iterable[str], folder: Path) -> None:
    """A file's net asks of torch what the module does, operator by operator: no data, so that any can be held to it."""
    for name in names:
        net = archc.load(name)
        ours = net.torch(device="meta").eval()
        scope: dict[str, type[torch.nn.Module]] = {}
        exec((folder / f"{name}.py").read_text("utf-8"), scope)
        with torch.device("meta"):
            theirs = scope[type(ours).__name__]().eval()
            inputs = [torch.empty(1, *node.shape) for node in net.graph.inputs]
        assert list(theirs.state_dict()) == list(ours.state_dict()), name
        assert calls(theirs, inputs) == calls(ours, inputs), name


def test_files_do_what_the_modules_do(written: Path) -> None:
    """One of each file of specs/."""
    files = {path: name for name, path in reversed(list(bundled_nets().items()))}
    agree(files.values(), written)


@pytest.mark.nightly
def test_every_file_does_what_its_module_does(written: Path) -> None:
    agree(bundled_nets(), written)


def test_every_file_is_short(written: Path) -> None:
    for name, most in LINES.items():
        assert len((written / f"{name}.py").read_text("utf-8").splitlines()) < most, name


def test_a_block_is_a_class_and_a_repeat_a_loop(written: Path) -> None:
    text = (written / "resnet152.py").read_text("utf-8")
    classes = [node.name for node in ast.parse(text).body if isinstance(node, ast.ClassDef)]
    assert classes == ["Shortcut", "Bottleneck", "Resnet152"]
    assert "*(Bottleneck(1024, 256) for _ in range(35))" in text
    assert "if in_channels != 4 * width" in text
    assert "60,192,808 parameters, 11.5 G MACs" in text.splitlines()[0]
    text = (written / "densenet121.py").read_text("utf-8")
    assert "*(DenseStep(channels + 32 * n) for n in range(layers))" in text
    assert "self.dense3 = Dense(256, 24)" in text, "one class for blocks of another length"


VARYING = """
block unit(width, kernel, stride=1, gated=no) {
  let skips = stride == 1 and in.channels == width
  conv 1x1, 4*in.channels -> relu -> conv kernel/stride, width, pad=half -> bn
  if gated { gate: mul { | | avgpool global -> conv 1x1, width -> sigmoid } }
  if skips { add @in }
}
block late(p) { add { | | conv 1x1, in.channels -> stochastic_depth p } }
block grow(layers) { repeat layers { concat { | | layer_scale 0.5 -> conv 1x1, 8 } } }
net varying {
  input 16x16x8
  unit(16, 3x3, 2) -> unit(16, 3x3, gated=yes) -> unit(16, 5x5) -> unit(24, 3x3) -> unit(32, 5x5, 2, yes)
  grow(3) -> grow(4)
  repeat 4 { late(0.2*(index + 1)/4) }
}
"""


def test_what_uses_of_a_block_differ_in() -> None:
    """A skip, a module, a number of repetitions; and no chance becomes a rule: paddings of 1 and 2 are no strides."""
    net = archc.parse(VARYING)
    text = net.python()
    classes = [node.name for node in ast.parse(text).body if isinstance(node, ast.ClassDef)]
    assert classes == ["LayerScale", "StochasticDepth", "Gate", "GrowStep", "Late", "Unit", "Grow", "Varying"]
    for line in (
        "self.conv1 = nn.Conv2d(in_channels, 4 * in_channels, 1)",
        "padding=kernel_size // 2",
        "self.gate = Gate(width) if gated else nn.Identity()",
        "self.residual = stride == 1 and in_channels == width",
        "return y + x if self.residual else y",
        "*(GrowStep(in_channels + 8 * n) for n in range(layers))",
        "self.layer_scale1 = LayerScale((in_channels, 1, 1), init=0.5)",
        "self.unit2 = Unit(16, 16, 3, gated=True)",
        "Late(0.1 * n / 2))) for n in range(1, 5))",
    ):
        assert line in text, text
    module = net.torch(seed=0).eval()
    state = module.state_dict()
    x = torch.randn(2, 8, 16, 16)
    with torch.no_grad():
        expected = by_hand(net.graph, [x], state)[net.graph.outputs[0].node]
        torch.testing.assert_close(module(x), expected)


def test_parameters_are_arguments() -> None:
    scope: dict[str, type[torch.nn.Module]] = {}
    exec(archc.load("resnet18").python(), scope)
    assert scope["Resnet18"](classes=7).get_parameter("fc1.weight").shape == (7, 512)
    assert scope["Resnet18"]().get_parameter("fc1.weight").shape == (1000, 512)
    text = "net n(width=8, stages=2) { input 8x8x3\n repeat stages { conv 3x3, width, pad=1 }\n conv 1x1, 2*width }"
    scope.clear()
    exec(archc.parse(text).python(), scope)
    shapes = {key: tuple(value.shape) for key, value in scope["N"](width=5).state_dict().items()}
    assert shapes["repeat1.1.conv1.weight"] == (5, 5, 3, 3)
    assert shapes["conv1.weight"] == (10, 5, 1, 1)
    with pytest.raises(TypeError):
        scope["N"](stages=3)  # another structure, which the file does not hold


def test_names_and_texts_stay_names() -> None:
    """Nothing of a source can become code."""
    text = (
        """
    # """
        + '"""); import os; os.abort() #'
        + """
    block os(n) { conv 1x1, n }
    net exec(classes=3) { input 4x4x1
      import: os(2) -> relu
      __class__: os(classes)
    }
    """
    )
    written = archc.parse(text).python()
    names = {node.name for node in ast.walk(ast.parse(written)) if isinstance(node, ast.ClassDef | ast.FunctionDef)}
    assert names <= {"__init__", "forward", "Os", "ExecBlock", "Exec", "OsBlock"}
    assert "abort" not in written


PATHS = {
    "left and entered again": "add { | a: conv 1x1, 4 -> relu\n conv 1x1, 4\n | a: bn -> gelu\n conv 1x1, 4 }",
    "inside another by its label": "a: conv 1x1, 4 -> relu\n a.b: bn -> conv 1x1, 4\n a.c: conv 1x1, 2",
    "inside another, with a layer between": "a: conv 1x1, 4 -> relu\n bn\n a.b: bn -> conv 1x1, 4\n a.c: conv 1x1, 2",
    "of one prefix that is no path": "a.b: conv 1x1, 4 -> relu\n a.c: conv 1x1, 4 -> bn\n relu\n a.d: conv 1x1, 4",
}


@pytest.mark.parametrize("body", PATHS.values(), ids=PATHS)
def test_paths_own_their_layers_by_name(body: str) -> None:
    net = archc.parse(f"net n {{\n input 4x4x3\n{body}\n}}\n")
    text = net.python()
    made: dict[str, Any] = {"__name__": "net"}
    exec(text, made)
    classes = [one.name for one in ast.parse(text).body if isinstance(one, ast.ClassDef)]
    module = made[classes[-1]]().eval()
    tensors = {f"{node.name}.{one.name}" for node in net.graph for one in node.op.parameters(node.input_shapes)}
    assert module.state_dict().keys() == tensors
    assert all(text.count(f"{name}(") > 1 for name in classes[:-1]), text
    own = net.torch(seed=0).eval()
    module.load_state_dict(own.state_dict())
    x = torch.randn(2, 3, 4, 4)
    assert torch.equal(module(x), own(x))


def test_no_two_layers_share_a_name() -> None:
    text = "block a { conv 1x1, 2 -> relu }\nblock A { conv 1x1, 3 -> bn }\nnet n { input 4x4x1\n a -> A -> a }"
    net = archc.parse(text)
    assert list(net.torch().state_dict()) == [
        f"{node.name}.{tensor.name}" for node in net.graph for tensor in node.op.parameters(node.input_shapes)
    ]
