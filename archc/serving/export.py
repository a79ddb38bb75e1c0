"""A net and its weights as an ONNX file that was seen to compute what PyTorch computes."""

# ruff: noqa: PLC0415  (what quantises and verifies is imported where it is asked for)

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from archc.analysis.cost import totals
from archc.analysis.fingerprint import fingerprint
from archc.backends.onnx.emit import State
from archc.backends.onnx.half import halved
from archc.backends.onnx.model import Model, model
from archc.backends.onnx.preprocess import with_preprocessing
from archc.backends.onnx.save import LARGEST, parts, with_data_beside
from archc.diagnostics import ArchError, Code, Diagnostic
from archc.files import staged, write_parts
from archc.graph import Graph, without_softmax
from archc.ops import hwc
from archc.serving.outputs import SCORES, gives_apart, with_softmax
from archc.version import VERSION

if TYPE_CHECKING:
    from archc.backends.onnx.lowered import Array
    from archc.preprocessing import Preprocessing
    from archc.serving.verify import Compared

Ending = Literal["as it is", "probabilities", "logits"]
Precision = Literal["fp32", "fp16", "int8"]


@dataclass(frozen=True, slots=True)
class Export:
    """What to write.

    ending: of the first output. calibration: inputs (N, C, n…) for int8. preprocessing: what the net's inputs were
    trained with; baked puts it into the file. external: weights in a file of their own; None leaves it to their
    size. other_size: the net at another input size, for which the file must serve too; heights and widths are
    then open.
    """

    ending: Ending = "as it is"
    precision: Precision = "fp32"
    calibration: Array | None = None
    other_size: Graph | None = None
    verify: bool = True
    external: bool | None = None
    source: str = ""
    classes: tuple[str, ...] = ()
    preprocessing: Preprocessing | None = None
    baked: bool = False
    metadata: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Exported:
    """bytes: of all files. compared: empty where nothing was verified."""

    bytes: int
    compared: tuple[Compared, ...] = ()


def export(
    graph: Graph, state: State, path: Path, how: Export | None = None, say: Callable[[str], None] = lambda doing: None
) -> Exported:
    """Write the file, all at once or not at all. say: is told what is being done. Raises ArchError where the file is
    not the net, OSError."""
    how = how or Export()
    say(f"writing {path}")
    ended = _ended(graph, how)
    dynamic = how.other_size is not None
    made = model(ended, state, metadata=_metadata(graph, ended, how), doc=_figures(graph), dynamic_size=dynamic)
    made = halved(made) if how.precision == "fp16" else made
    made = _baked(made, graph, how) if how.baked else made
    compared: tuple[Compared, ...] = ()
    with staged(path) as place:
        _write(made, place, how)
        if how.precision == "int8":
            from archc.serving.int8 import quantise

            assert how.calibration is not None
            say("quantising")
            quantise(place, how.calibration)
        if how.verify:
            from archc.serving.verify import verify

            say("comparing the file with PyTorch")
            compared = tuple(verify(place, ended, state, how))
            if how.other_size is not None:
                compared += tuple(verify(place, _ended(how.other_size, how), state, how))
        written = sum(file.stat().st_size for file in place.parent.iterdir())
    return Exported(written, compared)


def _ended(graph: Graph, how: Export) -> Graph:
    if how.ending == "as it is":
        return graph
    return with_softmax(graph) if how.ending == "probabilities" else without_softmax(graph)


def _write(made: Model, place: Path, how: Export) -> None:
    size = sum(array.nbytes for array in made.weights.values())
    if how.external or (how.external is None and size > LARGEST):
        made, content = with_data_beside(made, f"{place.name}.data")
        write_parts(place.with_name(f"{place.name}.data"), content)
    write_parts(place, parts(made))


def _baked(made: Model, graph: Graph, how: Export) -> Model:
    """Raises ArchError where the net does not take one picture."""
    shape = graph.inputs[0].shape
    how_made = how.preprocessing
    assert how_made is not None
    message = ""
    if len(graph.inputs) != 1 or len(shape) != 3:
        message = f"preprocessing is for pictures, and the net takes {' and '.join(hwc(n.shape) for n in graph.inputs)}"
    elif how_made.of == "values":
        message = "the net was trained on arrays of values: --preprocessing MEAN/STD says how a picture becomes such"
    elif {len(how_made.mean), len(how_made.std)} - {1, shape[0]}:
        message = f"mean and std have {len(how_made.mean)} and {len(how_made.std)} numbers for {shape[0]} channels"
    if message:
        raise ArchError([Diagnostic(Code.BAD_EXPORT, message, file=graph.name)])
    return with_preprocessing(made, shape, how_made)


def _metadata(graph: Graph, ended: Graph, how: Export) -> dict[str, str]:
    cost = totals(graph)
    own = {
        "archc": VERSION,
        "net": graph.name,
        "graph": fingerprint(graph),
        "params": str(cost.params),
        "macs": str(cost.macs),
        "source": how.source,
    }
    if gives_apart(ended):
        own["scores"] = SCORES
    if how.classes:
        own["classes"] = json.dumps(how.classes, ensure_ascii=False)
    if how.preprocessing is not None:
        own["preprocessing"] = how.preprocessing.to_json()
    return {**own, **how.metadata}


def _figures(graph: Graph) -> str:
    cost = totals(graph)
    return f"{graph.name}: {cost.params:,} parameters, {cost.macs:,} multiply-accumulates for one sample"
