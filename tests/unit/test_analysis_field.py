"""Receptive fields against published ones: Araujo, Norris, Sim, Distill 2019, table of models."""

from fractions import Fraction

import pytest

from archc.analysis.explain import explain
from archc.analysis.receptive_field import receptive_fields, sizes_text
from archc.graph import Graph
from archc.program import compile_path, compile_text

SLIM_RESNET = """
block unit(width, stride) {{
  add {{
    | conv 1x1, width -> conv 3x3/stride, width, pad=1 -> conv 1x1, 4*width
    | conv 1x1/stride, 4*width
  }}
}}
net slim {{
  input 224x224x3
  conv 7x7/2, 64, pad=3 -> maxpool 3x3/2, pad=1
  repeat {0} {{ unit(64, 1) }}
  unit(64, 2)
  repeat {1} {{ unit(128, 1) }}
  unit(128, 2)
  repeat {2} {{ unit(256, 1) }}
  unit(256, 2)
  last: repeat_last
}}
block repeat_last {{ repeat 3 {{ unit(512, 1) }} }}
"""

MOBILENET = """
block separable(channels, stride=1) { dwconv 3x3/stride, pad=1 -> conv 1x1, channels }
net mobilenet {
  input 224x224x3
  conv 3x3/2, 32, pad=1
  separable(64) -> separable(128, 2) -> separable(128) -> separable(256, 2) -> separable(256)
  separable(512, 2) -> separable(512) x 5 -> separable(1024, 2)
  end: separable(1024)
}
"""

INCEPTION_V3 = """
block five(pool) {
  concat {
    | conv 1x1, 64
    | conv 1x1, 48 -> conv 5x5, 64, pad=same
    | conv 1x1, 64 -> conv 3x3, 96, pad=same -> conv 3x3, 96, pad=same
    | avgpool 3x3/1, pad=same -> conv 1x1, pool
  }
}
block seven(inner) {
  concat {
    | conv 1x1, 192
    | conv 1x1, inner -> conv 1x7, inner, pad=same -> conv 7x1, 192, pad=same
    | conv 1x1, inner -> conv 7x1, inner, pad=same -> conv 1x7, inner, pad=same
      conv 7x1, inner, pad=same -> conv 1x7, 192, pad=same
    | avgpool 3x3/1, pad=same -> conv 1x1, 192
  }
}
block spread(width) { concat { | conv 1x3, width, pad=same | conv 3x1, width, pad=same } }
block wide {
  concat {
    | conv 1x1, 320
    | conv 1x1, 384 -> spread(384)
    | conv 1x1, 448 -> conv 3x3, 384, pad=same -> spread(384)
    | avgpool 3x3/1, pad=same -> conv 1x1, 192
  }
}
net inception_v3 {
  input 299x299x3
  conv 3x3/2, 32 -> conv 3x3, 32 -> conv 3x3, 64, pad=same -> maxpool 3x3/2
  conv 1x1, 80 -> conv 3x3, 192 -> maxpool 3x3/2  => 35x35x192
  five(32) -> five(64) -> five(64)                => 35x35x288
  concat {
    | conv 3x3/2, 384
    | conv 1x1, 64 -> conv 3x3, 96, pad=same -> conv 3x3/2, 96
    | maxpool 3x3/2
  }                                               => 17x17x768
  seven(128) -> seven(160) -> seven(160) -> seven(192)
  concat {
    | conv 1x1, 192 -> conv 3x3/2, 320
    | conv 1x1, 192 -> conv 1x7, 192, pad=same -> conv 7x1, 192, pad=same -> conv 3x3/2, 192
    | maxpool 3x3/2
  }                                               => 8x8x1280
  wide
  end: wide                                       => 8x8x2048
}
"""


def bundled(name: str) -> Graph:
    (net,) = compile_path(name).nets
    assert net.graph is not None
    return net.graph


def graph_of(text: str) -> Graph:
    compilation = compile_text(text)
    assert compilation.ok, compilation.diagnostics
    graph = compilation.nets[0].graph
    assert graph is not None
    return graph


def largest(graph: Graph) -> int:
    return max(max(field.sizes, default=0) for field in receptive_fields(graph).values())


@pytest.mark.parametrize(
    ("net", "node", "field", "jump"),
    [
        ("vgg16", "maxpool5", 212, 32),
        ("alexnet", "maxpool3", 195, 32),
        ("alexnet", "conv5", 163, 16),
        ("alexnet", "conv1", 11, 4),
    ],
)
def test_bundled_networks_have_the_published_field(net: str, node: str, field: int, jump: int) -> None:
    found = receptive_fields(bundled(net))[node]
    assert found.sizes == (field, field)
    assert found.jump == (Fraction(jump),) * 2


def test_vgg16_before_its_last_pool() -> None:
    graph = bundled("vgg16")
    before = graph["maxpool5"].inputs[0]
    assert sizes_text(receptive_fields(graph)[before]) == "196"


