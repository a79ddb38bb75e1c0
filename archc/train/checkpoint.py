"""A run's state in a file that is either whole or not there, and the way back from it."""

import io
import pickle
import re
import struct
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from archc.diagnostics import ArchError, Diagnostic
from archc.files import write_bytes

NAME = re.compile(r"step-(\d{9})(?:\.pt)?")
FORMAT = 1
DAMAGED = (
    OSError,
    RuntimeError,
    EOFError,
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    ImportError,
    pickle.UnpicklingError,
    struct.error,
)


def published(folder: Path) -> list[Path]:
    """The checkpoints of a run, the newest last. What is being written has another name."""
    if not folder.is_dir():
        return []
    return sorted((path for path in folder.iterdir() if NAME.fullmatch(path.name)), key=lambda path: path.stem)


def name_of(updates: int) -> str:
    return f"step-{updates:09d}"


def save(folder: Path, updates: int, state: Mapping[str, Any], keep: int) -> Path:
    """Write beside, sync, rename, sync the folder; then drop what is older than the newest `keep`, and what lies ahead:
    it is of a run that went on from here before. Raises ArchError."""
    path = folder / f"{name_of(updates)}.pt"
    buffer = io.BytesIO()
    torch.save({"format": FORMAT, **state}, buffer)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write_bytes(path, buffer.getvalue())
        prune(folder, updates, keep)
    except OSError as error:
        raise unwritten(path, error) from None
    return path


def prune(folder: Path, updates: int, keep: int) -> None:
    held = published(folder)
    now = [path.stem for path in held].index(name_of(updates))
    for old in (*held[: max(now + 1 - keep, 0)], *held[now + 1 :]):
        if old.is_dir():
            for file in old.iterdir():
                file.unlink()
            old.rmdir()
        else:
            old.unlink()


def unwritten(path: Path, error: OSError) -> ArchError:
    """The disk is full, the folder read-only: what was published before stands."""
    last = published(path.parent)
    help_text = f"the run can go on from {last[-1]}" if last else "there is no earlier checkpoint"
    return ArchError([Diagnostic("cannot-save", f"`{path}` cannot be written: {error.strerror}", help=help_text)])


def find(place: Path) -> Path:
    """The checkpoint that is meant: a file, or the newest one of a run's folder. Raises ArchError."""
    if NAME.fullmatch(place.name) and place.exists():
        return place
    held = published(place / "checkpoints") or published(place)
    if not held:
        raise ArchError([Diagnostic("no-checkpoint", f"`{place}` holds no checkpoint to go on from", file=str(place))])
    return held[-1]


def load(path: Path) -> dict[str, Any]:
    """Tensors and plain values alone: no file can run code. Raises ArchError."""
    file = path / "run.pt" if path.is_dir() else path
    try:
        with warnings.catch_warnings(action="ignore"):
            state = torch.load(file, map_location="cpu", weights_only=True)
    except DAMAGED:
        raise _failed(path, "is damaged, or no checkpoint of archc") from None
    if not isinstance(state, dict) or state.get("format") != FORMAT:
        raise _failed(path, "is no checkpoint of archc, or one of another version")
    return state


def _failed(path: Path, message: str) -> ArchError:
    older = [other for other in published(path.parent) if other != path]
    help_text = f"an earlier one is {older[-1]}" if older else None
    return ArchError([Diagnostic("bad-checkpoint", f"`{path.name}` {message}", help=help_text, file=str(path))])
