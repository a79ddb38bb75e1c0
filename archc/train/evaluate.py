"""The loss, accuracy and confusion of a module on a split, over all ranks."""

from collections.abc import Callable
from math import ceil

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from archc.train.batches import read
from archc.train.data.image_set import Split
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
    prepare: Callable[[Tensor, Tensor], tuple[Tensor, Tensor]],
    *,
    main: str,
    classes: int,
    batch: int,
    precision: Resolved,
    ranks: Ranks,
    device: torch.device,
    workers: int = 0,
    views: str = "one",
) -> Figures:
    """Figures of a split. Every rank takes each `world`-th image, and as many as the others, as sharded nets require.

    prepare: stored images and targets to inputs and expected outputs. main: the name of the evaluated output. views:
    see `augmented_views`.
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
    ranks.broadcast_buffers(module)
    for keep, (images, labels) in zip(
        torch.split(counted, batch), read(split, torch.split(own, batch), device, workers), strict=True
    ):
        logits = torch.zeros((), device=device)
        images, labels = prepare(images, labels)  # noqa: PLW2901 - as the net gets them
        for look, share in augmented_views(images, views):
            with autocast(precision, device):
                outputs = module(look)
            logits = logits + share * (outputs if isinstance(outputs, Tensor) else outputs[main]).flatten(1).float()
        logits, labels = logits[keep.to(device)], labels[keep.to(device)]  # noqa: PLW2901 - without padding images
        if not len(logits):
            continue
        sums[0].add_(each(logits, labels), alpha=len(logits))
        if not labels.is_floating_point():
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


def augmented_views(images: Tensor, views: str) -> list[tuple[Tensor, float]]:
    """The views of each image, with the weight of each output: the image; its mirror image; and both moved by a pixel.

    They are moved up and left, and down and right (Jordan 2024, section 3.5).
    """
    if views == "one" or images.dim() != 4:
        return [(images, 1.0)]
    if views == "flip":
        return [(images, 0.5), (images.flip(3), 0.5)]
    height, width = images.shape[2:]
    wide = F.pad(images, (1, 1, 1, 1), mode="reflect")
    moved = [wide[:, :, at : at + height, at : at + width] for at in (0, 2)]
    return [(images, 0.25), (images.flip(3), 0.25), *((x, 0.125) for one in moved for x in (one, one.flip(3)))]
