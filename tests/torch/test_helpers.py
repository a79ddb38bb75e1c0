"""What a generated file carries of layers.py, and that no file is kept that lacks a name."""

import ast
import inspect
from dataclasses import replace
from pathlib import Path

import pytest

from archc.backends.torch import helpers, layers
from archc.backends.torch.helpers import Helpers, refuse_undefined, with_helpers
from archc.cli.app import run


def test_every_class_of_layers_is_there_as_it_stands() -> None:
    classes = {
        name: value for name, value in vars(layers).items() if getattr(value, "__module__", "") == layers.__name__
    }
    assert helpers.helpers().classes == {name: inspect.getsource(value).rstrip() for name, value in classes.items()}


@pytest.mark.parametrize("name", helpers.helpers().classes)
def test_each_class_stands_alone(name: str) -> None:
    text = with_helpers(f"made = {name}")
    refuse_undefined(text, name)
    exec(compile(text, name, "exec"), {"__name__": name})


def test_a_class_brings_those_that_it_uses(monkeypatch: pytest.MonkeyPatch) -> None:
    known = helpers.helpers()
    more = {**known.classes, "Gate": "class Gate(nn.Module):\n    inner = Scale"}
    monkeypatch.setattr(helpers, "helpers", lambda: replace(known, classes=more))
    defined = [node.name for node in ast.parse(with_helpers("gate = Gate()")).body if isinstance(node, ast.ClassDef)]
    assert defined == ["Scale", "Gate"]


@pytest.mark.parametrize(
    ("text", "missing"),
    [
        ("class Net(nn.Module):\n    pass", "nn"),
        ("class Net:\n    def f(self, x: Tensor) -> None:\n        pass", "Tensor"),
        ("def f():\n    def g():\n        return Scale(3)\n    return g", "Scale"),
        ("def f():\n    return [prod(x) for x in range(3)]", "prod"),
        ("def f(value=missing):\n    return value", "missing"),
        ("import torch.nn.functional as F\ny = torch.relu", "torch"),
    ],
)
def test_undefined(text: str, missing: str) -> None:
    with pytest.raises(NameError, match=f"uses `{missing}`"):
        refuse_undefined(text, "text")


@pytest.mark.parametrize(
    "text",
    [
        "import torch\nfrom torch import nn\nclass A(nn.Module):\n    def f(self):\n        return super(), torch",
        "def f(x):\n    y = x\n    def g():\n        nonlocal y\n        y = [later for z in range(y)]\nlater = 1",
        "if __name__ == '__main__':\n    print(__file__)",
    ],
)
def test_defined(text: str) -> None:
    refuse_undefined(text, "text")


def test_a_file_that_lacks_a_class_is_not_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    known = helpers.helpers()
    left = Helpers({name: text for name, text in known.classes.items() if name != "RadialBasis"}, known.imports)
    monkeypatch.setattr(helpers, "helpers", lambda: left)
    kept = tmp_path / "net.py"
    assert run(["export", "lenet5", "-o", str(kept)]) == 2
    assert not kept.exists()
    said = " ".join(capsys.readouterr().err.split())
    assert "NameError: the file uses `RadialBasis`, which it neither defines nor imports" in said
