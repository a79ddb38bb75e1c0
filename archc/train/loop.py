"""The training loop, from top to bottom."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import torch
from torch import Tensor

from archc.train import optim
from archc.train.batches import Placed, derived
from archc.train.distributed import unsynchronised
from archc.train.non_finite import explain
from archc.train.precision import autocast
from archc.train.signals import Stop
from archc.train.training import Row, Training

READ_EVERY = 10  # steps between two reads of values that are on the device or on other ranks


class Watcher(Protocol):
    """Receives the progress of a run."""

    def step(self, training: Training, images: int) -> None:
        """After each update."""

    def epoch(self, training: Training, row: Row) -> None:
        """After each epoch, with its row of metrics.csv."""


def fit(
    training: Training,
    folder: Path,
    stop: Stop,
    watcher: Watcher | None = None,
    improved: Callable[[], None] | None = None,
) -> str:
    """Train until the end, an early stop or a signal: `finished`, `early` or `stopped`. Raises ArchError.

    folder: for checkpoints. improved: all ranks call it when an epoch is the best so far.
    """
    t, recipe = training, training.recipe
    parameters = list(t.raw.parameters())
    started = time.monotonic()
    while t.position.updates < t.total:
        t.learn()
        for parts in t.batches.epoch(t.position.epoch, t.position.step):
            for group in t.optimizer.param_groups:
                group["lr"] = t.rate(t.position.updates) * group["times"]

            for number, part in enumerate(parts):
                x, y = _augmented(t, number, part)
                with unsynchronised(t.wrapped, last=number == len(parts) - 1):
                    with autocast(t.precision, t.device):
                        loss, logits = t.loss(t.forward(x), y)
                    if t.guard.bad(loss, t.position.updates):
                        raise explain(t.raw, x, t.position.updates, t.position.epoch, t.position.step, loss.item())
                    t.scaler.scale(loss / len(parts)).backward()  # type: ignore[no-untyped-call]
                t.running.add(loss, logits, y)

            t.scaler.unscale_(t.optimizer)
            optim.before_step(t.raw, recipe.optimizer)
            t.scaler.step(t.optimizer)
            t.scaler.update()
            t.optimizer.zero_grad(set_to_none=True)
            optim.after_step(parameters, recipe.optimizer)
            t.position.updates += 1
            if t.slow is not None:
                t.slow.update(t.raw, t.position.updates)
            if t.average is not None:
                t.average.update(t.raw)
            t.position.step += 1

            if watcher is not None:
                watcher.step(t, sum(len(labels) for _, labels, _ in parts) * t.ranks.world)
            ask = t.device.type == "cpu" or t.position.updates % READ_EVERY == 0
            if ask and t.ranks.any(bool(stop.number), t.device):
                _raise_non_finite(t)
                t.save(folder)
                return "stopped"
            every = recipe.checkpoints.every_steps
            if every and t.position.updates % every == 0:
                _raise_non_finite(t)
                t.save(folder)
            if t.position.updates >= t.total:
                break

        ending = _close(t, folder, stop, watcher, improved, time.monotonic() - started)
        if ending is not None:
            return ending
        started = time.monotonic()
    return "finished"


def _close(
    t: Training,
    folder: Path,
    stop: Stop,
    watcher: Watcher | None,
    improved: Callable[[], None] | None,
    seconds: float,
) -> str | None:
    """End an epoch: evaluate, publish if it is the best, save. The result is how the run ends here, or None."""
    row, better = _judge(t, seconds)
    if better and improved is not None:
        improved()
    patience = t.recipe.early_stop.patience
    done = t.position.updates >= t.total
    early = bool(patience) and t.position.epoch - 1 - t.best.epoch >= patience
    stopped = not done and not early and t.ranks.any(bool(stop.number), t.device)  # during the evaluation
    if done or early or stopped or t.position.epoch % t.recipe.checkpoints.every_epochs == 0:
        t.save(folder)
    if watcher is not None:
        watcher.epoch(t, row)
    return "early" if early else "stopped" if stopped else None


def _augmented(t: Training, number: int, part: Placed) -> tuple[Tensor, Tensor]:
    """The inputs and targets of a part of a batch: a function of the place in the run."""
    images, labels, places = part
    seed = derived(t.recipe.seed, t.position.updates, number, t.ranks.rank)
    turned = (t.sides[places] ^ bool(t.position.epoch % 2)).to(t.device) if t.sides is not None else None
    return t.augmentation(images, labels, seed, t.resolution(), turned)


def _judge(t: Training, seconds: float) -> tuple[Row, bool]:
    """End an epoch: its row of the metrics, and whether it is the best. The next epoch begins."""
    _raise_non_finite(t)
    train, judged = t.running.read(t.ranks), t.judged()
    row = {
        "epoch": t.position.epoch + 1,
        "updates": t.position.updates,
        "lr": t.optimizer.param_groups[0]["lr"] / t.optimizer.param_groups[0]["times"],
        "train_loss": train.loss,
        "train_accuracy": train.accuracy,
        "loss": judged.loss,
        "accuracy": judged.accuracy,
        "seconds": seconds,
    }
    t.history.append(row)
    t.rate.observe(row["loss"])
    if t.sets.judged == "test":  # choosing by the test images would be training on them
        better = t.position.updates >= t.total
    else:
        better = t.best.beaten_by(row["accuracy"], row["loss"], t.recipe.early_stop.least)
    if better:
        t.best.epoch, t.best.accuracy, t.best.loss = t.position.epoch, row["accuracy"], row["loss"]
    t.position.epoch, t.position.step = t.position.epoch + 1, 0
    t.running = t.counted()
    return row, better


def _raise_non_finite(t: Training) -> None:
    """Raise the error of a loss that is not finite, if the device recorded one: that batch is computed again."""
    bad = t.guard.read()
    if bad < 0:
        return
    step = t.position.step - (t.position.updates - bad)
    t.position.updates = bad
    parts = next(t.batches.epoch(t.position.epoch, step))
    images = [_augmented(t, number, part)[0] for number, part in enumerate(parts)]
    raise explain(t.raw, torch.cat(images), bad, t.position.epoch, step, float("nan"))
