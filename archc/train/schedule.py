"""The learning rate of each update, as a function of its number; only plateau has state."""

import math
from dataclasses import dataclass

from archc.train.recipe import Schedule

THRESHOLD = 1e-4  # relative, as in torch.optim.lr_scheduler.ReduceLROnPlateau


@dataclass(slots=True)
class Rate:
    """total: updates of the run. epoch: updates of an epoch. best, bad, falls: the state of plateau."""

    settings: Schedule
    peak: float
    total: int
    epoch: int
    best: float = math.inf
    bad: int = 0
    falls: int = 0

    def __call__(self, update: int) -> float:
        """The rate of update 0, 1, …"""
        settings = self.settings
        warmup = round(settings.warmup * self.epoch)
        if update < warmup:
            return self.peak * (update + 1) / warmup
        if settings.name == "cosine":
            share = min((update - warmup) / max(self.total - warmup, 1), 1.0)
            return self.peak * (settings.final + (1 - settings.final) * (1 + math.cos(math.pi * share)) / 2)
        if settings.name == "one_cycle":
            return self._one_cycle(update)
        if settings.name == "triangle":
            return self._triangle(update)
        if settings.name == "step":
            epochs = update / self.epoch
            falls = sum(epochs >= at for at in settings.at) if settings.at else math.floor(epochs / settings.every)
            return self.peak * settings.gamma**falls
        return self.peak * settings.gamma**self.falls if settings.name == "plateau" else self.peak

    def _one_cycle(self, update: int) -> float:
        """Smith & Topin 2018 with cosines, as torch's OneCycleLR without its cycle of momentum."""
        settings = self.settings
        start = self.peak / settings.start_divisor
        top = max(settings.rise * self.total - 1, 0.0)
        if update <= top:
            return _cosine(start, self.peak, update / top if top else 1.0)
        share = (update - top) / max(self.total - 1 - top, 1e-9)
        return _cosine(self.peak, start / settings.end_divisor, min(share, 1.0))

    def _triangle(self, update: int) -> float:
        """A linear rise to the rate and a linear fall."""
        settings = self.settings
        top = max(int(settings.rise * self.total), 1)
        start, share = 1 / settings.start_divisor, update / top
        if update <= top:
            return self.peak * (start + (1 - start) * share)
        return self.peak * (1 + (settings.final - 1) * (update - top) / max(self.total - top, 1))

    def observe(self, loss: float) -> None:
        """Called after each epoch: plateau falls if the loss did not improve for longer than its patience."""
        if self.settings.name != "plateau":
            return
        if loss < self.best * (1 - THRESHOLD):
            self.best, self.bad = loss, 0
            return
        self.bad += 1
        if self.bad > self.settings.patience:
            self.falls, self.bad = self.falls + 1, 0

    def state(self) -> dict[str, float]:
        return {"best": self.best, "bad": self.bad, "falls": self.falls}

    def load(self, state: dict[str, float]) -> None:
        self.best, self.bad, self.falls = state["best"], int(state["bad"]), int(state["falls"])


def _cosine(start: float, end: float, share: float) -> float:
    return end + (start - end) / 2 * (1 + math.cos(math.pi * share))
