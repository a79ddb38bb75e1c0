"""Two parts of one split, the same ones each time."""

import torch

from archc.train.data.sets import Split

TEST_SHARE = 0.2


def parted(split: Split, share: float = TEST_SHARE, seed: int = 0) -> tuple[Split, Split]:
    """The greater part and a random `share`, both in the order they had."""
    order = torch.randperm(len(split), generator=torch.Generator().manual_seed(seed))
    cut = len(split) - round(len(split) * share)
    return split.part(order[:cut].sort().values), split.part(order[cut:].sort().values)
