"""The README and the pages of examples/ are run: what they show is what the commands print.

`ARCHC_UPDATE=1 pytest tests/cli/test_readme.py` writes the real output into them.
"""

import doctest
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import archc

FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
FILE = re.compile(r"# (\S+\.arch)\n")
ROOT = Path(__file__).parents[2]
RUN = [ROOT / "README.md", *sorted((ROOT / "examples").glob("*.md"))]
OTHERS = [
    *(ROOT / f"{name}.md" for name in ("CODE_OF_CONDUCT", "CONTRIBUTING", "NOTICE", "SECURITY")),
    *(ROOT / room / "README.md" for room in ("archc", "tests", "tests/bench")),
]


def blocks(text: str, language: str) -> list[str]:
    """The contents of the fenced blocks of a language."""
    return [content for name, content in FENCE.findall(text) if name == language]


def session(content: str, folder: Path) -> str:
    """A console block with what its commands print, and `echo $?` knows of the one before."""
    lines = []
    status = 0
    for line in content.splitlines():
        if not line.startswith("$ "):
            continue
        lines.append(line)
        if line == "$ echo $?":
            lines.append(str(status))
            continue
        program, *arguments = shlex.split(line[2:])
        assert program == "archc", line
        done = subprocess.run(
            [sys.executable, "-m", "archc", *arguments],
            cwd=folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            env={**os.environ, "COLUMNS": "100", "PYTHONUNBUFFERED": "1"},
            encoding="utf-8",
            check=False,
        )
        status = done.returncode
        lines += done.stdout.splitlines()
    return "\n".join(lines) + "\n"


def refreshed(text: str, folder: Path) -> str:
    """A page with each console block as it really is, beside the sources of examples/ and those that it shows."""
    for path in (ROOT / "examples").glob("*.arch"):
        shutil.copy(path, folder)
    for content in blocks(text, "arch"):
        if named := FILE.match(content):
            (folder / named[1]).write_text(content, encoding="utf-8")

    def real(fence: re.Match[str]) -> str:
        return f"```console\n{session(fence[2], folder)}```" if fence[1] == "console" else fence[0]

    return FENCE.sub(real, text)


def named(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("page", [one for one in RUN if "```console\n" in one.read_text("utf-8")], ids=named)
def test_the_shown_output_is_real(page: Path, tmp_path: Path) -> None:
    text = page.read_text(encoding="utf-8")
    result = refreshed(text, tmp_path)
    if os.environ.get("ARCHC_UPDATE"):
        page.write_text(result, encoding="utf-8")
        return
    assert result == text


def test_the_shown_sources_are_the_files(root: Path) -> None:
    shown = {
        match[1]: content for page in RUN for content in blocks(page.read_text("utf-8"), "arch")
        if (match := FILE.match(content))
    }  # fmt: skip
    files = {path.name: path.read_text("utf-8") for path in (root / "examples").glob("*.arch")}
    assert files
    assert {name: shown.get(name) for name in files} == files


def test_the_shown_export_is_real(root: Path) -> None:
    text = (root / "examples" / "pytorch.md").read_text(encoding="utf-8")
    shown = [content for content in blocks(text, "python") if content.startswith("class ")]
    assert shown
    written = archc.load(root / "examples" / "tiny.arch").python()
    assert all(content in written for content in shown)


@pytest.mark.parametrize("page", [one for one in RUN if "```pycon\n" in one.read_text("utf-8")], ids=named)
def test_the_shown_python_is_real(page: Path) -> None:
    examples = "\n".join(blocks(page.read_text("utf-8"), "pycon"))
    test = doctest.DocTestParser().get_doctest(examples, {}, page.name, str(page), 0)
    report: list[str] = []
    result = doctest.DocTestRunner(verbose=False, optionflags=doctest.ELLIPSIS).run(test, out=report.append)
    assert not result.failed, "".join(report)


@pytest.mark.nightly  # tests/train runs `archc demo`, which does the same, in CI
def test_the_shown_training_works(root: Path, tmp_path: Path) -> None:
    """One epoch of it: the whole run takes longer than CI has."""
    shutil.copy(root / "examples" / "small.arch", tmp_path)
    shown = "\n".join(blocks((root / "README.md").read_text("utf-8"), "sh")).splitlines()
    commands = [line for line in shown if line.startswith("archc ")]
    assert len(commands) >= 3
    for command in commands:
        session(f"$ {command}{' --set epochs=1' if command.startswith('archc train') else ''}", tmp_path)
    assert (tmp_path / "small.onnx").stat().st_size > 100_000
    assert "class SmallB(nn.Module)" in (tmp_path / "small.py").read_text("utf-8")


def test_ci_runs_the_second_command(root: Path) -> None:
    """In an environment of its own; what is done inside is the same."""
    commands = [part for block in blocks((root / "README.md").read_text("utf-8"), "sh") for part in block.split("&&")]
    second = [" ".join(part.split()) for part in commands]
    script = (root / ".ci" / "run").read_text("utf-8").replace(" --quiet", "").splitlines()
    install = next(part for part in second if part.startswith("pip install -c"))
    run = second[second.index(install) + 1]
    assert [line for line in script if line in second] == [install, run]
    assert script[-1] == run


@pytest.mark.parametrize("page", [*RUN, *OTHERS], ids=named)
def test_links_lead_somewhere(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#]+)[^)]*\)", text):
        assert target.startswith("https://") or (page.parent / target).exists(), target


def test_the_readme_is_short(root: Path) -> None:
    assert len((root / "README.md").read_text("utf-8").split()) < 1500
