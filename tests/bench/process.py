"""Whole processes, timed from outside: wall clock and peak memory."""

import importlib
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
MIB = 1024 * 1024


@dataclass(frozen=True)
class Row:
    """One line of the report. `met` is None where nothing is promised."""

    what: str
    figure: str
    target: str = ""
    met: bool | None = None

    @property
    def verdict(self) -> str:
        return "" if self.met is None else f"target {self.target}: {'met' if self.met else 'MISSED'}"


@dataclass(frozen=True)
class Finished:
    """A process that ended: its seconds, its peak resident memory in bytes, what it printed."""

    seconds: float
    peak: int
    output: str

    @property
    def memory(self) -> str:
        return f"{self.peak / MIB:,.1f} MiB"


def archc(*arguments: str) -> list[str]:
    """The command line of `archc …` under this Python."""
    return [sys.executable, "-m", "archc", *arguments]


def run(command: list[str]) -> Finished:
    """Run to the end, as a user would: with bytecode kept. Raises RuntimeError where the exit status is not 0.

    This process must stay small: Linux counts the parent's peak at the moment of the fork as the child's.
    """
    with tempfile.TemporaryFile() as out:
        files = [(os.POSIX_SPAWN_DUP2, out.fileno(), 1), (os.POSIX_SPAWN_DUP2, out.fileno(), 2)]
        plain = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
        variables = {**plain, "PYTHONPATH": str(ROOT)}
        started = time.perf_counter()
        pid = os.posix_spawn(command[0], command, variables, file_actions=files)
        _, status, usage = os.wait4(pid, 0)
        seconds = time.perf_counter() - started
        out.seek(0)
        output = out.read().decode()
    if os.waitstatus_to_exitcode(status):
        raise RuntimeError(f"{' '.join(command)} failed:\n{output[-2000:]}")
    unit = 1 if sys.platform == "darwin" else 1024
    return Finished(seconds, usage.ru_maxrss * unit, output)


def interleaved(commands: Sequence[list[str]], rounds: int) -> list[Finished]:
    """The fastest of `rounds` runs of each command, taken in turns after one run each to warm caches."""
    for command in commands:
        run(command)
    runs = [[run(command) for command in commands] for _ in range(rounds)]
    return [min(column, key=lambda finished: finished.seconds) for column in zip(*runs, strict=True)]


def measured(name: str) -> list[Row]:
    """A bench's rows, in a process of its own: what another has loaded would count as memory of what it runs."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as apart:
        return apart.submit(_measured, name).result()


def _measured(name: str) -> list[Row]:
    rows: list[Row] = getattr(importlib.import_module(f"tests.bench.{name}"), name)()
    return rows
