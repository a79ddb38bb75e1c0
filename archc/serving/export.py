"""A net and its weights as an ONNX file whose outputs are compared with PyTorch's."""

# ruff: noqa: PLC0415  (quantisation and verification are imported when they are needed)

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from archc.analysis.cost import totals
from archc.analysis.fingerprint import fingerprint
from archc.backends.onnx.emit import State
from archc.backends.onnx.half_precision import to_half_precision
from archc.backends.onnx.model import Model, model
from archc.backends.onnx.preprocess import with_preprocessing
from archc.backends.onnx.save import LARGEST, file_parts, with_data_beside
from archc.diagnostics import ArchError, Code, Diagnostic
from archc.files import staged, write_parts
from archc.graph import Graph, without_softmax
from archc.ops import hwc
from archc.serving.onnx_options import OnnxOptions
from archc.serving.outputs import SCORES, gives_apart, with_softmax
from archc.version import VERSION

if TYPE_CHECKING:
    from archc.serving.verify import Compared


@dataclass(frozen=True, slots=True)
class Exported:
    """bytes: of all files written. compared: the comparisons with PyTorch; empty without verification."""

    bytes: int
    compared: tuple[Compared, ...] = ()


def export(
    graph: Graph,
    state: State,
    path: Path,
    options: OnnxOptions | None = None,
    say: Callable[[str], None] = lambda doing: None,
) -> Exported:
    """Write the file, whole or not at all, and compare it with PyTorch. say: takes what is being done, as text.

    Raises ArchError if the file does not compute what the net computes; OSError.
    """
    options = options or OnnxOptions()
    say(f"writing {path}")
    ended = _with_ending(graph, options)
    dynamic = options.other_size is not None
    made = model(ended, state, metadata=_metadata(graph, ended, options), doc=_figures(graph), dynamic_size=dynamic)
    made = to_half_precision(made) if options.precision == "fp16" else made
    made = _with_preprocessing(made, graph, options) if options.with_preprocessing else made
    compared: tuple[Compared, ...] = ()
    with staged(path) as place:
        _write(made, place, options)
        if options.precision == "int8":
            from archc.serving.int8 import quantise

            assert options.calibration is not None
            say("quantising")
            quantise(place, options.calibration)
        if options.verify:
            from archc.serving.verify import verify

            say("comparing the file with PyTorch")
            compared = tuple(verify(place, ended, state, options))
            if options.other_size is not None:
                compared += tuple(verify(place, _with_ending(options.other_size, options), state, options))
        written = sum(file.stat().st_size for file in place.parent.iterdir())
    return Exported(written, compared)


def _with_ending(graph: Graph, options: OnnxOptions) -> Graph:
    if options.ending == "as it is":
        return graph
    return with_softmax(graph) if options.ending == "probabilities" else without_softmax(graph)


def _write(made: Model, place: Path, options: OnnxOptions) -> None:
    size = sum(array.nbytes for array in made.weights.values())
    if options.external_data or (options.external_data is None and size > LARGEST):
        made, content = with_data_beside(made, f"{place.name}.data")
        write_parts(place.with_name(f"{place.name}.data"), content)
    write_parts(place, file_parts(made))


def _with_preprocessing(made: Model, graph: Graph, options: OnnxOptions) -> Model:
    """The model with its preprocessing inside. Raises ArchError if the net does not take one image."""
    shape = graph.inputs[0].shape
    preprocessing = options.preprocessing
    assert preprocessing is not None
    message = ""
    if len(graph.inputs) != 1 or len(shape) != 3:
        message = f"preprocessing is for images, and the net takes {' and '.join(hwc(n.shape) for n in graph.inputs)}"
    elif preprocessing.of == "values":
        message = "the net was trained on arrays of values: --preprocessing MEAN/STD makes them of an image"
    elif {len(preprocessing.mean), len(preprocessing.std)} - {1, shape[0]}:
        counts = f"{len(preprocessing.mean)} and {len(preprocessing.std)} numbers"
        message = f"mean and std have {counts} for {shape[0]} channels"
    if message:
        raise ArchError([Diagnostic(Code.BAD_EXPORT, message, file=graph.name)])
    return with_preprocessing(made, shape, preprocessing)


def _metadata(graph: Graph, ended: Graph, options: OnnxOptions) -> dict[str, str]:
    cost = totals(graph)
    own = {
        "archc": VERSION,
        "net": graph.name,
        "graph": fingerprint(graph),
        "params": str(cost.params),
        "macs": str(cost.macs),
        "source": options.source,
    }
    if gives_apart(ended):
        own["scores"] = SCORES
    if options.classes:
        own["classes"] = json.dumps(options.classes, ensure_ascii=False)
    if options.preprocessing is not None:
        own["preprocessing"] = options.preprocessing.to_json()
    return {**own, **options.metadata}


def _figures(graph: Graph) -> str:
    cost = totals(graph)
    return f"{graph.name}: {cost.params:,} parameters, {cost.macs:,} multiply-accumulates for one sample"
