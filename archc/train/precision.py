"""The number formats of a run: autocast, the gradient scaler of fp16, TF32."""

from contextlib import AbstractContextManager, nullcontext
from typing import Literal

import torch

from archc.diagnostics import ArchError, Code, Diagnostic
from archc.train.recipe import Precision

Resolved = Literal["fp32", "tf32", "bf16", "fp16"]


def resolve(wanted: Precision, device: torch.device) -> Resolved:
    """auto is bf16 if the device has units for it (AMX, AVX-512 BF16, or a GPU since Ampere), else fp32."""
    if device.type == "meta":  # of a run that is planned for another machine
        return "bf16" if wanted == "auto" else wanted
    if wanted == "auto":
        return "bf16" if _has_bf16(device) else "fp32"
    if wanted == "tf32" and device.type != "cuda":
        raise ArchError(
            [Diagnostic(Code.BAD_SETTING, f"precision tf32 needs an NVIDIA GPU, and this is {device.type}")]
        )
    if wanted == "fp16" and device.type == "mps":
        raise ArchError(
            [Diagnostic(Code.BAD_SETTING, "precision fp16 needs a gradient scaler, which mps does not have")]
        )
    return wanted


def _has_bf16(device: torch.device) -> bool:
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    return device.type == "cpu" and (torch.cpu._is_amx_tile_supported() or torch.cpu._is_avx512_bf16_supported())


def autocast(precision: Resolved, device: torch.device) -> AbstractContextManager[object]:
    if precision in ("bf16", "fp16"):
        return torch.autocast(device.type, torch.bfloat16 if precision == "bf16" else torch.float16)
    return nullcontext()


def prepare(precision: Resolved) -> None:
    """Set what is global in the process."""
    torch.set_float32_matmul_precision("high" if precision == "tf32" else "highest")
    if torch.cuda.is_available():
        torch.backends.cudnn.allow_tf32 = precision == "tf32"
        torch.backends.cudnn.benchmark = True  # sizes do not change from step to step


def scaler(precision: Resolved, device: torch.device) -> torch.amp.GradScaler:
    """A gradient scaler. It is active for fp16 only, where small gradients would become zero."""
    return torch.amp.GradScaler(device.type, enabled=precision == "fp16")
