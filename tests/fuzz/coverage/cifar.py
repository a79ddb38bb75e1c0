"""CIFAR: a batch of bytes or a pickle, by the first byte."""

import pickle
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from archc.diagnostics import ArchError
from archc.train.data.cifar import PIXELS, parse_binary, parse_pickle

PATH = Path("data_batch_1")


def seeds() -> Iterator[bytes]:
    yield b"\0" + bytes(1 + PIXELS)
    yield b"\1" + bytes(2 * (2 + PIXELS))
    data = np.zeros((2, PIXELS), np.uint8)
    for protocol in (0, 2, 4):
        yield b"\2" + pickle.dumps({b"data": data, b"labels": [3, 9]}, protocol=protocol)
        yield b"\2" + pickle.dumps({"data": data[:0], "fine_labels": []}, protocol=protocol)
    yield b"\2" + pickle.dumps({b"data": np.uint8(3), b"labels": 10**30, "x": (1, None, {2.0: [True]})}, protocol=2)


def one(data: bytes) -> None:
    kind, content = data[:1], data[1:]
    try:
        read = parse_pickle(content, PATH) if kind == b"\2" else parse_binary(content, PATH, 1 + (kind == b"\1"))
    except ArchError:
        return
    images, labels = read
    assert images.shape[1:] == (3, 32, 32) and len(images) == len(labels)
