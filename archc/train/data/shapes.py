"""Generated pictures of ten shapes, of any size and number: for tests, examples and first tries.

A shape has a random place, size and turn; it and its ground have random colours that differ, and there is noise.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType

import torch
from torch import Tensor

from archc.train.data.image_set import ImageSet, Split
from archc.train.recipe import Augment, Data

TRAIN, TEST, CHUNK = 4000, 1000, 1024

Inside = Callable[[Tensor, Tensor], Tensor]

SHAPES: Mapping[str, Inside] = MappingProxyType(
    {
        "disc": lambda x, y: x.square() + y.square() < 0.8,
        "ring": lambda x, y: ((x.square() + y.square()).sqrt() - 0.75).abs() < 0.2,
        "square": lambda x, y: torch.maximum(x.abs(), y.abs()) < 0.75,
        "frame": lambda x, y: (torch.maximum(x.abs(), y.abs()) - 0.7).abs() < 0.18,
        "triangle": lambda x, y: (y < 0.6) & (y > 1.7 * x.abs() - 0.95),
        "plus": lambda x, y: (torch.minimum(x.abs(), y.abs()) < 0.22) & (torch.maximum(x.abs(), y.abs()) < 0.95),
        "bar": lambda x, y: (x.abs() < 0.25) & (y.abs() < 0.95),
        "bars": lambda x, y: ((x.abs() - 0.55).abs() < 0.2) & (y.abs() < 0.85),
        "half": lambda x, y: (x.square() + y.square() < 0.9) & (y > 0),
        "corner": lambda x, y: (torch.maximum(x, y) < 0.9) & (torch.maximum(x, y) > 0.4) & (torch.minimum(x, y) > -0.9),
    }
)


def read_shapes(data: Data, shape: tuple[int, int, int]) -> ImageSet:
    """4,000 and 1,000 images of the net's own input (C, H, W), or as many as data.train_size and data.test_size say."""
    train = draw(data.train_size or TRAIN, shape, seed=1)
    test = draw(data.test_size or TEST, shape, seed=2)
    return ImageSet("shapes", train, test, tuple(SHAPES), Augment(flip=False, shift=shape[1] // 16))


def draw(count: int, shape: tuple[int, int, int], seed: int) -> Split:
    """The same images for the same count, shape and seed, on every device."""
    generator = torch.Generator().manual_seed(seed)
    labels = torch.arange(count) % len(SHAPES)
    labels = labels[torch.randperm(count, generator=generator)]
    parts = [_chunk(labels[start : start + CHUNK], shape, generator) for start in range(0, count, CHUNK)]
    return Split(torch.cat(parts), labels)


def _chunk(labels: Tensor, shape: tuple[int, int, int], generator: torch.Generator) -> Tensor:
    channels, height, width = shape
    count = len(labels)

    def uniform(least: float, most: float, *sizes: int) -> Tensor:
        return torch.rand(count, *sizes, generator=generator) * (most - least) + least

    size, turn = uniform(0.45, 0.85, 1, 1), uniform(-0.5, 0.5, 1, 1)
    middle_x, middle_y = uniform(-0.3, 0.3, 1, 1), uniform(-0.3, 0.3, 1, 1)
    y = (torch.linspace(-1, 1, height)[None, :, None] - middle_y) / size
    x = (torch.linspace(-1, 1, width)[None, None, :] - middle_x) / size
    x, y = x * turn.cos() - y * turn.sin(), x * turn.sin() + y * turn.cos()
    inside = torch.zeros(count, height, width, dtype=torch.bool)
    for number, test in enumerate(SHAPES.values()):
        chosen = labels == number
        inside[chosen] = test(x[chosen], y[chosen])
    ground, ink = uniform(0, 1, channels, 1, 1), uniform(0, 1, channels, 1, 1)
    ink = torch.where(
        (ink - ground).abs().amax(1, keepdim=True) < 0.35, (ground + 0.5) % 1, ink
    )  # so that the shape is visible
    noise = torch.randn(count, channels, height, width, generator=generator) * 0.08
    return (torch.where(inside[:, None], ink, ground) + noise).clamp(0, 1).mul(255).round().to(torch.uint8)
