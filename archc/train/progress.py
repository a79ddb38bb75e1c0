"""The progress of a run, on standard error: a live bar on a terminal, plain lines elsewhere."""

import time
from collections.abc import Callable
from typing import Protocol, Self

import torch

from archc.clock import clock
from archc.train.training import Row, Training

SAY_EVERY = 30.0  # seconds between two lines within an epoch, where there is no terminal
LOOK_EVERY = 0.5  # not too often: reading the loss waits for the device


class Plain:
    """A line for each epoch, and now and then one within it."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self.say = say
        self.begun = self.reported = time.monotonic()
        self.images = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        """Nothing is open."""

    def step(self, training: Training, images: int) -> None:
        self.images += images
        now = time.monotonic()
        if now - self.reported > SAY_EVERY:
            self.reported = now
            here, rate = training.position, self.images / (now - self.begun)
            left = (training.total - here.updates) * training.recipe.batch / rate
            self.say(f"  update {here.updates:,} of {training.total:,}, {rate:,.0f} images/s, {clock(left)} left")

    def epoch(self, training: Training, row: Row) -> None:
        rate = self.images / max(time.monotonic() - self.begun, 1e-9)
        self.say(f"{line(training, row)}, {rate:,.0f} images/s")
        self.begun = self.reported = time.monotonic()
        self.images = 0


def line(training: Training, row: Row) -> str:
    """An epoch as a line."""
    classes = bool(training.sets.classes)
    judged = training.sets.judged
    shown = f"epoch {row['epoch']}/{training.epochs}: train loss {row['train_loss']:.4f}"
    shown += f" accuracy {row['train_accuracy']:.2%}" if classes else ""
    shown += f", {judged} loss {row['loss']:.4f}"
    return shown + (f" accuracy {row['accuracy']:.2%}" if classes else "")


class Screen(Protocol):
    """A line on a terminal that the next one replaces."""

    def doing(self, text: str, done: int = 0, total: int = 0) -> None:
        """Show the text, with a bar if there is a total."""

    def keep(self) -> None:
        """Keep the line on the terminal."""


class Live:
    """A bar over the run with epoch, loss, accuracy, images/s, remaining time, and memory of the GPU."""

    def __init__(self, training: Training, say: Callable[[str], None], screen: Screen) -> None:
        self.training, self.say, self.screen = training, say, screen
        self.text = ""
        self.seen = time.monotonic()
        self.images = 0

    def __enter__(self) -> Self:
        self._show()
        return self

    def __exit__(self, *error: object) -> None:
        self._show()
        self.screen.keep()

    def step(self, training: Training, images: int) -> None:
        self.images += images
        now = time.monotonic()
        if now - self.seen < LOOK_EVERY:
            return
        loss, right, count = training.running.sums.tolist()
        here = training.position
        text = f"epoch {here.epoch + 1}/{training.epochs} loss {loss / max(count, 1):.4f}"
        text += f" accuracy {right / max(count, 1):.2%}" if training.sets.classes else ""
        text += f" {self.images / (now - self.seen):,.0f} images/s"
        if training.device.type == "cuda":
            text += f" {torch.cuda.max_memory_allocated(training.device) / 1e9:.1f} GB"
        self.text, self.seen, self.images = text, now, 0
        self._show()

    def epoch(self, training: Training, row: Row) -> None:
        self._show()
        self.say(line(training, row))

    def _show(self) -> None:
        self.screen.doing(self.text, self.training.position.updates, self.training.total)
