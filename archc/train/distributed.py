"""The processes of one run. torchrun starts them and gives their ranks in the environment."""

import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

from archc.diagnostics import ArchError, Code, Diagnostic
from archc.train.recipe import Distributed
from archc.train.sync import synchronise

TIMEOUT = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Ranks:
    """This process among `world`. With one process there is no process group, and all methods are free."""

    rank: int = 0
    world: int = 1
    local: int = 0

    @property
    def first(self) -> bool:
        """Whether this is the process that writes files and messages."""
        return self.rank == 0

    def sum(self, tensor: Tensor) -> Tensor:
        """The sum over all ranks, in place."""
        if self.world > 1:
            dist.all_reduce(tensor)
        return tensor

    def any(self, flag: bool, device: torch.device) -> bool:
        """Whether the flag is set on any rank; all of them have to call this."""
        if self.world == 1:
            return flag
        return bool(self.sum(torch.tensor(float(flag), device=device)) > 0)

    def gather(self, value: Any) -> list[Any]:
        """Each rank's value, in order of rank, on every rank."""
        if self.world == 1:
            return [value]
        values: list[Any] = [None] * self.world
        dist.all_gather_object(values, value)
        return values

    def share(self, value: Any) -> Any:
        """The value of the first rank, on every rank."""
        if self.world == 1:
            return value
        box = [value]
        dist.broadcast_object_list(box, src=0)
        return box[0]

    def broadcast_buffers(self, module: nn.Module) -> None:
        """Copy the buffers of the first rank to all: running statistics are of each rank's own images."""
        if self.world > 1:
            for buffer in module.buffers():
                dist.broadcast(buffer, src=0)

    def barrier(self) -> None:
        if self.world > 1:
            dist.barrier()


@contextmanager
def process_group(device: torch.device) -> Iterator[Ranks]:
    """The ranks that the environment gives, joined inside the context."""
    world = int(os.environ.get("WORLD_SIZE", "1"))
    if "RANK" not in os.environ or "MASTER_ADDR" not in os.environ:
        yield Ranks()
        return
    dist.init_process_group("nccl" if device.type == "cuda" else "gloo", timeout=TIMEOUT)
    try:
        yield Ranks(int(os.environ["RANK"]), world, int(os.environ.get("LOCAL_RANK", "0")))
        dist.barrier()  # no rank leaves while another communicates
    finally:
        dist.destroy_process_group()


def wrap(module: nn.Module, settings: Distributed, ranks: Ranks, device: torch.device) -> nn.Module:
    """The module that the ranks train together; the module itself if there is one rank. Raises ArchError."""
    if settings.sync_bn and ranks.world > 1:
        synchronise(module, device)
    if settings.strategy == "fsdp":
        return _sharded(module, ranks, device)
    if ranks.world == 1:
        return module
    return DistributedDataParallel(module, device_ids=[ranks.local] if device.type == "cuda" else None)


def _sharded(module: nn.Module, ranks: Ranks, device: torch.device) -> nn.Module:
    """FSDP2: each child that has weights is a unit, gathered when it is needed."""
    from torch.distributed.device_mesh import init_device_mesh  # noqa: PLC0415
    from torch.distributed.fsdp import fully_shard  # noqa: PLC0415 - it takes a second, and few runs use it

    if ranks.world == 1:
        raise _refused("distributed.strategy fsdp shards over ranks: start several with --nproc")
    mesh = init_device_mesh(device.type, (ranks.world,))
    for child in module.children():
        if any(True for _ in child.parameters()):
            fully_shard(child, mesh=mesh)
    fully_shard(module, mesh=mesh)  # in place: the module's class gets FSDP's methods
    return module


def unsynchronised(module: nn.Module, last: bool) -> AbstractContextManager[None]:
    """The context in which gradients of all but the last part of a batch stay on their rank."""
    if isinstance(module, DistributedDataParallel) and not last:
        return module.no_sync()
    return nullcontext()


def _refused(message: str) -> ArchError:
    return ArchError([Diagnostic(Code.BAD_SETTING, message)])
