"""The lock of a run's folder, which ends with the process that holds it."""

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from archc.diagnostics import ArchError, Code, Diagnostic

try:
    import fcntl
except ImportError:  # Windows has none: there a run is not kept from another
    fcntl = None  # type: ignore[assignment]

NAME = ".lock"


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """The folder belongs to this process. Raises ArchError where another one has it.

    A lock of POSIX: no child has it, and it is gone when its process is, however that ended.
    """
    if fcntl is None:
        yield
        return
    try:
        file = (folder / NAME).open("a+")
    except OSError:  # what cannot be written here is said by whoever writes first
        yield
        return
    with file:
        try:
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise busy(folder, _holder(folder)) from None
        except OSError:  # a disk that knows no locks
            yield
            return
        file.truncate(0)
        file.write(f"process {os.getpid()} on {socket.gethostname()}\n")
        file.flush()
        yield


def holder(folder: Path) -> str | None:
    """Who runs in the folder: `process 12 on host`; empty where nobody does, None where that cannot be told."""
    if fcntl is None:
        return None
    try:
        with (folder / NAME).open() as file:
            fcntl.lockf(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return ""
    except BlockingIOError:
        return _holder(folder)
    except OSError:
        return None
    return ""


def _holder(folder: Path) -> str:
    try:
        return (folder / NAME).read_text("utf-8").strip() or "another process"
    except (OSError, ValueError):
        return "another process"


def busy(folder: Path, who: str) -> ArchError:
    help_text = "Ctrl-C or SIGTERM there saves and ends it; another --out starts anew"
    return ArchError([Diagnostic(Code.RUN_BUSY, f"`{folder}` is still being trained, by {who}", help=help_text)])
