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
from archc.serving.verify import difference

TOLERANCE = 1e-4
"""Of the greatest |y|."""


def compare(path: Path, made: Decompiled) -> float:
    """max |Δ| / max |y| on random input, in ONNX Runtime. Raises ArchError where it is too much."""
    running = session(path)
    given = running.get_inputs()[0]
    shape = made.graph.inputs[0].shape
    batch = given.shape[0] if given.shape and isinstance(given.shape[0], int) else 2
    most = batch * max(prod(node.shape) for node in made.graph)
    if most > LARGEST:
        raise failed(path, f"has a value of {most:,} numbers, and only nets of up to {LARGEST:,} can be compared")
    values = np.random.default_rng(0).standard_normal((batch, *shape)).astype(np.float32)
    expected = run(path, running, {given.name: values})[0]
    with TemporaryDirectory() as folder:
        again = Path(folder) / "again.onnx"
        write_parts(again, parts(model(made.graph, made.state)))
        found = run(again, session(again), {made.graph.inputs[0].name: values})[0]
    error = difference(found.reshape(expected.shape), expected)
    if not error <= TOLERANCE:
        raise failed(path, f"computes something else than its source: max |Δ| / max |y| = {error:.1e}")
    return error
