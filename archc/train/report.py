"""What a run will cost, before it starts. The module imports no torch."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from archc.train.recipe import Recipe

STATES: Mapping[str, int] = {"sgd": 0, "momentum": 1, "nesterov": 1, "adagrad": 1, "rmsprop": 1, "adadelta": 2}
TRAINING_FLOPS = 3  # forward, and backward to the inputs and to the weights


@dataclass(frozen=True, slots=True)
class Cost:
    """Bytes and operations.

    activations: of one part of a batch. images: a set that is kept on the device.
    """

    params: int
    updates: int
    epochs: int
    per_epoch: int
    flops_per_update: int
    weight_bytes: int
    gradient_bytes: int
    optimizer_bytes: int
    activation_bytes: int
    image_bytes: int

    @property
    def total_flops(self) -> int:
        return self.flops_per_update * self.updates

    @property
    def total_bytes(self) -> int:
        return self.weight_bytes + self.gradient_bytes + self.optimizer_bytes + self.activation_bytes + self.image_bytes

    def record(self) -> dict[str, Any]:
        return {**asdict(self), "total_flops": self.total_flops, "total_bytes": self.total_bytes}


def cost(
    recipe: Recipe,
    *,
    params: int,
    flops: int,
    activation_bytes: int,
    image_bytes: int,
    per_epoch: int,
    length: tuple[int, int],
    world: int = 1,
) -> Cost:
    """flops, activation_bytes: of one image in float32. length: epochs and updates."""
    part = -(-recipe.batch // (recipe.accumulate * world))
    states = STATES.get(recipe.optimizer.name, 2)
    if recipe.optimizer.name in ("sgd", "rmsprop") and recipe.optimizer.momentum:
        states += 1
    half = recipe.precision in ("bf16", "fp16")
    return Cost(
        params,
        length[1],
        length[0],
        per_epoch,
        TRAINING_FLOPS * flops * recipe.batch,
        4 * params * (2 if recipe.ema else 1),
        4 * params,
        4 * params * states,
        part * activation_bytes // (2 if half else 1),
        image_bytes,
    )


def lines(cost: Cost, title: str, facts: Sequence[tuple[str, str]]) -> list[str]:
    """The report as people read it."""
    parts = [
        ("weights", cost.weight_bytes),
        ("gradients", cost.gradient_bytes),
        ("optimiser", cost.optimizer_bytes),
        ("activations", cost.activation_bytes),
        ("images", cost.image_bytes),
    ]
    memory = " + ".join(f"{scaled(size, 'B')} {name}" for name, size in parts if size)
    shown = [
        *facts,
        ("params", f"{cost.params:,}"),
        ("memory", f"about {scaled(cost.total_bytes, 'B')}: {memory}"),
        ("FLOPs", f"{scaled(cost.flops_per_update)} an update, {scaled(cost.total_flops)} in all (3 × forward)"),
        ("steps", f"{cost.updates:,} updates: {cost.epochs} epochs of {cost.per_epoch:,}"),
    ]
    return [title, *(f"  {name:<10}{value}" for name, value in shown)]


def scaled(value: float, unit: str = "") -> str:
    """1234567 as `1.23 M`."""
    for power, letter in ((1e18, "E"), (1e15, "P"), (1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k")):
        if value >= power:
            return f"{value / power:.3g} {letter}{unit}"
    return f"{value:.3g} {unit}".strip()
