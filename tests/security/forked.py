"""Many command lines, each in a process of its own with limits, forked from one that has read archc already."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HANG = 300  # seconds of the processor: only what would not end takes them
MEMORY = 500_000_000


@dataclass(frozen=True)
class Ended:
    """What became of one. code is negative if a signal ended it; memory is the most that it held, in bytes."""

    code: int
    out: str
    err: str
    memory: int

    @property
    def crashed(self) -> bool:
        """Whether archc itself failed, and not the input."""
        return self.code not in (0, 1, 2) or "Traceback" in self.err or "internal error" in self.err

    @property
    def heads(self) -> list[str]:
        """The first lines of the diagnostics."""
        return [line for line in self.err.splitlines() if line.startswith(("error[", "warning["))]


def run_all(commands: Sequence[Sequence[str]], cwd: Path, memory: int = MEMORY, load: str = "archc") -> list[Ended]:
    """Run each command line of archc in `cwd`. load: modules that are read once for all; memory: 0 is no limit."""
    asked = {"commands": [list(map(str, one)) for one in commands], "memory": memory, "load": load.split()}
    done = subprocess.run(
        [sys.executable, __file__],
        input=json.dumps(asked),
        capture_output=True,
        text=True,
        cwd=cwd,
        check=False,
        timeout=HANG * len(commands),
        env={**os.environ, "PYTHONIOENCODING": "utf-8"},
    )
    assert done.returncode == 0, done.stderr[-2_000:]
    return [Ended(**one) for one in json.loads(done.stdout)]


def _child(arguments: list[str], memory: int, out: int, err: int) -> None:
    import resource  # noqa: PLC0415  (not everywhere)

    from archc.cli.app import main  # noqa: PLC0415

    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(out, 1)
    os.dup2(err, 2)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CPU, (HANG, HANG))
    if memory:
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    code: Any = 70
    try:
        main(arguments)
    except SystemExit as ended:
        code = ended.code
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code if isinstance(code, int) else 70)


def _one(arguments: list[str], memory: int) -> dict[str, Any]:
    out, err = (os.memfd_create(name) for name in ("out", "err"))
    child = os.fork()
    if not child:
        _child(arguments, memory, out, err)
    _, status, usage = os.wait4(child, 0)
    texts = []
    for file in (out, err):
        with os.fdopen(file, "rb") as held:
            held.seek(0)
            texts.append(held.read(1_000_000).decode("utf-8", "backslashreplace"))
    code = os.waitstatus_to_exitcode(status)
    return {
        "code": code,
        "out": texts[0],
        "err": texts[1],
        "memory": usage.ru_maxrss * 1024,
    }


def _main() -> None:
    from importlib import import_module  # noqa: PLC0415

    asked = json.load(sys.stdin)
    for name in ("archc.cli.application", "archc.cli.report", "archc.program", *asked["load"]):
        import_module(name)
    print(json.dumps([_one(one, asked["memory"]) for one in asked["commands"]]))


if __name__ == "__main__":
    _main()
