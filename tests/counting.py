"""The steps that a program takes, counted: what bounds work, and when a process is stopped, without a clock."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

HANG = 600
"""Seconds after which a process is taken to hang, on a machine however busy: no result depends on them."""


class TooManySteps(AssertionError):
    """A block took more steps than it may."""


@contextmanager
def at_most(steps: int) -> Iterator[None]:
    """Let the block run so many lines of Python; TooManySteps is raised at the next one."""
    left = steps

    def count(frame: FrameType, event: str, argument: Any) -> Any:
        nonlocal left
        left -= 1
        if left < 0:
            raise TooManySteps(f"more than {steps:,} lines")
        return count

    before = sys.gettrace()
    sys.settrace(count)
    try:
        yield
    finally:
        sys.settrace(before)


def signal_at(call: int, number: int) -> None:
    """Have this process signal itself at its `call`-th call of a function, Python's or C's, from now on."""
    left = call

    def count(frame: FrameType, event: str, argument: Any) -> None:
        nonlocal left
        if event in ("call", "c_call"):
            left -= 1
            if left == 0:
                sys.setprofile(None)
                os.kill(os.getpid(), number)

    sys.setprofile(count)
