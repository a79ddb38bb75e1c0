"""Images as inputs of a net, without PyTorch: reading, fitting to a size, normalising."""

from collections.abc import Iterator, Sequence
from math import prod
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from archc.diagnostics import ArchError, Code, Diagnostic
from archc.preprocessing import FORMATS, MOST_PIXELS, SUFFIXES, Preprocessing, middle
from archc.sets import folders
from archc.shapes import hwc

PLAIN = Preprocessing()

Pixels = NDArray[np.uint8]
Values = NDArray[np.float32]


def normalised(pixels: NDArray[Any], how: Preprocessing) -> Values:
    """(…, H, W, C) of 0 to 255, or of values if the net was trained on those, → (…, C, H, W) for the net."""
    unit = 255 if how.of == "pictures" else 1
    shares: Values = pixels.astype(np.float32) / np.float32(unit)
    values = np.divide(shares - np.array(how.mean, np.float32), np.array(how.std, np.float32), dtype=np.float32)
    return np.ascontiguousarray(np.moveaxis(values, -1, -3), np.float32)


def read_pixels(source: Path | BinaryIO, shape: Sequence[int], how: Preprocessing = PLAIN, name: str = "") -> Pixels:
    """(H, W, C) at the size of `shape`, (C, H, W), or at its own size for (C,): grey for one channel, RGB for three.

    Training, evaluation, serving and calibration all use this function, so they get the same values of a file. It reads
    the first frame, turned as its EXIF orientation says, without alpha, with more than 8 bits
    scaled to 8. The file is decoded in full, since decoding a JPEG at a smaller size gives other values. Raises
    ArchError.
    """
    shown = name or (source.name if isinstance(source, Path) else "<stdin>")
    file = str(source) if isinstance(source, Path) else shown
    channels, *sizes = shape

    def bad(message: str) -> ArchError:
        return _failed(shown, message, file=file)

    if len(sizes) not in (0, 2) or channels not in (1, 3):
        raise bad(f"is an image, and the net's input is {hwc(shape)}, with other than 1 or 3 channels")
    if prod(sizes) > MOST_PIXELS:
        raise bad(f"is an image, and the net's input is {hwc(shape)}; {MOST_PIXELS:,} pixels are the most")
    try:
        with Image.open(source, formats=FORMATS) as image:
            if image.width * image.height > MOST_PIXELS:
                raise bad(f"has {image.width}x{image.height} pixels; {MOST_PIXELS:,} are the most")
            turned = _eight_bits(ImageOps.exif_transpose(image), image.format)
            converted = turned.convert("L" if channels == 1 else "RGB")
            fitted = _fitted(converted, sizes, how) if sizes else converted
    except _Unclear as error:
        raise bad(str(error)) from None
    except ArchError:
        raise
    except OSError as error:
        reason = "is no image that can be read" if isinstance(error, UnidentifiedImageError) else "cannot be read"
        raise bad(f"{reason}: {error.strerror or ' '.join(str(error).split())[:120]}") from None
    except Exception as error:  # Pillow raises exceptions of any kind for damaged files
        raise bad(f"is no image that can be read: {' '.join(str(error).split())[:120]}") from None
    pixels = np.asarray(fitted, np.uint8)
    return pixels.reshape(*pixels.shape[:2], channels)


def fitted_array(array: NDArray[Any], shape: Sequence[int], how: Preprocessing) -> NDArray[Any]:
    """An array (H, W, C) of uint8 or float32, fitted as `read_pixels` fits a file. Raises ValueError.

    The error is raised if its channels cannot become those of the net.
    """
    channels, *sizes = shape
    if array.shape == (*sizes, channels) and how.kept == (1.0, 1.0):
        return array
    bands = [Image.fromarray(np.ascontiguousarray(array[..., band])) for band in range(array.shape[2])]
    if len(bands) == 1:
        bands *= channels if channels in (1, 3) else 1
    elif len(bands) == 3 and channels == 1:
        bands = [_grey(bands)]
    if len(bands) != channels:
        raise ValueError(f"{array.shape[2]} channels cannot become {channels}")
    return np.stack([np.asarray(_fitted(band, sizes, how)) for band in bands], axis=-1)


class _Unclear(Exception):
    """It is not known which values of a picture are black and white. The message follows the name of the file."""


def _eight_bits(image: Image.Image, form: str | None) -> Image.Image:
    """The picture with 8 bits a channel. Raises _Unclear if it is not known which value is white."""
    if image.mode != "F" and not image.mode.startswith("I"):
        return image
    values = np.asarray(image, np.float32)
    least, greatest = float(values.min(initial=0)), float(values.max(initial=0))
    white = 1.0 if image.mode == "F" else 65535.0
    wide = image.mode == "I" and form == "TIFF"  # 32 bits; in other formats "I" has 16
    if wide or not (least >= 0 and greatest <= white):
        kind = "floats" if image.mode == "F" else "integers of 32 bits"
        raise _Unclear(
            f"has {kind} from {least:g} to {greatest:g}, and which value is white is not known: "
            "archc reads 8 and 16 bits, and floats from 0 to 1"
        )
    return Image.fromarray(np.floor(values / white * 255 + 0.5).astype(np.uint8))


def _fitted(image: Image.Image, sizes: Sequence[int], how: Preprocessing) -> Image.Image:
    """Bilinear resizing, averaging over the area when it shrinks, then the middle. Outside the picture is black."""
    height, width = how.resized((image.height, image.width), sizes)
    if height * width > MOST_PIXELS:
        raise _Unclear(
            f"of {image.width}x{image.height} would be resized to {width}x{height}; {MOST_PIXELS:,} pixels are the most"
        )
    resized = image.resize((width, height), Image.Resampling.BILINEAR)
    left, top = middle(width, sizes[1]), middle(height, sizes[0])
    return resized.crop((left, top, left + sizes[1], top + sizes[0]))


def _grey(bands: Sequence[Image.Image]) -> Image.Image:
    """ITU-R BT.601 luma of bytes, as Pillow's "L" has it."""
    if bands[0].mode == "L":
        return Image.merge("RGB", list(bands)).convert("L")
    red, green, blue = (np.asarray(band) for band in bands)
    return Image.fromarray((red * 0.299 + green * 0.587 + blue * 0.114).astype(np.float32))


def image_files(paths: Sequence[Path]) -> Iterator[Path]:
    """The given files, and the images in the given folders, in order. Raises ArchError if there are none."""
    for path in paths:
        if not path.is_dir():
            yield path
            continue
        found = folders.image_files(path)
        if not found:
            raise _failed(path.name, f"holds no images: archc looks for {', '.join(sorted(SUFFIXES))}", Code.NO_FILE)
        yield from found


def _failed(name: str, message: str, code: Code = Code.BAD_IMAGE, file: str = "") -> ArchError:
    return ArchError([Diagnostic(code, f"`{name}` {message}", file=file or name)])
