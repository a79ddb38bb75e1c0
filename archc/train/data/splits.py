"""Two parts of one split, the same ones each time."""

import torch
from torch import Tensor

from archc.train.data.image_set import Split

TEST_SHARE = 0.2


def parted(split: Split, share: float = TEST_SHARE, seed: int = 0) -> tuple[Split, Split]:
    """The greater part and a random `share`, both in the order they had."""
    order = torch.randperm(len(split), generator=torch.Generator().manual_seed(seed))
    cut = len(split) - round(len(split) * share)
    return split.part(order[:cut].sort().values), split.part(order[cut:].sort().values)


def spread(labels: Tensor, count: int) -> Tensor:
    """The places of `count` labels, the same ones each time and in their order: of each class its share, and one at
    least, as nearly as whole numbers allow. Targets that are numbers are drawn as if of one class."""
    drawn = torch.randperm(len(labels), generator=torch.Generator().manual_seed(0))
    classes = labels[drawn] if not labels.is_floating_point() else torch.zeros(len(labels), dtype=torch.int64)
    order = classes.argsort(stable=True)
    sizes = classes.bincount()
    within = torch.arange(len(labels)) - (sizes.cumsum(0) - sizes).repeat_interleave(sizes)
    quota = (within + 0.5) / sizes.repeat_interleave(sizes)  # how much of its class lies before each
    quota[within == 0] = 0
    return drawn[order[quota.argsort(stable=True)[:count]]].sort().values
