"""Files that ship with archc, and its cache folder."""

import os
from functools import cache
from pathlib import Path

PACKAGE = Path(__file__).resolve().parent


def _shipped(folder: str) -> Path:
    """In a wheel the top-level folders lie inside the package; in a checkout, beside it."""
    return (PACKAGE.parent if is_checkout() else PACKAGE / "_shipped") / folder


def is_checkout() -> bool:
    """Whether archc runs from its repository and not from a wheel."""
    return not (PACKAGE / "_shipped").is_dir()


@cache
def grammar_text() -> str:
    return (_shipped("grammar") / "arch.lark").read_text(encoding="utf-8")


def specs_folder() -> Path:
    """The bundled networks."""
    return _shipped("specs")


def cache_folder() -> Path | None:
    """The user's cache folder for parse tables; None where it cannot be made or another user could write to it.

    The tables are unpickled, so that a foreign file could run code.
    """
    base = os.environ.get("XDG_CACHE_HOME") or os.environ.get("LOCALAPPDATA")
    try:
        folder = (Path(base) if base else Path.home() / ".cache") / "archc"
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if hasattr(os, "getuid"):
            status = folder.stat()
            if status.st_uid != os.getuid() or status.st_mode & 0o022:
                return None
    except (OSError, RuntimeError):
        return None
    return folder
