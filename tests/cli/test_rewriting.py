"""`archc solve`, `archc fmt` and `archc diff` as processes: what they print, write and refuse to write."""

import json
import os
import stat
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.cli.running import archc

HOLE = "net n {\n  input 32x32x3\n  conv 3x3, ?, pad=1 => 32x32x8  # eight\n}\n"
MESSY = "net n {\n input 32x32x3\n   relu   # note\n}\n"
NEAT = "net n {\n  input 32x32x3\n  relu  # note\n}\n"


def test_solve_prints_the_filled_source() -> None:
    ran = archc("solve", "-", stdin=HOLE)
    assert (ran.code, ran.out, ran.err) == (0, HOLE.replace("?", "8"), "")


def test_solve_in_place(tmp_path: Path) -> None:
    file = tmp_path / "a.arch"
    file.write_text(HOLE)
    file.chmod(0o640)
    assert archc("solve", "-i", file).code == 0
    assert file.read_text() == HOLE.replace("?", "8")
    assert stat.S_IMODE(file.stat().st_mode) == 0o640
    assert list(tmp_path.iterdir()) == [file]


def test_what_is_not_solved_is_not_written(tmp_path: Path) -> None:
    file = tmp_path / "a.arch"
    text = HOLE.replace("x8 ", "x8x8 ")
    file.write_text(text)
    ran = archc("solve", "-i", file)
    assert ran.code == 1
    assert ran.out == ""
    assert file.read_text() == text


def test_fmt_writes_and_then_has_nothing_to_do(tmp_path: Path) -> None:
    file = tmp_path / "a.arch"
    file.write_text(MESSY)
    assert archc("fmt", "--check", file).code == 1
    assert file.read_text() == MESSY
    shown = archc("fmt", "--diff", file)
    assert (shown.code, "-   relu   # note" in shown.out, "+  relu  # note" in shown.out) == (1, True, True)
    assert archc("fmt", file).code == 0
    assert file.read_text() == NEAT
    assert archc("fmt", "--check", file).code == 0
    assert archc("fmt", "-", stdin=MESSY).out == NEAT


def test_fmt_leaves_what_does_not_parse(tmp_path: Path) -> None:
    file = tmp_path / "a.arch"
    file.write_text("net n {\n input 32x32x3\n  conv 3x3 64\n}\n")
    before = file.read_bytes()
    ran = archc("fmt", file)
    assert ran.code == 1
    assert "missing-comma" in ran.err
    assert file.read_bytes() == before


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_fmt_in_a_folder_that_is_read_only(tmp_path: Path) -> None:
    file = tmp_path / "a.arch"
    file.write_text(MESSY)
    tmp_path.chmod(0o500)
    try:
        ran = archc("fmt", file)
    finally:
        tmp_path.chmod(0o700)
    assert ran.code == 2
    assert "Permission denied" in ran.err
    assert file.read_text() == MESSY


def test_fmt_follows_a_link(tmp_path: Path) -> None:
    file, link = tmp_path / "a.arch", tmp_path / "b.arch"
    file.write_text(MESSY)
    link.symlink_to(file)
    assert archc("fmt", link).code == 0
    assert link.is_symlink()
    assert file.read_text() == NEAT


def test_diff_of_two_resnets() -> None:
    """ResNet-34 has one, two, four and one residual block more than ResNet-18 (He et al. 2015, table 1)."""
    ran = archc("diff", "resnet18", "resnet34", "--json")
    assert ran.code == 1
    [net] = json.loads(ran.out)["nets"]
    assert {change["kind"] for change in net["changes"]} == {"added"}
    assert sum(change["count"] for change in net["changes"]) == (3 - 2) + (4 - 2) + (6 - 2) + (3 - 2)
    assert (net["before"]["params"], net["after"]["params"]) == (11_689_512, 21_797_672)
    assert "21,797,672" in archc("diff", "resnet18", "resnet34").out.splitlines()[-1]
    assert archc("diff", "resnet18", "resnet34", "--markdown").out.startswith("|")


def test_diff_of_the_same() -> None:
    ran = archc("diff", "vgg16", "vgg_D")
    assert ran.code == 0
    assert "the same" in ran.out


def test_diff_as_a_driver_of_git(tmp_path: Path) -> None:
    def git(*arguments: str) -> str:
        done = subprocess.run(
            ["git", "-c", "user.name=n", "-c", "user.email=e@example.org", *arguments],
            cwd=tmp_path,
            env={**os.environ, "COLUMNS": "160"},
            capture_output=True,
            encoding="utf-8",
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    git("init", "-q")
    git("config", "diff.arch.command", f"{sys.executable} -m archc diff")
    (tmp_path / ".gitattributes").write_text("*.arch diff=arch\n")
    file = tmp_path / "a.arch"
    file.write_text("net n {\n  input 32x32x3\n  conv 3x3, 8, pad=1\n}\n")
    git("add", ".")
    git("commit", "-qm", "one")
    file.write_text("net n {\n  input 32x32x3\n  conv 3x3, 16, pad=1\n}\n")
    assert "conv 3x3, 8, pad=1 → conv 3x3, 16, pad=1" in git("diff")


@pytest.mark.parametrize("arguments", [("diff", "resnet18"), ("solve",), ("fmt",), ("solve", "-i", "-")])
def test_usage(arguments: tuple[str, ...]) -> None:
    ran = archc(*arguments, stdin=HOLE)
    assert ran.code == 2
    assert "Traceback" not in ran.err


CONVNETJS = """layer_defs = [];
layer_defs.push({type:'input', out_sx:24, out_sy:24, out_depth:1});
layer_defs.push({type:'softmax', num_classes:10});
trainer = new convnetjs.SGDTrainer(net, {method:'adadelta', batch_size:20});
"""
IMPORTED = "net demo {\n  input 24x24x1\n  fc 10 -> softmax\n}\n"


def test_import_writes_the_net_and_its_recipe_once(tmp_path: Path) -> None:
    source, output = tmp_path / "demo.js", tmp_path / "demo.arch"
    source.write_text(CONVNETJS)
    assert archc("import", source, "-o", output).code == 0
    assert output.read_text() == IMPORTED
    recipe = tomllib.loads((tmp_path / "demo.train.toml").read_text())
    assert recipe["batch"] == 20
    assert recipe["optimizer"]["name"] == "adadelta"
    assert archc("check", output).out == archc("check", source).out
    output.write_text("mine")
    again = archc("import", source, "-o", output)
    assert (again.code, output.read_text()) == (2, "mine")
    assert "--force" in again.err
    assert archc("import", source, "-o", output, "--force").code == 0
    assert output.read_text() == IMPORTED


def test_import_reads_what_it_is_piped() -> None:
    ran = archc("import", "-", stdin=CONVNETJS)
    assert ran.code == 0
    assert "  fc 10 -> softmax\n" in ran.out
    assert archc("check", "-", stdin=ran.out).code == 0


def test_import_of_mistakes_writes_nothing(tmp_path: Path) -> None:
    source, output = tmp_path / "demo.js", tmp_path / "demo.arch"
    source.write_text(CONVNETJS.replace("softmax", "sofmax"))
    ran = archc("import", source, "-o", output)
    assert ran.code == 1
    assert "did you mean `softmax`?" in ran.err
    assert list(tmp_path.iterdir()) == [source]


def test_import_of_another_notation(tmp_path: Path) -> None:
    (tmp_path / "a.arch").write_text(NEAT)
    ran = archc("import", tmp_path / "a.arch")
    assert ran.code == 2
    assert "ConvNetJS" in ran.err
