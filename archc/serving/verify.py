"""Verification of an ONNX file: ONNX's checker, its shapes, and a comparison with PyTorch in float64."""

# ruff: noqa: PLC0415  (torch is imported by whoever verifies)

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import onnx
from onnx import ModelProto

from archc.analysis.cost import totals
from archc.backends.onnx.emit import State, emit
from archc.backends.onnx.lowered import Array
from archc.backends.onnx.preprocess import IMAGE
from archc.diagnostics import ArchError, Code, Diagnostic
from archc.graph import Graph
from archc.images import fitted_array, normalised
from archc.serving.runtime import run as outputs
from archc.serving.runtime import session

if TYPE_CHECKING:
    from archc.serving.onnx_options import OnnxOptions

SEED = 0
LARGE = 5_000_000_000
"""Multiply-accumulates of a net that is compared on one sample alone: in double precision more take a minute."""
ROUNDING = 10
"""A file in float32 may be as many times further from float64 than PyTorch's own float32 is, where that is more than
the tolerance: of a net whose weights are ill-conditioned, float32 gives no more."""
MOST = 0.1
"""The tolerance is never wider: a file so far off is not seen to be the net."""
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
    agreed: the share of samples whose greatest value is at the same place. rounding: how far PyTorch's own float32 is
    from its float64, as a share too; 0 where it was not needed."""

    output: str
    batch: int
    sizes: tuple[int, ...]
    error: float
    apart: float
    cosine: float
    agreed: float
    rounding: float = 0.0

    def limit(self, precision: str) -> float:
        """The greatest error that is no other net's."""
        wider = min(MOST, ROUNDING * self.rounding) if precision == "fp32" else 0.0
        return max(TOLERANCE[precision], wider)

    def text(self, precision: str) -> str:
        """The difference; where that is large for being a share of next to nothing, what it is itself."""
        parts = f", where max |Δ| = {self.apart:.1e}" if self.error > self.limit(precision) else ""
        if self.limit(precision) > TOLERANCE[precision]:
            parts += (
                f"; PyTorch's own float32 is {self.rounding:.1e} from float64, and {ROUNDING} times that was allowed"
            )
        return f"max |Δ| / max |y| = {self.error:.1e}{parts}"


def verify(path: Path, graph: Graph, state: State, options: OnnxOptions) -> list[Compared]:
    """What was compared. Raises ArchError where the file is not the net: not valid, other shapes, other values."""
    _check(path)
    if options.precision != "int8":
        _shapes(onnx.load(path, load_external_data=False), graph, path.name)
    compared = []
    for given, values in _samples(graph, options):
        expected = reference(graph, state, values)
        names = list(emit(graph).outputs)
        found = run(path, given)
        new = [
            _compared(name, values[0].shape[2:], found[name], one) for name, one in zip(names, expected, strict=True)
        ]
        if options.precision == "fp32" and not all(alike(one.error, one.apart, "fp32") for one in new):
            single = reference(graph, state, values, double=False)
            off = [difference(one, exact)[0] for one, exact in zip(single, expected, strict=True)]
            new = [replace(one, rounding=rounding) for one, rounding in zip(new, off, strict=True)]
        compared += new
    for one in compared if options.precision in TOLERANCE else ():
        limit = one.limit(options.precision)
        if one.error > limit and one.apart > NOTHING[options.precision]:
            own = f"; PyTorch's own float32 is {one.rounding:.1e} from float64" if one.rounding else ""
            raise _failed(
                path.name,
                f"differs from PyTorch in {one.output}: max |Δ| / max |y| = {one.error:.1e}, "
                f"and {limit:.1g} is the most{own}",
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


def _samples(graph: Graph, options: OnnxOptions) -> list[tuple[dict[str, Array], list[Array]]]:
    """What the file is given, and the same as the net takes it. Two batches, since the file's is open."""
    generator = np.random.default_rng(SEED)
    batches = (1,) if totals(graph).macs > LARGE else (1, 3)
    if options.calibration is not None:
        return [({graph.inputs[0].name: options.calibration[:32]}, [options.calibration[:32]])]
    made = []
    for batch in batches:
        if options.with_preprocessing:
            assert options.preprocessing is not None
            channels, *sizes = graph.inputs[0].shape
            box = options.preprocessing.box(sizes)  # at which there is nothing to resize: that is alike to a level
            pixels = generator.integers(0, 256, (batch, *box, channels), np.uint8)
            seen = np.stack([fitted_array(one, graph.inputs[0].shape, options.preprocessing) for one in pixels])
            made.append(({IMAGE: pixels}, [normalised(seen, options.preprocessing)]))
        else:
            values = [generator.standard_normal((batch, *node.shape)).astype(np.float32) for node in graph.inputs]
            made.append((dict(zip((node.name for node in graph.inputs), values, strict=True)), values))
    return made


def reference(graph: Graph, state: State, given: Sequence[Array], double: bool = True) -> list[Array]:
    """PyTorch's outputs in double precision, or in single."""
    import torch

    from archc.backends.torch.module import build

    module = build(graph, seed=0)
    module.load_state_dict({name: torch.from_numpy(np.array(array)) for name, array in state.items()})
    with torch.no_grad():
        kind = torch.float64 if double else torch.float32
        output = module.to(kind).eval()(*(torch.from_numpy(array).to(kind) for array in given))
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
    return ArchError([Diagnostic(Code.BAD_EXPORT, f"`{name}` {message}", help=help, file=name)])
