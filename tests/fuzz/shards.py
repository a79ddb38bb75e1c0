"""A nightly suite in parts: `ARCHC_SHARD=2/8 pytest -m nightly tests/fuzz` runs the second of eight."""

import os
from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")


def shard(cases: Sequence[T]) -> list[T]:
    """Those of this part, every so many of all; all of them where no part was asked for. Raises ValueError."""
    number, slash, parts = os.environ.get("ARCHC_SHARD", "1/1").partition("/")
    if not slash or not 1 <= int(number) <= int(parts):
        raise ValueError("ARCHC_SHARD is NUMBER/PARTS, as 2/8")
    return list(cases)[int(number) - 1 :: int(parts)]
