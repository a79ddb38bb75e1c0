"""Writes the digits as PNG files, those of training and those for the test apart: python pictures.py FOLDER."""

import sys
from pathlib import Path

from PIL import Image

from archc.train.data.digits import read_digits
from archc.train.recipe import Data

digits = read_digits(Data())
for part, images in (("train", digits.train), ("test", digits.test)):
    for number, (image, label) in enumerate(zip(images.images, images.labels.tolist(), strict=True)):
        folder = Path(sys.argv[1]) / part / str(label)
        folder.mkdir(parents=True, exist_ok=True)
        Image.fromarray(image[0].numpy()).save(folder / f"{number:04}.png")
