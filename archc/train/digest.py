"""A digest of the state of a run."""

import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path

import torch
from torch import Tensor

CHUNK = 1 << 20


def digest(state: object) -> str:
    """SHA-256 of a tree of mappings, lists, tensors and plain values, the same after torch.save and torch.load.

    It needs the memory of one tensor on the CPU.
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


def _parts(state: object) -> Iterator[bytes | memoryview]:
    match state:
        case Tensor():
            yield f"tensor {state.dtype} {tuple(state.shape)}".encode()
            plain = state.detach().cpu().contiguous().reshape(-1).view(torch.uint8)
            yield plain.numpy().data
        case Mapping():
            yield f"mapping {len(state)}".encode()
            for key, value in state.items():
                yield from _parts(key)
                yield from _parts(value)
        case list() | tuple():
            yield f"list {len(state)}".encode()
            for value in state:
                yield from _parts(value)
        case _:
            yield f"{type(state).__name__} {state!r}".encode("utf-8", "surrogatepass")
