"""A loss that is no number: it must never reach the weights, and somebody must say where it came from."""

import math
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils.hooks import RemovableHandle

from archc.diagnostics import ArchError, Code, Diagnostic
from archc.train.sync import alone


class Guard:
    """Looks at each loss. On a GPU looking would stop the queue at every step, so there the first bad update is kept
    on the device, and fused optimisers skip every update from it on; the host reads it now and then.
    """

    def __init__(self, device: torch.device, optimizer: torch.optim.Optimizer, deferred: bool) -> None:
        self.deferred = deferred
        self.first = torch.full((), -1, dtype=torch.int64, device=device)
        self.optimizer: Any = optimizer

    def bad(self, loss: Tensor, update: int) -> bool:
        """Whether it is known now that this update's loss is no number."""
        if not self.deferred:
            return not math.isfinite(loss.item())
        found = (self.first < 0) & ~torch.isfinite(loss.detach())
        self.first = torch.where(found, update, self.first)
        self.optimizer.found_inf = (self.first >= 0).float()  # as GradScaler tells the fused kernels
        return False

    def read(self) -> int:
        """The first bad update, −1 without one. It waits for the device."""
        return int(self.first) if self.deferred else -1


def explain(module: nn.Module, images: Tensor, update: int, epoch: int, step: int, loss: float) -> ArchError:
    """Run the batch again and find the layer in which the numbers end."""
    where = _cause(module, images)
    message = f"the loss of update {update + 1} (epoch {epoch + 1}, step {step + 1}) is {loss}: {where}"
    return ArchError(
        [
            Diagnostic(
                Code.NON_FINITE,
                message,
                help="the update was not made; try a lower optimizer.lr, optimizer.clip_norm=1, or precision=fp32",
            )
        ]
    )


def _cause(module: nn.Module, images: Tensor) -> str:
    if not _finite(images):
        return "the images hold values that are no numbers"
    for name, parameter in module.named_parameters():
        if not _finite(parameter):
            return f"the weights {name} hold values that are no numbers"
    found: list[str] = []

    def hook(name: str) -> Any:
        def look(_: nn.Module, given: tuple[Any, ...], output: Any) -> None:
            if not found and isinstance(output, Tensor) and not _finite(output):
                found.append(f"{name} ({type(module.get_submodule(name)).__name__})")

        return look

    handles: list[RemovableHandle] = [
        one.register_forward_hook(hook(name)) for name, one in module.named_modules() if not list(one.children())
    ]
    try:
        with torch.no_grad(), alone():
            module(images)
    finally:
        for handle in handles:
            handle.remove()
    return f"{found[0]} is the first layer whose output is no number" if found else "no layer's output, the loss itself"


def _finite(tensor: Tensor) -> bool:
    return not tensor.is_floating_point() or bool(torch.isfinite(tensor).all())
