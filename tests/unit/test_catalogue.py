"""The catalogue of codes: each has an entry, each example gives its code, and the reference lists them.

ARCHC_UPDATE=1 writes the page anew.
"""

import json
import os
import re
import shlex
from pathlib import Path

import pytest
import typer

from archc.cli.app import run
from archc.cli.application import build_app
from archc.cli.explain import EXAMPLE, reported, section
from archc.diagnostics import Code
from archc.diagnostics.catalogue import Entry, catalogue
from archc.program import compile_text

PAGE = Path(__file__).parents[2] / "grammar" / "diagnostics.md"
BEGIN, END = "<!-- codes: tests/unit/test_catalogue.py writes this -->\n", "<!-- end of codes -->\n"
HEAD = re.compile(r"^(?:error|warning|info)\[([a-z-]+)\]", re.MULTILINE)
ENTRIES = catalogue()
SOURCES = [entry for entry in ENTRIES.values() if entry.source]
COMMANDS = [entry for entry in ENTRIES.values() if entry.runs or entry.files]


def names(entry: Entry) -> str:
    return entry.code


def test_each_code_has_one_entry() -> None:
    """A code without an entry is a KeyError above, which names it: add it to archc/diagnostics/catalogue.toml."""
    assert list(ENTRIES) == list(Code) == sorted(Code)
    assert all(bool(entry.source) != bool(entry.command) for entry in ENTRIES.values())
    assert len({entry.sentence for entry in ENTRIES.values()}) == len(ENTRIES)
    assert len(SOURCES) >= 90


def test_the_sentences() -> None:
    for entry in ENTRIES.values():
        assert re.fullmatch(r"[A-Z`].*\.", entry.sentence), entry.sentence
        assert len(entry.sentence) <= 240, entry.sentence


@pytest.mark.parametrize("entry", SOURCES, ids=names)
def test_the_example_gives_its_code_first(entry: Entry) -> None:
    """`reported` is the first diagnostic of the source, whatever its code."""
    said = reported(entry)
    assert HEAD.findall(said) == [entry.code]
    assert f"--> {EXAMPLE}:" in said or entry.code in ("no-net", "limit-source")


@pytest.mark.parametrize("entry", COMMANDS, ids=names)
def test_the_command_gives_its_code_first(
    entry: Entry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, text in entry.files.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert entry.command is not None
    assert run(shlex.split(entry.command)[1:]) in (1, 2)
    assert HEAD.findall(capsys.readouterr().err)[0] == entry.code


def test_the_commands_have_these_options() -> None:
    """Those that no test runs are read at least: each command, and each of its options, is there."""
    commands = typer.main.get_group(build_app()).commands
    for entry in ENTRIES.values():
        words = shlex.split(entry.command or "archc check", comments=True)
        known = {option for parameter in commands[words[1]].params for option in parameter.opts}
        assert {word for word in words if word.startswith("-")} <= known, entry.command


def test_the_page_of_the_reference() -> None:
    before, rest = PAGE.read_text(encoding="utf-8").split(BEGIN)
    shown, after = rest.split(END)
    wanted = "\n\n".join(map(section, ENTRIES.values())) + "\n"
    if os.environ.get("ARCHC_UPDATE"):
        PAGE.write_text(f"{before}{BEGIN}{wanted}{END}{after}", encoding="utf-8")
        shown = wanted
    assert shown == wanted


@pytest.mark.parametrize("asked", ["shape-refuted", "error[shape-refuted]", "error[shape-refuted]:"])
def test_explain(asked: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["explain", asked]) == 0
    out = capsys.readouterr().out
    assert ENTRIES[Code.SHAPE_REFUTED].sentence in out
    assert "⌊(224 + 2·0 − 11)/4⌋ + 1 = 54" in out


def test_explain_names_the_nearest_code(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["explain", "shape-refutd"]) == 2
    assert "did you mean `shape-refuted`?" in capsys.readouterr().err


def test_explain_lists_all(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["explain", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)["codes"]
    assert [row["code"] for row in rows] == list(Code)
    assert run(["explain"]) == 0
    assert all(code in capsys.readouterr().out for code in ("ambiguous-layout",))


def test_the_last_line_names_the_command(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """What the message's last line says can be run as it stands."""
    path = tmp_path / "net.arch"
    path.write_text("net n {\n  input 8x8x3\n  rleu\n  conv 3x3\n  dropout 50\n  sofmax\n  lrn k=1, k=2\n}\n", "utf-8")
    assert run(["check", str(path)]) == 1
    last = capsys.readouterr().err.splitlines()[-1]
    codes = [str(d.code) for d in compile_text(path.read_text("utf-8")).diagnostics]
    assert last == f"= archc explain {' '.join([*dict.fromkeys(codes)][:3])}"
    assert run(last.split()[2:]) == 0
    assert capsys.readouterr().out.startswith(f"{codes[0]}: ")
