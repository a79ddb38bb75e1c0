"""Reading tensors from files that somebody else wrote: safetensors, or a PyTorch file without code in it."""

import pickle
import re
import struct
import warnings
from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from archc.diagnostics import ArchError, Diagnostic

PICKLES = frozenset({".pt", ".pth", ".ckpt", ".bin"})
SAVE = "save its state_dict alone: torch.save(model.state_dict(), path)"
DAMAGED = (OSError, RuntimeError, EOFError, ValueError, LookupError, TypeError, AttributeError, struct.error)
WRAPPERS = ("state_dict", "model_state_dict", "model", "state_dict_ema", "net")


def failed(path: Path, message: str, help: str | None = None, code: str = "bad-weights") -> ArchError:
    """The error of a file as a whole."""
    return ArchError([Diagnostic(code, f"`{path.name}` {message}", help=help, file=str(path))])


def read_tensors(path: Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    """The tensors of a file in their order, and its metadata. Raises ArchError."""
    if not path.is_file():
        raise failed(path, "is not there" if not path.exists() else "is not a file", code="no-file")
    if path.suffix == ".safetensors":
        return _safetensors(path)
    if path.suffix in PICKLES:
        return _pickled(path), {}
    raise failed(path, "is no file of weights that archc reads", "it reads .safetensors, and .pt or .pth")


def _safetensors(path: Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    try:
        with safe_open(path, framework="pt") as file:
            metadata = dict(file.metadata() or {})
            return {name: file.get_tensor(name) for name in file.keys()}, metadata  # noqa: SIM118 - no mapping
    except (SafetensorError, OSError, ValueError, RuntimeError) as error:
        raise failed(path, f"is damaged or no safetensors file: {_line(error)}") from None


def _pickled(path: Path) -> dict[str, Tensor]:
    """Only tensors and plain containers: anything else is code that would run."""
    try:
        with warnings.catch_warnings(action="ignore"):  # of pickles that torch did not write
            held = torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise _unsafe(path, str(error)) from None
    except DAMAGED as error:
        raise failed(path, f"is damaged or no PyTorch file: {_line(error)}") from None
    for name in WRAPPERS:
        if isinstance(held, Mapping) and isinstance(held.get(name), Mapping):
            held = held[name]
    if not isinstance(held, Mapping) or not held:
        raise failed(path, "holds no state_dict", SAVE)
    tensors = {str(name): value for name, value in held.items() if isinstance(value, Tensor)}
    if not tensors:
        raise failed(path, "holds no tensors")
    return tensors


def _unsafe(path: Path, said: str) -> ArchError:
    """torch's message asks the user to switch the protection off; ours says what was found."""
    found = re.search(r"GLOBAL (\S+)", said)
    if found is None:
        return failed(path, "is damaged, or a pickle of another kind than torch.save makes of tensors", SAVE)
    return failed(path, f"holds `{found[1]}` besides tensors, and reading that would run code", SAVE, "unsafe-weights")


def _line(error: BaseException) -> str:
    text = " ".join(str(error).split()) or type(error).__name__
    return text if len(text) <= 160 else f"{text[:159]}…"
