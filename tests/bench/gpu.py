"""Training on a GPU: images a second in bf16, channels last, compiled, through `fit` with resident images and
augmentation, against a plain PyTorch loop over the same net with the same flags and, where timm is installed, over its
model; and what share of a step augmentation takes.

`python -m tests.bench gpu` on a machine with CUDA. `python -m tests.bench.gpu` rehearses it on a CPU, with few images.
"""

import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

import archc
from archc.train.augment import Augmentation, Normalise
from archc.train.data.image_set import NO_AUGMENT, Split
from archc.train.data.open_sets import Sets
from archc.train.loop import fit
from archc.train.recipe import Augment
from archc.train.settings import recipe_of
from archc.train.signals import Stop
from archc.train.training import Net, Row, Training
from tests.bench import process

ROUNDS = 3
AUGMENTED = Augment(flip=True, shift=4)
Rate = Callable[[], float]  # images a second


@dataclass(frozen=True)
class Case:
    """A net at a size, and how long it is timed. warm: updates before that, in which it is compiled."""

    name: str
    size: int
    classes: int
    batch: int
    warm: int
    steps: int

    def module(self) -> nn.Module:
        net = archc.load(self.name, input=(self.size, self.size), classes=self.classes)
        return net.torch(logits=True, seed=0)


CASES = (Case("resnet18", 32, 10, 1024, 15, 60), Case("resnet50", 224, 1000, 256, 15, 40))
REHEARSAL = (Case("resnet18", 32, 10, 16, 2, 4),)


def gpu() -> list[process.Row]:
    """The rows."""
    if not torch.cuda.is_available():
        return [process.Row("training on a GPU", "there is no CUDA here")]
    device = torch.device("cuda")
    return [row for case in CASES for row in _case(case, device)]


def _case(case: Case, device: torch.device) -> list[process.Row]:
    what = f"{case.name} at {case.size} px, bf16 channels_last compiled, batch {case.batch}"
    count = case.batch * (case.warm + case.steps)
    images = torch.randint(0, 256, (count, 3, case.size, case.size), dtype=torch.uint8, device=device)
    split = Split(images, torch.randint(0, case.classes, (count,), device=device))
    rates = [_ours(case, split, device, NO_AUGMENT), _by_hand(case, case.module(), split, device)]
    ours, theirs = _in_turns(rates)
    ratio = theirs / ours  # of times, which is the other way round than of rates
    rows = [process.Row(what, f"{ours:,.0f} images/s, {ratio:.3f} of a plain loop's time", "1.02", ratio <= 1.02)]
    timm = _timm(case)
    if timm is None:
        rows.append(process.Row(f"{case.name} against timm's", "timm is not there"))
    else:
        ours, theirs = _in_turns([rates[0], _by_hand(case, timm, split, device)])
        rows.append(process.Row(f"{case.name} against timm's", f"{ours:,.0f} and {theirs:,.0f} images/s"))
    rows.append(_augmentation(case, split, device, ours))
    plain = _by_hand(case, case.module(), split, device, naive=True)
    ours, theirs = _in_turns([rates[0], plain])
    what = f"{case.name} against a naive fp32 NCHW loop"
    return [*rows, process.Row(what, f"{ours / theirs:.2f} times as fast ({theirs:,.0f} images/s)")]


def _in_turns(rates: list[Rate]) -> tuple[float, float]:
    """The medians of two rates, taken in turns."""
    found = [[rate() for rate in rates] for _ in range(ROUNDS)]
    one, other = (statistics.median(column) for column in zip(*found, strict=True))
    return one, other


def _now(device: torch.device) -> float:
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    return time.perf_counter()


class _Clock:
    """A watcher that times the updates after the first `warm`."""

    def __init__(self, case: Case) -> None:
        self.case, self.begun, self.ended = case, 0.0, 0.0

    def step(self, training: Training, images: int) -> None:
        done = training.position.updates
        if done == self.case.warm:
            self.begun = _now(training.device)
        elif done == self.case.warm + self.case.steps:
            self.ended = _now(training.device)

    def epoch(self, training: Training, row: Row) -> None:
        """The set is as large as the run, so that its one epoch ends after the last update."""


