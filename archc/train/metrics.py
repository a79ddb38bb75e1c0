"""Figures of a pass over images, summed on the device and read once at its end."""

from dataclasses import dataclass

import torch
from torch import Tensor

from archc.train.distributed import Ranks


class Running:
    """Loss and hits since the epoch began.

    sums: (loss × images, hits, images). numbers: whether the targets are numbers instead of classes.
    """

    def __init__(self, device: torch.device, numbers: bool = False) -> None:
        self.numbers = numbers
        self.sums = torch.zeros(3, dtype=torch.float32 if device.type == "mps" else torch.float64, device=device)

    @torch.no_grad()
    def add(self, loss: Tensor, logits: Tensor, target: Tensor) -> None:
        count = len(logits)
        self.sums[0].add_(loss.detach(), alpha=count)
        if not self.numbers:
            self.sums[1].add_(hits(logits, target).sum())
        self.sums[2].add_(count)

    def read(self, ranks: Ranks) -> "Figures":
        """Over all ranks. It waits for the device."""
        loss, right, count = ranks.sum(self.sums.clone()).tolist()
        return Figures(loss / max(count, 1), right / max(count, 1), int(count))


def hits(logits: Tensor, target: Tensor) -> Tensor:
    """Whether the likeliest class is that of the target: (N,) of bool. target: classes, or shares of them (N, K)."""
    return logits.argmax(1) == (target.argmax(1) if target.is_floating_point() else target)


@dataclass(frozen=True, slots=True)
class Figures:
    """loss: the mean over images. confusion: (K, K) counts, row: true class, column: predicted class."""

    loss: float
    accuracy: float
    images: int
    confusion: Tensor | None = None
