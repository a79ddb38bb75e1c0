"""Inputs of a net from a folder of images or a file of arrays."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from archc.diagnostics import ArchError, Code, Diagnostic
from archc.images import Values, fitted_array, image_files, normalised, read_pixels
from archc.ops import Shape, hwc
from archc.preprocessing import Preprocessing
from archc.sets.arrays import is_images, read_arrays
from archc.sets.layout import laid_out

ARRAYS = frozenset({".npy", ".npz"})


def read_inputs(path: Path, shape: Shape, how: Preprocessing | None = None, most: int | None = None) -> Values:
    """(N, C, n…), evenly chosen where there are more than `most`. Raises ArchError.

    Arrays of uint8 are pictures, and so is a folder's content. Arrays of other types, (N, C, n…), are the inputs
    themselves; for a net that was trained on such arrays, the values as they were before they were normalised.
    """
    if not path.exists():
        raise ArchError([Diagnostic(Code.NO_FILE, f"`{path}` is not there", file=str(path))])
    how = how or Preprocessing()
    if path.suffix.lower() in ARRAYS:
        held = read_arrays(path)
        array = held[next((name for name in held if is_images(name)), next(iter(held)))]
        array = array[_chosen(len(array), most)] if array.ndim else array
        return _as_inputs(array, shape, how, path)
    files = list(image_files([path]))
    chosen = [files[number] for number in _chosen(len(files), most)]
    return np.stack([normalised(read_pixels(file, shape, how), how) for file in chosen])


def _chosen(count: int, most: int | None) -> list[int]:
    if most is None or count <= most:
        return list(range(count))
    return [number * count // most for number in range(most)]


def _as_inputs(array: NDArray[Any], shape: Shape, how: Preprocessing, path: Path) -> Values:
    if array.dtype == np.uint8 and array.ndim >= 3 and len(shape) == 3:
        planes, _ = laid_out(array, shape, None, f"`{path.name}`", None)
        return normalised(np.stack([fitted_array(one, shape, how) for one in np.moveaxis(planes, 1, -1)]), how)
    if array.dtype.kind == "f" and how.of == "values":
        values, _ = laid_out(array, shape, None, f"`{path.name}`", None)
        if values.shape[1:] == shape:
            mean, std = (np.array(one, np.float32).reshape(-1, *[1] * (len(shape) - 1)) for one in (how.mean, how.std))
            return np.asarray((values.astype(np.float32) - mean) / std, np.float32)
    elif array.shape[1:] == shape and array.ndim == len(shape) + 1 and array.dtype.kind in "fiu":
        return np.ascontiguousarray(array, np.float32)
    found = "x".join(map(str, array.shape[1:]))
    wanted = f"(N, {', '.join(map(str, shape))})"
    message = f"`{path.name}` holds arrays of {found}, and the net takes {hwc(shape)}: {wanted}, or uint8 pictures"
    raise ArchError([Diagnostic(Code.BAD_INPUTS, message, file=str(path))])
