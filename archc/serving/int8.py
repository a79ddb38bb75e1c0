"""Quantisation to 8 bits: signed weights by channel, unsigned values (U8S8), which x86 multiplies fastest."""

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import onnx
import onnxruntime
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static

from archc.backends.onnx.lowered import Array

CALIBRATION_BATCH = 8


class _Reader(CalibrationDataReader):  # type: ignore[misc]  # onnxruntime carries no types
    def __init__(self, name: str, samples: Array) -> None:
        self.batches = iter(
            [{name: samples[at : at + CALIBRATION_BATCH]} for at in range(0, len(samples), CALIBRATION_BATCH)]
        )

    def get_next(self) -> Mapping[str, Array] | None:
        return next(self.batches, None)


def quantise(path: Path, samples: Array, leave_out: Sequence[str] = ()) -> None:
    """Put the 8-bit file in the place of the float32 one. samples: inputs (N, C, n…) whose values set the ranges.

    Batch norms are first folded into their convolutions: between the two no rounding is left.
    """
    metadata = onnx.load(path, load_external_data=False)
    folded = path.with_name(f"{path.stem}.folded.onnx")
    made = path.with_name(f"{path.stem}.quantised.onnx")
    try:
        _fold(path, folded)
        logging.getLogger().setLevel(logging.ERROR)  # it logs to the root, of choices that are not the user's
        quantize_static(
            folded,
            made,
            _Reader(metadata.graph.input[0].name, samples),
            quant_format=QuantFormat.QDQ,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
            per_channel=True,
            nodes_to_exclude=list(leave_out),
        )
        quantised = onnx.load(made)
        _describe(quantised, metadata)
        path.write_bytes(quantised.SerializeToString())
    finally:
        folded.unlink(missing_ok=True)
        made.unlink(missing_ok=True)


def _fold(path: Path, folded: Path) -> None:
    options: Any = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
    options.optimized_model_filepath = str(folded)
    options.log_severity_level = 3
    onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def _describe(model: onnx.ModelProto, like: onnx.ModelProto) -> None:
    """The metadata of the float32 file."""
    model.producer_name, model.producer_version = like.producer_name, like.producer_version
    model.doc_string, model.graph.doc_string = like.doc_string, like.graph.doc_string
    model.graph.name = like.graph.name
    del model.metadata_props[:]
    model.metadata_props.extend(like.metadata_props)
