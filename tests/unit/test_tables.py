"""Tables: variants in columns, what a net of one is called, and the figures of published tables."""

import pytest

import archc
from archc.program import compile_path, compile_text
from archc.sources import bundled_nets

TABLE = """
table pair(classes=10) {
  input 32x32x3
  | stage     | output | s18                | A-LRN |
  | let width |        | 16                 | 32    |
  | one       | 32x32  | conv 3x3, width, pad=1     |
  |           |        |                    | lrn   |
  | two       | 16x16  | maxpool 2x2/2              |
  | head      | 10     | flatten -> fc classes      |
}
"""

# He et al. 2015, table 1: FLOPs as printed, in units of 10^9.
PRINTED_RESNET = {18: "1.8G", 34: "3.6G", 50: "3.8G", 101: "7.6G", 152: "11.3G"}

# Simonyan and Zisserman 2014, table 2: parameters in millions; weight layers from the heads of table 1.
PRINTED_VGG = {"A": (133, 11), "A_LRN": (133, 11), "B": (133, 13), "C": (134, 16), "D": (138, 16), "E": (144, 19)}


def test_each_column_is_a_net() -> None:
    compilation = compile_text(TABLE)
    assert compilation.ok
    assert [(net.name, net.variant) for net in compilation.nets] == [("pair_s18", "s18"), ("pair_A_LRN", "A-LRN")]
    small, large = (net.graph for net in compilation.nets)
    assert small is not None
    assert large is not None
    assert [node.op.name for node in small] == ["input", "conv", "maxpool", "flatten", "fc"]
    assert [node.op.name for node in large] == ["input", "conv", "lrn", "maxpool", "flatten", "fc"]
    assert small["one.conv1"].shape == (16, 32, 32)
    assert large["one.conv1"].shape == (32, 32, 32)


@pytest.mark.parametrize("called", ["A-LRN", "pair_A_LRN"])
def test_a_variant_is_chosen_by_its_header_or_its_name(called: str) -> None:
    net = archc.parse(TABLE, called)
    assert net.name == "pair_A_LRN"


def test_parameters_of_a_table() -> None:
    assert archc.parse(TABLE, "s18", classes=7).graph.nodes[-1].shape == (7,)


def test_a_variant_is_a_step() -> None:
    net = archc.parse(f"{TABLE}\nnet both {{ pair[s18] -> fc 3 }}", "both")
    assert net.graph["fc1"].shape == (3,)


def test_a_net_called_as_a_step_takes_what_flows_in() -> None:
    net = archc.parse(f"{TABLE}\nnet outer {{ input 64x64x3 -> pair[s18] }}", "outer")
    assert [node.shape for node in net.graph][1:3] == [(16, 64, 64), (16, 32, 32)]


@pytest.mark.parametrize("layers", PRINTED_RESNET)
def test_the_printed_resnets_hold(layers: int) -> None:
    compilation = compile_path(f"resnet_v1::{layers}")
    assert compilation.ok
    [net] = compilation.nets
    assert net.graph is not None
    text = compilation.source.text if compilation.source else ""
    assert PRINTED_RESNET[layers] in text


@pytest.mark.parametrize("variant", PRINTED_VGG)
def test_the_printed_vggs_hold(variant: str) -> None:
    millions, depth = PRINTED_VGG[variant]
    net = archc.load(f"vgg_{variant}")
    assert abs(net.params - millions * 10**6) < 10**6
    assert compile_path(f"vgg_{variant}").ok
    weighted = [node for node in net.graph if node.op.name in ("conv", "fc")]
    assert len(weighted) == depth


def test_bundled_variants_are_found_by_name() -> None:
    names = bundled_nets()
    for name in ("vgg_D", "resnet_v1_50", "resnext50_32x4d", "wide_resnet101_2"):
        assert name in names
        assert archc.load(name).name == name


def test_a_row_claim_counts_its_row_alone() -> None:
    source = """
table t {
  input 28x28x192
  | params | net                    |
  | 12_352 | conv 1x1, 64           |
  | 73_856 | conv 3x3, 128, pad=1   |
}
"""  # 192·64 + 64 and 64·9·128 + 128
    assert compile_text(source).nets[0].checked == 2
