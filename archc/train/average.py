"""An exponential moving average of the weights (Polyak averaging), which starts quickly and then follows slowly."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn


class Average:
    """decay: of the average; in update t it is at most (1 + t) / (10 + t). Buffers are copied, not averaged."""

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


@torch.no_grad()
def _fill(module: nn.Module, weights: dict[str, Tensor]) -> None:
    for name, tensor in module.state_dict().items():
        tensor.copy_(weights[name])
