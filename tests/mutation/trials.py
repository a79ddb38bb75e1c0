"""The tests of a module tried against its mutants, each in a process of its own.

A mutant in a function's body is put into the function that is there already, after the tests are collected. One in a
module's or a class's body, or in a function that ran while modules were imported, needs them imported anew: it is
tried by a process that has imported nothing of archc yet, only what archc imports.
"""

import gc
import importlib.machinery
import json
import os
import resource
import signal
import sys
import time
import traceback
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from functools import partial
from types import CodeType, FrameType, FunctionType
from typing import Any

import pytest

from tests.mutation.groups import ROOT
from tests.mutation.operators import Mutant, mutated

OPTIONS = ("-p", "no:xdist", "-p", "no:cacheprovider", "-p", "no:logging", "--capture=no", "-q")
PATIENCE = 4  # how many times what its tests take unedited a mutant may take, which may never end,
START = 6.0  # and what is needed before the first of them
WALL = 900
MEMORY = 24 << 30  # of addresses; torch takes most of them

Place = tuple[str, str]  # a module and a function


def forked(work: Callable[[], object], seconds: float) -> Any:
    """What `work` returns, as JSON, in a process of its own with limits; None where that ended otherwise."""
    return _ended(*_begun(work, seconds))


def spread(work: Callable[[int], list[Any]], shares: int) -> list[Any]:
    """What `work` lists for every share, in processes side by side."""
    begun = [_begun(partial(work, share), None) for share in range(shares)]
    found = [_ended(*one) for one in begun]
    if None in found:
        raise RuntimeError("a process of the mutation tests ended early; its standard error says why")
    return [one for part in found for one in part]


def _begun(work: Callable[[], object], seconds: float | None) -> tuple[int, int]:
    out, into = os.pipe()
    child = os.fork()
    if not child:
        os.close(out)
        null = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1) if seconds is None else (0, 1, 2):
            os.dup2(null, stream)
        if seconds is not None:
            _limit(seconds)
        try:
            with os.fdopen(into, "w") as pipe:
                json.dump(work(), pipe)
        except Exception:
            traceback.print_exc()
        finally:
            os._exit(0)
    os.close(into)
    return child, out


def _ended(child: int, out: int) -> Any:
    with os.fdopen(out) as pipe:
        text = pipe.read()
    os.waitpid(child, 0)
    return json.loads(text) if text else None


def _limit(seconds: float) -> None:
    used = resource.getrusage(resource.RUSAGE_SELF)
    most = int(used.ru_utime + used.ru_stime + seconds) + 1
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CPU, (most, most))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    signal.alarm(WALL)


@dataclass(slots=True)
class Known:
    """What each test takes and which functions it calls; what ran before the first. most: see Trials."""

    most: float
    early: set[Place]
    seconds: dict[str, float] = field(default_factory=dict)
    callers: dict[Place, list[str]] = field(default_factory=dict)

    def tests(self, mutant: Mutant) -> tuple[list[str], float]:
        """The tests to try, quickest first, as many as the time allows, and the most that a mutant may take in them."""
        judges: Collection[str] = self.seconds  # what a class or a module says, any test may read
        if mutant.hot:
            own = self.callers.get((mutant.module, mutant.place), [])
            reached = {name for (module, _), names in self.callers.items() if module == mutant.module for name in names}
            judges = own or reached or judges
        chosen, spent = [], 0.0
        for name in sorted(judges, key=lambda name: (self.seconds[name], name)):
            if spent + self.seconds[name] > self.most:
                break
            spent += self.seconds[name]
            chosen.append(name)
        return chosen, PATIENCE * spent + START


