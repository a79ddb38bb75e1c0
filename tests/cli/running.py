"""The command as a process, as a user runs it."""

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


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
    inherited = {name: value for name, value in os.environ.items() if name != "COLUMNS"}
    done = subprocess.run(
        [sys.executable, "-m", "archc", *map(str, arguments)],
        input=stdin.encode() if isinstance(stdin, str) else stdin,
        capture_output=True,
        env={**inherited, "PYTHONIOENCODING": "utf-8", **(env or {})},
        cwd=cwd,
        check=False,
        timeout=600,  # a machine may be busy
    )
    return Ran(done.returncode, done.stdout.decode(), done.stderr.decode())
