"""Pickles of arrays and plain containers. Nothing in them is run."""

import io
import pickle
import pickletools
from pathlib import Path
from typing import Any

import numpy as np

from archc.diagnostics import Code
from archc.train.data.image_set import damaged, failed


class _Array:
    """In the place of numpy's ndarray where a pickle names it: only `_empty` makes arrays, so their size is 0."""


def _empty(kind: object, shape: object, code: object) -> np.ndarray:
    """numpy's _reconstruct, with which the pickle of every array begins."""
    if kind is not _Array or shape != (0,):
        raise pickle.UnpicklingError("an array that is not as numpy writes it")
    return np._core.multiarray._reconstruct(np.ndarray, (0,), b"b")  # type: ignore[attr-defined,no-any-return]


def _encoded(text: str, encoding: str) -> bytes:
    """How Python 3 writes bytes for Python 2."""
    if encoding != "latin1":
        raise pickle.UnpicklingError(f"bytes as {encoding}")
    return text.encode("latin1")


KNOWN = {
    ("numpy", "ndarray"): _Array,
    ("numpy", "dtype"): np.dtype,
    ("numpy.core.multiarray", "_reconstruct"): _empty,
    ("numpy._core.multiarray", "_reconstruct"): _empty,
    ("_codecs", "encode"): _encoded,
}


class _Restricted(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in KNOWN:
            raise pickle.UnpicklingError(f"GLOBAL {module}.{name}")
        return KNOWN[module, name]


def plain(content: bytes, path: Path) -> Any:
    """The content of a pickle; byte strings of Python 2 stay bytes. Raises ArchError if it would run code."""
    try:
        _check_memo(content)
        return _Restricted(io.BytesIO(content), encoding="bytes").load()
    except pickle.UnpicklingError as error:
        reason = str(error)
        if reason.startswith("GLOBAL "):
            raise failed(
                Code.UNSAFE_DATA,
                f"`{path.name}` has `{reason.removeprefix('GLOBAL ')}` besides arrays; reading that would run code",
                path,
                "take the file from the set's own site",
            ) from None
        raise damaged(path, f"is damaged: {reason}") from None
    except Exception as error:  # a damaged pickle raises exceptions of any kind
        raise damaged(path, f"is cut off or no pickle: {type(error).__name__}") from None


def _check_memo(content: bytes) -> None:
    """Raises UnpicklingError for an index in the memo that is out of order, and ValueError for a cut pickle.

    Indices count up. For a large one Python allocates all before it: six bytes take 16 GiB.
    """
    for number, (code, argument, _) in enumerate(pickletools.genops(content)):
        if code.name in ("PUT", "BINPUT", "LONG_BINPUT") and int(argument or 0) > number + 1:
            raise pickle.UnpicklingError(f"place {argument} in a memory of {number}")
