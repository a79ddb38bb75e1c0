"""Where a command writes: what kind of file a name says, and what is there already.

Sources, models and weights that are there are written over with --force alone. Pictures are drawn anew: they are made
of what stays. What a command reads is never written over.
"""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from archc.diagnostics import ArchError, Code, Diagnostic

Force = Annotated[bool, typer.Option("--force", "-f", help="Overwrite existing files; without it they are kept.")]


def kind(path: Path, kinds: Sequence[str], what: str) -> str:
    """The ending of a file's name, in lower case. Raises typer's error where it is none of `kinds`.

    what: of what kind the file is, in the message: "pictures are", "a source is".
    """
    suffix = path.suffix.lower()
    if suffix not in kinds:
        from archc.cli.usage_errors import near  # noqa: PLC0415 - where something is wrong

        *first, last = kinds
        listed = f"{', '.join(first)} or {last}" if first else last
        raise typer.BadParameter(f"{what} {listed}, not `{path.suffix or path.name}`{near(path.suffix, kinds)}")
    return suffix


def check_place(path: Path, reads: Sequence[Path | str | None] = ()) -> None:
    """Raises ArchError where a file cannot be written, or is one that is read; for before anything is computed."""
    folder = path.parent
    if not folder.is_dir():
        raise _refused(path, f"there is no folder `{folder}`")
    if path.exists() and not path.is_file():
        raise _refused(path, "it is a folder" if path.is_dir() else "it is no regular file")
    if not os.access(folder, os.W_OK):
        raise _refused(path, f"the folder `{folder}` is read-only")
    if path.exists() and any(one is not None and Path(one).exists() and path.samefile(one) for one in reads):
        raise _refused(path, "it is what the command reads")


def check_free(paths: Sequence[Path], force: bool) -> None:
    """As check_place of each; raises ArchError too where one is there and must not be written over."""
    for path in paths:
        check_place(path)
        if path.exists() and not force:
            raise _refused(path, "it is there already", "--force writes over it")


def _refused(path: Path, reason: str, help: str | None = None) -> ArchError:
    return ArchError([Diagnostic(Code.CANNOT_SAVE, f"`{path}` was not written: {reason}", help=help, file=str(path))])