class _Again(nn.Module):
    """A module compiled once for all rounds."""

    def __init__(self, module: nn.Module) -> None:
        super().__init__()
        self.module = module
        # not for any size, to which a second size of the same class would bring torch
        self.compiled: Any = torch.compile(module, dynamic=False)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.compiled(x)
        return out


def _ours(case: Case, split: Split, device: torch.device, augment: Augment) -> Rate:
    few = split.part(torch.arange(2, device=device))
    sets = Sets("bench", split, few, few, tuple(map(str, range(case.classes))), augment, "validation")
    recipe = recipe_of(
        {
            "batch": case.batch,
            "steps": case.warm + case.steps,
            "optimizer": "momentum",
            "schedule": "constant",
            "precision": "bf16",
            "augment": augment.model_dump(),
            "data": {"normalise": {"mean": [0.5], "std": [0.25]}, "resident": True},
        }
    )
    module = _Again(case.module().to(device))

    def run() -> float:
        clock = _Clock(case)
        with tempfile.TemporaryDirectory() as folder:
            made = Training(module, recipe, sets, Net((3, case.size, case.size)), device)
            fit(made, Path(folder), Stop(), clock)
        return case.steps * case.batch / (clock.ended - clock.begun)

    return run


def _by_hand(case: Case, module: nn.Module, split: Split, device: torch.device, naive: bool = False) -> Rate:
    """What a person writes with the same flags; or, naive, in fp32 as images lie, with neither compile nor fused."""
    images = split.images
    assert isinstance(images, Tensor)
    module = module.to(device)
    if not naive:
        module = _Again(module.to(memory_format=torch.channels_last))  # type: ignore[call-overload]

    def run() -> float:
        optimizer = torch.optim.SGD(module.parameters(), 0.05, momentum=0.9, fused=not naive)
        module.train()
        sums = torch.zeros(3, device=device, dtype=torch.float64)
        begun = 0.0
        for step, index in enumerate(torch.split(torch.randperm(len(images)).to(device), case.batch)):
            if step == case.warm:
                begun = _now(device)
            x, y = images[index].float().sub_(127.5).div_(63.75), split.labels[index]
            if not naive:
                x = x.contiguous(memory_format=torch.channels_last)
            with torch.autocast(device.type, torch.bfloat16, enabled=not naive):
                logits = module(x)
                loss = F.cross_entropy(logits, y)
            optimizer.zero_grad(set_to_none=True)
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            with torch.no_grad():
                sums += torch.stack([loss * len(y), (logits.argmax(1) == y).sum(), torch.full_like(loss, len(y))])
        return case.steps * case.batch / (_now(device) - begun)

    return run


def _timm(case: Case) -> nn.Module | None:
    """timm's model of the same name; its small one too has the stem of ImageNet, as ours has."""
    try:
        import timm  # type: ignore[import-not-found, unused-ignore]  # noqa: PLC0415
    except ImportError:
        return None
    module: nn.Module = timm.create_model(case.name, num_classes=case.classes)
    return module


def _augmentation(case: Case, split: Split, device: torch.device, rate: float) -> process.Row:
    """Crop and flip, beyond what every batch goes through, as a share of a step."""
    images, labels = split.images, split.labels
    assert isinstance(images, Tensor)
    normalise = Normalise(torch.tensor(127.5, device=device), torch.tensor(63.75, device=device), channels_last=True)
    seconds = []
    for chosen in (AUGMENTED, NO_AUGMENT):
        augment = Augmentation(chosen, normalise, case.classes, (case.size, case.size))
        for number in range(case.warm + case.steps):
            if number == case.warm:
                begun = _now(device)
            augment(images[: case.batch], labels[: case.batch], number)
        seconds.append((_now(device) - begun) / case.steps)
    share = (seconds[0] - seconds[1]) / (case.batch / rate)
    return process.Row(f"{case.name}, crop and flip of a step's time", f"{share:.2%}", "5%", share < 0.05)


if __name__ == "__main__":
    torch.manual_seed(0)
    for row in (found for case in REHEARSAL for found in _case(case, torch.device("cpu"))):
        print(f"{row.what}: {row.figure} {row.verdict}")
