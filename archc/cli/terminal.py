"""Writing to the terminal: width, colours, encoding."""

from __future__ import annotations

import os
import shutil
import sys
from contextlib import AbstractContextManager, nullcontext
from typing import Protocol, TextIO

from archc.diagnostics.visible import json_text, visible

LEAST_WIDTH = 40
PIPE_WIDTH = 100  # of messages where there is no terminal
DATA_WIDTH = 100_000  # of data in a pipe or a file: nothing is cut

PLAIN = str.maketrans("─━·…→–−×⌊⌋⌈⌉⟨⟩", "-=*.>--x[][]<>")  # one for one, so that columns stay


class ProgressLine(Protocol):
    """What is written here needs of a progress line. archc.cli.progress has it."""

    def show(self, text: str, done: int = 0, total: int = 0) -> None: ...

    def keep(self) -> None: ...

    def away(self) -> AbstractContextManager[None]: ...


LINES: list[ProgressLine] = []
"""The progress line that is shown, if there is one."""


def width(stream: TextIO) -> int:
    """Columns: COLUMNS, those of the terminal, or where there is none 100 for messages and no limit for data."""
    if os.environ.get("COLUMNS", "").isdecimal():
        return max(shutil.get_terminal_size((PIPE_WIDTH, 24)).columns, LEAST_WIDTH)
    if not stream.isatty():
        return PIPE_WIDTH if stream is sys.stderr else DATA_WIDTH
    try:
        return max(os.get_terminal_size(stream.fileno()).columns or PIPE_WIDTH, LEAST_WIDTH)
    except OSError:
        return PIPE_WIDTH


def color(stream: TextIO) -> bool:
    """Whether to colour. Source: no-color.org."""
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return stream.isatty() and os.environ.get("TERM") != "dumb"


def out(text: str) -> None:
    """Data, to standard output."""
    _write(sys.stdout, text)


def err(text: str) -> None:
    """Messages, to standard error, after all data so far."""
    sys.stdout.flush()
    _write(sys.stderr, text)
    sys.stderr.flush()


def note(text: str) -> None:
    """A message to standard error, whose names somebody else may have chosen; broken at a terminal's width."""
    shown = visible(text)
    if sys.stderr.isatty():
        from archc.diagnostics.text import wrapped  # noqa: PLC0415 - where somebody watches

        shown = "\n".join(wrapped(shown, width(sys.stderr), "  "))
    err(shown)


def json(document: object, indent: int | None = None) -> None:
    """Data as JSON."""
    utf8 = (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"
    out(json_text(document, ascii_alone=not utf8, indent=indent))


def doing(text: str, done: int = 0, total: int = 0) -> None:
    """Set the text of the progress line, and how much is done."""
    for line in LINES:
        line.show(visible(text), done, total)


def keep() -> None:
    """Leave the progress line on the terminal."""
    for line in LINES:
        line.keep()


def alone() -> AbstractContextManager[None]:
    """A block without the progress line, in which another process may write to the terminal."""
    return LINES[0].away() if LINES else nullcontext()


def _write(stream: TextIO, text: str) -> None:
    with alone():
        stream.write(encodable(text if text.endswith("\n") or not text else f"{text}\n", stream.encoding or "utf-8"))
        if LINES:
            stream.flush()


def encodable(text: str, encoding: str) -> str:
    """The text in what an encoding has; signs that it lacks become plain ones of the same width."""
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return text.translate(PLAIN).encode(encoding, "replace").decode(encoding)
    return text
