"""Averages of the weights: an exponential moving average (Polyak averaging), and lookahead."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from archc.train.recipe import Lookahead


class Average:
    """An exponential moving average of the weights.

    decay: of the average; in update t it is at most (1 + t) / (10 + t), so that the start is forgotten quickly. Buffers
    are copied, not averaged.
    """

    def __init__(self, module: nn.Module, decay: float) -> None:
        self.decay = decay
        self.updates = 0
        self.weights = {name: tensor.detach().clone() for name, tensor in module.state_dict().items()}
        self._averaged = frozenset(name for name, _ in module.named_parameters())

    @torch.no_grad()
    def update(self, module: nn.Module) -> None:
        decay = min(self.decay, (1 + self.updates) / (10 + self.updates))
        self.updates += 1
        state = module.state_dict()
        averaged = [tensor for name, tensor in self.weights.items() if name in self._averaged]
        torch._foreach_lerp_(averaged, [state[name] for name in self.weights if name in self._averaged], 1 - decay)
        for name, tensor in self.weights.items():
            if name not in self._averaged:
                tensor.copy_(state[name])

    @contextmanager
    def applied(self, module: nn.Module) -> Iterator[None]:
        """The module has the averaged weights inside the context."""
        own = {name: tensor.detach().clone() for name, tensor in module.state_dict().items()}
        _fill(module, self.weights)
        try:
            yield
        finally:
            _fill(module, own)


class SlowWeights:
    """The slow weights of lookahead, to which the trained ones are pulled back every few updates."""

    def __init__(self, module: nn.Module, settings: Lookahead, total: int) -> None:
        self.settings, self.total = settings, total
        self.weights = {name: tensor.detach().clone() for name, tensor in _floats(module).items()}

    @torch.no_grad()
    def update(self, module: nn.Module, updates: int) -> None:
        """After update number `updates`, counted from 1."""
        last = updates >= self.total
        if updates % self.settings.every and not last:
            return
        stays = 1.0 if last else self.settings.decay * (updates / self.total) ** self.settings.power
        fast, slow = list(_floats(module).values()), list(self.weights.values())
        torch._foreach_lerp_(slow, fast, 1 - stays)
        torch._foreach_copy_(fast, slow)


def _floats(module: nn.Module) -> dict[str, Tensor]:
    """Weights and running statistics, by name."""
    return {name: tensor for name, tensor in module.state_dict().items() if tensor.is_floating_point()}


@torch.no_grad()
def _fill(module: nn.Module, weights: dict[str, Tensor]) -> None:
    for name, tensor in module.state_dict().items():
        tensor.copy_(weights[name])
