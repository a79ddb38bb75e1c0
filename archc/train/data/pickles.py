"""Pickles of arrays and plain containers, and of nothing that runs."""

import io
import pickle
import pickletools
from pathlib import Path
from typing import Any

import numpy as np

from archc.diagnostics import Code
from archc.train.data.image_set import damaged, failed


class _Array:
    """Stands for numpy's class where a pickle names it: an array is made by _empty alone, and so of no size."""


def _empty(kind: object, shape: object, code: object) -> np.ndarray:
    """numpy's _reconstruct: what every pickle of an array begins with."""
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
    """What the pickle holds; byte strings of Python 2 stay bytes. Raises ArchError where it would run code."""
    try:
        _check_memo(content)
        return _Restricted(io.BytesIO(content), encoding="bytes").load()
    except pickle.UnpicklingError as error:
        said = str(error)
        if said.startswith("GLOBAL "):
            raise failed(
                Code.UNSAFE_DATA,
                f"`{path.name}` holds `{said.removeprefix('GLOBAL ')}` besides arrays, and reading that would run code",
                path,
                "take the file from the set's own site",
            ) from None
        raise damaged(path, f"is damaged: {said}") from None
    except Exception as error:  # a damaged pickle fails in any way at all
        raise damaged(path, f"is cut off or no pickle: {type(error).__name__}") from None


def _check_memo(content: bytes) -> None:
    """Places in a pickle's memory are counted up; one far off has the reader make room for all before it, 16 GiB in
    six bytes. Raises UnpicklingError, and ValueError where the pickle is cut off."""
    for number, (code, argument, _) in enumerate(pickletools.genops(content)):
        if code.name in ("PUT", "BINPUT", "LONG_BINPUT") and int(argument or 0) > number + 1:
            raise pickle.UnpicklingError(f"place {argument} in a memory of {number}")
