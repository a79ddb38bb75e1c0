"""A digest of all that a run's state holds: tensors by their bytes, plain values by what they are."""

import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path

import torch
from torch import Tensor

CHUNK = 1 << 20


def digest(state: object) -> str:
    """SHA-256 of a tree of mappings, lists, tensors and plain values. It is the same after torch.save and torch.load.

    Memory: one tensor on the CPU.
    """
    made = hashlib.sha256()
    for part in _parts(state):
        made.update(len(part).to_bytes(8, "little"))
        made.update(part)
    return made.hexdigest()


def of_file(path: Path) -> str:
    """SHA-256 of a file. Raises OSError."""
    made = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            made.update(chunk)
    return made.hexdigest()


def _parts(held: object) -> Iterator[bytes | memoryview]:
    match held:
        case Tensor():
            yield f"tensor {held.dtype} {tuple(held.shape)}".encode()
            plain = held.detach().cpu().contiguous().reshape(-1).view(torch.uint8)
            yield plain.numpy().data
        case Mapping():
            yield f"mapping {len(held)}".encode()
            for key, value in held.items():
                yield from _parts(key)
                yield from _parts(value)
        case list() | tuple():
            yield f"list {len(held)}".encode()
            for value in held:
                yield from _parts(value)
        case _:
            yield f"{type(held).__name__} {held!r}".encode("utf-8", "surrogatepass")
