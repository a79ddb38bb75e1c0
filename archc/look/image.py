"""An image file as a net's input."""

from pathlib import Path

import numpy as np
import torch
from PIL import Image, UnidentifiedImageError
from torch import Tensor

from archc.diagnostics import ArchError, Diagnostic
from archc.ops import Shape, hwc

MOST_PIXELS = 100_000_000


def read_image(path: Path, shape: Shape) -> Tensor:
    """(1, C, H, W) in [0, 1]: the image resized to the input, its sides squeezed or stretched as they must be.

    Grey for one channel, RGB for three. Raises ArchError.
    """
    if len(shape) != 3 or shape[0] not in (1, 3):
        raise _failed(path, f"is an image, and the net's input is {hwc(shape)}, with other than 1 or 3 channels")
    try:
        with Image.open(path) as image:
            if image.width * image.height > MOST_PIXELS:
                raise _failed(path, f"has {image.width}x{image.height} pixels; {MOST_PIXELS:,} are the most")
            converted = image.convert("L" if shape[0] == 1 else "RGB")
            resized = converted.resize((shape[2], shape[1]), Image.Resampling.BILINEAR)
    except (UnidentifiedImageError, Image.DecompressionBombError, SyntaxError, ValueError) as error:
        raise _failed(path, f"is no image that can be read: {' '.join(str(error).split())[:120]}") from None
    except OSError as error:
        raise _failed(path, f"cannot be read: {error.strerror or ' '.join(str(error).split())[:120]}") from None
    values = np.asarray(resized, dtype=np.float32) / 255
    return torch.from_numpy(values.reshape(shape[1], shape[2], shape[0])).permute(2, 0, 1)[None].contiguous()


def _failed(path: Path, message: str) -> ArchError:
    return ArchError([Diagnostic("bad-image", f"`{path.name}` {message}", file=str(path))])
