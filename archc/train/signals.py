"""SIGINT and SIGTERM end a run after the current step; a second one ends it at once."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class Stop:
    """number: of the signal that arrived, or 0."""

    def __init__(self) -> None:
        self.number = 0


@contextmanager
def stopping() -> Iterator[Stop]:
    """Handlers inside the context."""
    stop = Stop()

    def handle(number: int, frame: FrameType | None) -> None:
        if stop.number and number == signal.SIGINT:
            raise KeyboardInterrupt
        stop.number = number

    before = {one: signal.signal(one, handle) for one in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)
