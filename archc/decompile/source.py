"""An ONNX file as source, with its weights."""

import re
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from math import prod
from pathlib import Path as FilePath
from types import MappingProxyType

from onnx import ModelProto

from archc.backends.onnx.lowered import Array
from archc.decompile.canonical import canonicalise
from archc.decompile.channels_first import as_given, channels_first
from archc.decompile.flat_source import flat, has_labels
from archc.decompile.fold import Block, fold
from archc.decompile.layer import Layer
from archc.decompile.loading import LARGEST, attempt, failed, load
from archc.decompile.nodes import Nodes, Unreadable, onnx_nodes, with_parameters, without_dead
from archc.decompile.notes import notes
from archc.decompile.outputs import outputs_last
from archc.decompile.paths import Path, path_to
from archc.decompile.read import read
from archc.decompile.resizes import as_resizes
from archc.decompile.step_layout import lay_out
from archc.decompile.step_text import items
from archc.diagnostics import ArchError, Code, Diagnostic, Source
from archc.diagnostics.visible import visible
from archc.elaborate.cancelled_biases import with_biases_said
from archc.elaborate.input_sizes import written_sizes
from archc.graph import Graph
from archc.ops import OPS, Op, Shape
from archc.ops.reads import Permuted
from archc.program import compile_text
from archc.spelling import close_words, suggestion
from archc.syntax.format import format_source
from archc.syntax.keywords import RESERVED

NO_NETS = RESERVED | {"table", "train", "x"}
"""Words that cannot be the name of a net."""
GENERIC = frozenset({"", "graph", "main_graph", "torch_jit", "torch-jit-export", "tf2onnx", "OnnxGraph"})
"""The names that exporters give to every graph."""
HELP = {
    "QuantizeLinear": "this file is in 8 bits; import the one it was made from",
    "DequantizeLinear": "this file is in 8 bits; import the one it was made from",
    "Cast": "a file in half precision was made from one in single: import that",
}


@dataclass(frozen=True, slots=True)
class Decompiled:
    """An imported net.

    text: the source. state: the weights by the source's names. inputs, outputs: the file's names, in the graph's
    order. channels_last: those of them with the channels last in the file. notes: warnings. layers: by the names of the
    graph's nodes.
    """

    text: str
    graph: Graph
    state: Mapping[str, Array]
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    channels_last: AbstractSet[str] = frozenset()
    notes: tuple[Diagnostic, ...] = ()
    layers: Mapping[str, Layer] = field(default_factory=dict)


def decompile(
    path: FilePath, sizes: tuple[int, ...] | None = None, settled: Mapping[str, bool] = MappingProxyType({})
) -> Decompiled:
    """The net of an ONNX file. settled: initialiser name → whether it is learnt, where the user decides.

    Raises ArchError, which names every node that no layer matches.
    """
    model, learnt = load(path, sizes)
    _check_settled(path, model, settled)
    learnt |= settled
    nodes = attempt(path, "holds what cannot be read", lambda: onnx_nodes(model, learnt))
    large = max((shape for shape in nodes.shapes.values()), key=prod, default=())
    if prod(large) > LARGEST:
        raise failed(path, f"has a value of {'x'.join(map(str, large))} numbers; {LARGEST:,} are the most")
    nodes, layers, problems = attempt(path, "holds what cannot be read", lambda: _layers(nodes))
    if problems:
        raise _unreadable(path, problems)
    if not layers:
        raise failed(path, "has no layer: its outputs are its inputs")
    name = _net_name(path.stem if model.graph.name in GENERIC else model.graph.name)
    if len(nodes.flows) == len(nodes.outputs) == 1:
        text, layers = _nested(nodes, layers, name, model.doc_string)
    else:
        layers = outputs_last(nodes, layers)
        text = _listed(nodes, layers, name, model.doc_string, path)
    compiled = compile_text(text, name=f"{path.name} as source")
    if compiled.infos:  # the file has these biases: the source keeps them
        text = with_biases_said(text, compiled.infos)
        compiled = compile_text(text, name=f"{path.name} as source")
    graph = compiled.nets[0].graph if compiled.ok and compiled.nets else None
    if graph is None:
        raise ArchError(compiled.diagnostics)
    state = _state(graph, layers, path)
    inner = [node.name for node in graph if node.op.category != "input"]
    outputs = tuple(name for name, _ in nodes.outputs)
    named = dict(zip(inner, layers, strict=True))
    told = tuple(notes(path, nodes, named))
    return Decompiled(text, graph, state, tuple(nodes.inputs), outputs, nodes.channels_last, told, named)


def _check_settled(path: FilePath, model: ModelProto, settled: Mapping[str, bool]) -> None:
    """Raises ArchError for a name that is no initialiser of the file."""
    known = {tensor.name for tensor in model.graph.initializer}
    for name in settled:
        if name not in known:
            close = close_words(name, known, 3)
            raise failed(path, f"has no initialiser `{name}`", suggestion(close, known) if close else None)


def _layers(nodes: Nodes) -> tuple[Nodes, list[Layer], list[Unreadable]]:
    """The nodes, their layers, and the nodes that no layer matches.

    The inputs keep their layout where that needs no permute (attention moves axes itself), or where the other layout
    leaves nodes without a layer.
    """
    as_resizes(nodes)
    turned = channels_first(nodes)
    if turned.flows == nodes.flows:
        return _read(turned)
    given, other = _read(as_given(nodes)), _read(turned)
    if not given[2] and (
        other[2] or not any(isinstance(layer.op.reading(layer.given), Permuted) for layer in given[1])
    ):
        return given
    return other


