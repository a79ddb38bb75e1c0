"""What pages show in fences, and how it is run: one mechanism for every page.

```arch             a source that checks; `# name.arch` in its first line makes it a file of the page's folder instead
```arch body        a part of a net whose input is 16x16x4, or that states its own
```toml, ```python  a file of the folder where the first line is `# name.toml`, `# name.py`
```console          commands after `$ `, with what they print; ```console nightly: those that load PyTorch or take long
```pycon            Python, with what it prints

In what a command prints, … stands for any text, and a line of … for any lines.
"""

import os
import re
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
FENCE = re.compile(r"^```(\w+)(?: ([\w ]+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
FILE = re.compile(r"# (\S+\.(?:arch|toml|py))\n")
FOLDERS = ("grammar", "examples", "specs", "archc", "tests", "tests/bench")
PAGES = sorted([*ROOT.glob("*.md"), *(page for folder in FOLDERS for page in (ROOT / folder).glob("*.md"))])
PROGRAMS = {"archc": [sys.executable, "-m", "archc"], "python": [sys.executable], "cat": ["cat"], "ls": ["ls"]}


@dataclass(frozen=True, slots=True)
class Fence:
    """A fenced block. kind: the words after the language."""

    language: str
    kind: str
    content: str
    line: int

    @property
    def file(self) -> str | None:
        found = FILE.match(self.content)
        return found[1] if found else None


def named(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def fences(text: str, *languages: str) -> list[Fence]:
    """The fenced blocks of a page, those of some languages where these are named."""
    return [
        Fence(found[1], found[2] or "", found[3], text.count("\n", 0, found.start()) + 1)
        for found in FENCE.finditer(text)
        if not languages or found[1] in languages
    ]


def blocks(text: str, language: str) -> list[str]:
    return [fence.content for fence in fences(text, language)]


def matches(shown: str, real: str) -> bool:
    """Whether a session is as it is shown, … being any text of a line, or any lines where it is a whole one."""
    lines = [
        r"(?:.*\n)*?" if line == "…\n" else re.escape(line).replace("…", ".*")
        for line in shown.splitlines(keepends=True)
    ]
    return re.fullmatch("".join(lines), real) is not None


def session(content: str, folder: Path) -> str:
    """A console block with what its commands print; `echo $?` knows of the one before."""
    lines = []
    status = 0
    for line in content.splitlines():
        if not line.startswith("$ "):
            continue
        lines.append(line)
        if line == "$ echo $?":
            lines.append(str(status))
            continue
        program, *arguments = shlex.split(line[2:], comments=True)
        assert program in PROGRAMS, line
        done = subprocess.run(
            [*PROGRAMS[program], *arguments],
            cwd=folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            env={**os.environ, "COLUMNS": "100", "PYTHONUNBUFFERED": "1"},
            encoding="utf-8",
            check=False,
        )
        status = done.returncode
        assert "Traceback" not in done.stdout, done.stdout
        lines += done.stdout.splitlines()
    return "\n".join(lines) + "\n"


def refreshed(text: str, folder: Path, *, nightly: bool = False) -> str:
    """A page with each console block as it really is, in the order of the page, beside the sources of examples/."""
    for path in (ROOT / "examples").glob("*.arch"):
        shutil.copy(path, folder)
    result = text
    for fence in fences(text):
        if fence.file:
            (folder / fence.file).write_text(fence.content, encoding="utf-8")
        if fence.language == "console" and (nightly or fence.kind != "nightly"):
            real = session(fence.content, folder)
            if not matches(fence.content, real):
                result = result.replace(f"\n{fence.content}```", f"\n{real}```", 1)
    return result
