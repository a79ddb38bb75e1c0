"""An ONNX file held against what the net is: ONNX's checker, its shapes, and PyTorch in double precision."""

# ruff: noqa: PLC0415  (torch is imported by whoever verifies)

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import onnx
from onnx import ModelProto

from archc.analysis.cost import totals
from archc.backends.onnx.emit import State, emit
from archc.backends.onnx.lowered import Array
from archc.backends.onnx.preprocess import IMAGE
from archc.diagnostics import ArchError, Diagnostic
from archc.graph import Graph
from archc.images import fitted_array, normalised
from archc.serving.runtime import run as outputs
from archc.serving.runtime import session

if TYPE_CHECKING:
    from archc.serving.export import Export

SEED = 0
LARGE = 5_000_000_000
"""Multiply-accumulates of a net that is compared on one sample alone: in double precision more take a minute."""
TOLERANCE = {"fp32": 1e-4, "fp16": 2e-2}
"""Of the greatest |y|. float16 has 11 bits, of which a deep net's sums leave six or seven. 8 bits have no such
bound: their cosine is told."""
NOTHING = {"fp32": 1e-6, "fp16": 1e-4}
"""Outputs that differ by less are the same, however small they are themselves: ONNX Runtime's sigmoid is exact to 1e-7,
and not to a share of what it gives, as where a trained classifier says no."""


@dataclass(frozen=True, slots=True)
class Compared:
    """One output of the file beside PyTorch's, for an input of these sizes.

    error: the greatest difference, as a share of the greatest |y|. apart: the greatest difference itself.
    agreed: the share of samples whose greatest value is at the same place."""

    output: str
    batch: int
    sizes: tuple[int, ...]
    error: float
    apart: float
    cosine: float
    agreed: float

    def said(self, precision: str) -> str:
        """The difference; where that is large for being a share of next to nothing, what it is itself."""
        parts = f", where max |Δ| = {self.apart:.1e}" if self.error > TOLERANCE[precision] else ""
        return f"max |Δ| / max |y| = {self.error:.1e}{parts}"


def verify(path: Path, graph: Graph, state: State, how: Export) -> list[Compared]:
    """What was compared. Raises ArchError where the file is not the net: not valid, other shapes, other values."""
    _check(path)
    if how.precision != "int8":
        _shapes(onnx.load(path, load_external_data=False), graph, path.name)
    compared = []
    for given, values in _samples(graph, how):
        expected = reference(graph, state, values)
        names = list(emit(graph).outputs)
        found = run(path, given)
        compared += [
            _compared(name, values[0].shape[2:], found[name], one) for name, one in zip(names, expected, strict=True)
        ]
    limit = TOLERANCE.get(how.precision)
    for one in compared:
        if limit is not None and not alike(one.error, one.apart, how.precision):
            raise _failed(
                path.name,
                f"differs from PyTorch in {one.output}: max |Δ| / max |y| = {one.error:.1e}, and {limit:g} is the most",
                "no file was written",
            )
    return compared


def _check(path: Path) -> None:
    try:
        onnx.checker.check_model(str(path), full_check=True)
    except (onnx.checker.ValidationError, onnx.shape_inference.InferenceError) as error:
        raise _failed(path.name, f"is not valid ONNX: {' '.join(str(error).split())[:300]}") from None


def _shapes(model: ModelProto, graph: Graph, shown: str) -> None:
    """ONNX's inference must find our shape for every value that it finds one for."""
    del model.graph.value_info[:]
    inferred = onnx.shape_inference.infer_shapes(model, strict_mode=True, data_prop=True)
    known = (*inferred.graph.value_info, *inferred.graph.output)
    shapes = {value.name: value.type.tensor_type.shape for value in known}
    values = emit(graph).values
    for node in graph.inference_nodes:
        shape = shapes.get(values[node.name])
        if shape is None or not shape.dim:
            continue
        found = [dim.dim_value if dim.HasField("dim_value") else None for dim in shape.dim[1:]]
        pairs = zip(found, node.shape, strict=False)
        if len(found) != len(node.shape) or any(size not in (None, ours) for size, ours in pairs):
            raise _failed(shown, f"gives {node.name} the shape {found}, and archc {list(node.shape)}")


def _samples(graph: Graph, how: Export) -> list[tuple[dict[str, Array], list[Array]]]:
    """What the file is given, and the same as the net takes it. Two batches, since the file's is open."""
    generator = np.random.default_rng(SEED)
    batches = (1,) if totals(graph).macs > LARGE else (1, 3)
    if how.calibration is not None:
        return [({graph.inputs[0].name: how.calibration[:32]}, [how.calibration[:32]])]
    made = []
    for batch in batches:
        if how.baked:
            assert how.preprocessing is not None
            channels, *sizes = graph.inputs[0].shape
            box = how.preprocessing.box(sizes)  # at which there is nothing to resize: that is alike to a level
            pixels = generator.integers(0, 256, (batch, *box, channels), np.uint8)
            seen = np.stack([fitted_array(one, graph.inputs[0].shape, how.preprocessing) for one in pixels])
            made.append(({IMAGE: pixels}, [normalised(seen, how.preprocessing)]))
        else:
            values = [generator.standard_normal((batch, *node.shape)).astype(np.float32) for node in graph.inputs]
            made.append((dict(zip((node.name for node in graph.inputs), values, strict=True)), values))
    return made


def reference(graph: Graph, state: State, given: Sequence[Array]) -> list[Array]:
    """PyTorch's outputs in double precision."""
    import torch

    from archc.backends.torch.module import build

    module = build(graph, seed=0)
    module.load_state_dict({name: torch.from_numpy(np.array(array)) for name, array in state.items()})
    with torch.no_grad():
        output = module.double().eval()(*(torch.from_numpy(array).double() for array in given))
    outputs = list(output.values()) if isinstance(output, dict) else [output]
    return [one.numpy() for one in outputs]


def run(path: Path, given: Mapping[str, Array]) -> dict[str, Array]:
    """ONNX Runtime's outputs by name."""
    running = session(path)
    names = [output.name for output in running.get_outputs()]
    return dict(zip(names, outputs(path, running, given, names), strict=True))


def _compared(name: str, sizes: tuple[int, ...], found: Array, expected: Array) -> Compared:
    rows = len(expected)
    places = [array.reshape(rows, -1).argmax(1) for array in (found, expected)]
    agreed = float((places[0] == places[1]).mean())
    return Compared(name, rows, sizes, *difference(found, expected), cosine(found, expected), agreed)


def difference(found: Array, expected: Array) -> tuple[float, float]:
    """max |found − expected| as a share of max |expected|, and itself; infinite where either holds no number."""
    if not (np.isfinite(found).all() and np.isfinite(expected).all()):
        return float("inf"), float("inf")
    greatest = float(np.abs(expected).max(initial=0.0))
    apart = float(np.abs(found.astype(np.float64) - expected).max(initial=0.0))
    return apart / greatest if greatest else apart, apart


def alike(error: float, apart: float, precision: str) -> bool:
    """Whether outputs that differ so are the same."""
    return error <= TOLERANCE[precision] or apart <= NOTHING[precision]


def cosine(found: Array, expected: Array) -> float:
    """Of both as vectors."""
    a, b = found.astype(np.float64).ravel(), expected.astype(np.float64).ravel()
    norms = float(np.linalg.norm(a) * np.linalg.norm(b))
    return float(a @ b) / norms if norms else 1.0


def _failed(name: str, message: str, help: str | None = None) -> ArchError:
    return ArchError([Diagnostic("bad-export", f"`{name}` {message}", help=help, file=name)])
