"""Whatever happens while a checkpoint is written, the newest published one loads."""

import os
import random
import resource
import signal
from pathlib import Path

import pytest
import torch

from archc.diagnostics import ArchError
from archc.train import checkpoint
from archc.train.loop import fit
from archc.train.recipe import Recipe
from archc.train.signals import Stop
from tests.counting import signal_at
from tests.train.helping import recipe, same, sets, small, training

SIZE = 300_000
SAVING = 800  # calls of functions that a checkpoint takes, about
LIFE = 300_000  # calls that a life of a run has at most, of a million in all


def state(number: int) -> dict[str, object]:
    return {"module": {"w": torch.full((SIZE,), float(number))}, "number": number}


def writing(folder: Path, moment: int) -> int:
    """A child process that saves without end, until it is killed at its call of that number."""
    child = os.fork()
    if child:
        return child
    try:
        number = len(checkpoint.published(folder)) and int(checkpoint.published(folder)[-1].stem[5:])
        signal_at(moment, signal.SIGKILL)
        while True:
            number += 1
            checkpoint.save(folder, number, state(number), keep=2)
    finally:
        os._exit(1)


def killed(folder: Path, times: int) -> int:
    """Kill it so often; how many times it had saved since."""
    chance = random.Random(1)
    progress = 0
    last = 0
    checkpoint.save(folder, 1, state(1), keep=2)
    for _ in range(times):
        os.waitpid(writing(folder, chance.randrange(1, 3 * SAVING)), 0)
        newest = checkpoint.find(folder)
        held = checkpoint.load(newest)
        assert held["number"] == int(newest.stem[5:]) >= last
        assert torch.equal(held["module"]["w"], torch.full((SIZE,), float(held["number"])))
        progress += held["number"] > last
        last = held["number"]
    return progress


def test_kill_at_100_random_moments(tmp_path: Path) -> None:
    assert killed(tmp_path, 100) > 20


def test_a_disk_that_is_full_leaves_the_last_one(tmp_path: Path) -> None:
    checkpoint.save(tmp_path, 1, state(1), keep=2)
    child = os.fork()
    if not child:
        resource.setrlimit(resource.RLIMIT_FSIZE, (SIZE, SIZE))  # as a full disk: writing fails in the middle
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        try:
            checkpoint.save(tmp_path, 2, state(2), keep=1)
        except ArchError as error:
            said = str(error)
            os._exit(0 if "cannot be written: File too large" in said and "step-000000001.pt" in said else 3)
        os._exit(4)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert [path.name for path in tmp_path.iterdir()] == ["step-000000001.pt"], "no litter"
    assert checkpoint.load(checkpoint.find(tmp_path))["number"] == 1


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ArchError, match=r"cannot be written: (Not a directory|File exists)"):
        checkpoint.save(tmp_path / "file", 1, state(1), keep=1)


def fitting(folder: Path, chosen: Recipe, moment: int) -> int:
    """A child process that trains, from the newest checkpoint if there is one, until it is killed at its call of that
    number; to the end for 0."""
    child = os.fork()
    if child:
        return child
    code = 1
    try:
        made = training(small(), chosen, sets())
        if checkpoint.published(folder):
            newest = checkpoint.find(folder)
            made.load(newest, checkpoint.load(newest))
        if moment:
            signal_at(moment, signal.SIGKILL)
        fit(made, folder, Stop())
        torch.save(made.raw.state_dict(), folder / "ended")
        code = 0
    finally:
        os._exit(code)


def test_a_run_that_is_killed_and_killed_again_ends_as_if_it_had_not_been(tmp_path: Path) -> None:
    chosen = recipe(epochs=12, ema=0.9, augment={"flip": True}, checkpoints={"every_steps": 1})
    whole = training(small(), chosen, sets())
    fit(whole, tmp_path / "whole", Stop())
    folder, chance = tmp_path / "killed", random.Random(2)
    folder.mkdir()
    for life in range(9):
        moment = chance.randrange(1, LIFE) if life < 8 else 0
        code = os.waitstatus_to_exitcode(os.waitpid(fitting(folder, chosen, moment), 0)[1])
        assert code in (0, -signal.SIGKILL)
        if code == 0:
            break
    assert life >= 2, "it was under way when it was killed"
    assert same(whole.raw.state_dict(), torch.load(folder / "ended"))
