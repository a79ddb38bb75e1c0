"""Stopped anywhere and gone on with, a run ends bit for bit as the one that never stopped."""

import itertools
import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch

from archc.diagnostics import ArchError
from archc.train import checkpoint
from archc.train.loop import fit
from archc.train.recipe import Recipe
from archc.train.signals import Stop
from archc.train.training import Training
from tests.counting import HANG
from tests.train.helping import StopAfter, recipe, same, sets, small, training
from tests.train.resuming import CROSSED, FULL, OPTIMIZERS, PLACES, agree, crossed


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_each_optimiser(tmp_path: Path, name: str) -> None:
    agree(recipe(epochs=3, optimizer=name, **FULL), sets(), tmp_path, PLACES["mid"])


@pytest.mark.parametrize("place", ["end", "first"])
@pytest.mark.parametrize(
    "tables",
    [
        {"precision": "fp16"},
        {"accumulate": 2},
        {"lookahead": {"every": 3}, "augment": {"flip": "alternating"}, "optimizer": {"rates": {"*.bias": 2}}},
    ],
    ids=str,
)
def test_each_place(tmp_path: Path, place: str, tables: dict[str, Any]) -> None:
    agree(recipe(**{"epochs": 3, **FULL, **tables}), sets(), tmp_path, PLACES[place])


@pytest.mark.parametrize(("name", "place", "workers"), CROSSED, ids=str)
def test_one_rank(tmp_path: Path, name: str, place: str, workers: int) -> None:
    crossed(name, place, workers, tmp_path)


@pytest.mark.nightly
def test_two_ranks(tmp_path: Path) -> None:
    """The same combinations, all of them in one pair of processes."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    ranks = [
        subprocess.Popen(
            [sys.executable, "-m", "tests.train.resuming", str(tmp_path)],
            env={**os.environ, "RANK": rank, "WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port},
            cwd=Path(__file__).parents[2],
            stderr=subprocess.PIPE,
            text=True,
        )
        for rank in ("0", "1")
    ]
    said = [rank.communicate(timeout=HANG)[1] for rank in ranks]
    assert [rank.returncode for rank in ranks] == [0, 0], said
    assert len(list(tmp_path.iterdir())) == len(CROSSED) == 12


@pytest.mark.nightly
@pytest.mark.parametrize(
    ("name", "place", "workers", "ema"), list(itertools.product(OPTIMIZERS, PLACES, (0, 2), (0.0, 0.9))), ids=str
)
def test_all_together(tmp_path: Path, name: str, place: str, workers: int, ema: float) -> None:
    crossed(name, place, workers, tmp_path, ema=ema)


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
    with pytest.raises(ArchError, match="has the state of nesterov, and adam needs another"):
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
    with pytest.raises(ArchError, match="is not a checkpoint of archc"):
        checkpoint.load(newest)
