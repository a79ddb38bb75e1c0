"""What every command has in common: names, help, examples, targets, and where output goes."""

import json
import re
import shlex
import shutil
import tomllib
from pathlib import Path

import pytest

from archc.cli.commands import COMMANDS, EXAMPLES, GROUPS
from archc.cli.targets import expanded
from archc.version import VERSION
from tests.cli.running import archc


@pytest.mark.parametrize("arguments", [["--version"], ["-V"]])
def test_version(arguments: list[str]) -> None:
    assert archc(*arguments).out == f"archc {VERSION}\n"


def test_help_groups_the_commands() -> None:
    text = archc("help").out
    assert text == archc("--help").out
    found = re.findall(r"^(\w+):$|^  (\w+)  +\S", text, re.MULTILINE)
    places = {name or heading: number for number, (heading, name) in enumerate(found)}
    for heading, names in GROUPS.items():
        assert [places[name] for name in names] == sorted(places[name] for name in names)
        assert places[heading] < places[names[0]]
    assert "--install-completion" in text


@pytest.mark.parametrize("command", COMMANDS)
def test_each_help_has_two_examples_with_options_that_exist(command: str) -> None:
    text = archc("help", command).out
    assert len(EXAMPLES[command]) == 2
    for example in EXAMPLES[command]:
        assert f"  {example}\n" in text
        assert example.split()[1] == command
        for word in shlex.split(example)[2:]:
            assert not word.startswith("-") or re.search(rf"{word}\b", text.partition("Examples:")[0]), word
    assert not re.search(r"<(int|float)", text), "a number is N"


def test_completion_knows_commands_and_options() -> None:
    """Typer's, as bash asks for it."""
    asked = {"_ARCHC_COMPLETE": "complete_bash", "COMP_WORDS": "archc ex", "COMP_CWORD": "1"}
    assert archc(env=asked).out.split() == ["expand", "explain", "export"]


@pytest.mark.parametrize(
    "arguments",
    [
        ["check", "lenet5", "--format", "JSON"],
        ["draw", "lenet5", "--direction", "lr", "--theme", "Dark", "-o", "-"],
        ["draw", "vgg::A", "--style", "VGG", "-o", "-"],
    ],
)
def test_case_is_forgiven(arguments: list[str]) -> None:
    ran = archc(*arguments)
    assert ran.code == 0, ran.err
    assert ran.out[0] in "{<"


@pytest.mark.parametrize(
    ("arguments", "answer"),
    [
        (["chek", "lenet5"], "check"),
        (["check", "lenet5", "--jsn"], "--json"),
        (["draw", "lenet5", "--directions", "LR"], "--direction"),
        (["check", "lenet5", "--format", "jsno"], "json"),
        (["draw", "lenet5", "--style", "volume"], "volumes"),
    ],
)
def test_a_slip_in_a_name_is_answered(arguments: list[str], answer: str) -> None:
    ran = archc(*arguments)
    assert (ran.code, ran.out) == (2, "")
    assert answer in ran.err


def test_folders_and_patterns_are_their_sources(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    for name in ("b.arch", "a.arch", "deep/c.arch", "d.txt"):
        (tmp_path / name).write_text("net n { input 8x8x3 -> conv 3x3, 4 }\n")
    in_folder = [str(tmp_path / name) for name in ("a.arch", "b.arch", "deep/c.arch")]
    assert expanded([str(tmp_path)]) == in_folder
    assert expanded([str(tmp_path / "*")]) == in_folder[:2]
    assert expanded([str(tmp_path / "**" / "*.arch")]) == in_folder
    assert expanded(["lenet5", "vgg::D", "-", "vgg[D]", "no*.arch"]) == ["lenet5", "vgg::D", "-", "vgg[D]", "no*.arch"]
    ran = archc("check", tmp_path, "--quiet")
    assert (ran.code, ran.out) == (0, "")
    ran = archc("check", "no*.arch", cwd=tmp_path)
    assert ran.code == 1
    assert "there is no file `no*.arch`" in ran.err
    shutil.rmtree(tmp_path / "deep")
    (tmp_path / "deep").mkdir()
    assert "`deep` is a folder" in archc("check", "deep", cwd=tmp_path).err


@pytest.mark.parametrize("name", [r"C:\x\a.arch", r"\\server\share\a.arch", r".\a.arch"])
def test_names_of_windows(name: str, tmp_path: Path) -> None:
    """`::` stands before a net, and a drive's colon is no part of it."""
    (tmp_path / name).write_text("net n { input 8x8x3 -> conv 3x3, 4 }\nnet m { input 8x8x3 -> conv 3x3, 8 }\n")
    ran = archc("check", f"{name}::m", "--json", cwd=tmp_path)
    assert [one["name"] for one in json.loads(ran.out)["nets"]] == ["m"]
    (tmp_path / name).rename(tmp_path / "kept")
    missing = archc("check", f"{name}::m", cwd=tmp_path)
    assert missing.code == 1
    assert name in missing.err


def test_a_picture_without_a_place_is_called_as_its_net(tmp_path: Path) -> None:
    ran = archc("draw", "vgg::A", cwd=tmp_path)
    assert (ran.code, ran.err) == (0, "vgg_A.svg: drawn\n")
    assert (tmp_path / "vgg_A.svg").read_bytes() == archc("draw", "vgg::A", "-o", "-").out.encode()
    archc("draw", "resnet", "--style", "table", cwd=tmp_path)
    assert (tmp_path / "resnet.svg").is_file()
    (tmp_path / "x.arch").write_text("net lower { input 8x8x3 -> conv 3x3, 4 }\n")
    archc("draw", "x.arch", cwd=tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {"vgg_A.svg", "resnet.svg", "x.arch", "lower.svg"}


def test_specs_are_found_by_words() -> None:
    found = {one["name"]: one for one in json.loads(archc("specs", "ResNet", "he", "--json").out)["specs"]}
    assert found["resnet34"]["params"] == 21_797_672
    assert (found["resnet34"]["input"], found["resnet34"]["year"]) == ("224x224x3", 2015)
    assert "vgg16" not in found
    text = archc("specs", "alexnet").out
    assert [line.split()[:1] for line in text.splitlines() if line.startswith("alexnet")] == [
        ["alexnet"],
        ["alexnet_torchvision"],
    ]
    assert (archc("specs", "nonet").code, archc("specs", "nonet").out) == (1, "")


def test_nothing_is_cut_in_a_pipe() -> None:
    text = archc("specs", "convnext").out
    assert "…" not in text
    assert "…" in archc("specs", "convnext", env={"COLUMNS": "60"}).out


@pytest.mark.parametrize("settings", [[], ["--set", "optimizer.lr=0.1", "--set", "augment.flip=true"]])
def test_a_dry_run_is_a_recipe(tmp_path: Path, settings: list[str]) -> None:
    """Kept as a file it gives the same run."""
    (tmp_path / "n.arch").write_text("net n { input 8x8x1 -> conv 3x3, 4 -> relu -> flatten -> fc 10 }\n")
    first = archc("train", "n.arch", "--data", "digits", "--dry-run", *settings, cwd=tmp_path)
    assert first.code == 0, first.err
    tomllib.loads(first.out)
    (tmp_path / "kept.toml").write_text(first.out)
    again = archc("train", "n.arch", "--recipe", "kept.toml", "--dry-run", cwd=tmp_path)
    assert again.out == first.out
