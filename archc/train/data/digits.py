"""Handwritten digits that ship with archc: 1,797 of 8x8x1.

Source: E. Alpaydin, C. Kaynak, Optical Recognition of Handwritten Digits, UCI Machine Learning Repository, 1998
(CC BY 4.0), in the form in which scikit-learn bundles it: a line an image, 64 values of 0 to 16 and the class.
"""

import gzip
from pathlib import Path

import numpy as np
import torch

from archc.train.data.image_set import ImageSet, Split
from archc.train.data.splits import random_split
from archc.train.recipe import Augment, Data

FILE = Path(__file__).with_name("digits.csv.gz")


def read_digits(data: Data) -> ImageSet:
    """1,438 and 359 digits; the set has no test part, so archc draws a fixed fifth of it."""
    table = np.loadtxt(gzip.decompress(FILE.read_bytes()).decode().splitlines(), delimiter=",", dtype=np.int64)
    images = torch.from_numpy((table[:, :64] * 255 + 8) // 16).to(torch.uint8).reshape(-1, 1, 8, 8)
    train, test = random_split(Split(images, torch.from_numpy(table[:, 64].copy())))
    return ImageSet("digits", train, test, tuple(map(str, range(10))), Augment(shift=1))
