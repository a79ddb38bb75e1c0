"""Which layer keeps a file from serving other sizes: the first whose nodes or weights would be others."""

import pytest

import archc
from archc.backends.onnx.size_dependence import depends_on_size
from archc.graph import Graph


def graph(layers: str, size: int) -> Graph:
    return archc.parse(f"net n {{\n  input {size}x{size}x4\n  {layers}\n}}\n").graph


FREE = [
    "conv 3x3, 4, pad=1 -> bn -> relu",
    "conv 3x3/2, 4, pad=half -> upsample 2",
    "maxpool 3x3/2, pad=1, ceil=yes",
    "avgpool global -> flatten -> fc 10",
    "upsample to 16x16",
    "lrn 2",
    "gn 2",
]
BOUND = [  # where their sizes differ: in the weights, the windows, the border before a window, a list of places
    ("conv 1x1, 4 -> flatten -> f: fc 10", "f"),
    ("tokens -> p: position", "p"),
    ("c: conv 3x3/2, 4, pad=same", "c"),
    ("a: avgpool to 3x3", "a"),
    ("m: maxpool 2x2/3, dilation=2, pad=(1, 0, 0, 1), ceil=yes", "m"),
    ("c: crop 4x4", "c"),
    ("s: slice 1, axis=width", "s"),
    ("relu -> n: ln -> flatten -> f: fc 10", "n"),  # the first of two
]


@pytest.mark.parametrize("layers", FREE)
def test_the_same_nodes_serve_any_size(layers: str) -> None:
    assert depends_on_size(graph(layers, 8), graph(layers, 9)) is None


@pytest.mark.parametrize(("layers", "name"), BOUND)
def test_a_layer_is_bound_to_its_size(layers: str, name: str) -> None:
    lines = layers.replace(" -> ", "\n  ")
    assert depends_on_size(graph(lines, 9), graph(lines, 10)) == name
