"""Receptive fields against published ones: Araujo, Norris, Sim, Distill 2019, table of models."""

import pytest

from archc.analysis.field import fields, written
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
    return max(max(field.sizes, default=0) for field in fields(graph).values())


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
    found = fields(bundled(net))[node]
    assert found.sizes == (field, field)
    assert found.jump == (jump, jump)


def test_vgg16_before_its_last_pool() -> None:
    graph = bundled("vgg16")
    before = graph["maxpool5"].inputs[0]
    assert written(fields(graph)[before]) == "196"


@pytest.mark.parametrize(("depths", "field"), [((2, 3, 5), 483), ((2, 3, 22), 1027), ((2, 7, 35), 1507)])
def test_resnets_with_the_stride_in_the_last_unit(depths: tuple[int, int, int], field: int) -> None:
    """ResNet-50, 101 and 152 as TF-Slim has them, which is what the article measured."""
    assert largest(graph_of(SLIM_RESNET.format(*depths))) == field


def test_mobilenet_v1() -> None:
    assert largest(graph_of(MOBILENET)) == 315


def test_inception_v3() -> None:
    """The joins have unlike branches: 1x7 and 7x1 windows, and a last one that splits by axis."""
    graph = graph_of(INCEPTION_V3)
    end = fields(graph)[graph.nodes[-1].name]
    assert end.sizes == (1311, 1311)
    assert end.jump == (32, 32)


def test_axes_are_apart() -> None:
    graph = graph_of("net n { input 32x32x1\n conv 3x5/2, 4\n conv 3x1, 4 }")
    last = fields(graph)[graph.nodes[-1].name]
    assert last.sizes == (7, 5)
    assert written(last) == "7x5"


def test_a_dilated_window_reaches_further() -> None:
    graph = graph_of("net n { input 32x32x1\n conv 3x3, 1, dilation=4 }")
    assert fields(graph)["conv1"].sizes == (9, 9)


def test_upsampling_halves_the_jump() -> None:
    graph = graph_of("net n { input 32x32x1\n conv 2x2/2, 4\n tconv 2x2/2, 4\n conv 3x3, 4 }")
    assert fields(graph)["tconv1"].jump == (1.0, 1.0)
    assert fields(graph)["conv2"].sizes == (4, 4)


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
    assert fields(graph)["mul1"].jump == (2.0, 2.0)
