"""Stopped anywhere and gone on with, a run ends bit for bit as the one that never stopped."""

import itertools
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from archc.diagnostics import ArchError, Diagnostic
from archc.train import checkpoint
from archc.train.data.opening import Sets
from archc.train.data.sets import Split
from archc.train.loop import fit
from archc.train.recipe import Recipe
from archc.train.signals import Stop
from archc.train.training import Training
from tests.train.helping import StopAfter, recipe, same, sets, small, training

FULL: dict[str, Any] = {"ema": 0.9, "augment": {"flip": True, "shift": 1, "mixup": 0.2}, "schedule": "plateau"}
OPTIMIZERS = ("sgd", "nesterov", "adagrad", "rmsprop", "adadelta", "adamw")
PLACES = {"mid": 7, "end": 5, "first": 1}  # of 5 updates an epoch


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


def cut(chosen: Recipe, given: Sets, folder: Path, updates: int) -> Training:
    """A run that is stopped, and its successor at the end."""
    first = training(small(), chosen, given)
    stop = Stop()
    assert fit(first, folder, stop, StopAfter(stop, updates)) == "stopped"
    path = checkpoint.find(folder)
    torch.manual_seed(99)
    second = training(small(seed=5), chosen, given)
    second.load(path, checkpoint.load(path))
    assert second.position.updates == updates
    assert fit(second, folder, Stop()) == "finished"
    return second


def agree(chosen: Recipe, given: Sets, folder: Path, updates: int) -> None:
    whole = training(small(), chosen, given)
    fit(whole, folder / "whole", Stop())
    second = cut(chosen, given, folder / "cut", updates)
    assert same(ended(whole), ended(second))
    timeless = [[{key: row[key] for key in row if key != "seconds"} for row in t.history] for t in (whole, second)]
    assert timeless[0] == timeless[1]
    assert whole.best == second.best


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_each_optimiser(tmp_path: Path, name: str) -> None:
    agree(recipe(epochs=3, optimizer=name, **FULL), sets(), tmp_path, PLACES["mid"])


@pytest.mark.parametrize("place", ["end", "first"])
@pytest.mark.parametrize("tables", [{"precision": "fp16"}, {"accumulate": 2}], ids=str)
def test_each_place(tmp_path: Path, place: str, tables: dict[str, Any]) -> None:
    agree(recipe(epochs=3, **FULL, **tables), sets(), tmp_path, PLACES[place])


def test_with_workers(tmp_path: Path) -> None:
    agree(recipe(data={"normalise": "unit", "workers": 2, "resident": False}), read_sets(), tmp_path, PLACES["mid"])


@pytest.mark.nightly
@pytest.mark.parametrize(
    ("name", "place", "workers", "ema"), list(itertools.product(OPTIMIZERS, PLACES, (0, 2), (0.0, 0.9))), ids=str
)
def test_all_together(tmp_path: Path, name: str, place: str, workers: int, ema: float) -> None:
    chosen = recipe(
        epochs=3,
        optimizer=name,
        data={"normalise": "unit", "workers": workers, "resident": False},
        **{**FULL, "ema": ema},
    )
    agree(chosen, read_sets(), tmp_path, PLACES[place])


def test_a_checkpoint_of_another_net_is_refused(tmp_path: Path) -> None:
    first = training(small(), recipe(epochs=1), sets(), identity={"graph": "a", "name": "small"})
    fit(first, tmp_path, Stop())
    path = checkpoint.find(tmp_path)
    second = training(small(), recipe(), sets(), identity={"graph": "b", "name": "other"})
    before = {name: tensor.clone() for name, tensor in second.raw.state_dict().items()}
    with pytest.raises(ArchError, match="another architecture, small"):
        second.load(path, checkpoint.load(path))
    assert same(before, second.raw.state_dict())
    third = training(small(), recipe(ema=0.9), sets(), identity={"graph": "a"})
    with pytest.raises(ArchError, match="without an average"):
        third.load(path, checkpoint.load(path))


