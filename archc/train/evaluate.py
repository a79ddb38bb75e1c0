"""Judging a module on a split: loss, accuracy and confusion, over all ranks."""

from collections.abc import Callable
from math import ceil

import torch
from torch import Tensor, nn

from archc.train.batches import read
from archc.train.data.sets import Split
from archc.train.distributed import Ranks
from archc.train.loss import Criterion
from archc.train.metrics import Figures, hits
from archc.train.precision import Resolved, autocast

MOST_CONFUSED = 1000


@torch.no_grad()
def evaluate(
    module: nn.Module,
    split: Split,
    each: Criterion,
    prepare: Callable[[Tensor], Tensor],
    *,
    main: str,
    classes: int,
    batch: int,
    precision: Resolved,
    ranks: Ranks,
    device: torch.device,
    workers: int = 0,
) -> Figures:
    """prepare: stored values to what the net takes. main: the output that counts.

    Every rank takes each `world`-th image, and as many as the others:
    a sharded net runs on all of them together.
    """
    own = torch.arange(ranks.rank, len(split), ranks.world)
    short = ceil(len(split) / ranks.world) - len(own)
    counted = torch.cat([torch.ones(len(own)), torch.zeros(short)]).bool()
    own = torch.cat([own, torch.zeros(short, dtype=own.dtype)])
    wide = torch.float32 if device.type == "mps" else torch.float64
    sums = torch.zeros(3, dtype=wide, device=device)
    confusion = torch.zeros(classes, classes, dtype=torch.int64, device=device) if classes <= MOST_CONFUSED else None
    trained = module.training
    module.eval()
    ranks.level(module)
    for keep, (images, labels) in zip(
        torch.split(counted, batch), read(split, torch.split(own, batch), device, workers), strict=True
    ):
        with autocast(precision, device):
            outputs = module(prepare(images))
        logits = (outputs if isinstance(outputs, Tensor) else outputs[main]).flatten(1).float()
        logits, labels = logits[keep.to(device)], labels[keep.to(device)]  # noqa: PLW2901 - what does not count goes
        if not len(logits):
            continue
        sums[0].add_(each(logits, labels), alpha=len(logits))
        sums[1].add_(hits(logits, labels).sum())
        sums[2].add_(len(logits))
        if confusion is not None and not labels.is_floating_point():
            cells = labels * classes + logits.argmax(1)
            confusion += torch.bincount(cells, minlength=classes * classes).view(classes, classes)
    module.train(trained)
    loss, right, count = ranks.sum(sums).tolist()
    if confusion is not None:
        confusion = ranks.sum(confusion).cpu()
    return Figures(loss / count, right / count, int(count), confusion)
