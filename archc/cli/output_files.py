"""Output files: their suffix, and whether they can be written.

Existing sources, models and weights are overwritten with --force alone. Pictures are overwritten: they can be drawn
again. A file that the command reads is never overwritten.
"""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from archc.diagnostics import ArchError, Code, Diagnostic

Force = Annotated[bool, typer.Option("--force", "-f", help="Overwrite existing files; without it they are kept.")]


def kind(path: Path, kinds: Sequence[str], what: str) -> str:
    """The suffix of a file in lower case. Raises typer's error if it is not one of `kinds`.

    what: the beginning of the message: "pictures are", "a source is".
    """
    suffix = path.suffix.lower()
    if suffix not in kinds:
        from archc.cli.usage_errors import near  # noqa: PLC0415 - where something is wrong

        *first, last = kinds
        listed = f"{', '.join(first)} or {last}" if first else last
        raise typer.BadParameter(f"{what} {listed}, not `{path.suffix or path.name}`{near(path.suffix, kinds)}")
    return suffix


def check_place(path: Path, reads: Sequence[Path | str | None] = ()) -> None:
    """Raises ArchError if a file cannot be written or is one of `reads`. To be called before anything is computed."""
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
    """Raises ArchError if a file cannot be written, or exists and `force` is not given."""
    for path in paths:
        check_place(path)
        if path.exists() and not force:
            raise _refused(path, "it is there already", "--force writes over it")


def _refused(path: Path, reason: str, help: str | None = None) -> ArchError:
    return ArchError([Diagnostic(Code.CANNOT_SAVE, f"`{path}` was not written: {reason}", help=help, file=str(path))])
