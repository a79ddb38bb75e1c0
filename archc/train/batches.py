"""Which images are in which batch: a function of the seed, epoch and step, so that a run can resume anywhere."""

import hashlib
import itertools
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from math import prod

import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from archc.diagnostics import ArchError, Diagnostic
from archc.train.data.image_set import Reader, Split
from archc.train.distributed import Ranks

READ_AT_ONCE = 64

Part = tuple[Tensor, Tensor]
Placed = tuple[Tensor, Tensor, Tensor]


def derived(seed: int, *numbers: int) -> int:
    """A seed for a place in a run: a hash of the run's seed and the numbers of the place."""
    text = "/".join(map(str, (seed, *numbers)))
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big") >> 1


@dataclass(frozen=True, slots=True, eq=False)
class Batches:
    """The training images of this rank. batch: images of one update on all ranks; parts: what it is computed in.

    The last batch of an epoch has the images that remain, rounded down so that ranks and parts are of one size. It is
    left out if a part has a single image, because batch norm cannot normalise that.
    """

    split: Split
    batch: int
    parts: int
    seed: int
    ranks: Ranks
    device: torch.device
    workers: int = 0

    @property
    def unit(self) -> int:
        return self.ranks.world * self.parts

    @property
    def sizes(self) -> list[int]:
        """Images of each batch of an epoch."""
        whole, rest = divmod(len(self.split), self.batch)
        rest -= rest % self.unit
        return [self.batch] * whole + ([rest] if rest >= 2 * self.unit else [])

    def order(self, epoch: int) -> Tensor:
        """The order of the images of an epoch, as torch's DistributedSampler draws it."""
        return torch.randperm(len(self.split), generator=torch.Generator().manual_seed(self.seed + epoch))

    def places(self, epoch: int, start: int = 0) -> list[Tensor]:
        """The indices of this rank, for each part of each batch from step `start` on."""
        order = self.order(epoch)
        result = []
        first = 0
        for step, size in enumerate(self.sizes):
            own = size // self.ranks.world
            begin = first + own * self.ranks.rank
            if step >= start:
                result += list(order[begin : begin + own].chunk(self.parts))
            first += size
        return result

    def epoch(self, number: int, start: int = 0) -> Iterator[list[Placed]]:
        """Each batch as a list of its parts (images, labels, indices), on the device."""
        places = self.places(number, start)
        parts = zip(read(self.split, places, self.device, self.workers), places, strict=True)
        for _ in self.sizes[start:]:
            yield [(*part, place) for part, place in itertools.islice(parts, self.parts)]


def read(split: Split, places: Sequence[Tensor], device: torch.device, workers: int = 0) -> Iterator[Part]:
    """(images, labels) for each list of indices. Raises ArchError, which names a file that cannot be read."""
    if isinstance(split.images, Tensor):
        indices = torch.cat(list(places)).to(split.images.device) if places else torch.empty(0)  # one transfer
        for chosen in torch.split(indices, [len(place) for place in places]):
            yield split.images.index_select(0, chosen).to(device), split.labels[chosen].to(device)
        return
    loader: DataLoader[object] = DataLoader(
        _Rows(split.images),
        batch_sampler=[place.tolist() for place in places],
        num_workers=workers,
        collate_fn=_as_read,
        pin_memory=device.type == "cuda",
        generator=torch.Generator(),  # not the global one, from which dropout draws
    )
    for place, images in zip(places, loader, strict=True):
        yield _good(images).to(device, non_blocking=True), split.labels[place].to(device, non_blocking=True)


@dataclass(frozen=True)
class _Rows(Dataset[object]):
    """A reader as DataLoader's dataset."""

    reader: Reader

    def __len__(self) -> int:
        return len(self.reader)

    def __getitem__(self, index: int) -> object:
        return self.reader.__getitems__([index])

    def __getitems__(self, indices: list[int]) -> object:
        return self.reader.__getitems__(indices)


def _as_read(batch: object) -> object:
    return batch


def _good(images: object) -> Tensor:
    if isinstance(images, Diagnostic):
        raise ArchError([images])
    assert isinstance(images, Tensor)
    return images


def resident(split: Split, shape: Sequence[int], device: torch.device, most: int, wanted: bool | None) -> Split:
    """The split, with its images on the device if that is set or they fit."""
    images = split.images
    if not stays(split, shape, most, wanted):
        return split
    if not isinstance(images, Tensor):
        starts = range(0, len(images), READ_AT_ONCE)
        with ThreadPoolExecutor() as pool:  # Pillow decodes outside Python's lock
            rows = [list(range(start, min(start + READ_AT_ONCE, len(images)))) for start in starts]
            images = torch.cat([_good(one) for one in pool.map(images.__getitems__, rows)])
    return Split(images.to(device), split.labels.to(device))


def held_bytes(split: Split, shape: Sequence[int]) -> int:
    """Bytes of its images in memory: as stored, or as uint8 of the net's size for files."""
    images = split.images
    return images.numel() * images.element_size() if isinstance(images, Tensor) else len(images) * prod(shape)


def stays(split: Split, shape: Sequence[int], most: int, wanted: bool | None) -> bool:
    """Whether its images are kept on the device: as set, else if they fit."""
    return held_bytes(split, shape) <= most if wanted is None else wanted


def statistics(split: Split, most: int = 50_000) -> tuple[Tensor, Tensor]:
    """Mean and standard deviation by channel of the stored values, over all pixels of at most `most` images."""
    count = len(split)
    places = torch.arange(0, count, max(1, -(-count // most)))
    total: Tensor | float = 0.0
    squares: Tensor | float = 0.0
    pixels = 0
    for images, _ in read(split, torch.split(places, 1024), torch.device("cpu")):
        values = images.double().transpose(0, 1).flatten(1)
        total, squares = total + values.sum(1), squares + values.square().sum(1)
        pixels += values.shape[1]
    assert isinstance(total, Tensor) and isinstance(squares, Tensor)
    mean = total / pixels
    return mean.float(), (squares / pixels - mean.square()).clamp(min=0).sqrt().float()
