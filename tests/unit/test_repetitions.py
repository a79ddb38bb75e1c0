"""A round made again from the one before it is the round that walking it gives."""

import pytest

from archc.elaborate.clone_repetition import Iteration
from archc.graph import Region
from archc.program import Compilation, Options, compile_path, compile_text

NETS = {
    "the first inflow is named as well": "one: conv 3x3, 4, pad=1\n (conv 3x3, 4, pad=1 -> add @one) x 4",
    "a label inside": "unit(4) x 4",
    "a value that is given": "one: conv 3x3, 4, pad=1\n relu\n joined(@one) x 4",
    "repetitions in repetitions": "(unit(4) x 3 -> relu x 2) x 3",
    "stride and widening": "unit(8) x 4 /2",
    "a matrix": "residual [1x1, 4; 3x3, 4; 1x1, 16] x 5 /2",
    "joins": "add { | conv 1x1, 3 | } x 4",
    "a name that is taken": "relu x 2\n relu1.1: conv 1x1, 3",
    "a growing value": "grown(2) x 4",
    "a claim inside": "(conv 3x3, 4, pad=1 -> claimed) x 4",
    "a warning inside": "unused(4) x 3",
    "what flows in, by name": "inner(4) x 3",
}
BLOCKS = """
block unit(width, stride=1) { kept: conv 3x3/stride, width, pad=1
 relu -> add @kept }
block joined(other) { conv 3x3, 4, pad=1 -> concat @other -> conv 1x1, 4 }
block grown(width) { concat { | | conv 1x1, width } }
block claimed { relu => 8x8x4 }
block unused(width) { never: conv 1x1, width -> relu
 bn }
block inner(width) { conv 1x1, width -> (conv 1x1, width -> add @in) x 3 }
"""


def _all(compilation: Compilation) -> list[object]:
    said = [(d.code, d.message, d.span and (d.span.start, d.span.end)) for d in compilation.diagnostics]
    found: list[object] = [said]
    for net in compilation.nets:
        graph = net.partial
        nodes = [(n.name, n.op, n.inputs, n.input_shapes, n.shape, n.span.start, n.span.end) for n in graph]
        inside = [item for item in graph.root.walk() if isinstance(item, Region)]
        regions = [(r.name, r.kind, r.title, r.arguments, r.count, r.parameters, len(r.items)) for r in inside]
        found += [nodes, regions, dict(graph.labels), net.checked]
    return found


@pytest.mark.parametrize("title", NETS)
def test_rounds_are_alike(title: str, monkeypatch: pytest.MonkeyPatch) -> None:
    source = f"{BLOCKS}\nnet n {{\n input 8x8x3\n {NETS[title]}\n}}\n"
    made = _all(compile_text(source))
    monkeypatch.setattr(Iteration, "fits", lambda *_: False)
    assert made == _all(compile_text(source))


@pytest.mark.parametrize("name", ["resnet_cifar", "regnet", "efficientnet", "resnet_v1", "d2l"])
def test_published_rounds_are_alike(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    made = _all(compile_path(name))
    monkeypatch.setattr(Iteration, "fits", lambda *_: False)
    assert made == _all(compile_path(name))


def test_the_limit_falls_on_the_same_step(monkeypatch: pytest.MonkeyPatch) -> None:
    source = f"{BLOCKS}\nnet n {{\n input 8x8x3\n if in.height > 4 {{ unit(4) x 100 }}\n}}\n"
    options = Options(max_nodes=150)
    made = _all(compile_text(source, options=options))
    monkeypatch.setattr(Iteration, "fits", lambda *_: False)
    assert made == _all(compile_text(source, options=options))