@pytest.mark.parametrize(("depths", "field"), [((2, 3, 5), 483), ((2, 3, 22), 1027), ((2, 7, 35), 1507)])
def test_resnets_with_the_stride_in_the_last_unit(depths: tuple[int, int, int], field: int) -> None:
    """ResNet-50, 101 and 152 as TF-Slim has them, which is what the article measured."""
    assert largest(graph_of(SLIM_RESNET.format(*depths))) == field


def test_mobilenet_v1() -> None:
    assert largest(graph_of(MOBILENET)) == 315


def test_inception_v3() -> None:
    """The joins have unlike branches: 1x7 and 7x1 windows, and a last one that splits by axis."""
    graph = graph_of(INCEPTION_V3)
    end = receptive_fields(graph)[graph.nodes[-1].name]
    assert end.sizes == (1311, 1311)
    assert end.jump == (Fraction(32),) * 2


def test_axes_are_apart() -> None:
    graph = graph_of("net n { input 32x32x1\n conv 3x5/2, 4\n conv 3x1, 4 }")
    last = receptive_fields(graph)[graph.nodes[-1].name]
    assert last.sizes == (7, 5)
    assert sizes_text(last) == "7x5"


def test_a_dilated_window_reaches_further() -> None:
    graph = graph_of("net n { input 32x32x1\n conv 3x3, 1, dilation=4 }")
    assert receptive_fields(graph)["conv1"].sizes == (9, 9)


def test_upsampling_halves_the_jump() -> None:
    graph = graph_of("net n { input 32x32x1\n conv 2x2/2, 4\n tconv 2x2/2, 4\n conv 3x3, 4 }")
    assert receptive_fields(graph)["tconv1"].jump == (Fraction(1),) * 2
    assert receptive_fields(graph)["conv2"].sizes == (4, 4)


def test_a_gate_does_not_spread_the_map_it_scales() -> None:
    text = """
    net n {
      input 32x32x4
      one: conv 3x3/2, 4, pad=1
      mul { | | avgpool global -> conv 1x1, 4 -> sigmoid }
      conv 3x3, 4, pad=1
    }
    """
    graph = graph_of(text)
    assert receptive_fields(graph)["mul1"].jump == (Fraction(2),) * 2


def last(body: str, size: str = "64x64x2") -> tuple[int, ...]:
    graph = graph_of(f"net n {{ input {size}\n {body} }}")
    return receptive_fields(graph)[graph.nodes[-1].name].sizes


GREATEST_OF_PHASES = [
    ("maxpool 2x2/2 -> upsample 2 -> conv 2x2, 2", (4, 4)),
    ("avgpool 3x3/3 -> upsample 3 -> conv 2x2, 2", (6, 6)),
    ("maxpool 2x2/2 -> maxpool 2x2/2 -> upsample 4 -> conv 2x2, 2", (8, 8)),
    ("tconv 4x4/2, 2, pad=1 -> conv 3x3, 2, pad=1", (3, 3)),
    ("conv 3x3/2, 2, pad=1 -> tconv 4x4/2, 2, pad=1", (5, 5)),
    ("tconv 2x2/2, 2 -> conv 2x2/2, 2", (1, 1)),
    ("tconv 1x1/2, 2 -> conv 2x2, 2", (1, 1)),  # every second position is a bias alone
    ("tconv 1x1/2, 2 -> conv 3x3, 2, dilation=2", (3, 3)),
    ("tconv 2x2/2, 2, dilation=3 -> conv 2x2, 2", (3, 3)),
    ("conv 3x3, 8 -> pixel_shuffle 2 -> conv 3x3, 2", (4, 4)),
    ("upsample 2, mode=bilinear -> conv 3x3, 2", (3, 3)),
    ("maxpool 2x2/2 -> upsample 2, mode=bicubic", (8, 8)),
    ("avgpool to 10x10 -> conv 3x3, 2", (20, 20)),
    ("upsample 1.5 -> conv 3x3, 2", (3, 3)),
]
SHIFTED = [
    ("add { | conv 5x5, 2, pad=(4,0,4,0) | conv 5x5, 2, pad=(0,4,0,4) }", (9, 9)),
    ("max { | pad (2,0,0,0) -> slice 0, 64, axis=height | }", (3, 1)),
    ("mean { | conv 1x3, 2, pad=(0,0,2,0) | conv 3x1, 2, pad=(0,2,0,0) }", (3, 3)),
    ("concat { | slice 0, 60, axis=width | slice 4, 64, axis=width } -> conv 3x3, 2", (3, 7)),
    ("add { | maxpool 2x2/2 -> upsample 2 | } -> conv 3x3, 2", (4, 4)),
]
WHERE_AXES_GO = [
    ("conv 1x5, 2 -> permute [0,2,1] -> conv 3x1, 2", (1, 7)),
    ("permute [1,2,0] -> relu -> permute [2,0,1] -> conv 3x3, 2", (3, 3)),
    ("permute [1,2,0] -> conv 1x1, 4", (64, 1)),
    ("tokens -> conv 1, 4 -> gelu -> reshape 64x64x4 -> conv 3x3, 2", (3, 3)),
    ("flatten -> dropout -> reshape 64x64x2 -> conv 3x3, 2", (3, 3)),
    ("reshape 64x64x2 -> conv 3x3, 2", (3, 3)),
    ("(reshape 1x4096x2 -> reshape 64x64x2) x 40 -> conv 3x3, 2", (3, 3)),
    ("reshape 4096x2 -> conv 3, 2", (64, 64)),
    ("reshape 32x2x64x2 -> permute [0,2,1,3] -> reshape 2x2048x2 -> permute [0,2,1] -> conv 1x1, 2", (1, 1)),
    ("tokens -> class_token -> position -> slice 1, axis=length -> conv 1, 3", (1, 1)),
]
WHOLE = [
    ("conv 5x5, 2, pad=2 -> avgpool global", (64, 64)),
    ("maxpool 3x3/2 -> flatten -> fc 10", (63, 63)),  # 31 windows: the last row and column are in none
    ("(conv 31x31, 2, pad=15) x 9 -> fc 10", (64, 64)),
    ("tokens -> attention 2 -> conv 3, 2, pad=1", (64, 64)),
    ("concat { | | avgpool global -> upsample to 64x64 } -> conv 3x3, 2", (64, 64)),
    ("add { | crop 8 -> avgpool global -> upsample to 64x64 | } ", (36, 36)),  # from row 0 to the crop's last
    ("matmul { | | } -> conv 3x3, 2", (64, 64)),
]
GATES = [
    ("conv 3x3, 4 -> mul { | | avgpool global -> conv 1x1, 4 -> sigmoid } -> conv 3x3, 4", (5, 5)),
    ("mul { | | avgpool global -> flatten -> fc 2 -> sigmoid }", (1, 1)),
    ("mul { | | conv 7x7, 2, pad=3 -> sigmoid }", (7, 7)),  # one a position is no gate
    ("add { | | avgpool global -> conv 1x1, 2 }", (64, 64)),  # added, it is a value
]


