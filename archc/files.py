"""Atomic writing of files."""

import errno
import os
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

Part = bytes | memoryview


def write_text(path: Path, text: str) -> None:
    """`write_bytes` of the text in UTF-8."""
    write_bytes(path, text.encode("utf-8"))


def write_bytes(path: Path, *content: Part) -> None:
    """Write the parts to a temporary file and rename it. Raises OSError; then the old file is unchanged.

    A symbolic link is followed; the permissions of the file are kept.
    """
    with staged(path) as place:
        write_parts(place, content)


@contextmanager
def staged(path: Path) -> Iterator[Path]:
    """A context manager for atomic writing: `path` within a temporary folder.

    Files written to that folder are moved beside `path` when the block ends, `path` last; none if it raises. Raises
    OSError with the path of the caller.
    """
    try:
        target = path.resolve()
    except RuntimeError:  # a link that leads to itself, before Python 3.13
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), str(path)) from None
    if target.exists() and not target.is_file():
        raise OSError(errno.EISDIR if target.is_dir() else errno.EINVAL, "is not a regular file", str(path))
    try:
        with tempfile.TemporaryDirectory(dir=target.parent, prefix=f".{target.name[:80]}.") as folder:
            place = Path(folder) / target.name
            yield place
            for made in sorted(Path(folder).iterdir(), key=lambda one: one == place):
                _move(made, target.parent / made.name)
    except OSError as error:
        raise OSError(error.errno, error.strerror or str(error), str(path)) from None


def write_parts(path: Path, parts: Iterable[Part]) -> None:
    """Write a new file and flush it to the disk."""
    with path.open("xb") as file:
        for part in parts:
            file.write(part)
        file.flush()
        os.fsync(file.fileno())


def _move(made: Path, target: Path) -> None:
    mode = target.stat().st_mode & 0o7777 if target.exists() else 0o666 & ~_umask()
    made.chmod(mode)
    made.replace(target)
    sync_folder(target.parent)


def sync_folder(folder: Path) -> None:
    """Flush the names in a folder to the disk: without it a power cut may undo the rename."""
    if os.name == "posix":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
