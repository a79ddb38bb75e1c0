"""Training against plain PyTorch: the loop's own cost, what the default flags bring, and the way of the images.

Both sides run in this process, in turns; the median of the ratios counts.
"""

import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image, ImageOps
from torch import Tensor, nn

import archc
from archc.train.augment import Augmentation, Normalise
from archc.train.data.image_set import NO_AUGMENT, Split
from archc.train.data.open_sets import Sets
from archc.train.data.shapes import draw
from archc.train.loop import fit
from archc.train.precision import autocast, resolve
from archc.train.recipe import Augment
from archc.train.settings import recipe_of
from archc.train.signals import Stop
from archc.train.training import Net, Training
from tests.bench.borrowed import torchvision
from tests.bench.process import Row

ROUNDS, STEPS, BATCH = 7, 8, 64
SHAPE = (3, 32, 32)
CROP = Augment(flip=True, shift=4)
Run = Callable[[], float]  # seconds


def training() -> list[Row]:
    """The rows."""
    amx = bool(torch.cpu._is_amx_tile_supported())
    images = draw(STEPS * BATCH, SHAPE, seed=1)
    assert isinstance(images.images, Tensor)
    ours, same = _ours("resnet20_cifar", images), _by_hand("resnet20_cifar", images, like_ours=True)
    rows = [_ratio("ResNet-20, a step against one by hand with the same flags", ours, same, 1.02)]
    for name in ("resnet18", "resnet20_cifar"):
        fast, naive = _ours(name, images), _by_hand(name, images, like_ours=False)
        speed = _speed(fast, naive)
        what = f"{name} on 32x32, default flags against a naive fp32 NCHW loop"
        figure = f"{speed:.2f} times as fast"
        if amx:
            rows.append(Row(what, figure, "2", speed >= 2))
        else:
            rows.append(Row(what, f"{figure}; {resolve('auto', torch.device('cpu'))}, for there is no AMX here"))
    return [*rows, *_images()]


def _net(name: str) -> nn.Module:
    if name == "resnet18":
        return archc.load(name, input=(32, 32), classes=10).torch(logits=True, seed=0)
    return archc.load("resnet_cifar", "20").torch(logits=True, seed=0)


def _ours(name: str, split: Split) -> Run:
    few = split.part(torch.arange(2))
    sets = Sets("bench", split, few, few, tuple(map(str, range(10))), NO_AUGMENT, "validation")
    recipe = recipe_of({"batch": BATCH, "steps": STEPS, "optimizer": "momentum", "schedule": "constant", "augment": {}})
    module = _net(name)

    def run() -> float:
        clock = _Clock()
        with tempfile.TemporaryDirectory() as folder:
            made = Training(module, recipe, sets, Net(SHAPE), torch.device("cpu"))
            fit(made, Path(folder), Stop(), clock)
        return clock.seconds

    return run


class _Clock:
    """From the end of the first step to that of the last: what an epoch ends with is left out."""

    def __init__(self) -> None:
        self.ends: list[float] = []

    def step(self, training: Training, images: int) -> None:
        self.ends.append(time.perf_counter())

    def epoch(self, training: Training, row: Any) -> None:
        """Nothing to do."""

    @property
    def seconds(self) -> float:
        return self.ends[-1] - self.ends[0]


def _by_hand(name: str, split: Split, like_ours: bool) -> Run:
    module = _net(name)
    images, labels = split.images, split.labels
    assert isinstance(images, Tensor)
    precision = resolve("auto", torch.device("cpu")) if like_ours else "fp32"
    if like_ours:
        module.to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    def run() -> float:
        ends = []
        module.train()
        optimizer = torch.optim.SGD(module.parameters(), 0.05, momentum=0.9, fused=like_ours)
        mean = images.float().mean((0, 2, 3)).view(1, 3, 1, 1)
        std = images.float().std((0, 2, 3)).view(1, 3, 1, 1)
        seen = 0.0
        for index in torch.split(torch.randperm(len(images)), BATCH):
            x = images[index].float().sub_(mean).div_(std)
            if like_ours:
                x = x.contiguous(memory_format=torch.channels_last)
            with autocast(precision, x.device):
                logits = module(x)
                loss = F.cross_entropy(logits, labels[index])
            optimizer.zero_grad(set_to_none=True)
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            seen += loss.item() + (logits.argmax(1) == labels[index]).sum().item()
            ends.append(time.perf_counter())
        return ends[-1] - ends[0]

    return run


def _times(one: Run, other: Run) -> list[tuple[float, float]]:
    one()
    other()
    found = []
    for number in range(ROUNDS):
        times = {run: run() for run in ((one, other) if number % 2 else (other, one))}
        found.append((times[one], times[other]))
    return found


def _ratio(what: str, ours: Run, theirs: Run, target: float) -> Row:
    ratio = statistics.median(left / right for left, right in _times(ours, theirs))
    return Row(what, f"{ratio:.3f} of its time", f"{target}", ratio <= target)


def _speed(ours: Run, theirs: Run) -> float:
    return statistics.median(right / left for left, right in _times(ours, theirs))


def _images() -> list[Row]:
    """Crop, flip and normalise: a batch at once against torchvision's transforms image by image."""
    what = "crop, flip and normalise CIFAR images"
    images = torch.randint(0, 256, (4096, *SHAPE), dtype=torch.uint8)
    normalise = Normalise(torch.full((1, 3, 1, 1), 120.0), torch.full((1, 3, 1, 1), 60.0), channels_last=True)
    augment = Augmentation(CROP, normalise, 10, SHAPE[1:])
    labels = torch.zeros(512, dtype=torch.int64)

    def ours() -> float:
        start = time.perf_counter()
        for index in torch.split(torch.randperm(2048), 512):
            augment(images[index], labels, 0)
        return time.perf_counter() - start

    pictures = [Image.fromarray(image.permute(1, 2, 0).numpy()) for image in images[:2048]]
    chain, whose = _transforms()

    def theirs() -> float:
        start = time.perf_counter()
        for first in range(0, 2048, 512):
            torch.stack([chain(pictures[at]) for at in range(first, first + 512)])
        return time.perf_counter() - start

    times = _times(ours, theirs)
    speed = statistics.median(right / left for left, right in times)
    rate = 2048 / min(left for left, _ in times)
    return [Row(what, f"{speed:.1f} times {whose}, {rate:,.0f} images/s", "5", speed >= 5)]


def _transforms() -> tuple[Callable[[Image.Image], Tensor], str]:
    """torchvision's crop, flip, tensor and normalise for one picture; without it, the same steps by hand."""
    transforms = torchvision("transforms")
    mean, std = (0.47, 0.47, 0.47), (0.24, 0.24, 0.24)
    if transforms is not None:
        steps = [transforms.RandomCrop(32, 4), transforms.RandomHorizontalFlip(), transforms.ToTensor()]
        return transforms.Compose([*steps, transforms.Normalize(mean, std)]), "torchvision's"
    shift, scale = torch.tensor(mean).view(3, 1, 1), torch.tensor(std).view(3, 1, 1)

    def chain(picture: Image.Image) -> Tensor:
        wide = ImageOps.expand(picture, 4)
        top, left = torch.randint(0, 9, (2,)).tolist()
        seen = wide.crop((left, top, left + 32, top + 32))
        if torch.rand(1) < 0.5:
            seen = seen.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
        values = torch.from_numpy(np.array(seen, copy=True)).permute(2, 0, 1).contiguous().float().div(255)
        return values.sub_(shift).div_(scale)

    return chain, "transforms image by image (no torchvision here)"
