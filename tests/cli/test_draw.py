"""`archc draw` as a user runs it."""

import os
import struct
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.cli.running import archc

SLIP = "net slip {\n  input 224x224x3\n  conv 11x11/4, 96 -> relu    => 55x55x96\n}\n"


@pytest.mark.parametrize("suffix", [".svg", ".png", ".pdf", ".dot", ".mmd", ".html"])
def test_every_form(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"net{suffix}"
    ran = archc("draw", "lenet5", "-o", path)
    assert (ran.code, ran.out, ran.err) == (0, "", "")
    content = path.read_bytes()
    heads = {
        ".png": b"\x89PNG",
        ".pdf": b"%PDF",
        ".dot": b"digraph",
        ".mmd": b"---\ntitle",
        ".html": b"<!DOCTYPE html>",
    }
    assert content.startswith(heads.get(suffix, b"<?xml"))
    assert [one.name for one in tmp_path.iterdir()] == [path.name]


@pytest.mark.parametrize("style", ["table", "volumes", "vgg"])
def test_every_style(tmp_path: Path, style: str) -> None:
    path = tmp_path / "net.svg"
    assert archc("draw", "alexnet", "--style", style, "-o", path).code == 0
    ElementTree.parse(path)


def test_several_nets_side_by_side(tmp_path: Path) -> None:
    path = tmp_path / "nets.tex"
    assert archc("draw", "resnet", "--style", "table", "-o", path).code == 0
    text = path.read_text("utf-8")
    assert r"conv4\_x & 14$\times$14 & $\begin{bmatrix}" in text
    assert text.splitlines()[3].split(" & ")[2:] == ["18", "34", "50", "101", r"152 \\"]
    assert archc("draw", "vgg", "--style", "table", "-o", path).code == 0  # whose nets vgg11 to vgg19 are columns again
    text = path.read_text("utf-8")
    assert text.splitlines()[3].split(" & ") == ["output", "A", "A-LRN", "B", "C", "D", r"E \\"]
    assert [line.split(" & ")[0] for line in text.splitlines()[5:12]] == [
        *(rf"{size}$\times${size}" for size in (224, 112, 56, 28, 14, 7, 1))
    ]
    assert archc("draw", "alexnet", "vgg19", "resnet34", "--style", "vgg", "-o", tmp_path / "depth.svg").code == 0
    assert "34 layers" in (tmp_path / "depth.svg").read_text("utf-8")


def test_options(tmp_path: Path) -> None:
    path = tmp_path / "net.svg"
    options = ["--level", "layer", "--unfold", "--params", "--macs", "--direction", "LR", "--theme", "dark"]
    assert archc("draw", "resnet18", "-o", path, *options, "--title", "A <title> & more").code == 0
    text = path.read_text("utf-8")
    assert "A &lt;title&gt; &amp; more" in text
    assert "36.9 K params · 116 M MACs" in text
    assert archc("draw", "resnet18", "-o", path, "--depth", "1", "--no-legend").code == 0
    assert 'class="legend"' not in path.read_text("utf-8")
    assert archc("draw", "lenet5_modern", "-o", path, "-p", "classes=7").code == 0
    assert ">fc, 7<" in path.read_text("utf-8")


def test_the_scale_of_a_png(tmp_path: Path) -> None:
    sizes = []
    for scale in ("1", "2"):
        archc("draw", "lenet5", "-o", tmp_path / "net.png", "--scale", scale)
        sizes.append(struct.unpack(">II", (tmp_path / "net.png").read_bytes()[16:24]))
    assert abs(sizes[1][0] - 2 * sizes[0][0]) <= 2


def test_a_mistake_is_drawn(tmp_path: Path) -> None:
    (tmp_path / "slip.arch").write_text(SLIP)
    path = tmp_path / "slip.svg"
    ran = archc("draw", tmp_path / "slip.arch", "-o", path)
    assert ran.code == 1
    assert ran.err.startswith("error[shape-refuted]")
    text = path.read_text("utf-8")
    assert "shape-refuted (line 3)" in text
    assert "the source states 55x55x96, but this is 54x54x96" in text


def test_against_another(tmp_path: Path) -> None:
    path = tmp_path / "diff.svg"
    assert archc("draw", "resnet34", "--against", "resnet18", "-o", path).code == 0
    text = path.read_text("utf-8")
    assert "resnet18 → resnet34" in text
    assert ">added<" in text
    assert archc("draw", "resnet34", "--against", "resnet", "-o", tmp_path / "no.svg").code == 1
    assert archc("draw", "resnet34", "--against", "no-such", "-o", tmp_path / "no.svg").code == 1
    assert not (tmp_path / "no.svg").exists()


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["lenet5", "-o", "net.gif"], 2, ".svg, .png, .pdf, .dot, .mmd or .html, not `.gif`"),
        (["lenet5", "-o", "net"], 2, "not `net`"),
        (["lenet5", "-o", "net.tex"], 2, "--style graph is written as"),
        (["lenet5", "-o", "net.dot", "--style", "volumes"], 2, "--style volumes is written as"),
        (["lenet5", "-o", "net.html", "--against", "alexnet"], 2, "--against draws a graph as"),
        (["lenet5", "-o", "no/net.svg"], 2, "there is no folder `no`"),
        (["lenet5", "-o", "."], 2, "not `"),
        (["lenet5", "-o", "net.svg", "--level", "atom"], 2, "--level is one of stage, block, layer, not `atom`"),
        (["lenet5", "-o", "net.svg", "--depth", "0"], 2, "--depth takes a whole number from 1, not `0`"),
        (["lenet5", "-o", "net.svg", "--depth", "1", "--level", "stage"], 2, "choose --level or --depth"),
        (["lenet5", "alexnet", "-o", "net.svg"], 2, "draws one net, not 2"),
        (["resnet", "-o", "net.svg"], 1, "holds 5 nets: add ::NAME of resnet18, resnet34"),
        (["lenet", "-o", "net.svg"], 1, "error["),
        (["empty.arch", "-o", "net.svg"], 1, "no `input`"),
        (["nothing.arch", "-o", "net.svg"], 1, "is empty"),
        (["slip.arch", "-o", "net.svg", "--style", "table"], 1, "shape-refuted"),
        (["long.arch", "-o", "net.svg"], 1, "at most 2,000 can be laid out: write repeated layers as `repeat n"),
        (["resnet_cifar1202", "-o", "net.svg", "--unfold", "--separate"], 1, "without --unfold"),
    ],
)
def test_what_cannot_be_drawn(tmp_path: Path, arguments: list[str], code: int, said: str) -> None:
    (tmp_path / "empty.arch").write_text("net e { }")
    (tmp_path / "nothing.arch").write_text("")
    (tmp_path / "slip.arch").write_text(SLIP)
    (tmp_path / "long.arch").write_text("net n { input 8x8x3\n" + "conv 3x3, 4, pad=1\n" * 10_000 + "}")
    before = sorted(tmp_path.iterdir())
    ran = archc("draw", *arguments, cwd=tmp_path)
    assert (ran.code, ran.out) == (code, "")
    assert said in ran.err
    assert "Traceback" not in ran.err
    assert sorted(tmp_path.iterdir()) == before, "nothing is left behind"


