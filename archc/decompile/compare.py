"""Whether the source computes what the file does."""

from math import prod
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from archc.backends.onnx.model import model
from archc.backends.onnx.save import parts
from archc.decompile.loading import LARGEST, failed
from archc.decompile.source import Decompiled
from archc.files import write_parts
from archc.serving.runtime import run, session
from archc.serving.verify import alike, difference


def compare(path: Path, made: Decompiled) -> float:
    """max |Δ| / max |y| of each output on random input, in ONNX Runtime. Raises ArchError where it is too much."""
    running = session(path)
    dims = running.get_inputs()[0].shape
    batch = max(1, dims[0]) if dims and isinstance(dims[0], int) else 2
    most = batch * max(prod(node.shape) for node in made.graph)
    if most > LARGEST:
        raise failed(path, f"has a value of {most:,} numbers, and only nets of up to {LARGEST:,} can be compared")
    generator = np.random.default_rng(0)
    values = [generator.standard_normal((batch, *node.shape), np.float32) for node in made.graph.inputs]
    expected = run(path, running, dict(zip(made.inputs, values, strict=True)), made.outputs)
    with TemporaryDirectory() as folder:
        again = Path(folder) / path.name
        write_parts(again, parts(model(made.graph, made.state)))
        given = {node.name: value for node, value in zip(made.graph.inputs, values, strict=True)}
        found = run(again, session(again), given)
    if not all(np.isfinite(one).all() for one in expected):
        raise failed(path, "gives values on random input that are no numbers, with which nothing compares")
    differ = [difference(mine.reshape(one.shape), one) for mine, one in zip(found, expected, strict=True)]
    error = max(share for share, _ in differ)
    if not all(alike(share, apart, "fp32") for share, apart in differ):
        raise failed(path, f"computes something else than its source: max |Δ| / max |y| = {error:.1e}")
    return error
