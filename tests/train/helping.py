"""Small runs, in this process."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

import archc
from archc.train.data.image_set import NO_AUGMENT, Split
from archc.train.data.open_sets import Sets
from archc.train.distributed import Ranks
from archc.train.loop import fit
from archc.train.recipe import Recipe
from archc.train.settings import recipe_of
from archc.train.signals import Stop
from archc.train.training import Net, Training

SMALL = """
net small(classes=4) {
  input 8x8x3
  conv 3x3, 8, pad=1 -> bn -> relu
  maxpool 2x2/2
  conv 3x3, 12, pad=1 -> relu
  flatten -> dropout 0.3 -> fc classes
}
"""


def small(seed: int = 0) -> nn.Module:
    return archc.parse(SMALL).torch(seed=seed)


def recipe(**tables: Any) -> Recipe:
    """A recipe of a few quick epochs."""
    plain: dict[str, Any] = {
        "data": {"normalise": "unit"},
        "augment": {},
        "precision": "fp32",
        "batch": 16,
        "epochs": 2,
    }
    return recipe_of({**plain, **tables})


def sets(count: int = 70, shape: Sequence[int] = (3, 8, 8), classes: int = 4, floats: bool = False) -> Sets:
    """Random images whose class shows in their mean."""
    generator = torch.Generator().manual_seed(3)
    labels = torch.randint(0, classes, (count,), generator=generator)
    images = torch.rand(count, *shape, generator=generator)
    images = images * 0.4 + (labels / classes * 0.6).view(-1, *[1] * len(shape))
    split = Split(images if floats else (images * 255).to(torch.uint8), labels)
    held = split.part(torch.arange(0, count, 5))
    return Sets("random", split, held, held, tuple(map(str, range(classes))), NO_AUGMENT, "validation")


def training(
    module: nn.Module,
    chosen: Recipe,
    given: Sets,
    shape: Sequence[int] = (3, 8, 8),
    ranks: Ranks | None = None,
    device: str = "cpu",
    **known: Any,
) -> Training:
    torch.manual_seed(chosen.seed + (ranks.rank if ranks is not None else 0))
    return Training(module, chosen, given, Net(tuple(shape), **known), torch.device(device), ranks)


def trained(chosen: Recipe, folder: Path, given: Sets | None = None) -> Training:
    """A small net, trained to the end."""
    made = training(small(), chosen, given or sets())
    fit(made, folder, Stop())
    return made


def same(left: dict[str, Tensor], right: dict[str, Tensor]) -> bool:
    """Bit for bit."""
    return left.keys() == right.keys() and all(torch.equal(left[name], right[name]) for name in left)


class StopAfter:
    """A watcher that ends a run after so many updates, as a signal would."""

    def __init__(self, stop: Stop, updates: int) -> None:
        self.stop, self.updates = stop, updates

    def step(self, training: Training, images: int) -> None:
        if training.position.updates >= self.updates:
            self.stop.number = 15

    def epoch(self, training: Training, row: Any) -> None:
        """Nothing to do."""
