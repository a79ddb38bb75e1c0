"""Runs that are stopped and gone on with, beside one that never stopped. As a program it is one of several ranks.

python -m tests.train.resuming FOLDER, with RANK, WORLD_SIZE, MASTER_ADDR and MASTER_PORT
"""

import itertools
import sys
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from archc.diagnostics import Diagnostic
from archc.train import checkpoint
from archc.train.data.image_set import Split
from archc.train.data.open_sets import Sets
from archc.train.distributed import Ranks, process_group
from archc.train.loop import fit
from archc.train.recipe import Recipe
from archc.train.signals import Stop
from archc.train.training import Training
from tests.train.helping import StopAfter, recipe, same, sets, small, training

FULL: dict[str, Any] = {"ema": 0.9, "augment": {"flip": True, "shift": 1, "mixup": 0.2}, "schedule": "plateau"}
OPTIMIZERS = ("sgd", "nesterov", "adagrad", "rmsprop", "adadelta", "adamw")
PLACES = {"mid": 7, "end": 5, "first": 1}  # of 5 updates an epoch
CROSSED = list(itertools.product(("nesterov", "rmsprop", "adamw"), ("mid", "end"), (0, 2)))  # and by one rank and two
ALONE = Ranks()


class Rows:
    """A reader, so that DataLoader and its workers take part."""

    def __init__(self, images: Tensor) -> None:
        self.images = images

    def __len__(self) -> int:
        return len(self.images)

    def __getitems__(self, indices: Any) -> Tensor | Diagnostic:
        return self.images[torch.as_tensor(indices)]


def read_sets() -> Sets:
    made = sets()
    assert isinstance(made.train.images, Tensor)
    train = Split(Rows(made.train.images), made.train.labels)
    return Sets("rows", train, made.validation, made.test, made.classes, made.augment, made.judged)


def ended(made: Training) -> dict[str, Tensor]:
    """Everything that a run leaves."""
    state = {f"w.{name}": tensor for name, tensor in made.raw.state_dict().items()}
    if made.average is not None:
        state |= {f"a.{name}": tensor for name, tensor in made.average.weights.items()}
    for number, moments in made.optimizer.state_dict()["state"].items():
        state |= {f"o.{number}.{name}": torch.as_tensor(value) for name, value in moments.items() if value is not None}
    return state


def cut(chosen: Recipe, given: Sets, folder: Path, updates: int, ranks: Ranks) -> Training:
    """A run that is stopped, and its successor at the end."""
    first = training(small(), chosen, given, ranks=ranks)
    stop = Stop()
    assert fit(first, folder, stop, StopAfter(stop, updates)) == "stopped"
    path = checkpoint.find(folder)
    torch.manual_seed(99)
    second = training(small(seed=5), chosen, given, ranks=ranks)
    second.load(path, checkpoint.load(path))
    assert second.position.updates == updates
    assert fit(second, folder, Stop()) == "finished"
    return second


def agree(chosen: Recipe, given: Sets, folder: Path, updates: int, ranks: Ranks = ALONE) -> None:
    whole = training(small(), chosen, given, ranks=ranks)
    fit(whole, folder / "whole", Stop())
    second = cut(chosen, given, folder / "cut", updates, ranks)
    assert same(ended(whole), ended(second))
    timeless = [[{key: row[key] for key in row if key != "seconds"} for row in t.history] for t in (whole, second)]
    assert timeless[0] == timeless[1]
    assert whole.best == second.best


def crossed(name: str, place: str, workers: int, folder: Path, ranks: Ranks = ALONE, ema: float = 0.9) -> None:
    """One combination: the optimiser, where in an epoch the run is stopped, and how many processes read for it."""
    reading = {"normalise": "unit", "workers": workers, "resident": False}
    chosen = recipe(epochs=3, optimizer=name, data=reading, **{**FULL, "ema": ema})
    agree(chosen, read_sets(), folder, PLACES[place], ranks)


if __name__ == "__main__":
    torch.set_num_threads(1)
    with process_group(torch.device("cpu")) as joined:
        for combination in CROSSED:
            crossed(*combination, Path(sys.argv[1]) / "-".join(map(str, combination)), joined)
