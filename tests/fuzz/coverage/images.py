"""Pictures, as a net is asked about one and as a folder of them trains it."""

import contextlib
import io
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from PIL import Image

from archc.diagnostics import ArchError, Diagnostic
from archc.images import read_pixels
from archc.train.data.folder import read_image

SHAPE = (3, 8, 6)
FORMATS = {
    "RGB": ("png", "jpeg", "bmp", "gif", "webp", "tiff", "ppm"),
    "L": ("png", "jpeg", "ppm", "tiff"),
    "RGBA": ("png", "tiff", "webp"),
    "P": ("png", "gif", "bmp"),
    "1": ("png", "bmp", "ppm"),
    "I;16": ("png", "tiff"),
    "F": ("tiff",),
    "CMYK": ("jpeg", "tiff"),
}


def seeds() -> Iterator[bytes]:
    for mode, formats in FORMATS.items():
        picture = Image.fromarray(np.arange(30, dtype=np.uint8).reshape(5, 6)).convert(mode)
        for kind in formats:
            held = io.BytesIO()
            picture.save(held, kind)
            yield held.getvalue()
    picture = Image.new("RGB", (9, 5))
    exif = picture.getexif()
    exif[0x0112] = 6  # as a camera on its side has it
    held = io.BytesIO()
    picture.save(held, "jpeg", exif=exif)
    yield held.getvalue()


def one(data: bytes) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "picture.png"
        path.write_bytes(data)
        for shape in (SHAPE, (1, *SHAPE[1:])):
            with contextlib.suppress(ArchError):
                assert read_pixels(path, shape).shape == (*shape[1:], shape[0])
            read = read_image(path, shape)
            assert isinstance(read, Diagnostic) or tuple(read.shape) == shape
