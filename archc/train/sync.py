"""Batch norm over the images of all ranks, so that several processes train as one does."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm


class _Sum(torch.autograd.Function):
    """The sum over all ranks, forward and backward: the loss of each rank depends on the values of all ranks."""

    @staticmethod
    def forward(ctx: Any, values: Tensor) -> Tensor:
        total = values.clone()
        dist.all_reduce(total)
        return total

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> Tensor:
        total = gradient.clone()
        dist.all_reduce(total)
        return total


def over_ranks(values: Tensor) -> Tensor:
    result: Tensor = _Sum.apply(values)  # type: ignore[no-untyped-call]
    return result


class _Together:
    """Whether all ranks compute the same at the moment."""

    now = True


class OnGpus(nn.SyncBatchNorm):
    """torch's own class, which works on GPUs only."""

    def forward(self, input: Tensor) -> Tensor:
        if not _Together.now:
            return _plain(self, input)
        result: Tensor = super().forward(input)
        return result


class SyncBatchNorm(_BatchNorm):
    """Synchronised batch norm by sums over ranks, on any device."""

    def _check_input_dim(self, input: Tensor) -> None:
        """No check: archc has checked the net."""

    def forward(self, input: Tensor) -> Tensor:
        return self._summed(input) if self.training and _Together.now else _plain(self, input)

    def _summed(self, input: Tensor) -> Tensor:
        values = input.float()
        dims = [0, *range(2, values.dim())]
        shape = [1, -1, *[1] * (values.dim() - 2)]
        own = values.new_tensor([values.numel() / values.shape[1]])
        sums = over_ranks(torch.cat([values.sum(dims), own]))
        count = sums[-1].detach()
        mean = sums[:-1] / count
        centred = values - mean.view(shape)
        variance = over_ranks(centred.square().sum(dims)) / count
        self._remember(mean.detach(), variance.detach() * (count / (count - 1)))
        result: Tensor = centred * (variance + self.eps).rsqrt().view(shape)
        if self.affine:
            result = result * self.weight.view(shape) + self.bias.view(shape)
        return result.to(input.dtype)

    @torch.no_grad()
    def _remember(self, mean: Tensor, variance: Tensor) -> None:
        if self.running_mean is None or self.running_var is None or self.num_batches_tracked is None:
            return
        self.num_batches_tracked.add_(1)
        share = 1 / int(self.num_batches_tracked) if self.momentum is None else self.momentum
        self.running_mean.lerp_(mean.to(self.running_mean.dtype), share)
        self.running_var.lerp_(variance.to(self.running_var.dtype), share)


def _plain(norm: _BatchNorm, input: Tensor) -> Tensor:
    return _BatchNorm.forward(norm, input)


def synchronise(module: nn.Module, device: torch.device) -> None:
    """Make the batch norms of a module use the images of all ranks, in place."""
    for one in module.modules():
        if isinstance(one, _BatchNorm):
            one.__class__ = OnGpus if device.type == "cuda" else SyncBatchNorm
            setattr(one, "process_group", None)  # noqa: B010 - torch's constructor sets it


@contextmanager
def alone() -> Iterator[None]:
    """Inside the context this rank computes by itself, while the others do something else."""
    _Together.now = False
    try:
        yield
    finally:
        _Together.now = True
