"""ONNX files by their bytes: imported as a source of ours, and asked about a picture."""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

import archc
from archc.backends.onnx.model import model
from archc.backends.onnx.save import file_parts
from archc.decompile.compare import compare
from archc.decompile.source import decompile
from archc.diagnostics import ArchError
from archc.serving.predictor import PredictorOptions, from_onnx

MOST_PIXELS = 10_000

NETS = (
    "input 6x6x2 -> conv 3x3, 4, pad=1 -> bn -> relu -> maxpool 2x2/2 -> flatten -> fc 3 -> softmax",
    "input 5x4 -> conv 2, 3 -> gelu -> ln channels -> avgpool to 3 -> attention 1 -> slice 0, 1, axis=length",
    "input 4x4x4\n add { | conv 1x1, 4 -> silu | } -> channel_shuffle 2 -> split 2, 1 -> upsample 2 -> pad 1",
    "input 3x3x3x2 -> tconv 2x2x2/2, 2 -> instancenorm -> lrn 3 -> avgpool global",
    "input 6 -> fc 4, bias=no -> log_softmax",
)


def seeds() -> Iterator[bytes]:
    for text in NETS:
        graph = archc.parse(f"net seed {{ {text} }}").graph
        state = {
            f"{node.name}.{tensor.name}": np.ones(tensor.shape, np.float32)
            for node in graph
            for tensor in node.op.parameters(node.input_shapes)
        }
        yield b"".join(bytes(part) for part in file_parts(model(graph, state)))


def one(data: bytes) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "net.onnx"
        path.write_bytes(data)
        with contextlib.suppress(ArchError):
            compare(path, decompile(path))
        try:
            asked = from_onnx(path, PredictorOptions())
            channels = 3 if asked.takes_pictures else asked.shape[0]
            if asked.shape[1] * asked.shape[2] <= MOST_PIXELS and channels in (1, 3):  # as archc.images asks
                asked.probabilities([np.ones((*asked.shape[1:], channels), np.uint8)])
        except ArchError:
            pass
