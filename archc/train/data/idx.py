"""IDX, the format of MNIST and Fashion-MNIST. Source: yann.lecun.com/exdb/mnist, "THE IDX FILE FORMAT".

magic: two zeros, the type (8: unsigned byte) and the number of dimensions; then each as 32 bits, big end first.
"""

import struct
from math import prod
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from archc.train.data.dataset_files import Publication, find, missing, places
from archc.train.data.image_set import ImageSet, Split, damaged
from archc.train.recipe import Augment, Data

MNIST = Publication(
    "mnist",
    files=[
        (name, md5, f"https://ossci-datasets.s3.amazonaws.com/mnist/{name}")
        for name, md5 in (
            ("train-images-idx3-ubyte.gz", "f68b3c2dcbeaaa9fbdd348bbdeb94873"),
            ("train-labels-idx1-ubyte.gz", "d53e105ee54ea40749a09fcbcd1e9432"),
            ("t10k-images-idx3-ubyte.gz", "9fb629c4189551a2d022fa330f9573f3"),
            ("t10k-labels-idx1-ubyte.gz", "ec29112dd5afa0611ce80d1b7f02629c"),
        )
    ],
)
FASHION = Publication(
    "fashion_mnist",
    files=[
        (name, md5, f"http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/{name}")
        for name, md5 in (
            ("train-images-idx3-ubyte.gz", "8d4fb7e6c68d591d4c3dfef9ec88bf0d"),
            ("train-labels-idx1-ubyte.gz", "25c81989df183df01b3e8a0aad5dffbe"),
            ("t10k-images-idx3-ubyte.gz", "bef4ecab320f06d8554ea6380940ec79"),
            ("t10k-labels-idx1-ubyte.gz", "bb300cfdad3c16e7a12a480ee83cd310"),
        )
    ],
)
CLOTHES = (
    "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot",
)  # fmt: skip


MOST_DIMENSIONS = 4  # images of several channels


def read_mnist(data: Data) -> ImageSet:
    """MNIST: 28x28x1, 60,000 and 10,000 digits."""
    return _read(data, MNIST, tuple(map(str, range(10))), Augment(shift=2))


def read_fashion(data: Data) -> ImageSet:
    """Fashion-MNIST: 28x28x1, 60,000 and 10,000 clothes (Xiao et al. 2017)."""
    return _read(data, FASHION, CLOTHES, Augment(flip=True, shift=2))


def _read(data: Data, publication: Publication, classes: tuple[str, ...], augment: Augment) -> ImageSet:
    roots = places(data)
    splits = []
    for part in ("train", "t10k"):
        tensors = []
        for kind in ("images-idx3", "labels-idx1"):
            stem = f"{part}-{kind}-ubyte"
            content = find([stem, f"{stem}.gz", stem.replace("-idx", ".idx")], publication, roots)
            if content is None:
                raise missing(publication, roots)
            tensors.append(parse(content, Path(stem)))
        images, labels = tensors
        if images.dim() != 3 or labels.dim() != 1 or len(images) != len(labels):
            raise damaged(Path(f"{part}-images-idx3-ubyte"), f"has {len(images)} images and {len(labels)} labels")
        splits.append(Split(images[:, None].contiguous(), labels.long()))
    return ImageSet(publication.name, splits[0], splits[1], classes, augment)


def parse(content: bytes, path: Path) -> Tensor:
    """An IDX file of bytes as a tensor. Raises ArchError, which names the file and its size."""
    if len(content) < 4 or content[:3] != b"\0\0\x08":
        raise damaged(path, "is no IDX file of bytes: it does not begin with 00 00 08")
    dimensions = content[3]
    head = 4 + 4 * dimensions
    if len(content) < head or dimensions == 0:
        raise damaged(path, "ends inside its header")
    if dimensions > MOST_DIMENSIONS:
        raise damaged(path, f"says that it has {dimensions} dimensions")
    sizes = struct.unpack(f">{dimensions}I", content[4:head])
    if not all(sizes):
        raise damaged(path, "holds no values")
    if len(content) != head + prod(sizes):
        raise damaged(path, f"should have {head + prod(sizes):,} bytes and has {len(content):,}: it is cut off")
    values = np.frombuffer(content, np.uint8, offset=head).reshape(sizes)
    return torch.from_numpy(values.copy())
