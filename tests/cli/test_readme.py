"""The README's examples are run: what it prints is what the commands print.

`ARCHC_UPDATE=1 pytest tests/cli/test_readme.py` writes the real output into it.
"""

import doctest
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import archc

FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
FILE = re.compile(r"# (\S+\.arch)\n")


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
    """The README with each console block as it really is."""
    for content in blocks(text, "arch"):
        if named := FILE.match(content):
            (folder / named[1]).write_text(content, encoding="utf-8")

    def real(fence: re.Match[str]) -> str:
        return f"```console\n{session(fence[2], folder)}```" if fence[1] == "console" else fence[0]

    return FENCE.sub(real, text)


def test_the_shown_output_is_real(root: Path, tmp_path: Path) -> None:
    readme = root / "README.md"
    text = readme.read_text(encoding="utf-8")
    assert text.count("```console\n") >= 3
    result = refreshed(text, tmp_path)
    if os.environ.get("ARCHC_UPDATE"):
        readme.write_text(result, encoding="utf-8")
        return
    assert result == text


def test_the_shown_export_is_real(root: Path, tmp_path: Path) -> None:
    text = (root / "README.md").read_text(encoding="utf-8")
    (source,) = (content for content in blocks(text, "arch") if content.startswith("# tiny.arch"))
    shown = [content for content in blocks(text, "python") if content.startswith("class ")]
    assert shown
    assert all(content in archc.parse(source).python() for content in shown)


def test_the_shown_python_is_real(root: Path) -> None:
    text = (root / "README.md").read_text(encoding="utf-8")
    examples = "\n".join(blocks(text, "pycon"))
    assert examples
    test = doctest.DocTestParser().get_doctest(examples, {}, "README.md", "README.md", 0)
    report: list[str] = []
    result = doctest.DocTestRunner(verbose=False, optionflags=doctest.ELLIPSIS).run(test, out=report.append)
    assert not result.failed, "".join(report)


def test_ci_runs_the_second_command(root: Path) -> None:
    """In an environment of its own; what is done inside is the same."""
    commands = [part for block in blocks((root / "README.md").read_text("utf-8"), "sh") for part in block.split("&&")]
    second = [" ".join(part.split()) for part in commands]
    script = (root / ".ci" / "run").read_text("utf-8").replace(" --quiet", "").splitlines()
    install = next(part for part in second if part.startswith("pip install -c"))
    run = second[second.index(install) + 1]
    assert [line for line in script if line in second] == [install, run]
    assert script[-1] == run


def test_links_lead_somewhere(root: Path) -> None:
    text = (root / "README.md").read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#]+)[^)]*\)", text):
        assert target.startswith("https://") or (root / target).exists(), target
