"""The position in a run, its length, and its best epoch."""

from dataclasses import dataclass
from math import ceil

from archc.train.recipe import Recipe


@dataclass(slots=True)
class Position:
    """The epoch and the step in it that come next, and the number of updates so far."""

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
    """The same place in an epoch of another number of batches; updates are counted as if it had always been so."""
    if was == now:
        return position
    step = position.step * now // was
    return Position(position.epoch, step, position.epoch * now + step)


def length(recipe: Recipe, per_epoch: int) -> tuple[int, int]:
    """Epochs and updates of a run."""
    total = recipe.steps or recipe.epochs * per_epoch
    return ceil(total / per_epoch), total
