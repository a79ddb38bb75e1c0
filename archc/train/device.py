"""The device of a run."""

import os

import torch

from archc.diagnostics import ArchError, Code, Diagnostic

KINDS = ("cpu", "cuda", "mps")


def choose(gpu: bool, name: str | None) -> torch.device:
    """--gpu: CUDA or MPS, each rank its own; --device: by name; neither: the CPU. Raises ArchError."""
    if gpu and name is None:
        if torch.cuda.is_available():
            name = f"cuda:{int(os.environ.get('LOCAL_RANK', '0'))}"
        elif torch.backends.mps.is_available():
            name = "mps"
        else:
            built = torch.version.cuda is not None
            help_text = (
                "torch sees none: nvidia-smi shows whether the driver does"
                if built
                else f"torch {torch.__version__} was built without CUDA: install one of pytorch.org's CUDA builds"
            )
            raise _failed(Code.NO_GPU, "torch finds no GPU here", f"{help_text}; or leave --gpu out")
    name = (name or "cpu").lower()
    try:
        device = torch.device(name)
    except RuntimeError:
        raise _failed(Code.NO_DEVICE, f"`{name}` is no device", "cpu, cuda, cuda:1 or mps") from None
    if device.type not in KINDS:
        raise _failed(Code.NO_DEVICE, f"archc does not train on `{name}`", "cpu, cuda, cuda:1 or mps")
    if device.type == "cuda" and not torch.cuda.is_available():
        raise _failed(Code.NO_GPU, f"there is no `{name}` here that torch can use", "--device cpu trains without")
    if device.type == "cuda" and (device.index or 0) >= torch.cuda.device_count():
        raise _failed(Code.NO_GPU, f"there is no `{name}`: there are {torch.cuda.device_count()}", "they count from 0")
    if device.type == "mps" and not torch.backends.mps.is_available():
        raise _failed(Code.NO_GPU, "there is no mps here", "--device cpu trains without")
    if device.type == "cuda":
        torch.cuda.set_device(device)
    return device


def described(device: torch.device) -> str:
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    if device.type == "cpu":
        count = torch.get_num_threads()
        return f"cpu, {count} thread{'s' if count > 1 else ''}"
    return device.type


def _failed(code: Code, message: str, help: str) -> ArchError:
    return ArchError([Diagnostic(code, message, help=help)])
