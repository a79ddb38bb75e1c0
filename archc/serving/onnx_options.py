"""How an ONNX file is written, as one typed object."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from archc.graph import Graph

if TYPE_CHECKING:
    from archc.backends.onnx.lowered import Array
    from archc.preprocessing import Preprocessing

Ending = Literal["as it is", "probabilities", "logits"]
Precision = Literal["fp32", "fp16", "int8"]


@dataclass(frozen=True, slots=True)
class OnnxOptions:
    """How an ONNX file is written.

    ending: of the first output. calibration: inputs (N, C, n…) for int8. other_size: the net at another input size;
    the file's heights and widths are then open. preprocessing: how the inputs were normalised in training;
    with_preprocessing: whether the file does that itself. external_data: weights in a second file; None: if they are
    too large for one.
    """

    ending: Ending = "as it is"
    precision: Precision = "fp32"
    calibration: Array | None = None
    other_size: Graph | None = None
    verify: bool = True
    external_data: bool | None = None
    source: str = ""
    classes: tuple[str, ...] = ()
    preprocessing: Preprocessing | None = None
    with_preprocessing: bool = False
    metadata: Mapping[str, str] = field(default_factory=dict)
