"""Pickles of arrays and plain containers, and of nothing that runs."""

import io
import pickle
from pathlib import Path
from typing import Any

import numpy as np

from archc.train.data.sets import damaged, failed

ARRAYS = {
    ("numpy", "ndarray"),
    ("numpy", "dtype"),
    ("numpy.core.multiarray", "_reconstruct"),
    ("numpy._core.multiarray", "_reconstruct"),
    ("_codecs", "encode"),  # how Python 3 writes bytes for Python 2
}


class _Restricted(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in ARRAYS:
            raise pickle.UnpicklingError(f"GLOBAL {module}.{name}")
        if name == "_reconstruct":
            return np._core.multiarray._reconstruct  # type: ignore[attr-defined]
        return super().find_class(module, name)


def plain(content: bytes, path: Path) -> Any:
    """What the pickle holds; byte strings of Python 2 stay bytes. Raises ArchError where it would run code."""
    try:
        return _Restricted(io.BytesIO(content), encoding="bytes").load()
    except pickle.UnpicklingError as error:
        said = str(error)
        if said.startswith("GLOBAL "):
            raise failed(
                "unsafe-data",
                f"`{path.name}` holds `{said.removeprefix('GLOBAL ')}` besides arrays, and reading that would run code",
                path,
                "take the file from the set's own site",
            ) from None
        raise damaged(path, f"is damaged: {said}") from None
    except Exception as error:  # a damaged pickle fails in any way at all
        raise damaged(path, f"is cut off or no pickle: {type(error).__name__}") from None
