"""Where a run is, how long it is, and its best epoch."""

from dataclasses import dataclass
from math import ceil

from archc.train.recipe import Recipe


@dataclass(slots=True)
class Position:
    """Where a run is: the epoch and the step in it that come next, and the updates that were made."""

    epoch: int = 0
    step: int = 0
    updates: int = 0


@dataclass(slots=True)
class Best:
    """The best epoch so far and its figures."""

    epoch: int = -1
    accuracy: float = -1.0
    loss: float = float("inf")

    def beaten_by(self, accuracy: float, loss: float, least: float) -> bool:
        if self.epoch < 0 or accuracy > self.accuracy + least:
            return True
        return accuracy == self.accuracy and loss < self.loss - least


def renumbered(position: Position, was: int, now: int) -> Position:
    """Where an epoch has another number of batches than it had, the same place in it, and updates as if always so."""
    if was == now:
        return position
    step = position.step * now // was
    return Position(position.epoch, step, position.epoch * now + step)


def length(recipe: Recipe, per_epoch: int) -> tuple[int, int]:
    """Epochs and updates of a run."""
    total = recipe.steps or recipe.epochs * per_epoch
    return ceil(total / per_epoch), total
