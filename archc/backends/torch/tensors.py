"""Reading tensors from untrusted files: safetensors, or PyTorch files without code."""

import pickle
import re
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from archc import archive, weight_file_kind, weightfile
from archc.analysis.figures import plural
from archc.backends.torch.state_dicts import Ambiguous, select_state_dict, without_average
from archc.diagnostics import ArchError, Code, Diagnostic

MOST_PROBLEMS = 8
PICKLES = frozenset({".pt", ".pth", ".ckpt", ".bin", ".tar", ".pyth", ".th"})
READ = PICKLES | {".safetensors"}
SAVE = "save its state_dict alone: torch.save(model.state_dict(), path)"
ANEW = "fetch it again, or take a copy of it"


def file_error(path: Path, message: str, help: str | None = None, code: Code = Code.BAD_WEIGHTS) -> ArchError:
    """The error of a file as a whole."""
    return ArchError([Diagnostic(code, f"`{path.name}` {message}", help=help, file=str(path))])


def tensor_errors(path: Path, problems: Sequence[str], help: str | None = None) -> ArchError:
    """One error for the tensors of a file that do not fit."""
    return mismatch(path, problems, "tensor", f"of `{path.name}` do not fit", help)


def mismatch(path: Path, problems: Sequence[str], kind: str, message: str, help: str | None = None) -> ArchError:
    """One error for problems of one kind, with their count and a note for each of the first MOST_PROBLEMS.

    kind: what the problems are of, in the singular. message: what follows the count.
    """
    if len(problems) == 1:
        return ArchError([Diagnostic(Code.WEIGHTS_MISMATCH, problems[0], file=str(path), help=help)])
    more = len(problems) - MOST_PROBLEMS
    rest = [f"and {plural(more, f'more {kind}')}"] if more > 0 else []
    counted = f"{plural(len(problems), kind)} {message}"
    notes = (*problems[:MOST_PROBLEMS], *rest)
    return ArchError([Diagnostic(Code.WEIGHTS_MISMATCH, counted, file=str(path), notes=notes, help=help)])


def read_tensors(path: Path, asked: str | None = None) -> tuple[dict[str, Tensor], dict[str, str]]:
    """The tensors of a file in their order, and its metadata. asked: which of several state_dicts. Raises ArchError.

    Checksums are verified: those of torch.save's archive, and the digest in safetensors files of archc.
    """
    if not path.is_file():
        inside = (
            ", ".join(sorted(each.name for each in path.iterdir() if each.suffix in READ)[:4]) if path.is_dir() else ""
        )
        help = f"it is a folder, which holds {inside}" if inside else None
        raise file_error(path, "is not there" if not path.exists() else "is not a file", help, code=Code.NO_FILE)
    try:
        found, other = weight_file_kind.file_kind(path), weight_file_kind.not_weights(path)
        if other is not None:
            raise file_error(path, other.message, other.help)
        named = path.suffix == ".safetensors"
        if path.suffix in READ and found is not None and (found == weight_file_kind.SAFETENSORS) != named:
            real = "a safetensors file" if found == weight_file_kind.SAFETENSORS else "what torch.save writes"
            suffix = ".safetensors" if found == weight_file_kind.SAFETENSORS else ".pth"
            raise file_error(path, f"is {real} by its contents", f"rename it: `{path.with_suffix(suffix).name}`")
        if named:
            return _safetensors(path, asked)
        if path.suffix in PICKLES:
            return _pickled(path, asked, found == weight_file_kind.ZIP), {}
    except OSError as error:
        raise file_error(path, f"cannot be read: {error.strerror or error}") from None
    raise file_error(path, "is no file of weights that archc reads", "it reads .safetensors, and .pt, .pth or .pth.tar")


def _safetensors(path: Path, asked: str | None) -> tuple[dict[str, Tensor], dict[str, str]]:
    try:
        with safe_open(path, framework="pt") as file:
            metadata = dict(file.metadata() or {})
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - no mapping
    except (SafetensorError, *archive.DAMAGED) as error:
        raise file_error(path, f"is damaged or no safetensors file: {_line(error)}") from None
    fault = weightfile.fault(path)
    if fault is not None:
        raise file_error(path, fault, ANEW)
    return _clear(path, without_average(tensors, asked)), metadata


def _pickled(path: Path, asked: str | None, archived: bool) -> dict[str, Tensor]:
    """The tensors of a pickle that contains only tensors and plain containers; other contents could run code."""
    fault = archive.fault(path) if archived else None
    if fault is not None:
        raise file_error(path, fault, ANEW)
    try:
        with warnings.catch_warnings(action="ignore"):  # of pickles that torch did not write
            held = torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise _unsafe(path, str(error)) from None
    except archive.DAMAGED as error:
        raise file_error(path, f"is damaged or no PyTorch file: {_line(error)}") from None
    if not isinstance(held, Mapping) or not held:
        raise file_error(path, "holds no state_dict", SAVE)
    tensors = _clear(path, select_state_dict(held, asked))
    if not tensors:
        raise file_error(path, "holds no tensors", SAVE)
    faults = [(name, fault) for name, tensor in tensors.items() if (fault := _fault(tensor)) is not None]
    if faults:
        raise tensor_errors(path, [f"{name} {fault}" for name, fault in faults])
    return tensors


def _clear(path: Path, found: dict[str, Tensor] | Ambiguous) -> dict[str, Tensor]:
    if isinstance(found, Ambiguous):
        raise file_error(path, found.message, found.help, Code.WHICH_TENSORS)
    return found


def _fault(tensor: Tensor) -> str | None:
    """Why a tensor cannot be used as weights; None where it can."""
    if tensor.is_nested or tensor.layout != torch.strided:
        return "is a nested tensor" if tensor.is_nested else "is a sparse tensor, and weights are dense"
    if tensor.is_quantized:
        return "is quantised, and weights are floating-point numbers"
    return "has no data: it was saved from the meta device" if tensor.is_meta else None


def _unsafe(path: Path, said: str) -> ArchError:
    """The error of a pickle with other contents. torch's own message suggests to switch the protection off."""
    found = re.search(r"GLOBAL (\S+)", said)
    if found is None:
        return file_error(path, "is damaged, or a pickle of another kind than torch.save makes of tensors", SAVE)
    return file_error(
        path, f"holds `{found[1]}` besides tensors, and reading that would run code", SAVE, Code.UNSAFE_WEIGHTS
    )


def _line(error: BaseException) -> str:
    text = " ".join(str(error).split()) or type(error).__name__
    return text if len(text) <= 160 else f"{text[:159]}…"