class Trials:
    """A plugin of pytest: `work` stands in for its loop over the collected tests.

    seconds: of the processor, for the tests of one mutant: the quickest that reach it go first.
    """

    def __init__(
        self, work: Callable[["Trials"], list[Any]], modules: Sequence[str], jobs: int, seconds: float
    ) -> None:
        self.work = work
        self.jobs = jobs
        self.seconds = seconds
        self.found: list[Any] = []
        self.files = {str(ROOT / name): name for name in modules}
        self.early: set[Place] = set()
        self.failed = False
        self.items: dict[str, pytest.Item] = {}

    def pytest_sessionstart(self) -> None:
        sys.setprofile(self._noting(self.early))

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        sys.setprofile(None)
        self.items = {item.nodeid: item for item in session.items}
        self.found = self.work(self)
        return True

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.failed |= report.failed

    def _noting(self, seen: set[Place]) -> Callable[[FrameType, str, object], None]:
        files = self.files

        def note(frame: FrameType, event: str, _: object) -> None:
            if event == "call" and (name := files.get(frame.f_code.co_filename)):
                seen.add((name, frame.f_code.co_qualname.split(".<locals>")[0]))

        return note

    def _passes(self, name: str) -> bool:
        self.failed = False
        item = self.items[name]
        item.config.hook.pytest_runtest_protocol(item=item, nextitem=None)
        return not self.failed

    def known(self) -> Known:
        """Every test once, unedited. One that fails, or takes too long, is no judge."""

        def some(share: int) -> list[Any]:
            names = [*self.items][share :: self.jobs]
            return [[name, *(forked(partial(self._watched, name), self.seconds) or (None, []))] for name in names]

        known = Known(self.seconds, self.early)
        for name, seconds, called in spread(some, self.jobs):
            if seconds is not None:
                known.seconds[name] = seconds
                for place in called:
                    known.callers.setdefault(tuple(place), []).append(name)
        return known

    def _watched(self, name: str) -> tuple[float | None, list[Place]]:
        seen: set[Place] = set()
        before = time.process_time()
        sys.setprofile(self._noting(seen))
        passed = self._passes(name)
        sys.setprofile(None)
        return time.process_time() - before if passed else None, sorted(seen)

    def kills(self, mutant: Mutant, old: CodeType, new: CodeType, names: Sequence[str], seconds: float) -> bool | None:
        """Whether a test fails with the mutant's code in the functions that are there; None where none is."""

        def work() -> bool | None:
            if not replace(str(ROOT / mutant.module), old, new):
                return None
            return not all(self._passes(name) for name in names)

        result = forked(lambda: [work()], seconds)
        return True if result is None else result[0]


def replace(path: str, old: CodeType, new: CodeType) -> bool:
    """Give the functions of a file the code of another version of it, and whether there was one."""
    before, after = _codes(old), _codes(new)
    if len(before) != len(after):
        return False
    changed = {one: other for one, other in zip(before, after, strict=True) if one != other}
    found = False
    for function in gc.get_objects():
        if isinstance(function, FunctionType) and function.__code__.co_filename == path:
            code = changed.get(function.__code__)
            if code is not None:
                function.__code__ = code
                found = True
    return found


def _codes(code: CodeType) -> list[CodeType]:
    found = [code]
    for inner in code.co_consts:
        if isinstance(inner, CodeType):
            found += _codes(inner)
    return found


def kills_anew(mutant: Mutant, new: CodeType, names: Sequence[str], seconds: float) -> bool:
    """The same where the module is imported anew."""

    def work() -> bool:
        path = str(ROOT / mutant.module)
        plain = importlib.machinery.SourceFileLoader.get_code

        def get_code(self: importlib.machinery.SourceFileLoader, fullname: str) -> CodeType | None:
            return new if self.path == path else plain(self, fullname)

        importlib.machinery.SourceFileLoader.get_code = get_code  # type: ignore[assignment,method-assign]
        return int(pytest.main([*OPTIONS, "-x", *names])) != 0

    return forked(work, 2 * seconds) is not False  # modules are imported anew, slowly


def compiled(mutant: Mutant, *, texts: bool) -> tuple[CodeType, CodeType]:
    """A module as it is and with the edit."""
    path = ROOT / mutant.module
    source = path.read_text("utf-8")
    return compile(source, str(path), "exec"), compile(mutated(source, mutant.number, texts=texts), str(path), "exec")
