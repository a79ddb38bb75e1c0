"""The command as a process, as a user runs it."""

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tests.cli.warm import COMMANDS, Warm, ready


@dataclass(frozen=True)
class Ran:
    """What came back."""

    code: int
    out: str
    err: str


def archc(
    *arguments: str | Path, stdin: str | bytes = b"", env: Mapping[str, str] | None = None, cwd: Path | None = None
) -> Ran:
    """Run `archc` with nothing from outside but what is given."""
    data = stdin.encode() if isinstance(stdin, str) else stdin
    if env is None and arguments and arguments[0] in COMMANDS and hasattr(os, "fork"):
        code, out, err = _warm().run([*map(str, arguments)], data, cwd or Path.cwd())
        return Ran(code, out.decode(), err.decode())
    done = subprocess.run(
        [sys.executable, "-m", "archc", *map(str, arguments)],
        input=data,
        capture_output=True,
        env=ready(os.environ) | dict(env or {}),
        cwd=cwd,
        check=False,
        timeout=600,  # a machine may be busy
    )
    return Ran(done.returncode, done.stdout.decode(), done.stderr.decode())


@cache
def _warm() -> Warm:
    return Warm()
