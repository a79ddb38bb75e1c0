"""A .npz file: x_train, y_train, x_test, y_test as Keras names them, or images and labels to be parted."""

from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from archc.train.data.parting import parted
from archc.train.data.sets import ImageSet, Split, damaged, failed
from archc.train.recipe import Data

NAMES = (
    ("x_train", "y_train", "x_test", "y_test"),
    ("train_images", "train_labels", "test_images", "test_labels"),
    ("train_x", "train_y", "test_x", "test_y"),
)
MOST_CLASSES = 1_000_000
WHOLE = (("images", "labels"), ("x", "y"), ("X", "y"), ("data", "target"))


def read_npz(data: Data) -> ImageSet:
    """Images are (N, H, W), (N, H, W, C), (N, C, H, W) or vectors (N, F): bytes, or floats that are taken as they are.

    Labels are whole numbers from 0, or floats as targets: (N,), (N, K), or maps with their axes as the images' are.
    Raises ArchError.
    """
    path = Path(data.path or data.name)
    arrays = _arrays(path)
    for names in NAMES:
        if set(names) <= arrays.keys():
            train, test = (_split(arrays[x], arrays[y], path) for x, y in _pairs(names))
            break
    else:
        found = next((names for names in WHOLE if set(names) <= arrays.keys()), None)
        if found is None:
            held = ", ".join(arrays) or "nothing"
            raise failed("bad-data", f"`{path.name}` holds {held}", path, f"archc looks for {', '.join(NAMES[0])}")
        train, test = parted(_split(arrays[found[0]], arrays[found[1]], path))
    for split in (train, test):
        if len(split.images) != len(split.labels):
            raise damaged(path, f"has {len(split.images)} images and {len(split.labels)} labels")
    if train.labels.shape[1:] != test.labels.shape[1:]:
        raise failed(
            "bad-data", f"`{path.name}` has classes in one part and numbers, or more of them, in the other", path
        )
    most = int(torch.cat([train.labels, test.labels]).max()) if train.labels.dim() == 1 else -1
    if most >= MOST_CLASSES:
        raise failed("bad-data", f"`{path.name}` has a label {most:,}; classes are numbered from 0 on", path)
    return ImageSet(path.stem, train, test, tuple(map(str, range(most + 1))))


def _pairs(names: tuple[str, str, str, str]) -> tuple[tuple[str, str], tuple[str, str]]:
    return (names[0], names[1]), (names[2], names[3])


def _arrays(path: Path) -> dict[str, np.ndarray]:
    try:
        with np.load(path, allow_pickle=False) as held:
            return {name: held[name] for name in held.files}
    except FileNotFoundError:
        raise failed("no-data", f"there is no `{path}`", path) from None
    except Exception as error:  # zipfile and numpy raise anything at all at what is damaged
        raise damaged(path, f"is cut off or no .npz of plain arrays: {' '.join(str(error).split())[:100]}") from None


def _split(x: np.ndarray, y: np.ndarray, path: Path) -> Split:
    """Targets of as many axes as the images have theirs in the same order."""
    labels = _labels(y, path)
    if labels.dim() == x.ndim and _channels_last(x.shape):
        labels = labels.movedim(-1, 1).contiguous()
    return Split(_images(x, path), labels)


def _channels_last(shape: tuple[int, ...]) -> bool:
    return len(shape) == 4 and shape[3] in (1, 3, 4) and shape[1] not in (1, 3)


def _images(array: np.ndarray, path: Path) -> Tensor:
    if array.dtype != np.uint8 and not np.issubdtype(array.dtype, np.floating):
        raise failed("bad-data", f"`{path.name}` has images of {array.dtype}; archc reads uint8 and floats", path)
    if array.dtype != np.uint8:
        array = array.astype(np.float32)
        if not np.isfinite(array).all():
            raise damaged(path, "has images with values that are no numbers")
    if array.ndim < 2 or not array.size:
        raise failed("bad-data", f"`{path.name}` holds no images: their shape is {array.shape}", path)
    tensor = torch.from_numpy(np.ascontiguousarray(array))
    if tensor.dim() == 3:
        return tensor[:, None].contiguous()
    if _channels_last(array.shape):
        return tensor.permute(0, 3, 1, 2).contiguous()
    return tensor


def _labels(array: np.ndarray, path: Path) -> Tensor:
    if not array.ndim or not array.size:
        raise failed("bad-data", f"`{path.name}` holds no labels: their shape is {array.shape}", path)
    if np.issubdtype(array.dtype, np.integer):
        labels = torch.from_numpy(array.astype(np.int64)).reshape(len(array), -1)
        if labels.shape[1] != 1 or (len(labels) and int(labels.min()) < 0):
            raise failed("bad-data", f"`{path.name}` has labels that are no classes from 0", path)
        return labels[:, 0]
    if np.issubdtype(array.dtype, np.floating):
        targets = torch.from_numpy(array.astype(np.float32))
        return targets[:, None] if targets.dim() == 1 else targets
    raise failed("bad-data", f"`{path.name}` has labels of {array.dtype}", path)
