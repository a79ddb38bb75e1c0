"""The first layer whose value differs from the file's."""

from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import onnx
from onnx import ModelProto, helper

from archc.backends.onnx.emit import emit
from archc.backends.onnx.lowered import Array
from archc.backends.onnx.model import model
from archc.decompile.layer import Layer
from archc.decompile.source import Decompiled
from archc.diagnostics import ArchError
from archc.serving.runtime import run, session
from archc.serving.verify import alike, difference


def first_difference(
    path: Path, made: Decompiled, taken: Mapping[str, Array], given: Mapping[str, Array]
) -> tuple[Layer, float] | None:
    """The layer and its max |Δ| / max |y|, in execution order; None if the values cannot be compared.

    taken, given: the inputs of the file and of the source's net.
    """
    try:
        theirs = _values(onnx.load(path), {layer.output for layer in made.layers.values()}, taken)
        named = emit(made.graph).values
        ours = _values(model(made.graph, made.state).whole(), {named[name] for name in made.layers}, given)
    except (ArchError, ValueError, MemoryError):  # a file beyond 2 GiB is no one message
        return None
    for name, layer in made.layers.items():
        one, mine = theirs.get(layer.output), ours.get(named[name])
        if one is None or mine is None or mine.shape != one.shape:
            continue
        error, apart = difference(mine, one)
        if not alike(error, apart, "fp32"):
            return layer, error
    return None


def _values(proto: ModelProto, wanted: set[str], given: Mapping[str, Array]) -> dict[str, Array]:
    """The values of a model by name, those of `wanted` that it has. Raises ArchError."""
    known = {output.name for output in proto.graph.output}
    there = [name for node in proto.graph.node for name in node.output if name in wanted]
    proto.graph.output.extend(helper.make_empty_tensor_value_info(name) for name in there if name not in known)
    with TemporaryDirectory() as folder:
        place = Path(folder) / "values.onnx"
        onnx.save(proto, place)
        found = run(place, session(place), given, there)
    return {name: np.asarray(value) for name, value in zip(there, found, strict=True)}
