"""The examples do what their README says."""

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
