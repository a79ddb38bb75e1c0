"""The bundled networks against figures that were computed or printed elsewhere."""

import json
import re
from math import prod
from pathlib import Path

import pytest

import archc
from archc.analysis.cost import totals
from archc.expand import expand
from archc.program import compile_path, compile_text
from archc.resources import specs_folder
from archc.sources import bundled_nets, bundled_specs

COURSE = "PyTorch 2.13, the same layers in torch.nn"
VISION = "torchvision 0.28, numel over parameters() and conv + fc counted by hooks, batch 1"
DOCUMENTED = "torchvision's documentation, num_params; batch norm has no MACs"
PAPER = "PyTorch 2.13, the paper's layers in torch.nn"
LECUN = "LeCun et al. 1998, section II.B: C1 156, S2 12, C3 1,516, S4 32, C5 48,120, F6 10,164"
BLOCK = "PyTorch 2.13; 23 convolutional layers as printed (tests/torch builds it anew)"

Row = tuple[str, str, str | int, int, int, str]

# name, input and output as the paper writes them, parameters, multiply-accumulates, whose figures
FIGURES: list[Row] = [
    ("convnetjs_mnist", "24x24x1", 10, 5_994, 578_560, COURSE),
    ("convnetjs_cifar10", "32x32x3", 10, 22_466, 3_920_000, COURSE),
    ("fashion_1conv", "28x28x1", 10, 126_090, 577_024, COURSE),
    ("fashion_2conv", "28x28x1", 10, 3_291_402, 18_118_656, COURSE),
    ("cifar_2conv", "32x32x3", 10, 4_275_594, 24_843_264, COURSE),
    ("cifar_3conv", "32x32x3", 10, 2_473_610, 41_620_480, COURSE),
    ("cifar_9conv", "32x32x3", 10, 4_022_794, 268_112_896, COURSE),
    ("cifar_12conv", "32x32x3", 10, 8_873_994, 361_436_160, COURSE),
    ("cifar10net", "32x32x3", 10, 620_362, 10_848_768, COURSE),
    ("cifar10net_plain", "32x32x3", 10, 620_362, 10_848_768, COURSE),
    ("cifar10net_bn", "32x32x3", 10, 620_810, 10_848_768, COURSE),
    ("cifar10net_dropout", "32x32x3", 10, 620_362, 10_848_768, COURSE),
    ("cifar10net_skip", "32x32x3", 10, 625_034, 11_897_344, COURSE),
    ("vgg16_cifar", "32x32x3", 10, 14_914_378, 313_395_712, COURSE),
    ("minivgg", "32x32x3", 10, 2_169_770, 26_579_968, COURSE),
    ("d2l_resnet18", "96x96x1", 10, 11_178_378, 318_657_536, COURSE),
    ("d2l_densenet", "96x96x1", 10, 758_226, 129_077_168, COURSE),
    ("d2l_resnext_block", "96x96x32", "96x96x32", 6_944, 61_341_696, COURSE),
    ("lenet5", "32x32x1", 10, 60_000, 325_680, LECUN),
    ("lenet5_modern", "32x32x1", 10, 61_706, 416_520, PAPER),
    ("alexnet", "227x227x3", 1000, 60_965_224, 724_406_816, PAPER),
    ("alexnet_torchvision", "224x224x3", 1000, 61_100_840, 714_188_480, VISION),
    ("vgg11", "224x224x3", 1000, 132_863_336, 7_609_090_048, VISION),
    ("vgg13", "224x224x3", 1000, 133_047_848, 11_308_466_176, VISION),
    ("vgg16", "224x224x3", 1000, 138_357_544, 15_470_264_320, VISION),
    ("vgg19", "224x224x3", 1000, 143_667_240, 19_632_062_464, VISION),
    ("googlenet", "224x224x3", 1000, 6_998_552, 1_582_671_872, PAPER),
    ("googlenet_bn", "224x224x3", 1000, 6_624_904, 1_498_376_192, VISION),
    ("resnet18", "224x224x3", 1000, 11_689_512, 1_814_073_344, VISION),
    ("resnet34", "224x224x3", 1000, 21_797_672, 3_663_761_408, VISION),
    ("resnet50", "224x224x3", 1000, 25_557_032, 4_089_184_256, VISION),
    ("resnet101", "224x224x3", 1000, 44_549_160, 7_801_405_440, VISION),
    ("resnet152", "224x224x3", 1000, 60_192_808, 11_513_626_624, VISION),
    ("densenet121", "224x224x3", 1000, 7_978_856, 2_834_161_664, VISION),
    ("densenet161", "224x224x3", 1000, 28_681_000, 7_727_907_072, VISION),
    ("densenet169", "224x224x3", 1000, 14_149_480, 3_359_843_328, VISION),
    ("densenet201", "224x224x3", 1000, 20_013_928, 4_291_365_888, VISION),
    ("vgg_A", "224x224x3", 1000, 132_863_336, 7_609_090_048, PAPER),
    ("vgg_A_LRN", "224x224x3", 1000, 132_863_336, 7_609_090_048, PAPER),
    ("vgg_B", "224x224x3", 1000, 133_047_848, 11_308_466_176, PAPER),
    ("vgg_C", "224x224x3", 1000, 133_638_952, 11_770_888_192, PAPER),
    ("vgg_D", "224x224x3", 1000, 138_357_544, 15_470_264_320, PAPER),
    ("vgg_E", "224x224x3", 1000, 143_667_240, 19_632_062_464, PAPER),
    ("resnext50_32x4d", "224x224x3", 1000, 25_028_904, 4_230_479_872, VISION),
    ("resnext101_32x8d", "224x224x3", 1000, 88_791_336, 16_414_015_488, VISION),
    ("vgg_bn_A", "224x224x3", 1000, 132_868_840, 7_609_090_048, DOCUMENTED),
    ("vgg_bn_B", "224x224x3", 1000, 133_053_736, 11_308_466_176, DOCUMENTED),
    ("vgg_bn_D", "224x224x3", 1000, 138_365_992, 15_470_264_320, DOCUMENTED),
    ("vgg_bn_E", "224x224x3", 1000, 143_678_248, 19_632_062_464, DOCUMENTED),
    ("vgg11_bn", "224x224x3", 1000, 132_868_840, 7_609_090_048, VISION),
    ("vgg13_bn", "224x224x3", 1000, 133_053_736, 11_308_466_176, DOCUMENTED),
    ("vgg16_bn", "224x224x3", 1000, 138_365_992, 15_470_264_320, VISION),
    ("vgg19_bn", "224x224x3", 1000, 143_678_248, 19_632_062_464, DOCUMENTED),
    ("inception_v3", "299x299x3", 1000, 23_834_568, 5_713_216_096, VISION),
    ("resnet_cifar20", "32x32x3", 10, 269_722, 40_551_040, PAPER),
    ("resnet_cifar32", "32x32x3", 10, 464_154, 68_862_592, PAPER),
    ("resnet_cifar44", "32x32x3", 10, 658_586, 97_174_144, PAPER),
    ("resnet_cifar56", "32x32x3", 10, 853_018, 125_485_696, PAPER),
    ("resnet_cifar110", "32x32x3", 10, 1_727_962, 252_887_680, PAPER),
    ("resnet_cifar1202", "32x32x3", 10, 19_421_274, 2_829_238_912, PAPER),
    ("unet", "572x572x1", "388x388x2", 31_030_658, 150_428_424_448, BLOCK),
]
NAMES = [row[0] for row in FIGURES]
MODERN = {*json.loads(Path(__file__).with_name("modern_figures.json").read_text("utf-8")), "se_resnet50_v1"}
IN_TABLES = {
    name
    for name in NAMES
    if re.match(
        r"vgg_[A-E]|vgg_bn|vgg\d\d(_bn)?$|resne[xt]t?\d|resnext|resnet_cifar|densenet|googlenet$|fashion|cifar_\d|cifar10net",
        name,
    )
}
# Known to three decimals of 10^9: torchvision's published counts, and PyTorch's of the paper's own ResNets.
ROUNDED = {
    "wide_resnet50_2": (68_883_240, 11.398),
    "wide_resnet101_2": (126_886_696, 22.753),
    "resnet_v1_18": (11_689_512, 1.814),
    "resnet_v1_34": (21_797_672, 3.664),
    "resnet_v1_50": (25_557_032, 3.858),
    "resnet_v1_101": (44_549_160, 7.570),
    "resnet_v1_152": (60_192_808, 11.282),
}
SIZES_ALONE = {"inception_v2"}  # its paper prints the size of each row, and no widths to count with
FILES = sorted(specs_folder().glob("*.arch"))


