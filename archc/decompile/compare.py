"""A comparison of an imported source with its ONNX file, in ONNX Runtime."""

from collections.abc import Mapping
from math import prod
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from archc.backends.onnx.lowered import Array
from archc.backends.onnx.model import model
from archc.backends.onnx.save import file_parts
from archc.decompile.first_difference import first_difference
from archc.decompile.loading import LARGEST, failed
from archc.decompile.source import Decompiled
from archc.diagnostics import ArchError, Code, Diagnostic
from archc.files import write_parts
from archc.serving.runtime import run, session
from archc.serving.verify import alike, difference

BATCHES = (1, 3)
"""Batch sizes for a file with an open batch: 1 alone does not show a shape written for a batch of one."""


def compare(path: Path, made: Decompiled) -> float:
    """The greatest max |Δ| / max |y| of the outputs for random inputs.

    Raises ArchError, which names the first node that differs, if it is too large.
    """
    running = session(path)
    dims = running.get_inputs()[0].shape
    batches = (max(1, dims[0]),) if dims and isinstance(dims[0], int) else BATCHES
    most = max(batches) * max(prod(node.shape) for node in made.graph)
    if most > LARGEST:
        raise failed(path, f"has a value of {most:,} numbers, and only nets of up to {LARGEST:,} can be compared")
    with TemporaryDirectory() as folder:
        again = Path(folder) / path.name
        write_parts(again, file_parts(model(made.graph, made.state)))
        ours = session(again)
        return max(_compared(path, running, again, ours, made, _given(batch, made)) for batch in batches)


def _given(batch: int, made: Decompiled) -> list[Array]:
    generator = np.random.default_rng(0)
    return [generator.standard_normal((batch, *node.shape), np.float32) for node in made.graph.inputs]


def _compared(path: Path, running: object, again: Path, ours: object, made: Decompiled, values: list[Array]) -> float:
    taken = {name: _turned(one, name, made, -1) for name, one in zip(made.inputs, values, strict=True)}
    answers = run(path, running, taken, made.outputs)
    expected = [_turned(one, name, made, 1) for name, one in zip(made.outputs, answers, strict=True)]
    given = {node.name: value for node, value in zip(made.graph.inputs, values, strict=True)}
    found = run(again, ours, given)
    if not all(np.isfinite(one).all() for one in expected):
        raise failed(path, "gives NaN or infinity for random inputs, so that its source cannot be compared with it")
    differ = [_difference(mine, one) for mine, one in zip(found, expected, strict=True)]
    error = max(share for share, _ in differ)
    if not all(alike(share, apart, "fp32") for share, apart in differ):
        raise _apart(path, made, taken, given, error)
    return error


def _difference(mine: Array, one: Array) -> tuple[float, float]:
    """The relative and absolute difference; infinite for different shapes."""
    return difference(mine, one) if mine.shape == one.shape else (float("inf"), float("inf"))


def _apart(
    path: Path, made: Decompiled, taken: Mapping[str, Array], given: Mapping[str, Array], error: float
) -> ArchError:
    """The error, at the first node that differs if it is known."""
    found = first_difference(path, made, taken, given)
    if found is None:
        return failed(path, f"computes something else than its source: max |Δ| / max |y| = {error:.1e}")
    layer, differs = found
    what = f"no layer does what it does; `{layer.op.words()}` is the nearest, and max |Δ| / max |y| = {differs:.1e}"
    return ArchError([Diagnostic(Code.NO_LAYER, f"`{layer.name}`: {what}", file=str(path))])


def _turned(array: Array, name: str, made: Decompiled, to: int) -> Array:
    """The array with its channel axis moved: to 1 from channels last to first, -1 back; others stay."""
    return np.moveaxis(array, -to, to) if name in made.channels_last else array
