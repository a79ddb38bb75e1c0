"""Splits a set in two, always in the same way for the same seed."""

import torch
from torch import Tensor

from archc.train.data.image_set import Split

TEST_SHARE = 0.2


def random_split(split: Split, share: float = TEST_SHARE, seed: int = 0) -> tuple[Split, Split]:
    """The larger part and a random `share`, both in their original order."""
    order = torch.randperm(len(split), generator=torch.Generator().manual_seed(seed))
    cut = len(split) - round(len(split) * share)
    return split.part(order[:cut].sort().values), split.part(order[cut:].sort().values)


def spread(labels: Tensor, count: int) -> Tensor:
    """`count` indices in ascending order, the same ones each time, with each class in proportion.

    Each class has at least one if possible. Targets that are numbers are drawn as one class.
    """
    drawn = torch.randperm(len(labels), generator=torch.Generator().manual_seed(0))
    classes = labels[drawn] if not labels.is_floating_point() else torch.zeros(len(labels), dtype=torch.int64)
    order = classes.argsort(stable=True)
    sizes = classes.bincount()
    within = torch.arange(len(labels)) - (sizes.cumsum(0) - sizes).repeat_interleave(sizes)
    quota = (within + 0.5) / sizes.repeat_interleave(sizes)  # the share of its class before each
    quota[within == 0] = 0
    return drawn[order[quota.argsort(stable=True)[:count]]].sort().values
