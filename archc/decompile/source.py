"""An ONNX file as source with its weights, given only where both compute the same."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path as FilePath

from archc.backends.onnx.lowered import Array
from archc.decompile.flat import START, flat, has_labels
from archc.decompile.flow import Path, path_to
from archc.decompile.fold import Block, fold
from archc.decompile.layout import laid_out
from archc.decompile.loading import failed, load
from archc.decompile.nodes import Unreadable, plain
from archc.decompile.read import Layer, read
from archc.decompile.spelling import respell
from archc.decompile.text import items
from archc.diagnostics import ArchError, Diagnostic, Source
from archc.graph import Graph
from archc.ops import OPS, Op, Shape, hwc
from archc.program import compile_text
from archc.syntax.format import format_source

RESERVED = frozenset(
    ("and", "block", "else", "expect", "for", "if", "in", "let", "net", "no", "not", "or", "output", "repeat")
).union(("table", "use", "x", "yes"))
"""The grammar's words: no net is called so."""
HELP = {
    "QuantizeLinear": "this file is in 8 bits; import the one it was made from",
    "DequantizeLinear": "this file is in 8 bits; import the one it was made from",
}


@dataclass(frozen=True, slots=True)
class Decompiled:
    """text: the source. state: the weights by the names that the source gives them."""

    text: str
    graph: Graph
    state: Mapping[str, Array]


def decompile(path: FilePath, sizes: tuple[int, ...] | None = None) -> Decompiled:
    """Raises ArchError, which names every node that no layer is."""
    model = load(path, sizes)
    try:
        nodes = plain(model)
        respell(nodes)
    except Unreadable as error:
        raise _unreadable(path, [error]) from None
    layers, problems = read(nodes)
    if problems:
        raise _unreadable(path, problems)
    if len(nodes.flows) != 1 or len(nodes.outputs) != 1:
        counts = f"{len(nodes.flows)} inputs and {len(nodes.outputs)} outputs"
        raise failed(path, f"has {counts}, and archc reads nets of one and one")
    tree = path_to(nodes.outputs[0][1], {layer.output: layer for layer in layers}, nodes.flows)
    flowing = nodes.flows[0]
    ordered = layers if has_labels(tree) else _in_order(tree)
    blocks, lines = ([], flat(layers, flowing)) if has_labels(tree) else fold(items(tree))
    head = _head(_net_name(model.graph.name or path.stem), nodes.shapes[flowing][1:], model.doc_string)
    text = _written(head, blocks, lines)
    compiled = compile_text(text, name=f"{path.name} as source")
    graph = compiled.nets[0].graph if compiled.ok and compiled.nets else None
    if graph is None:
        raise ArchError(compiled.diagnostics)
    return Decompiled(text, graph, _state(graph, ordered, path))


def _head(name: str, shape: Shape, doc: str) -> tuple[str, str]:
    """The comment above, and the line that opens the net with its input."""
    given = hwc(shape)
    if len(shape) == 3 and shape[1] < shape[0]:  # it may look like channels first
        given = f"height={shape[1]}, width={shape[2]}, channels={shape[0]}"
    comment = "".join(f"# {line}\n" for line in doc.splitlines()[:4] if line.strip())
    return comment, f"net {name} {{\n  input {given}\n"


def _written(head: tuple[str, str], blocks: Sequence[Block], lines: Sequence[str]) -> str:
    text, opening = head
    for block in blocks:
        parameters = f"({', '.join(block.parameters)})" if block.parameters else ""
        text += f"block {block.name}{parameters} {{\n{_indented(block.body)}}}\n\n"
    return format_source(Source("<imported>", f"{text}{opening}{_indented(lines)}}}\n"))


def _indented(lines: Sequence[str]) -> str:
    return "".join(f"{row}\n" for line in lines for row in laid_out(line))


def _net_name(name: str) -> str:
    word = re.sub(r"\W+", "_", name, flags=re.ASCII).strip("_").lower()[:60]
    if word in RESERVED or word in OPS:
        return f"{word}1"
    return word if word and not word[0].isdigit() else f"net_{word}".rstrip("_")


def _in_order(path: Path) -> list[Layer]:
    """The layers as the source elaborates them: a join's branches, then itself."""
    found: list[Layer] = []
    for step in path.steps:
        for branch in step.branches:
            found += _in_order(branch)
        found.append(step.layer)
    return found


def _state(graph: Graph, layers: list[Layer], path: FilePath) -> dict[str, Array]:
    """The tensors under the source's names. The source must give the very layers that were read."""
    nodes = [node for node in graph if node.op.category != "input" and node.name != START]
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
    """(3, 3) and 3 are the same window."""
    fields = op.model_dump()
    return {
        "": op.name,
        **{key: v[0] if isinstance(v, tuple) and len(set(v)) == 1 else v for key, v in fields.items()},
    }


def _unreadable(path: FilePath, problems: list[Unreadable]) -> ArchError:
    """One for each kind of node, since a file has many of a kind."""
    kinds: dict[str, list[Unreadable]] = {}
    for problem in problems:
        kinds.setdefault(problem.kind, []).append(problem)
    shown = []
    for kind, alike in kinds.items():
        more = f" (and {len(alike) - 1} more {kind})" if len(alike) > 1 else ""
        message = f"`{alike[0].name or 'a node without a name'}`: {alike[0].message}{more}"
        shown.append(Diagnostic("no-layer", message, help=HELP.get(kind), file=str(path)))
    return ArchError(shown)
