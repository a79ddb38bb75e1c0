"""The examples do what their README says."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.running import archc


def test_find_the_padding(root: Path) -> None:
    ran = archc("solve", root / "examples" / "find_the_padding" / "alexnet.arch")
    assert ran.code == 0, ran.err
    assert "conv 11x11/4, 96, pad=2" in ran.out
    assert "conv 5x5, 256, pad=2" in ran.out


def test_compare_resnets(root: Path, tmp_path: Path) -> None:
    for line in (root / "examples" / "compare_resnets" / "compare.sh").read_text("utf-8").splitlines():
        if line.startswith("archc "):
            words = line.split()[1:]
            ran = archc(*words[: words.index(">")] if ">" in words else words, cwd=tmp_path)
            assert ran.code in (0, 1), ran.err
            assert "internal error" not in ran.err
    assert (tmp_path / "difference.svg").read_text("utf-8").rstrip().endswith("</svg>")


@pytest.mark.parametrize(
    ("blank", "filled", "points"),
    [
        ("", "", "4/4"),
        ("fc 10", "fc 9", "3/4"),
        ("3x3, 16", "3x3, 160", "3/4"),
        ("5x5", "50x50", "0/4"),
        ("fc 10", "fc ?", "0/4"),
    ],
)
def test_grade_an_exercise(blank: str, filled: str, points: str, root: Path, tmp_path: Path) -> None:
    folder = root / "examples" / "grade_an_exercise"
    path = tmp_path / "student.arch"
    shutil.copy(folder / "solution.arch", path)
    path.write_text(path.read_text("utf-8").replace(blank, filled) if blank else path.read_text("utf-8"))
    words = [sys.executable, str(folder / "grade.py"), str(path)]
    done = subprocess.run(words, capture_output=True, text=True, check=True, timeout=60)
    assert f": {points} (" in done.stdout, done.stdout


def shell(script: Path, cwd: Path, **env: str) -> str:
    """What a script prints, run with the archc of this Python; it ends well."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["sh", str(script)], cwd=cwd, env={**os.environ, "PATH": path, **env}, capture_output=True, text=True,
        check=False, timeout=600,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def test_reproduce_a_table(root: Path, tmp_path: Path) -> None:
    said = shell(root / "examples" / "reproduce_a_table" / "reproduce.sh", tmp_path)
    assert said.count("error[") == 2
    assert "the source states 14x14, but this is 13x13x512" in said
    assert "the source states 134M params, but there are 135,736,104" in said
    assert "133,638,952" in said, "column C, as torchvision's layers have it"
    assert (tmp_path / "table.tex").read_text("utf-8").count(r"1$\times$1 conv, 512") == 2
    assert (tmp_path / "table.svg").read_text("utf-8").rstrip().endswith("</svg>")


def test_train_and_deploy(root: Path, tmp_path: Path) -> None:
    said = shell(root / "examples" / "train_and_deploy" / "deploy.sh", tmp_path, EPOCHS="3")
    assert "digits.onnx: top-1" in said
    assert "digits-int8.onnx: top-1" in said
    assert "pictures/test/7/" in said
    assert (tmp_path / "confusion.png").stat().st_size > 1000


RUN_GRN = """
import runpy, torch
GlobalResponseNorm = runpy.run_path("net.py")["GlobalResponseNorm"]
layer = GlobalResponseNorm(6)
torch.nn.init.normal_(layer.weight)
torch.nn.init.normal_(layer.bias)
x = torch.randn(2, 6, 5, 7)
w, b = (one.view(1, -1, 1, 1) for one in (layer.weight, layer.bias))
# timm.layers.grn.GlobalResponseNorm with channels_last=False, word for word
x_g = x.norm(p=2, dim=(2, 3), keepdim=True)
x_n = x_g / (x_g.mean(dim=1, keepdim=True) + 1e-6)
torch.testing.assert_close(layer(x), x + torch.addcmul(b, w, x * x_n))
"""


def with_grn(root: Path, folder: Path, *left_out: str) -> None:
    """A copy of the project with the patch, but for some files."""
    for name in ("archc", "grammar", "specs", "tests"):
        shutil.copytree(root / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    example = root / "examples" / "add_a_layer"
    for file in (root / "pyproject.toml", example / "grn.arch"):
        shutil.copy(file, folder)
    words = ["git", "apply", "-C1", *(f"--exclude={name}" for name in left_out), str(example / "grn.patch")]
    subprocess.run(words, cwd=folder, check=True, timeout=60)


def python(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *words], cwd=folder, env={**os.environ, "PYTHONPATH": str(folder)},
        capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip


def test_add_a_layer(root: Path, tmp_path: Path) -> None:
    """The layer is checked, drawn, written as PyTorch that computes timm's formula and as ONNX, and read back."""
    with_grn(root, tmp_path)
    assert "there is no layer or block `grn`" in archc("check", tmp_path / "grn.arch").err
    for words in (
        ("-m", "archc", "check", "grn.arch"),
        ("-m", "archc", "draw", "grn.arch", "-o", "net.svg"),
        ("-m", "archc", "export", "grn.arch", "-o", "net.py"),
        ("-c", RUN_GRN),
        ("-m", "archc", "export", "grn.arch", "-o", "net.onnx"),
        ("-m", "archc", "import", "net.onnx", "-o", "back.arch"),
        ("-m", "pytest", "-q", "tests/torch/test_traits.py", "-k", "grn"),
    ):
        done = python(tmp_path, *words)
        assert done.returncode == 0, done.stdout + done.stderr
    assert "GRN" in (tmp_path / "net.svg").read_text("utf-8")
    assert "gelu -> grn -> conv 1x1, 16" in (tmp_path / "back.arch").read_text("utf-8")


@pytest.mark.parametrize(
    ("left_out", "said"),
    [
        ("archc/backends/torch/lower_norm.py", "mark its function with @lowers in archc/backends/torch/lower_*.py"),
        ("archc/backends/onnx/lower_norm.py", "mark its function with @lowers in archc/backends/onnx/lower_*.py"),
        ("archc/backends/torch/layers.py", "archc/backends/torch/layers.py has no class of that name"),
        ("tests/sweep.py", "put some settings of it into tests/sweep.py"),
    ],
)
def test_what_a_layer_forgets(left_out: str, said: str, root: Path, tmp_path: Path) -> None:
    """Each part that is left out fails in the tests of layers, which say where it belongs."""
    with_grn(root, tmp_path, left_out)
    found = python(tmp_path, "-m", "pytest", "-q", "tests/torch/test_traits.py", "-k", "grn")
    assert found.returncode == 1, found.stdout + found.stderr
    assert said in found.stdout
    if "layers.py" in said:
        done = python(tmp_path, "-m", "archc", "export", "grn.arch", "-o", "net.py")
        assert done.returncode == 2
        assert "the file uses `GlobalResponseNorm`" in done.stderr
        assert not (tmp_path / "net.py").exists()
