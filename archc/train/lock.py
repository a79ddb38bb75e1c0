"""The lock of a run's folder, which the operating system releases when the process ends."""

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from archc.diagnostics import ArchError, Code, Diagnostic

try:
    import fcntl
except ImportError:  # Windows has no fcntl: a run there is not protected from another
    fcntl = None  # type: ignore[assignment]

NAME = ".lock"


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """The folder is locked by this process inside the context. Raises ArchError if another one has the lock.

    It is a POSIX lock: child processes do not inherit it, and it ends with the process, however that ends.
    """
    if fcntl is None:
        yield
        return
    try:
        file = (folder / NAME).open("a+")
    except OSError:  # the first write to the folder reports the error
        yield
        return
    with file:
        try:
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise busy(folder, _holder(folder)) from None
        except OSError:  # a file system without locks
            yield
            return
        file.truncate(0)
        file.write(f"process {os.getpid()} on {socket.gethostname()}\n")
        file.flush()
        yield


def holder(folder: Path) -> str | None:
    """The process that runs in the folder, as `process 12 on host`; empty if none does, None if that is not known."""
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
    return ArchError([Diagnostic(Code.RUN_BUSY, f"`{folder}` is still being trained by {who}", help=help_text)])
