"""Labels: classes numbered from 0, or numbers as targets. For other arrays, the error says what they are."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from archc.diagnostics import ArchError, Code, Diagnostic

Array = NDArray[Any]
MOST_CLASSES = 1_000_000
SHOWN = 6


def read_labels(parts: Sequence[tuple[str, Array]], outputs: int, path: Path) -> tuple[list[Array], tuple[str, ...]]:
    """int64 classes (N,) or float32 targets (N, …) of each part; and notes for the user. Raises ArchError.

    All parts together decide which of the two they are. parts: names and arrays. outputs: the number of values that the
    net gives.
    """
    names = ", ".join(f"`{name}`" for name, _ in parts)
    arrays = [array.reshape(len(array)) if array.shape[1:] == (1,) else array for _, array in parts]
    kinds = {array.dtype.kind for array in arrays}
    if kinds <= set("USO"):
        values = sorted({str(value) for array in arrays for value in np.unique(array)})
        message = f"the labels {names} of `{path.name}` are texts: {_listed(values)}"
        raise _failed(message, path, "number them: `names, y = np.unique(y, return_inverse=True)`")
    if len({array.ndim for array in arrays}) > 1 or len({array.dtype.kind == "f" for array in arrays}) > 1:
        shapes = " and ".join(f"{array.dtype} {array.shape}" for array in arrays)
        raise _failed(
            f"`{path.name}` has classes in one part and numbers, or more of them, in the other: {shapes}", path
        )
    if kinds <= set("f"):
        return [_targets(array, outputs, names, path) for array in arrays], ()
    if not kinds <= set("iub"):
        raise _failed(f"the labels {names} of `{path.name}` are {arrays[0].dtype}", path)
    if arrays[0].ndim > 1:
        raise _rows(arrays, names, path)
    return _classes([array.astype(np.int64) for array in arrays], outputs, names, path)


def one_hot(array: Array) -> bool:
    """Whether each row has a single 1 and zeros."""
    return bool(
        array.ndim == 2 and array.shape[1] > 1 and ((array == 1).sum(1) == 1).all() and (array != 0).sum() == len(array)
    )


def _targets(array: Array, outputs: int, names: str, path: Path) -> Array:
    values = array.astype(np.float32)
    if not np.isfinite(values).all():
        raise _failed(f"the labels {names} of `{path.name}` have values that are NaN or infinite", path)
    if values.ndim == 1 and outputs > 1 and (values == np.rint(values)).all():
        message = f"the labels {names} of `{path.name}` are whole numbers saved as {array.dtype}: classes are integers"
        raise _failed(message, path, "save them as `y.astype(np.int64)`")
    return values


def _rows(arrays: Sequence[Array], names: str, path: Path) -> ArchError:
    array = arrays[0]
    if all(map(one_hot, arrays)):
        message = f"the labels {names} of `{path.name}` are one-hot rows of {array.shape[1]} classes"
        return _failed(message, path, "save the classes' numbers: `y.argmax(1)`")
    if array.ndim == 2 and all(((one == 0) | (one == 1)).all() for one in arrays):
        message = f"the labels {names} of `{path.name}` are rows of {array.shape[1]} with several classes each, or none"
        return _failed(message, path, "archc trains them as numbers: `y.astype(np.float32)`, and loss=mse")
    message = f"the labels {names} of `{path.name}` are integers of shape {array.shape}, which are no classes"
    return _failed(message, path, "a class is one number for each image; numbers as targets are floats")


def _classes(arrays: list[Array], outputs: int, names: str, path: Path) -> tuple[list[Array], tuple[str, ...]]:
    values = np.unique(np.concatenate(arrays))
    least, most, count = int(values[0]), int(values[-1]), len(values)
    whose = f"the labels {names} of `{path.name}`"
    if outputs == 1 and most > 0:
        message = f"{whose} are whole numbers, which are classes, and the net gives 1 value"
        raise _failed(message, path, "numbers as targets are floats: `y.astype(np.float32)`, and loss=mse")
    if least > 0 and most - least + 1 == count == outputs:
        raise _failed(f"{whose} count from {least} to {most}; classes count from 0", path, f"save `y - {least}`")
    if least < 0 or most >= MOST_CLASSES or (most >= outputs and count == outputs):
        message = f"{whose} are {_listed([str(value) for value in values])}; classes count from 0, without gaps"
        raise _failed(message, path, "number them: `values, y = np.unique(y, return_inverse=True)`")
    gap = f"{whose} have no 0: where they count from 1, save `y - 1`, and end the net with `fc {most}`"
    return arrays, (gap,) if least == 1 else ()


def _listed(values: Sequence[str]) -> str:
    if len(values) <= SHOWN:
        return ", ".join(values)
    return f"{', '.join(values[: SHOWN - 1])}, … {values[-1]} ({len(values):,} of them)"


def _failed(message: str, path: Path, help: str | None = None) -> ArchError:
    return ArchError([Diagnostic(Code.BAD_LABELS, message, help=help, file=str(path))])
