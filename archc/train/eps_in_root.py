"""AdaGrad and RMSProp with eps inside the root: lr · g / sqrt(sum + eps), where torch has lr · g / (sqrt(sum) + eps).

Source: ConvNetJS, src/convnet_trainers.js (adagrad, windowgrad); TensorFlow 1's RMSPropOptimizer.
"""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from archc.train.recipe import Optimizer

EPS = {"adagrad": 1e-10, "rmsprop": 1e-8}  # torch's default
RHO = 0.99


class EpsInRoot(torch.optim.Optimizer):
    """AdaGrad or RMSProp.

    settings: adagrad sums all squares; rmsprop averages them by rho and may have momentum.
    """

    def __init__(self, groups: list[dict[str, Any]], settings: Optimizer) -> None:
        rho = RHO if settings.rho is None else settings.rho
        eps = EPS[settings.name] if settings.eps is None else settings.eps
        keeps, takes = (1.0, 1.0) if settings.name == "adagrad" else (rho, 1 - rho)
        defaults = {
            "lr": settings.rate,
            "keeps": keeps,
            "takes": takes,
            "eps": eps,
            "momentum": settings.momentum or 0.0,
        }
        super().__init__(groups, {**defaults, "weight_decay": 0.0})

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> float | None:  # type: ignore[override]
        """One update. closure: computes the loss again, as torch's optimisers take it."""
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        for group in self.param_groups:
            for parameter in group["params"]:
                if parameter.grad is not None:
                    self._update(parameter, parameter.grad, group)
        return loss

    def _update(self, parameter: Tensor, gradient: Tensor, group: dict[str, Any]) -> None:
        state = self.state[parameter]
        if not state:
            state["sum"] = torch.zeros_like(parameter)
        if group["weight_decay"]:
            gradient = gradient.add(parameter, alpha=group["weight_decay"])
        state["sum"].mul_(group["keeps"]).addcmul_(gradient, gradient, value=group["takes"])
        move = gradient / state["sum"].add(group["eps"]).sqrt_()
        if group["momentum"]:
            if "buffer" not in state:
                state["buffer"] = torch.zeros_like(parameter)
            move = state["buffer"].mul_(group["momentum"]).add_(move)
        parameter.sub_(move, alpha=group["lr"])