@pytest.mark.parametrize(("body", "sizes"), [*GREATEST_OF_PHASES, *SHIFTED, *WHERE_AXES_GO, *WHOLE, *GATES])
def test_fields(body: str, sizes: tuple[int, ...]) -> None:
    assert last(body) == sizes


def test_positions_that_have_no_function_are_counted() -> None:
    """Maps one after another, and branches of unlike rates: by the positions that are drawn."""
    assert last("concat(axis=height) { | | } -> conv 3x3, 2", "8x8x2") == (8, 3)
    assert last("add { | crop 4 | maxpool 2x2/2 }", "8x8x2") == (3, 3)  # 2 beside 0–1, …, 5 beside 6–7
    assert last("add { | maxpool 2x2/2 -> upsample to 25x25 | }", "25x25x2") == (3, 3)  # ⌊24·12/25⌋ = 11: 22–23, and 24


def test_nothing_that_is_seen_is_no_field() -> None:
    assert last("tconv 1x1/2, 2 -> slice 1, axis=width -> maxpool 1x1/2") == (0, 0)


def test_inputs_of_several_sizes_are_followed_by_themselves() -> None:
    text = "net n {\n a: input 32x32x2\n b: input 16x16x2\n concat { | @a -> conv 3x3, 2, pad=1 | @b -> upsample 2 } }"
    graph = graph_of(text)
    assert receptive_fields(graph)["concat1"].sizes == (3, 3)


def test_numbers_of_any_size() -> None:
    """No float: a jump of 3^200 is a number like others."""
    body = "\n".join(["conv 3x1/3, 1, pad=(1, 0)"] * 200)
    assert last(body, "64x1x1") == (3**200, 1)
    graph = graph_of(f"net n {{ input 64x1x1\n {body} }}")
    assert explain(graph, graph.nodes[-1]).count(str(3**200)) == 3  # the field, with what is added last, and the jump


def test_tables_are_bounded() -> None:
    """Where tables would grow too long the whole input is said, as a bound."""
    graph = graph_of("net n { input 90000x1\n concat(axis=width) { | | } -> conv 3, 1 }")
    end = receptive_fields(graph)["conv1"]
    assert end.sizes == (90_000,)
    assert end.at_most
    assert "an upper bound" in explain(graph, graph["conv1"])


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("conv 5x5, 2 -> conv 3x3/2, 2", ["5 + (3 − 1)·1 = 7", "1·2 = 2", "at most 7x7 of the drawn 64x64"]),
        ("maxpool 2x2/2 -> upsample 2 -> conv 2x2, 2", ["4, the greatest of 2 phases"]),
        ("(conv 31x31, 2, pad=15) x 9", ["241 + (31 − 1)·1 = 271", "at most 64x64 of the drawn 64x64"]),
        ("fc 10", ["64, all that the whole map sees"]),
        ("mul { | | avgpool global }", ["a gate scales"]),
        ("concat(axis=height) { | | } -> conv 3x3, 2", ["64x3, the greatest of the drawn positions"]),
    ],
)
def test_explained(body: str, said: list[str]) -> None:
    graph = graph_of(f"net n {{ input 64x64x2\n {body} }}")
    text = explain(graph, graph.nodes[-1])
    assert all(line in text for line in said), text
