"""A run's state in a file that is written atomically, and how it is read back."""

import io
import re
import warnings
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from archc import archive
from archc.diagnostics import ArchError, Code, Diagnostic
from archc.files import write_bytes
from archc.train.digest import digest, of_file

NAME = re.compile(r"step-(\d{9})(?:\.pt)?")
FORMAT = 1
FILES = "files"  # of a sharded checkpoint: the digest of each file beside run.pt


def published(folder: Path) -> list[Path]:
    """The checkpoints of a run, the newest last. A checkpoint that is still being written has another name."""
    if not folder.is_dir():
        return []
    return sorted((path for path in folder.iterdir() if NAME.fullmatch(path.name)), key=lambda path: path.stem)


def name_of(updates: int) -> str:
    return f"step-{updates:09d}"


def save(folder: Path, updates: int, state: Mapping[str, Any], keep: int) -> Path:
    """Write to a temporary file, sync, rename, sync the folder; then remove old checkpoints. Raises ArchError.

    The newest `keep` stay. Checkpoints of later updates are removed too: they are of an earlier attempt of this run.
    """
    path = folder / f"{name_of(updates)}.pt"
    buffer = io.BytesIO()
    torch.save(sealed(state), buffer)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write_bytes(path, buffer.getvalue())
        prune(folder, updates, keep)
    except OSError as error:
        raise unwritten(path, error) from None
    return path


def prune(folder: Path, updates: int, keep: int) -> None:
    checkpoints = published(folder)
    now = [path.stem for path in checkpoints].index(name_of(updates))
    for old in (*checkpoints[: max(now + 1 - keep, 0)], *checkpoints[now + 1 :]):
        if old.is_dir():
            for file in old.iterdir():
                file.unlink()
            old.rmdir()
        else:
            old.unlink()


def unwritten(path: Path, error: OSError) -> ArchError:
    """The error if the disk is full or the folder read-only; earlier checkpoints are still there."""
    last = published(path.parent)
    help_text = f"the run can go on from {last[-1]}" if last else "there is no earlier checkpoint"
    return ArchError([Diagnostic(Code.CANNOT_SAVE, f"`{path}` cannot be written: {error.strerror}", help=help_text)])


def sealed(state: Mapping[str, Any]) -> dict[str, Any]:
    """The state as it is saved: with the version of the format, and its digest."""
    return {"format": FORMAT, "digest": digest(state), **state}


def find(place: Path) -> Path:
    """The checkpoint that a path names: a file, or the newest one in the folder of a run. Raises ArchError."""
    return _candidates(place)[-1]


def _candidates(place: Path) -> list[Path]:
    """The file alone, or the checkpoints in the folder of a run, the newest last. Raises ArchError."""
    if NAME.fullmatch(place.name) and place.exists():
        return [place]
    checkpoints = published(place / "checkpoints") or published(place)
    if not checkpoints:
        raise ArchError(
            [Diagnostic(Code.NO_CHECKPOINT, f"`{place}` holds no checkpoint to go on from", file=str(place))]
        )
    return checkpoints


def newest(place: Path) -> tuple[Path, dict[str, Any], list[Diagnostic]]:
    """The newest checkpoint that is intact, its state, and a warning for each newer one that is damaged.

    place: the folder of a run, or one checkpoint, which is then the only candidate. Raises ArchError if none is intact.
    """
    damaged: list[Diagnostic] = []
    for path in reversed(_candidates(place)):
        try:
            state = load(path)
        except ArchError as error:
            damaged += error.diagnostics
            continue
        taken = f"the run goes on from `{path.name}`, an earlier one; what was trained after it is trained again"
        warnings = [replace(each, severity="warning", help=taken) for each in damaged]
        return path, state, warnings
    raise ArchError(damaged)


def load(path: Path) -> dict[str, Any]:
    """The state in a checkpoint, after its checksums and its digest were verified. Raises ArchError.

    Only tensors and plain values are read: no file can run code.
    """
    file = path / "run.pt" if path.is_dir() else path
    fault = archive.fault(file)
    if fault is not None:
        raise _failed(path, fault)
    try:
        with warnings.catch_warnings(action="ignore"):
            state = torch.load(file, map_location="cpu", weights_only=True)
    except archive.DAMAGED:
        raise _failed(path, "is damaged, or no checkpoint of archc") from None
    if not isinstance(state, dict) or state.get("format") != FORMAT:
        raise _failed(path, "is not a checkpoint of archc, or is one of another version")
    content = {key: value for key, value in state.items() if key not in ("format", "digest")}
    if state.get("digest") not in (None, digest(content)):  # older versions of archc wrote none
        raise _failed(path, "is damaged: its state is not the one that was saved")
    for name, expected in content.get(FILES, {}).items():
        if not (path / name).is_file() or of_file(path / name) != expected:
            raise _failed(path, f"is damaged: `{name}` in it is not the file that was saved")
    return content


def _failed(path: Path, message: str) -> ArchError:
    older = [other for other in published(path.parent) if other != path]
    help_text = f"an earlier one is {older[-1]}" if older else None
    return ArchError([Diagnostic(Code.BAD_CHECKPOINT, f"`{path.name}` {message}", help=help_text, file=str(path))])
