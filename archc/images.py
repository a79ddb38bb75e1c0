"""Images as a net's input, without PyTorch: reading, fitting to a size, normalising."""

from collections.abc import Iterator, Sequence
from math import prod
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from archc.diagnostics import ArchError, Diagnostic
from archc.ops import Shape, hwc
from archc.preprocessing import FORMATS, MOST_PIXELS, SUFFIXES, Fit, Preprocessing

WIDE = ("I", "I;16", "I;16B", "I;16L", "F")
"""Pillow's modes of more than 8 bits a value."""

Pixels = NDArray[np.uint8]
Values = NDArray[np.float32]


def normalised(pixels: Pixels, how: Preprocessing) -> Values:
    """(…, H, W, C) of 0 to 255 → (…, C, H, W) as the net takes it."""
    shares: Values = pixels.astype(np.float32) / np.float32(255)
    values = np.divide(shares - np.array(how.mean, np.float32), np.array(how.std, np.float32), dtype=np.float32)
    return np.ascontiguousarray(np.moveaxis(values, -1, -3), np.float32)


def read_pixels(source: Path | BinaryIO, shape: Shape, fit: Fit = "squeeze", name: str = "") -> Pixels:
    """(H, W, C) at the size of `shape`, (C, H, W), or as large as it is for (C,): grey for one channel, RGB for three.

    The first frame of several; turned as the camera held it; 16 bits scaled to 8. Raises ArchError.
    """
    shown = name or (source.name if isinstance(source, Path) else "<stdin>")
    channels, *sizes = shape
    if len(sizes) not in (0, 2) or channels not in (1, 3):
        raise _failed(shown, f"is an image, and the net's input is {hwc(shape)}, with other than 1 or 3 channels")
    if prod(sizes) > MOST_PIXELS:
        raise _failed(shown, f"is an image, and the net's input is {hwc(shape)}; {MOST_PIXELS:,} pixels are the most")
    try:
        with Image.open(source, formats=FORMATS) as image:
            if image.width * image.height > MOST_PIXELS:
                raise _failed(shown, f"has {image.width}x{image.height} pixels; {MOST_PIXELS:,} are the most")
            turned = ImageOps.exif_transpose(_eight_bits(image))
            converted = turned.convert("L" if channels == 1 else "RGB")
            fitted = _fitted(converted, sizes[1], sizes[0], fit) if sizes else converted
    except ArchError:
        raise
    except OSError as error:
        told = "is no image that can be read" if isinstance(error, UnidentifiedImageError) else "cannot be read"
        raise _failed(shown, f"{told}: {error.strerror or ' '.join(str(error).split())[:120]}") from None
    except Exception as error:  # Pillow raises anything at all at what is damaged
        raise _failed(shown, f"is no image that can be read: {' '.join(str(error).split())[:120]}") from None
    pixels = np.asarray(fitted, np.uint8)
    return pixels.reshape(*pixels.shape[:2], channels)


def _eight_bits(image: Image.Image) -> Image.Image:
    if image.mode not in WIDE:
        return image
    values = np.asarray(image, np.float32)
    greatest = 1.0 if image.mode == "F" and values.max(initial=0) <= 1 else 65535.0
    return Image.fromarray(np.clip(values / greatest * 255 + 0.5, 0, 255).astype(np.uint8))


def _fitted(image: Image.Image, width: int, height: int, fit: Fit) -> Image.Image:
    if fit == "squeeze":
        return image.resize((width, height), Image.Resampling.BILINEAR)
    return ImageOps.fit(image, (width, height), Image.Resampling.BILINEAR)


def image_files(paths: Sequence[Path]) -> Iterator[Path]:
    """The files that are named, and the images in the folders that are, in order. Raises ArchError for none."""
    for path in paths:
        if not path.is_dir():
            yield path
            continue
        found = sorted(one for one in path.rglob("*") if one.suffix.lower() in SUFFIXES and one.is_file())
        if not found:
            raise _failed(path.name, f"holds no images: archc looks for {', '.join(sorted(SUFFIXES))}", "no-file")
        yield from found


def read_arrays(path: Path) -> dict[str, NDArray[Any]]:
    """The arrays of an .npz or .npy file, the latter as `x`. Raises ArchError; runs no pickle."""
    try:
        held = np.load(path, allow_pickle=False)
        if isinstance(held, np.ndarray):
            return {"x": held}
        with held:
            return {name: held[name] for name in held.files}
    except (OSError, ValueError, EOFError, KeyError, NotImplementedError, RuntimeError) as error:
        raise _failed(path.name, f"is no array that can be read: {' '.join(str(error).split())[:120]}") from None
    except Exception as error:  # zipfile's own
        raise _failed(path.name, f"is damaged: {' '.join(str(error).split())[:120]}") from None


def _failed(name: str, message: str, code: str = "bad-image") -> ArchError:
    return ArchError([Diagnostic(code, f"`{name}` {message}", file=name)])
