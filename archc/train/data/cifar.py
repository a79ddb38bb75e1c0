"""CIFAR-10 and CIFAR-100, as bytes or as Python pickles. Source: www.cs.toronto.edu/~kriz/cifar.html.

Binary: a record is a label (CIFAR-100: coarse, then fine) and 3072 bytes, red, green and blue, row by row.
"""

from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from archc.train.data.dataset_files import Publication, find, missing, places
from archc.train.data.image_set import ImageSet, Split, damaged
from archc.train.data.pickles import plain
from archc.train.recipe import Augment, Data

SITE = "https://www.cs.toronto.edu/~kriz/"
CIFAR10 = Publication(
    "cifar10",
    archives=[
        ("cifar-10-binary.tar.gz", "c32a1d4ab5d03f1284b67883e8d87530", f"{SITE}cifar-10-binary.tar.gz"),
        ("cifar-10-python.tar.gz", "c58f30108f718f92721af3b95e74349a", f"{SITE}cifar-10-python.tar.gz"),
    ],
    folders=["cifar-10-batches-bin", "cifar-10-batches-py"],
)
CIFAR100 = Publication(
    "cifar100",
    archives=[
        ("cifar-100-binary.tar.gz", "03b5dce01913d631647c71ecec9e9cb8", f"{SITE}cifar-100-binary.tar.gz"),
        ("cifar-100-python.tar.gz", "eb9058c3a382ffc7106e4002c42a8d85", f"{SITE}cifar-100-python.tar.gz"),
    ],
    folders=["cifar-100-binary", "cifar-100-python"],
)
NAMES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
PIXELS = 3072
MOST_CLASSES = 256
"""A label of the binary form is one byte."""
AUGMENT = Augment(flip=True, shift=4)


def read_cifar10(data: Data) -> ImageSet:
    """32x32x3, 50,000 and 10,000 images."""
    parts = [_part(data, CIFAR10, f"data_batch_{number}", 1) for number in range(1, 6)]
    images, labels = (torch.cat(tensors) for tensors in zip(*parts, strict=True))
    return ImageSet("cifar10", Split(images, labels), Split(*_part(data, CIFAR10, "test_batch", 1)), NAMES, AUGMENT)


def read_cifar100(data: Data) -> ImageSet:
    """32x32x3, 50,000 and 10,000 images with their fine labels."""
    train, test = (Split(*_part(data, CIFAR100, name, 2)) for name in ("train", "test"))
    return ImageSet("cifar100", train, test, _fine_names(data), AUGMENT)


def _part(data: Data, publication: Publication, name: str, label_bytes: int) -> tuple[Tensor, Tensor]:
    roots = places(data)
    binary = find([f"{name}.bin"], publication, roots)
    if binary is not None:
        return parse_binary(binary, Path(f"{name}.bin"), label_bytes)
    pickled = find([name], publication, roots)
    if pickled is None:
        raise missing(publication, roots)
    return parse_pickle(pickled, Path(name))


def parse_binary(content: bytes, path: Path, label_bytes: int) -> tuple[Tensor, Tensor]:
    """(N, 3, 32, 32) uint8 and (N,) int64, the last of the labels. Raises ArchError."""
    record = label_bytes + PIXELS
    if not content or len(content) % record:
        raise damaged(path, f"has {len(content):,} bytes, which is no number of records of {record:,}: it is cut off")
    records = np.frombuffer(content, np.uint8).reshape(-1, record)
    images = records[:, label_bytes:].reshape(-1, 3, 32, 32)
    return torch.from_numpy(images.copy()), torch.from_numpy(records[:, label_bytes - 1].astype(np.int64))


def parse_pickle(content: bytes, path: Path) -> tuple[Tensor, Tensor]:
    """(N, 3, 32, 32) uint8 and (N,) int64 of a Python batch: a dict with data and labels or fine_labels.

    Raises ArchError.
    """
    batch = plain(content, path)
    table = {_text(key): value for key, value in batch.items()} if isinstance(batch, dict) else {}
    images, labels = table.get("data"), table.get("fine_labels", table.get("labels"))
    if not isinstance(images, np.ndarray) or images.dtype != np.uint8 or images.shape[1:] != (PIXELS,):
        raise damaged(path, "holds no data of 3072 bytes an image")
    if not isinstance(labels, list) or not all(isinstance(one, int) and 0 <= one < MOST_CLASSES for one in labels):
        raise damaged(path, f"holds no labels that are whole numbers from 0 to {MOST_CLASSES - 1}")
    if len(images) != len(labels):
        raise damaged(path, f"has {len(images)} images and {len(labels)} labels")
    return torch.from_numpy(images.reshape(-1, 3, 32, 32).copy()), torch.tensor(labels)


def _fine_names(data: Data) -> tuple[str, ...]:
    roots = places(data)
    text = find(["fine_label_names.txt"], CIFAR100, roots)
    if text is not None:
        return tuple(text.decode("utf-8", "replace").split())
    meta = find(["meta"], CIFAR100, roots)
    content = plain(meta, Path("meta")) if meta is not None else {}
    table = {_text(key): value for key, value in content.items()} if isinstance(content, dict) else {}
    listed = table.get("fine_label_names")
    names = tuple(map(_text, listed)) if isinstance(listed, list) else ()
    return names if len(names) == 100 else tuple(map(str, range(100)))


def _text(value: Any) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
