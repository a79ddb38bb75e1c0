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


def test_add_a_layer(root: Path, tmp_path: Path) -> None:
    """The patch, applied to a copy: the layer is checked, verified against PyTorch in ONNX, and read back."""
    example = root / "examples" / "add_a_layer"
    for name in ("archc", "grammar", "specs"):
        shutil.copytree(root / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    subprocess.run(["git", "apply", "-C1", str(example / "celu.patch")], cwd=tmp_path, check=True, timeout=60)
    before = archc("check", example / "celu.arch")
    assert "there is no layer or block `celu`" in before.err
    for words in (
        ["check", str(example / "celu.arch")],
        ["export", str(example / "celu.arch"), "-o", "net.onnx"],
        ["import", "net.onnx", "-o", "net.arch"],
    ):
        done = subprocess.run(
            [sys.executable, "-m", "archc", *words], cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(tmp_path)},
            capture_output=True, text=True, check=False, timeout=120,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
    assert "celu 2" in (tmp_path / "net.arch").read_text("utf-8")
