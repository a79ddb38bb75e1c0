"""A progress line on the terminal, for commands that take more than a second."""

import os
import shutil
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Self, TextIO

from archc.cli import terminal
from archc.clock import clock

AFTER = 1.0  # seconds before which nothing is shown
EVERY = 0.2
BAR = 20  # columns


class Line:
    """One line, redrawn by a thread, so that the seconds are counted while a library works."""

    def __init__(self, stream: TextIO, text: str) -> None:
        self.stream = stream
        self.lock = threading.RLock()
        self.ended = threading.Event()
        self.drawn = 0  # columns that stand on the screen
        self.text, self.done, self.total = text, 0, 0
        self.begun, self.first = time.monotonic(), 0
        self.thread = threading.Thread(target=self._go_on, daemon=True)

    def __enter__(self) -> Self:
        self.thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.ended.set()
        self.thread.join()
        with self.away():
            pass

    def show(self, text: str, done: int = 0, total: int = 0) -> None:
        """Set what is being done and how much of it is done; without a total the time alone is shown."""
        with self.lock:
            if total != self.total or (not total and text != self.text):
                self.begun, self.first = time.monotonic(), done
            self.text, self.done, self.total = text, done, total

    def keep(self) -> None:
        """Leave the line on the terminal as it is."""
        with self.lock, suppress(OSError, ValueError):
            self._draw()
            self.stream.write("\n")
            self.drawn = 0
            self.text, self.total = "", 0

    @contextmanager
    def away(self) -> Iterator[None]:
        """Remove the line while the block writes to the terminal; the next drawing shows it again."""
        with self.lock:
            with suppress(OSError, ValueError):
                if self.drawn:
                    self.stream.write(f"\r{' ' * self.drawn}\r")
                    self.stream.flush()
                    self.drawn = 0
            yield

    def _go_on(self) -> None:
        wait = AFTER
        while not self.ended.wait(wait):
            wait = EVERY
            with self.lock, suppress(OSError, ValueError):  # a terminal that was closed
                if self.text:
                    self._draw()

    def _draw(self) -> None:
        columns = shutil.get_terminal_size().columns - 1
        shown = terminal.encodable(self._said()[:columns], self.stream.encoding or "utf-8")
        self.stream.write(f"\r{shown.ljust(self.drawn)}")
        self.stream.flush()
        self.drawn = len(shown)

    def _said(self) -> str:
        spent = time.monotonic() - self.begun
        if not self.total:
            return f"{self.text}  {clock(spent)}"
        full = BAR * self.done // self.total
        now = self.done - self.first
        rest = spent * (self.total - self.done) / now if now else 0.0
        left = f", {clock(rest)} left" if rest >= 1 else ""
        bar = "━" * full + "─" * (BAR - full)
        return f"{bar} {self.done:,}/{self.total:,}  {clock(spent)}{left}  {self.text}"


@contextmanager
def watched(text: str) -> Iterator[None]:
    """Show a progress line on standard error, a terminal, while the block runs, unless one is shown already.

    text: the first text. Of several processes of a run only the first shows a line.
    """
    if terminal.LINES or os.environ.get("RANK", "0") != "0" or os.environ.get("TERM") == "dumb":
        yield
        return
    with Line(sys.stderr, text) as line:
        terminal.LINES.append(line)
        try:
            yield
        finally:
            terminal.LINES.remove(line)
