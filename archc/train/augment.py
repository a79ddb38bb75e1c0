"""Augmentation of a whole batch at once, on the device that holds it.

Geometry works on bytes where it can. Random draws take a generator, so that a step can be repeated.
"""

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Generator, Tensor

from archc.preprocessing import middle as offset
from archc.train.recipe import Augment

PAD_MODES = {"reflect": "reflect", "edge": "replicate"}
LUMA = (0.299, 0.587, 0.114)


@dataclass(frozen=True, slots=True, eq=False)
class Normalise:
    """(x − mean) / std by channel. mean, std: in the units of the stored values, (1, C, 1, 1) or one number each."""

    mean: Tensor
    std: Tensor
    channels_last: bool = False

    def __call__(self, images: Tensor) -> Tensor:
        values = images.to(torch.float32, memory_format=torch.contiguous_format, copy=True)
        return self.laid_out(values.sub_(self.mean).div_(self.std))  # by channel it is quicker before than after

    def layout(self, images: Tensor) -> torch.memory_format:
        return torch.channels_last if self.channels_last and images.dim() == 4 else torch.contiguous_format

    def laid_out(self, values: Tensor) -> Tensor:
        """The values in the memory layout of the net."""
        return values.contiguous(memory_format=self.layout(values))


@dataclass(frozen=True, slots=True, eq=False)
class Augmentation:
    """Training images as the net gets them. size: the (H, W) of the net, which `crop` cuts from larger images.

    span: the values of black and white in float images; for bytes they are 0 and 255.
    """

    settings: Augment
    normalise: Normalise
    classes: int
    size: tuple[int, ...]
    span: tuple[float, float] = (0.0, 1.0)

    def __call__(
        self,
        images: Tensor,
        labels: Tensor,
        seed: int,
        resolution: int | None = None,
        turned: Tensor | None = None,
    ) -> tuple[Tensor, Tensor]:
        """(B, C, H, W) bytes and (B,) classes → floats, and classes or soft targets (B, K).

        Targets that are maps, (B, K, h, w), are moved with their images; other numbers are left alone. turned: the
        images to flip, if flips alternate.
        """
        chosen = self.settings
        generator = Generator(images.device).manual_seed(seed)
        if images.dim() == 4:
            labels = self._along(images, labels, generator, turned)
            images = self._moved(images, self.size, generator, turned)
            if resolution is not None and resolution != images.shape[2]:
                images = F.interpolate(images.float(), (resolution, resolution), mode="bilinear", antialias=True)
            if chosen.brightness or chosen.contrast or chosen.saturation:
                images = colour_jitter(images, chosen, generator, self.span)
        values = self.normalise(images)
        if chosen.cutout and values.dim() == 4:
            values = cutout(values, chosen.cutout, generator)
        if chosen.mixup or chosen.cutmix:
            targets = labels if labels.is_floating_point() else F.one_hot(labels, self.classes).float()
            values, soft = mixed(values, targets, chosen, generator, random.Random(seed))
            return self.normalise.laid_out(values), soft
        return values, labels

    def _along(self, images: Tensor, labels: Tensor, generator: Generator, turned: Tensor | None) -> Tensor:
        """Maps moved by the draws that move their images next. The generator is set back, so that the draws repeat."""
        if labels.dim() != 4:
            return labels
        size = self.size if labels.shape[2:] == images.shape[2:] else tuple(labels.shape[2:])
        before = generator.get_state()
        moved = self._moved(labels, size, generator, turned)
        generator.set_state(before)
        return moved

    def _moved(self, images: Tensor, size: tuple[int, ...], generator: Generator, turned: Tensor | None) -> Tensor:
        chosen = self.settings
        if chosen.resized_crop is not None or chosen.rotate:
            images = rotate_and_crop(images, chosen, generator)
        if chosen.shift:
            images = padded(images, chosen.shift, chosen.fill)
        if tuple(images.shape[2:]) != size or chosen.flip:
            flip = turned if turned is not None and chosen.flip == "alternating" else bool(chosen.flip)
            images = windows(images, size, generator, flip)
        return images


def uniform(count: int, generator: Generator, least: float = 0.0, most: float = 1.0) -> Tensor:
    """(count,) floats."""
    return torch.rand(count, generator=generator, device=generator.device) * (most - least) + least


def padded(images: Tensor, by: int, fill: str) -> Tensor:
    if fill == "zero":
        return F.pad(images, (by,) * 4)
    values = F.pad(images.float(), (by,) * 4, mode=PAD_MODES[fill])  # torch pads bytes with zeros only
    return values.to(images.dtype)


def windows(images: Tensor, size: Sequence[int], generator: Generator, flip: bool | Tensor = False) -> Tensor:
    """One window of the size at a random place of each image, some of them flipped: one gather.

    flip: a mask (N,) of the images to flip; True flips each with probability 1/2.
    """
    height, width = size
    count, channels, rows, columns = images.shape
    device = images.device
    top = torch.randint(0, rows - height + 1, (count, 1), generator=generator, device=device)
    left = torch.randint(0, columns - width + 1, (count, 1), generator=generator, device=device)
    across = torch.arange(width, device=device).expand(count, width)
    if flip is not False:
        turned = flip if isinstance(flip, Tensor) else uniform(count, generator) < 0.5
        across = torch.where(turned[:, None], width - 1 - across, across)
    down = (top + torch.arange(height, device=device)) * columns
    places = (down[:, :, None] + (left + across)[:, None, :]).view(count, 1, height * width)
    picked = images.reshape(count, channels, rows * columns).gather(2, places.expand(count, channels, -1))
    return picked.view(count, channels, height, width)


