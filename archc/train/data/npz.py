"""A .npz file: x_train, y_train, x_test, y_test as Keras names them, optionally x_val and y_val; or x and y to be
split."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from archc.diagnostics import Code
from archc.sets.arrays import Array, Pair, read_pairs
from archc.sets.folders import name_of
from archc.sets.labels import read_labels
from archc.sets.layout import laid_out
from archc.train.data.image_set import ImageSet, Split, damaged, failed
from archc.train.data.splits import random_split
from archc.train.recipe import Data

ASKED = "--set data.layout="
FAR = 20
"""The largest factor between the greatest values of two parts."""


def read_npz(data: Data, shape: tuple[int, ...], outputs: int) -> ImageSet:
    """uint8 images, or float images as they are. Labels are classes from 0, or floats as targets. Raises ArchError.

    The layout is the one that the recipe gives, else the only one that fits the net.
    """
    path = Path(data.path or data.name)
    found = read_pairs(path)
    parts = sorted(found.parts.items(), key=lambda one: one[0] != "train")
    _check_types([pair for _, pair in parts], path)
    labels, notes = read_labels([(pair.names[1], pair.y) for _, pair in parts], outputs, path)
    layout = data.layout
    splits: dict[str, Split] = {}
    for (part, pair), targets in zip(parts, labels, strict=True):
        x = _images(pair.x, pair.names[0], path)
        x, layout = laid_out(x, shape, layout, f"`{pair.names[0]}` of `{path.name}`", ASKED)
        splits[part] = Split(_tensor(x), _tensor(_targets(targets, pair.x.ndim, shape, layout)))
    train, test, validation = splits["train"], splits.get("test"), splits.get("validation")
    widths = {split.labels.shape[1:] for split in splits.values()}
    if len(widths) > 1:
        raise failed(Code.BAD_DATA, f"`{path.name}` has other targets in one part than in the other: {widths}", path)
    if test is None:
        train, test = random_split(train)
    numbers = train.labels.is_floating_point()
    classes = () if numbers else tuple(map(str, range(max(int(one.max()) for one in labels) + 1)))
    notes = (*notes, *_scale_notes([pair for _, pair in parts], path))
    return ImageSet(name_of(path), train, test, classes, validation=validation, notes=(*found.notes, *notes))


def _check_types(pairs: Sequence[Pair], path: Path) -> None:
    """Raises ArchError if one part has bytes and another floats: the value of white in the floats is not known."""
    kinds = {pair.x.dtype == np.uint8: pair for pair in pairs}
    if len(kinds) > 1:
        types = " and ".join(f"`{pair.names[0]}` {pair.x.dtype}" for pair in pairs)
        help = "bytes are from 0 to 255, and floats are used as they are: save all parts in the same way"
        raise failed(
            Code.BAD_DATA, f"`{path.name}` has {types}, pictures in one part and values in another", path, help
        )


def _scale_notes(pairs: Sequence[Pair], path: Path) -> Iterator[str]:
    """A note for each part whose greatest value is far from that of the training part."""
    most = [max(float(pair.x.max()), -float(pair.x.min())) for pair in pairs]  # np.abs would copy a whole set
    for pair, reaches in zip(pairs[1:], most[1:], strict=True):
        if max(reaches, most[0]) > FAR * min(reaches, most[0]):
            here = f"`{pair.names[0]}` of `{path.name}` reaches {reaches:g}"
            yield f"{here}, and `{pairs[0].names[0]}` {most[0]:g}: one of them is on another scale"


def _targets(labels: Array, axes: int, shape: tuple[int, ...], layout: str) -> Array:
    """Classes unchanged; targets (N, K), or maps (N, C, n…). Maps of as many axes as the images have their layout."""
    if labels.dtype.kind != "f":
        return labels
    if labels.ndim == 1:
        return labels[:, None]
    return laid_out(labels, shape, layout, "", ASKED)[0] if labels.ndim == axes > 2 else labels


def _images(array: Array, name: str, path: Path) -> Array:
    if array.dtype != np.uint8 and array.dtype.kind != "f":
        message = f"`{name}` of `{path.name}` has images of {array.dtype}; archc reads uint8 and floats"
        raise failed(Code.BAD_DATA, message, path)
    if array.ndim < 2 or not array.size:
        raise failed(Code.BAD_DATA, f"`{path.name}` holds no images: their shape is {array.shape}", path)
    if array.dtype == np.uint8:
        return array
    values = array.astype(np.float32)
    if not np.isfinite(values).all():
        raise damaged(path, "has images with values that are NaN or infinite")
    return values


def _tensor(array: Array) -> Tensor:
    return torch.from_numpy(np.ascontiguousarray(array))
