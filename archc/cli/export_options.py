"""The options of `archc export` as one typed object."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from archc.serving.onnx_options import Ending, Precision


@dataclass(frozen=True, slots=True)
class ExportOptions:
    """The options of `archc export`, as typed. init: a scheme's name, or constant=0.01."""

    target: str
    param: list[str] | None
    weights: Path | None
    tensors: str | None
    init: str
    seed: int
    zero_gamma: bool
    verify: bool
    dynamic_size: bool
    fp16: bool
    int8: bool
    calibrate: Path | None
    probabilities: bool
    logits: bool
    classes: Path | None
    preprocessing: str | None
    with_preprocessing: bool
    external_data: bool

    def __post_init__(self) -> None:
        """Raises typer's error for options that exclude each other."""
        if self.fp16 and self.int8:
            raise typer.BadParameter("choose --fp16 or --int8")
        if self.probabilities and self.logits:
            raise typer.BadParameter("choose --probabilities or --logits")

    @property
    def precision(self) -> Precision:
        return "fp16" if self.fp16 else "int8" if self.int8 else "fp32"

    @property
    def ending(self) -> Ending:
        return "probabilities" if self.probabilities else "logits" if self.logits else "as it is"


def untrained(options: ExportOptions) -> str:
    """What a message says of weights that are not trained."""
    return f"untrained weights ({options.init}, seed {options.seed})"
