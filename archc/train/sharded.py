"""Checkpoints of a sharded run: a folder to which every rank writes its part, in torch's distributed format (DCP).

It loads with another number of ranks, and into a run that does not shard. The index of DCP is a pickle: use only
folders that you wrote.
"""

import io
import shutil
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import nn
from torch.distributed.checkpoint import state_dict_loader, state_dict_saver
from torch.distributed.checkpoint.state_dict import get_state_dict, set_state_dict

from archc.files import sync_folder, write_bytes
from archc.train.average import Average
from archc.train.checkpoint import FILES, name_of, prune, sealed, unwritten
from archc.train.digest import of_file
from archc.train.distributed import Ranks


def save(
    folder: Path,
    updates: int,
    tensors: Mapping[str, Any],
    state: Mapping[str, Any],
    keep: int,
    ranks: Ranks,
) -> Path:
    """Each rank writes its part into a temporary folder, which the first rank renames. Raises ArchError."""
    path, temporary = folder / name_of(updates), folder / f".{name_of(updates)}.part"
    try:
        if ranks.first:
            folder.mkdir(parents=True, exist_ok=True)
            shutil.rmtree(temporary, ignore_errors=True)
            temporary.mkdir()
        ranks.barrier()
        state_dict_saver.save(dict(tensors), checkpoint_id=temporary, no_dist=ranks.world == 1)
        if ranks.first:
            buffer = io.BytesIO()
            digests = {file.name: of_file(file) for file in sorted(temporary.iterdir())}
            torch.save(sealed({**state, FILES: digests}), buffer)
            write_bytes(temporary / "run.pt", buffer.getvalue())
            shutil.rmtree(path, ignore_errors=True)
            temporary.rename(path)
            sync_folder(folder)
            prune(folder, updates, keep)
        ranks.barrier()
    except OSError as error:
        raise unwritten(path, error) from None
    return path


def tensors(module: nn.Module, optimizer: torch.optim.Optimizer, average: Average | None) -> dict[str, Any]:
    """What is sharded, by the names of the parameters of the module."""
    weights, moments = get_state_dict(module, optimizer)
    state: dict[str, Any] = {"module": weights, "optimizer": moments}
    return {**state, "average": average.weights} if average is not None else state


def load(
    path: Path, module: nn.Module, optimizer: torch.optim.Optimizer, average: Average | None, ranks: Ranks
) -> None:
    """Fill the module, its optimiser and its average with the part of this rank."""
    state = tensors(module, optimizer, average)
    with warnings.catch_warnings(action="ignore"):  # DCP warns that a single process runs alone
        state_dict_loader.load(state, checkpoint_id=path, no_dist=ranks.world == 1)
    set_state_dict(module, optimizer, model_state_dict=state["module"], optim_state_dict=state["optimizer"])
