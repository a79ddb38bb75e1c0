"""NumPy's archives, as a set of images and as inputs of a net."""

import contextlib
import io
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from archc.diagnostics import ArchError
from archc.sets.arrays import read_arrays
from archc.train.data.open_sets import open_sets
from archc.train.recipe import Data


def seeds() -> Iterator[bytes]:
    pixels, classes = np.zeros((6, 4, 4), np.uint8), np.arange(6) % 2
    for save in (np.savez, np.savez_compressed):
        for arrays in (
            {"x_train": pixels, "y_train": classes, "x_test": pixels, "y_test": classes},
            {"images": pixels.astype(np.float16), "labels": classes.astype(np.float32)},
            {"x": pixels[:, None], "y": classes[:, None].astype(np.uint8)},
            {"x": np.uint8(3), "y": np.zeros(0, np.int64)},
        ):
            held = io.BytesIO()
            save(held, **arrays)
            yield held.getvalue()


def one(data: bytes) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "set.npz"
        path.write_bytes(data)
        with contextlib.suppress(ArchError):
            open_sets(Data(name="set", path=str(path)), (1, 4, 4), 2)
        with contextlib.suppress(ArchError):
            read_arrays(path)
