"""A .npz file: x_train, y_train, x_test, y_test as Keras names them, with x_val and y_val, or x and y to be parted."""

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
from archc.train.data.splits import parted
from archc.train.recipe import Data

ASKED = "--set data.layout="
FAR = 20
"""Times that the values of two parts may differ in what they reach."""


def read_npz(data: Data, shape: tuple[int, ...], outputs: int) -> ImageSet:
    """Images of bytes, or floats that are taken as they are, in the only layout that fits the net or the one that the
    recipe says. Labels are classes from 0, or floats as targets. Raises ArchError."""
    path = Path(data.path or data.name)
    found = read_pairs(path)
    parts = sorted(found.parts.items(), key=lambda one: one[0] != "train")
    _alike([pair for _, pair in parts], path)
    labels, notes = read_labels([(pair.names[1], pair.y) for _, pair in parts], outputs, path)
    layout = data.layout
    splits: dict[str, Split] = {}
    for (part, pair), targets in zip(parts, labels, strict=True):
        x = _images(pair.x, pair.names[0], path)
        x, layout = laid_out(x, shape, layout, f"`{pair.names[0]}` of `{path.name}`", ASKED)
        splits[part] = Split(_tensor(x), _tensor(_targets(targets, pair.x.ndim, shape, layout)))
    train, test, held = splits["train"], splits.get("test"), splits.get("validation")
    widths = {split.labels.shape[1:] for split in splits.values()}
    if len(widths) > 1:
        raise failed(Code.BAD_DATA, f"`{path.name}` has other targets in one part than in the other: {widths}", path)
    if test is None:
        train, test = parted(train)
    numbers = train.labels.is_floating_point()
    classes = () if numbers else tuple(map(str, range(max(int(one.max()) for one in labels) + 1)))
    notes = (*notes, *_far([pair for _, pair in parts], path))
    return ImageSet(name_of(path), train, test, classes, validation=held, notes=(*found.notes, *notes))


def _alike(pairs: Sequence[Pair], path: Path) -> None:
    """Raises ArchError where one part holds pictures and another values: what was white in it is not known."""
    kinds = {pair.x.dtype == np.uint8: pair for pair in pairs}
    if len(kinds) > 1:
        said = " and ".join(f"`{pair.names[0]}` {pair.x.dtype}" for pair in pairs)
        help = "bytes are from 0 to 255, and floats are taken as they are: save all parts in one way"
        raise failed(Code.BAD_DATA, f"`{path.name}` has {said}, pictures in one part and values in another", path, help)


def _far(pairs: Sequence[Pair], path: Path) -> Iterator[str]:
    """A note for each part whose greatest value is far from that of the part to train on."""
    most = [max(float(pair.x.max()), -float(pair.x.min())) for pair in pairs]  # np.abs would copy a whole set
    for pair, reaches in zip(pairs[1:], most[1:], strict=True):
        if max(reaches, most[0]) > FAR * min(reaches, most[0]):
            here = f"`{pair.names[0]}` of `{path.name}` reaches {reaches:g}"
            yield f"{here}, and `{pairs[0].names[0]}` {most[0]:g}: one of them is on another scale"


def _targets(labels: Array, axes: int, shape: tuple[int, ...], layout: str) -> Array:
    """Classes as they are; targets (N, K), or maps (N, C, n…): those of as many axes as the images lie as these do."""
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
        raise damaged(path, "has images with values that are no numbers")
    return values


def _tensor(array: Array) -> Tensor:
    return torch.from_numpy(np.ascontiguousarray(array))