def chw(written: str | int) -> tuple[int, ...]:
    sizes = tuple(map(int, str(written).split("x")))
    return (sizes[-1], *sizes[:-1])


@pytest.mark.parametrize("row", FIGURES, ids=NAMES)
def test_figures(row: Row) -> None:
    name, source, result, params, macs, whose = row
    net = archc.load(name)
    assert (net.params, net.macs) == (params, macs), whose
    assert [node.shape for node in net.graph.inputs] == [chw(source)]
    outputs = [output for output in net.graph.outputs if not output.train_only]
    assert [net.graph[output.node].shape for output in outputs] == [chw(result)]


@pytest.mark.parametrize("name", ROUNDED)
def test_rounded_figures(name: str) -> None:
    params, billions = ROUNDED[name]
    net = archc.load(name)
    assert net.params == params
    assert round(net.macs / 1e9, 3) == billions


def test_no_spec_is_longer_than_its_table_needs() -> None:
    """The network itself; `weights { … }` after it, what others call its layers, is no part of a table."""
    lengths = {file.stem: file.read_text("utf-8").partition("\nweights {")[0].count("\n") for file in FILES}
    for name, variants, most in (("resnet", 5, 40), ("vgg", 6, 45), ("efficientnet", 8, 45), ("mobilenetv2", 1, 30)):
        assert lengths[name] < most
        assert sum(net.variant is not None for net in compile_path(name).nets) >= variants