def middle(images: Tensor, size: Sequence[int]) -> Tensor:
    """The window in the middle, if images are larger than the input of the net."""
    if images.dim() != 4 or tuple(images.shape[2:]) == tuple(size):
        return images
    top, left = (offset(outer, inner) for outer, inner in zip(images.shape[2:], size, strict=True))
    return images[:, :, top : top + size[0], left : left + size[1]]


def crop_targets(labels: Tensor, images: Tensor, size: Sequence[int]) -> Tensor:
    """The middle window of maps of the images' size; other targets unchanged."""
    return middle(labels, size) if labels.dim() == 4 and labels.shape[2:] == images.shape[2:] else labels


def rotate_and_crop(images: Tensor, chosen: Augment, generator: Generator) -> Tensor:
    """Rotation and random resized crop as one bilinear sampling (Szegedy et al. 2015 for the crop)."""
    count, _, height, width = images.shape
    turn = uniform(count, generator, -1, 1) * math.radians(chosen.rotate)
    across = down = torch.ones(count, device=images.device)
    if chosen.resized_crop is not None:
        area = uniform(count, generator, *chosen.resized_crop)
        ratio = torch.exp(uniform(count, generator, math.log(chosen.ratio[0]), math.log(chosen.ratio[1])))
        across, down = (area * ratio).sqrt().clamp(max=1), (area / ratio).sqrt().clamp(max=1)
    move_x = (1 - across) * uniform(count, generator, -1, 1)
    move_y = (1 - down) * uniform(count, generator, -1, 1)
    squeeze = height / width  # the angle is between pixels, and the units of the grid are half the sides
    rows = [
        torch.stack([across * turn.cos(), -down * turn.sin() * squeeze, move_x], 1),
        torch.stack([across * turn.sin() / squeeze, down * turn.cos(), move_y], 1),
    ]
    grid = F.affine_grid(torch.stack(rows, 1), list(images.shape), align_corners=False)
    mode = "zeros" if chosen.fill == "zero" else "reflection" if chosen.fill == "reflect" else "border"
    values = F.grid_sample(images.float(), grid, mode="bilinear", padding_mode=mode, align_corners=False)
    return values.round_().clamp_(0, 255).to(torch.uint8) if images.dtype == torch.uint8 else values


def colour_jitter(
    images: Tensor, chosen: Augment, generator: Generator, span: tuple[float, float] = (0.0, 1.0)
) -> Tensor:
    """Brightness, contrast and saturation, each by a factor of 1 ± its setting. Values keep their units.

    span: black and white of float images, like 0 and 255 of bytes. Brightness is measured from black, and values are
    clamped to the span.
    """
    black, white = (0.0, 255.0) if images.dtype == torch.uint8 else span
    values = images.float() - black
    count = len(values)

    def factor(by: float) -> Tensor:
        return uniform(count, generator, 1 - by, 1 + by)[:, None, None, None]

    if chosen.brightness:
        values = values * factor(chosen.brightness)
    if chosen.contrast:
        mean = values.mean((1, 2, 3), keepdim=True)
        values = mean + (values - mean) * factor(chosen.contrast)
    if chosen.saturation and values.shape[1] == 3:
        grey = (values * torch.tensor(LUMA, device=values.device).view(1, 3, 1, 1)).sum(1, keepdim=True)
        values = grey + (values - grey) * factor(chosen.saturation)
    return values.clamp_(0, white - black).add_(black)


def cutout(values: Tensor, side: int, generator: Generator) -> Tensor:
    """A square of zeros, which is the mean of standardised images; at the border a part of it."""
    count, _, height, width = values.shape
    device = values.device
    top = torch.randint(0, height, (count,), generator=generator, device=device) - side // 2
    left = torch.randint(0, width, (count,), generator=generator, device=device) - side // 2
    y, x = torch.arange(height, device=device), torch.arange(width, device=device)
    rows = (y >= top[:, None]) & (y < top[:, None] + side)
    columns = (x >= left[:, None]) & (x < left[:, None] + side)
    return values.masked_fill((rows[:, :, None] & columns[:, None, :])[:, None], 0)


def mixed(
    values: Tensor, targets: Tensor, chosen: Augment, generator: Generator, coin: random.Random
) -> tuple[Tensor, Tensor]:
    """The batch mixed with a permutation of itself: by weight (mixup) or by region (CutMix), one share a batch.

    If both are set, each batch gets one of them.
    """
    order = torch.randperm(len(values), generator=generator, device=values.device)
    regional = bool(chosen.cutmix) and (not chosen.mixup or coin.random() < 0.5)
    alpha = chosen.cutmix if regional else chosen.mixup
    share = coin.betavariate(alpha, alpha)
    if not regional:
        return values * share + values[order] * (1 - share), targets * share + targets[order] * (1 - share)
    if values.dim() != 4:
        return values, targets
    height, width = values.shape[2:]
    high, wide = round(height * math.sqrt(1 - share)), round(width * math.sqrt(1 - share))
    y, x = coin.randrange(height), coin.randrange(width)
    top, bottom = max(y - high // 2, 0), min(y - high // 2 + high, height)
    left, right = max(x - wide // 2, 0), min(x - wide // 2 + wide, width)
    values = values.clone()
    values[:, :, top:bottom, left:right] = values[order][:, :, top:bottom, left:right]
    if targets.dim() == 4:  # maps get the region of their images
        targets = targets.clone()
        targets[:, :, top:bottom, left:right] = targets[order][:, :, top:bottom, left:right]
        return values, targets
    share = 1 - max(bottom - top, 0) * max(right - left, 0) / (height * width)
    return values, targets * share + targets[order] * (1 - share)
