"""An image file as a tensor."""

from pathlib import Path

import torch
from torch import Tensor

from archc.images import normalised, read_pixels
from archc.ops import Shape
from archc.preprocessing import Preprocessing


def read_image(path: Path, shape: Shape, how: Preprocessing) -> Tensor:
    """(1, C, H, W), preprocessed as in training: grey for one channel, RGB for three. Raises ArchError."""
    return torch.from_numpy(normalised(read_pixels(path, shape, how), how))[None]