def test_every_bundled_net_is_held_to_a_figure() -> None:
    assert set(bundled_nets()) == {*NAMES, *ROUNDED, *MODERN, *SIZES_ALONE}


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_checks_clean(file: Path) -> None:
    compilation = compile_path(str(file))
    assert compilation.diagnostics == ()
    assert compilation.nets
    for net in compilation.nets:
        assert net.checked >= (2 if net.name in MODERN else 3), (
            f"{net.name} states its shapes, its parameters and its MACs"
        )


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_says_where_it_is_from(file: Path) -> None:
    lines = file.read_text(encoding="utf-8").split("\n")
    assert re.match(r"# .*\b(19|20)\d\d\b|# .*as taught", lines[0]), "the paper and its year"
    assert lines[1].startswith("# Unsaid: "), "what the table leaves unsaid"
    assert not lines[2].startswith("#"), "and no more than these two lines"
    assert all(len(line) <= 140 for line in lines if not line.lstrip().startswith("|"))
    for spec in bundled_specs():
        assert spec.about


@pytest.mark.parametrize("row", FIGURES, ids=NAMES)
def test_states_its_own_figures(row: Row) -> None:
    name, _, _, params, macs, _ = row
    text = bundled_nets()[name].read_text(encoding="utf-8")
    plain = text.replace("_", "")
    if name in IN_TABLES:
        assert re.search(rf"\| params .*\b{params}\b", plain)
        assert re.search(rf"\| macs .*\b{macs}\b", plain)
        return
    body = re.split(rf"^net {name}\b", text, flags=re.MULTILINE)[1].split("\n}")[0].replace("_", "")
    assert re.search(rf"expect params = {params}\b", body)
    assert re.search(rf"expect macs = {macs}\b", body)


