"""Averages of the weights: one that follows them (Polyak averaging), and one that they go back to (lookahead)."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from archc.train.recipe import Lookahead


class Average:
    """An exponential moving average, which starts quickly and then follows slowly.

    decay: of the average; in update t it is at most (1 + t) / (10 + t). Buffers are copied, not averaged.
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
        held = [tensor for name, tensor in self.weights.items() if name in self._averaged]
        torch._foreach_lerp_(held, [state[name] for name in self.weights if name in self._averaged], 1 - decay)
        for name, tensor in self.weights.items():
            if name not in self._averaged:
                tensor.copy_(state[name])

    @contextmanager
    def applied(self, module: nn.Module) -> Iterator[None]:
        """The module has the averaged weights for a while."""
        own = {name: tensor.detach().clone() for name, tensor in module.state_dict().items()}
        _fill(module, self.weights)
        try:
            yield
        finally:
            _fill(module, own)


class Slow:
    """Weights that follow the trained ones, and that those go back to every few updates."""

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
    """Weights, and the running statistics that belong to them."""
    return {name: tensor for name, tensor in module.state_dict().items() if tensor.is_floating_point()}


@torch.no_grad()
def _fill(module: nn.Module, weights: dict[str, Tensor]) -> None:
    for name, tensor in module.state_dict().items():
        tensor.copy_(weights[name])