def _read(nodes: Nodes) -> tuple[Nodes, list[Layer], list[Unreadable]]:
    without_dead(nodes)  # so that a value is read as often as it counts
    with_parameters(nodes)
    canonicalise(nodes)
    without_dead(nodes)
    return nodes, *read(nodes)


def _nested(nodes: Nodes, layers: list[Layer], name: str, doc: str) -> tuple[str, list[Layer]]:
    """The source with blocks and repetitions, or as a flat list if it cannot be nested; the layers in its order."""
    tree = path_to(nodes.outputs[0][1], {layer.output: layer for layer in layers}, nodes.flows)
    given = _sizes(nodes.shapes[nodes.flows[0]][1:])
    if has_labels(tree):
        return _written(doc, name, [], flat(layers, {nodes.flows[0]: ("start", given)}, {})), layers
    blocks, lines = fold(items(tree))
    return _written(doc, name, blocks, [f"input {given}", *lines]), _in_order(tree)


def _listed(nodes: Nodes, layers: list[Layer], name: str, doc: str, path: FilePath) -> str:
    """The source of a net with several inputs or outputs, as a flat list. Raises ArchError."""
    read_values = {value for layer in layers for value in layer.inputs}
    inputs: dict[str, tuple[str, str]] = {}
    for said, value in zip(nodes.inputs, nodes.flows, strict=True):
        if value not in read_values:
            raise failed(path, f"does not read its input `{said}`, and every value of a table reaches an output")
        label = _free(said, {known for known, _ in inputs.values()})
        inputs[value] = (label, _sizes(nodes.shapes[value][1:]))
    outputs: dict[str, str] = {}
    for said, value in nodes.outputs[1:]:
        outputs[value] = _free(said, {*outputs.values(), *(known for known, _ in inputs.values())})
    return _written(doc, name, [], flat(layers, inputs, outputs))


def _free(name: str, taken: set[str]) -> str:
    """A label of that name that is not taken; names such as `v3` are kept for the labels of `flat`."""
    word = _net_name(name)
    word = f"{word}_" if re.fullmatch(r"v\d+", word) else word
    return word if word not in taken else next(f"{word}_{n}" for n in range(2, 9999) if f"{word}_{n}" not in taken)


def _sizes(shape: Shape) -> str:
    """The sizes after `input`; by name if they could be read as channels first."""
    if len(shape) == 3 and shape[1] < shape[0]:
        return f"height={shape[1]}, width={shape[2]}, channels={shape[0]}"
    return written_sizes((*shape[1:], shape[0]))


def _written(doc: str, name: str, blocks: Sequence[Block], lines: Sequence[str]) -> str:
    text = "".join(f"# {visible(line)}\n" for line in doc.split("\n")[:4] if line.strip())
    for block in blocks:
        parameters = f"({', '.join(block.parameters)})" if block.parameters else ""
        text += f"block {block.name}{parameters} {{\n{_indented(block.body)}}}\n\n"
    return format_source(Source("<imported>", f"{text}net {name} {{\n{_indented(lines)}}}\n"))


def _indented(lines: Sequence[str]) -> str:
    return "".join(f"{row}\n" for line in lines for row in lay_out(line))


def _net_name(name: str) -> str:
    word = re.sub(r"\W+", "_", name, flags=re.ASCII).strip("_").lower()[:60]
    if word in NO_NETS or word in OPS:
        return f"{word}1"
    return word if word and not word[0].isdigit() else f"net_{word}".rstrip("_")


def _in_order(path: Path) -> list[Layer]:
    """The layers in the order of the source: the branches of a join, then the join."""
    found: list[Layer] = []
    for step in path.steps:
        for branch in step.branches:
            found += _in_order(branch)
        found.append(step.layer)
    return found


def _state(graph: Graph, layers: list[Layer], path: FilePath) -> dict[str, Array]:
    """The tensors by the source's names. Raises ArchError if the source gives other layers than the file."""
    nodes = [node for node in graph if node.op.category != "input"]
    same = len(nodes) == len(layers) and all(
        _fields(node.op) == _fields(layer.op) and node.shape == layer.shape
        for node, layer in zip(nodes, layers, strict=True)
    )
    if not same:
        raise failed(path, "was written as source that gives other layers", "please report this file")
    return {
        f"{node.name}.{name}": array
        for node, layer in zip(nodes, layers, strict=True)
        for name, array in layer.tensors.items()
    }


def _fields(op: Op) -> dict[str, object]:
    """The fields of a layer, with (3, 3) as 3."""
    fields = op.values()
    return {
        "": op.name,
        **{key: v[0] if isinstance(v, tuple) and len(set(v)) == 1 else v for key, v in fields.items()},
    }


def _unreadable(path: FilePath, problems: list[Unreadable]) -> ArchError:
    """The error with one diagnostic for each op_type."""
    kinds: dict[str, list[Unreadable]] = {}
    for problem in problems:
        kinds.setdefault(problem.kind, []).append(problem)
    shown = []
    for kind, alike in kinds.items():
        more = f" (and {len(alike) - 1} more {kind})" if len(alike) > 1 else ""
        message = f"`{alike[0].name}`: {alike[0].message}{more}"
        shown.append(Diagnostic(Code.NO_LAYER, message, help=HELP.get(kind), file=str(path)))
    return ArchError(shown)
