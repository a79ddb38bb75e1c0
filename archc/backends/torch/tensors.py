"""Reading tensors from files that somebody else wrote: safetensors, or a PyTorch file without code in it."""

import pickle
import re
import struct
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from archc.diagnostics import ArchError, Diagnostic

MOST_PROBLEMS = 20
PICKLES = frozenset({".pt", ".pth", ".ckpt", ".bin"})
SAVE = "save its state_dict alone: torch.save(model.state_dict(), path)"
DAMAGED = (OSError, RuntimeError, EOFError, ValueError, LookupError, TypeError, AttributeError, struct.error)
WRAPPERS = ("state_dict", "model_state_dict", "model", "state_dict_ema", "net")


def failed(path: Path, message: str, help: str | None = None, code: str = "bad-weights") -> ArchError:
    """The error of a file as a whole."""
    return ArchError([Diagnostic(code, f"`{path.name}` {message}", help=help, file=str(path))])


def each_failed(path: Path, problems: Sequence[str], help: str | None = None) -> ArchError:
    """The error of a file's tensors: a line each for the first of them. help: of the first."""
    shown = [
        Diagnostic("weights-mismatch", problem, file=str(path), help=help if number == 0 else None)
        for number, problem in enumerate(problems[:MOST_PROBLEMS])
    ]
    more = len(problems) - MOST_PROBLEMS
    if more > 0:
        said = f"and {more} more tensors" if more > 1 else "and one more tensor"
        shown.append(Diagnostic("weights-mismatch", said, file=str(path)))
    return ArchError(shown)


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
    tensors = _tensors(held)
    if not tensors:
        inside = {str(name): found for name, value in held.items() if (found := _tensors(value))}
        if len(inside) > 1:
            raise failed(path, f"holds more than one state_dict: {', '.join(inside)}", SAVE)
        tensors = next(iter(inside.values()), {})
    if not tensors:
        raise failed(path, "holds no tensors", SAVE)
    faults = [(name, fault) for name, tensor in tensors.items() if (fault := _fault(tensor)) is not None]
    if faults:
        raise each_failed(path, [f"{name} {fault}" for name, fault in faults])
    return tensors


def _tensors(held: object) -> dict[str, Tensor]:
    if not isinstance(held, Mapping):
        return {}
    return {str(name): value for name, value in held.items() if isinstance(value, Tensor)}


def _fault(tensor: Tensor) -> str | None:
    """Why a tensor cannot be a layer's weights as it is."""
    if tensor.is_nested or tensor.layout != torch.strided:
        return "is a nested tensor" if tensor.is_nested else "is a sparse tensor, and weights are dense"
    if tensor.is_quantized:
        return "is quantised, and weights are floating-point numbers"
    return "has no data: it was saved from the meta device" if tensor.is_meta else None


def _unsafe(path: Path, said: str) -> ArchError:
    """torch's message asks the user to switch the protection off; ours says what was found."""
    found = re.search(r"GLOBAL (\S+)", said)
    if found is None:
        return failed(path, "is damaged, or a pickle of another kind than torch.save makes of tensors", SAVE)
    return failed(path, f"holds `{found[1]}` besides tensors, and reading that would run code", SAVE, "unsafe-weights")


def _line(error: BaseException) -> str:
    text = " ".join(str(error).split()) or type(error).__name__
    return text if len(text) <= 160 else f"{text[:159]}…"
