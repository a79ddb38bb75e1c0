"""Filters that whiten: the principal directions of image patches, each scaled to the same variance.

Source: D. Page, How to train your ResNet, 2018; K. Jordan, arXiv 2404.00498, section 3.1.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from archc.diagnostics import ArchError, Code, Diagnostic

MOST_IMAGES = 5000
EPS = 5e-4


@torch.no_grad()
def whiten(module: nn.Module, name: str, images: Tensor) -> None:
    """images: inputs of the net. Half of the filters are the directions, half their negatives. Raises ArchError."""
    layer = dict(module.named_modules()).get(name)
    if not isinstance(layer, nn.Conv2d) or layer.in_channels != images.shape[1] or layer.groups > 1:
        raise _refused(f"`init.whiten`: {name} is not a convolution of the images")
    height, width = layer.kernel_size
    count = 2 * layer.in_channels * height * width
    if layer.out_channels != count:
        raise _refused(f"`init.whiten`: {name} needs {count} channels to whiten {height}x{width} patches, both ways")
    patches = F.unfold(images.float(), (height, width)).transpose(1, 2).flatten(0, 1).double()
    values, vectors = torch.linalg.eigh(patches.T @ patches / len(patches))
    filters = (vectors / (values + EPS).sqrt()).T.flip(0).reshape(count // 2, layer.in_channels, height, width)
    layer.weight.copy_(torch.cat([filters, -filters]))


def _refused(message: str) -> ArchError:
    return ArchError([Diagnostic(Code.BAD_SETTING, message)])
