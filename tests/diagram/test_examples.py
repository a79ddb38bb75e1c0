"""The pictures in examples/ are what the commands draw."""

import re
import runpy
import shlex
import shutil
import struct
from pathlib import Path

import pytest

from archc.backends.diagram.draw import DrawOptions
from archc.backends.diagram.picture import graph_picture
from archc.backends.diagram.svg import svg
from archc.backends.diagram.theme import LIGHT
from archc.program import compile_text
from tests.cli.running import archc

LISTED = re.compile(r"^\| \[(\S+)\]\(\S+\) \| `archc draw (.*?)`", re.MULTILINE)


def test_the_pages_picture_is_of_its_net(root: Path) -> None:
    graph = compile_text((root / "examples" / "tiny.arch").read_text("utf-8")).nets[0].graph
    assert graph is not None
    drawn = svg(graph_picture(graph, DrawOptions(), down=False)[1], LIGHT)
    assert drawn == (root / "examples" / "tiny.svg").read_text("utf-8")


def test_every_picture_is_listed(root: Path) -> None:
    listed = dict(LISTED.findall((root / "examples" / "README.md").read_text("utf-8")))
    pictures = {path.name for path in (root / "examples").iterdir() if path.suffix in {".png", ".svg"}}
    made = {"small.svg"}  # by who tries the README's commands; git ignores it
    assert pictures - made == {*listed, "overview.svg"}
    for name, command in listed.items():
        assert f"-o {name}" in command


def test_the_overview_is_what_the_commands_give(root: Path, tmp_path: Path) -> None:
    drawing = runpy.run_path(str(root / "examples" / "overview.py"))["overview"]
    assert drawing(tmp_path) == (root / "examples" / "overview.svg").read_text("utf-8")


@pytest.mark.parametrize("name", ["lenet5", "vgg16", "resnet34", "googlenet", "densenet121", "unet"])
def test_each_is_a_picture(name: str, root: Path) -> None:
    content = (root / "examples" / f"{name}.png").read_bytes()
    width, height = struct.unpack(">II", content[16:24])
    assert content.startswith(b"\x89PNG")
    assert min(width, height) > 300


@pytest.mark.nightly
def test_each_is_what_its_command_draws(root: Path, tmp_path: Path) -> None:
    shutil.copytree(root / "examples" / "mistake", tmp_path / "mistake")
    for name, command in LISTED.findall((root / "examples" / "README.md").read_text("utf-8")):
        if name.endswith(".png"):
            archc("draw", *shlex.split(command), cwd=tmp_path)
            assert (tmp_path / name).read_bytes() == (root / "examples" / name).read_bytes(), name