def test_a_failure_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "net.svg"
    path.write_text("mine")
    assert archc("draw", "resnet_cifar1202", "-o", path, "--unfold", "--separate").code == 1
    assert path.read_text() == "mine"


def test_standard_input(tmp_path: Path) -> None:
    assert archc("draw", "-", "-o", tmp_path / "net.svg", stdin="net n { input 8x8x3\n conv 3x3, 4 }").code == 0


@pytest.mark.parametrize(("suffix", "package"), [(".png", "resvg_py"), (".pdf", "reportlab"), (".dot", "graphviz")])
def test_a_library_that_is_not_there(tmp_path: Path, root: Path, suffix: str, package: str) -> None:
    shadow = tmp_path / "shadow"
    shadow.mkdir()
    (shadow / "sitecustomize.py").write_text(f"import sys\nsys.modules[{package!r}] = None\n")
    path = os.pathsep.join([str(shadow), os.environ.get("PYTHONPATH", "")])
    ran = archc("draw", "lenet5", "-o", tmp_path / f"net{suffix}", env={"PYTHONPATH": path}, cwd=tmp_path)
    assert ran.code == 2
    assert ran.err.startswith(f"archc: archc draw needs {package.replace('_', '-')}, which is not installed: ")
    assert ran.err.endswith(f"pip install -e '{root}[draw]'\n")
    assert archc("draw", "lenet5", "-o", tmp_path / "net.svg", env={"PYTHONPATH": path}).code == 0
    assert archc("draw", "lenet5", "-o", tmp_path / "net.html", env={"PYTHONPATH": path}).code == 0
