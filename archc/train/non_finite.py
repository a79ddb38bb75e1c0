"""Losses that are NaN or infinite: the update is not made, and the error says where they came from."""

import math
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils.hooks import RemovableHandle

from archc.diagnostics import ArchError, Code, Diagnostic
from archc.train.sync import alone


class Guard:
    """Checks each loss.

    On a GPU, reading each loss would stop the queue at every step. There the number of the first bad update stays on
    the device, fused optimisers skip every update from it on, and the host reads it now and then.
    """

    def __init__(self, device: torch.device, optimizer: torch.optim.Optimizer, deferred: bool) -> None:
        self.deferred = deferred
        self.first = torch.full((), -1, dtype=torch.int64, device=device)
        self.optimizer: Any = optimizer

    def bad(self, loss: Tensor, update: int) -> bool:
        """Whether it is known now that the loss of this update is not finite."""
        if not self.deferred:
            return not math.isfinite(loss.item())
        found = (self.first < 0) & ~torch.isfinite(loss.detach())
        self.first = torch.where(found, update, self.first)
        self.optimizer.found_inf = (
            self.first >= 0
        ).float()  # the attribute by which GradScaler tells the fused kernels to skip
        return False

    def read(self) -> int:
        """The first bad update, or −1. It waits for the device."""
        return int(self.first) if self.deferred else -1


def explain(module: nn.Module, images: Tensor, update: int, epoch: int, step: int, loss: float) -> ArchError:
    """The error for a loss that is not finite: the batch is run again to find the first layer with such values."""
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
        return "the images have values that are NaN or infinite"
    for name, parameter in module.named_parameters():
        if not _finite(parameter):
            return f"the weights {name} hold values that are NaN or infinite"
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
    return (
        f"{found[0]} is the first layer whose output is NaN or infinite"
        if found
        else "all layers' outputs are finite, and the loss is not"
    )


def _finite(tensor: Tensor) -> bool:
    return not tensor.is_floating_point() or bool(torch.isfinite(tensor).all())