def gone_on(tmp_path: Path, updates: int, first: Recipe, second: Recipe) -> Training:
    """A run that is stopped, and made ready to go on by another recipe."""
    made, stop = training(small(), first, sets()), Stop()
    fit(made, tmp_path, stop, StopAfter(stop, updates))
    path = checkpoint.find(tmp_path)
    again = training(small(), second, sets())
    again.load(path, checkpoint.load(path))
    return again


def test_the_settings_of_the_recipe_that_goes_on_count(tmp_path: Path) -> None:
    nesterov = {"name": "nesterov", "weight_decay": 0.1}
    first, second = (recipe(epochs=2, optimizer={**nesterov, "momentum": value}) for value in (0.9, 0.5))
    again = gone_on(tmp_path, 3, first, second)
    assert {group["momentum"] for group in again.optimizer.param_groups} == {0.5}
    assert [group["weight_decay"] for group in again.optimizer.param_groups] == [0.1, 0]
    with pytest.raises(ArchError, match="holds the moments of nesterov, and adam has others"):
        gone_on(tmp_path / "adam", 3, first, recipe(epochs=2, optimizer="adam"))
    with pytest.raises(ArchError, match="does not fit this recipe"):
        gone_on(tmp_path / "decay", 3, first, recipe(epochs=2, optimizer={**nesterov, "weight_decay": 0}))


@pytest.mark.parametrize("batch", [8, 32])
def test_another_batch_goes_on_at_the_same_place(tmp_path: Path, batch: int) -> None:
    again = gone_on(tmp_path, 7, recipe(epochs=3), recipe(epochs=3, batch=batch))
    per_epoch = len(again.batches.sizes)
    assert per_epoch != 5 and again.total == 3 * per_epoch
    assert again.position.epoch == 1 and again.position.step == 2 * per_epoch // 5
    assert again.position.updates == per_epoch + again.position.step
    assert fit(again, tmp_path, Stop()) == "finished"
    assert [row["epoch"] for row in again.history] == [1, 2, 3]
    assert checkpoint.find(tmp_path).stem == checkpoint.name_of(3 * per_epoch)


def test_only_the_newest_checkpoints_are_kept(tmp_path: Path) -> None:
    made = training(small(), recipe(epochs=4, checkpoints={"every_steps": 2, "keep": 3}), sets())
    fit(made, tmp_path, Stop())
    assert [path.name for path in checkpoint.published(tmp_path)] == [
        "step-000000016.pt",
        "step-000000018.pt",
        "step-000000020.pt",
    ]


def test_a_run_that_goes_on_from_an_earlier_one_leaves_what_lay_ahead(tmp_path: Path) -> None:
    chosen = recipe(epochs=4, checkpoints={"keep": 9})
    fit(training(small(), chosen, sets()), tmp_path, Stop())
    again = training(small(), chosen, sets())
    path = tmp_path / "step-000000005.pt"
    again.load(path, checkpoint.load(path))
    stop = Stop()
    assert fit(again, tmp_path, stop, StopAfter(stop, 7)) == "stopped"
    assert [path.stem for path in checkpoint.published(tmp_path)] == ["step-000000005", "step-000000007"]


def test_what_is_no_checkpoint_is_named(tmp_path: Path) -> None:
    with pytest.raises(ArchError, match="holds no checkpoint"):
        checkpoint.find(tmp_path)
    made = training(small(), recipe(epochs=2), sets())
    fit(made, tmp_path, Stop())
    older, newest = checkpoint.published(tmp_path)
    content = newest.read_bytes()
    for damaged in (b"", b"junk", content[:-100], content[: len(content) // 2]):
        newest.write_bytes(damaged)
        with pytest.raises(ArchError, match=r"step-000000010\.pt` is damaged") as caught:
            checkpoint.load(checkpoint.find(tmp_path))
        assert str(older) in str(caught.value)
    torch.save({"weights": torch.zeros(3)}, newest)
    with pytest.raises(ArchError, match="is no checkpoint of archc"):
        checkpoint.load(newest)