@pytest.mark.parametrize("name", NAMES)
def test_expands_to_itself(name: str) -> None:
    text = expand(archc.load(name).graph)
    again = compile_text(text)
    assert again.diagnostics == ()
    assert again.nets[0].graph is not None
    assert expand(again.nets[0].graph) == text


@pytest.mark.parametrize("name", [row[0] for row in FIGURES if row[2] in (10, 1000) and row[0] != "lenet5"])
def test_other_numbers_of_classes(name: str) -> None:
    if name.startswith("convnetjs"):
        pytest.skip("the demos have no parameters")
    net = archc.load(name, classes=7)
    last = net.graph[net.graph.outputs[0].node]
    assert last.shape == (7,)


@pytest.mark.parametrize("name", [name for name in NAMES if re.search(r"^(resnet|vgg|densenet)\d+$", name)])
def test_the_number_in_a_name_is_its_depth(name: str) -> None:
    text = bundled_nets()[name].read_text(encoding="utf-8")
    if name in IN_TABLES:
        assert totals(archc.load(name).graph).depth == int(re.sub(r"[a-z]", "", name))
        return
    body = re.split(rf"^net {name}\b", text, flags=re.MULTILINE)[1].split("\n}")[0]
    assert f"expect depth = {re.sub(r'[a-z]', '', name)}" in body


def test_names_read_as_the_papers() -> None:
    names = {node.name for node in archc.load("resnet34").graph}
    assert {"conv1", "bn1", "relu1", "maxpool1", "conv2_x.0.conv1", "conv3_x.0.shortcut1.conv1", "fc1"} <= names
    assert "conv2_x.0.shortcut1.conv1" not in names
    names = {node.name for node in archc.load("googlenet").graph}
    assert {"inception_3a.concat1", "inception_4a.unit3.conv1", "aux1.auxiliary1.fc2"} <= names
    assert {"conv1", "conv5", "fc6", "fc7", "fc8"} <= {node.name for node in archc.load("alexnet").graph}


def test_auxiliary_classifiers_are_for_training_only() -> None:
    graph = archc.load("googlenet_bn").graph
    assert [(output.name, output.train_only) for output in graph.outputs] == [
        ("output", False),
        ("aux1", True),
        ("aux2", True),
    ]
    tensors = [tensor for node in graph for tensor in node.op.parameters(node.input_shapes) if not tensor.buffer]
    assert sum(tensor.size for tensor in tensors) == 13_004_888  # torchvision, auxiliary classifiers included


def test_variants_of_the_ladder() -> None:
    plain = archc.load("cifar_12conv")
    normed = archc.load("cifar_12conv", norm=True)
    assert normed.params - plain.params == 2 * 3 * (64 + 128 + 256 + 512)
    assert normed.macs == plain.macs


def test_lenet5_layer_by_layer() -> None:
    """Parameters and connections as the paper counts them, layer by layer."""
    graph = archc.load("lenet5").graph
    params: dict[str, int] = {}
    connections: dict[str, int] = {}
    for node in graph:
        stage = node.name.split(".")[0]
        tensors = node.op.parameters(node.input_shapes)
        size = sum(tensor.size for tensor in tensors if not tensor.buffer)
        params[stage] = params.get(stage, 0) + size
        if node.op.category in ("conv", "fc"):
            made = node.op.macs(node.input_shapes, node.shape) + prod(node.shape)  # one bias a unit
        elif node.op.name == "avgpool":
            made = prod(node.shape) * (2 * 2 + 1)
        else:
            made = 0
        if node.op.name == "rbf":
            assert [(tensor.buffer, tensor.size) for tensor in tensors] == [(True, 840)]
            made = 840
        connections[stage] = connections.get(stage, 0) + made
    assert [params[stage] for stage in ("c1", "s2", "c3", "s4", "c5", "f6")] == [156, 12, 1_516, 32, 48_120, 10_164]
    assert [connections[stage] for stage in ("c1", "s2", "c3", "s4", "c5", "f6")] == [
        122_304,
        5_880,
        151_600,
        2_000,
        48_120,
        10_164,
    ]
    assert sum(connections.values()) == 340_908
