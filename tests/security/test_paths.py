"""Where files are read and written: never out of the folder of a source, never into what is no file."""

import os
import socket
from pathlib import Path

import pytest
from onnx import TensorProto, helper

from archc.decompile.loading import load
from archc.diagnostics import ArchError
from archc.files import write_text
from archc.program import compile_path
from archc.serving.runtime import session
from tests.security.forked import run_all

NET = "net n {\n  input 8x8x1\n  fc 2\n}\n"
USES = (
    *(
        "../secret",
        "../inside/../secret",
        "a/../../secret",
        "/etc/passwd",
        "/secret",
        "link",
        "folder/secret",
        "./link",
    ),
    *(
        "folder/../secret",
        "..",
        ".",
        "",
        "/",
        "~/secret",
        "$HOME/secret",
        "round",
        "fifo",
        "null",
        "hidden/../../secret",
    ),
    *(
        "file:///etc/passwd",
        "http://127.0.0.1/a",
        "//etc/passwd",
        "..\\\\secret",
        "C:/secret",
        "a" * 250,
        "%2e%2e/secret",
    ),
    *("/dev/stdin", "/proc/self/environ", "socket", "secret\0", "../secret\0.arch", "deep/link"),
)


@pytest.fixture(name="inside")
def _inside(tmp_path: Path) -> Path:
    """A folder with ways out of it."""
    inside = tmp_path / "inside"
    (inside / "deep").mkdir(parents=True)
    (tmp_path / "secret.arch").write_text("block secret { relu }\n")
    (inside / "link.arch").symlink_to(tmp_path / "secret.arch")
    (inside / "deep" / "link.arch").symlink_to("../../secret.arch")
    (inside / "folder").symlink_to(tmp_path)
    (inside / "round.arch").symlink_to("round.arch")
    (inside / "null.arch").symlink_to("/dev/null")
    os.mkfifo(inside / "fifo.arch")
    with socket.socket(socket.AF_UNIX) as held:
        here = Path.cwd()
        os.chdir(inside)
        held.bind("socket.arch")
        os.chdir(here)
    return inside


@pytest.mark.parametrize("target", USES)
def test_use(target: str, inside: Path) -> None:
    (inside / "a.arch").write_text(f'use "{target}"\n{NET}')
    compilation = compile_path(str(inside / "a.arch"))
    assert not compilation.ok
    assert all("secret {" not in str(diagnostic) for diagnostic in compilation.diagnostics)
    assert all(diagnostic.span or diagnostic.code == "not-text" for diagnostic in compilation.diagnostics)


# ---- where files are written

COMMANDS = {
    ".py": ["export", "net.arch", "-o"],
    ".svg": ["draw", "net.arch", "-o"],
    ".html": ["draw", "net.arch", "-o"],
    ".mmd": ["draw", "net.arch", "-o"],
}


def test_targets_that_are_no_files(tmp_path: Path) -> None:
    (tmp_path / "net.arch").write_text(NET)
    commands, names = [], []
    for suffix, words in COMMANDS.items():
        (tmp_path / f"folder{suffix}").mkdir()
        os.mkfifo(tmp_path / f"fifo{suffix}")
        (tmp_path / f"null{suffix}").symlink_to("/dev/null")
        (tmp_path / f"round{suffix}").symlink_to(f"round{suffix}")
        (tmp_path / f"nowhere{suffix}").symlink_to("none/there")
        for name in ("folder", "fifo", "null", "round", "nowhere", "net.arch/a", "none/a", "a" * 300):
            commands.append([*words, f"{name}{suffix}"])
            names.append(name)
    before = sorted(tmp_path.rglob("*"))
    for command, ended in zip(commands, run_all(commands, tmp_path, memory=0), strict=True):
        assert not ended.crashed, (command, ended)
        assert ended.code == 2, (command, ended)
        assert len(ended.err.replace("\n\n= archc explain cannot-save\n", "\n").splitlines()) == 1, (command, ended)
    assert sorted(tmp_path.rglob("*")) == before
    assert Path("/dev/null").is_char_device()


def test_a_link_leads_to_the_same_file_still(tmp_path: Path) -> None:
    real = tmp_path / "real.py"
    real.write_text("old")
    real.chmod(0o640)
    link = tmp_path / "link.py"
    link.symlink_to(real)
    write_text(link, "new")
    assert link.is_symlink()
    assert real.read_text() == "new"
    assert real.stat().st_mode & 0o777 == 0o640


def test_a_hard_link_keeps_its_content(tmp_path: Path) -> None:
    one, other = tmp_path / "one.py", tmp_path / "other.py"
    one.write_text("old")
    other.hardlink_to(one)
    write_text(one, "new")
    assert (one.read_text(), other.read_text()) == ("new", "old")


# ---- weights beside an ONNX file

PLACES = (
    "../secret",
    "/etc/passwd",
    "a/b",
    "",
    ".",
    "..",
    "link",
    "folder",
    "hard",
    "..\\secret",
    "none",
    "fifo",
    "a\0b",
)


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("inner", [False, True])
def test_external_data(place: str, inner: bool, tmp_path: Path) -> None:
    """inner: in a constant's attribute and not among the weights."""
    inside = tmp_path / "inside"
    (inside / "folder").mkdir(parents=True)
    (tmp_path / "secret").write_bytes(b"\0" * 64)
    (inside / "link").symlink_to(tmp_path / "secret")
    (inside / "hard").hardlink_to(tmp_path / "secret")
    os.mkfifo(inside / "fifo")
    held = TensorProto(name="w", data_type=TensorProto.FLOAT, dims=[4, 4], data_location=TensorProto.EXTERNAL)
    for key, value in (("location", place), ("offset", "0"), ("length", "64")):
        held.external_data.add(key=key, value=value)
    x, y = (helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, 4]) for name in "xy")
    nodes = [helper.make_node("MatMul", ["x", "w"], ["y"])]
    if inner:
        nodes.insert(0, helper.make_node("Constant", [], ["w"], value=held))
    model = helper.make_model(
        helper.make_graph(nodes, "g", [x], [y], [] if inner else [held]), opset_imports=[helper.make_opsetid("", 22)]
    )
    path = inside / "a.onnx"
    path.write_bytes(model.SerializeToString())
    with pytest.raises(ArchError) as caught:
        load(path)
    assert caught.value.diagnostics[0].code in ("unsafe-weights", "bad-onnx")
    if place != "hard":
        with pytest.raises(ArchError):
            session(path)
