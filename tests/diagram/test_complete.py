"""Every style shows each layer that computes something, in the order in which it computes, or says what is left out."""

import re
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from math import prod

import pytest

import archc
from archc.analysis.cost import totals
from archc.backends.diagram.bars import bars_scene
from archc.backends.diagram.draw import DrawOptions
from archc.backends.diagram.picture import graph_picture
from archc.backends.diagram.scene import Group, Scene, Shape, Text
from archc.backends.diagram.stages import stages
from archc.backends.diagram.table import table
from archc.backends.diagram.volumes import volumes_scene
from archc.graph import Graph, Region
from archc.program import compile_path
from archc.resources import specs_folder

FILES = sorted(path.stem for path in specs_folder().glob("*.arch"))


def graphs(file: str) -> list[tuple[str, Graph]]:
    found = compile_path(str(specs_folder() / f"{file}.arch")).nets
    return [(net.name, net.graph) for net in found if net.graph is not None]


def texts(shapes: list[Shape]) -> Iterator[str]:
    for shape in shapes:
        if isinstance(shape, Text):
            yield shape.text
        elif isinstance(shape, Group):
            yield from texts(shape.children)


def column(scene: Scene) -> list[str]:
    """The words of the bars of the first net, and the sizes beside them, downwards."""
    (found,) = [g for top in scene.children if isinstance(top, Group) for g in top.children if isinstance(g, Group)]
    return list(texts(found.children))


def below(scene: Scene) -> str:
    """The notes under a picture, a sentence for each."""
    return " ".join(texts(scene.children))


def counts(sentence: str, text: str) -> Counter[str]:
    """`4 conv, 4 BN` after a sentence's head."""
    found: Counter[str] = Counter()
    for listed in re.findall(rf"{sentence}[^:]*: ([^.]*)\.", text):
        for one in listed.split(", "):
            number, _, kind = one.partition(" ")
            found[kind] += int(number)
    return found


@pytest.mark.parametrize("file", FILES)
def test_bars(file: str) -> None:
    """As many weighted bars as the net has depth; maps never grow and shrink again on the way of a classifier."""
    for name, graph in graphs(file):
        scene = bars_scene([(name, graph)], None)
        words = column(scene)
        sizes = [word for word in words if re.fullmatch(r"[\d×]+", word)]
        bars = [word for word in words if not re.fullmatch(r"[\d×]+", word)]
        assert sum("pool" not in bar and bar != "LRN" for bar in bars) == totals(graph).depth, name
        if file != "unet":
            areas = [prod(map(int, size.split("×"))) for size in sizes]
            assert all(after <= before + 1 for before, after in pairwise(areas)), name  # a class token is one more
        beside = counts("Beside", below(scene))
        every = Counter(node.op.titled() for node in graph.inference_nodes if node.op.category != "input")
        named = re.search(r"Not drawn: ([^.]*)\.", below(scene))
        left = set(named[1].split(", ")) if named else set()
        kinds = sorted(every, key=len, reverse=True)  # `depthwise conv` before `conv`
        drawn = Counter(next(kind for kind in kinds if kind in bar) for bar in bars)
        for kind, number in every.items():
            assert drawn[kind] + beside[kind] == number or kind in left, (name, kind)


@pytest.mark.parametrize("file", FILES)
def test_a_table_of_one_net_lists_every_layer(file: str) -> None:
    for name, graph in graphs(file):
        for stage in stages(graph, full=True):
            assert stage.unlisted == (), (name, stage.name)
        made = table([(name, graph)])
        beside = sum(counts("Beside", " ".join(made.notes)).values())
        listed, closed = 0, False
        for row in made.rows[1:]:
            for stack in row[1]:
                closed = closed or any("(" in line or line in graph_blocks(graph) for line in stack.lines)
                listed += sum(len(line.split(" · ")) for line in stack.lines) * max(stack.times, 1)
        if not closed:
            assert listed + beside == len(graph.nodes) - len(graph.inputs), name


def graph_blocks(graph: Graph) -> set[str]:
    regions = [item for item in graph.root.walk() if isinstance(item, Region)]
    return {name for region in regions for name in (region.title, region.name.rpartition(".")[2])}


def test_a_norm_of_the_table_has_a_bar() -> None:
    """VGG's table 1: A-LRN is A with one LRN after the first convolution."""
    a, lrn = (column(bars_scene([(one, archc.load(f"vgg::{one}").graph)], None)) for one in ("A", "A-LRN"))
    assert [word for word in lrn if word != "LRN"] == a
    assert [word for word in lrn if "×" not in word or "conv" in word][:2] == ["3×3 conv, 64", "LRN"]


def test_every_bar_has_its_words_and_every_size_is_written() -> None:
    """He et al. 2015, table 1: 112, 56, 28, 14, 7 and 1; 152 weighted layers and two pools."""
    words = column(bars_scene([("resnet152", archc.load("resnet152").graph)], None))
    sizes = [word for word in words if re.fullmatch(r"\d+×\d+", word)]
    assert sizes == ["112×112", "56×56", "28×28", "14×14", "7×7", "1×1"]
    assert len(words) - len(sizes) == 154


def test_heads_for_training_have_a_total_of_their_own() -> None:
    """torchvision's GoogLeNet has 13,004,888 parameters, and 6,624,904 without its heads (FACTS of the papers)."""
    made = table([("googlenet_bn", archc.load("googlenet_bn").graph)])
    assert [line[0] for line in made.footer] == ["total at inference", "total in training"]
    assert [line[3] for line in made.footer] == ["6.62 M", "13.0 M"]
    both = table([(name, archc.load(name).graph) for name in ("googlenet", "resnet18")])
    assert "the heads for training only of googlenet" in " ".join(both.notes)


def test_a_table_of_several_says_what_papers_leave_out() -> None:
    made = table([(name, archc.load(name).graph) for name in ("resnet18", "resnet50")])
    assert made.notes[0] == "Not listed: BN, ReLU, add, flatten, softmax."
    assert made.notes[1].startswith("resnet18: beside the longest path") and made.notes[1].endswith("3 conv, 3 BN.")
    assert made.notes[2].startswith("resnet50: beside the longest path") and made.notes[2].endswith("4 conv, 4 BN.")


@pytest.mark.parametrize("name", ["alexnet", "vgg16", "mobilenet_v3_small", "googlenet", "unet", "vit_b_16"])
@pytest.mark.parametrize("level", ["stage", "layer"])
def test_volumes_say_what_they_leave_out(name: str, level: str) -> None:
    graph = archc.load(name).graph
    scene = volumes_scene(graph, DrawOptions(level))
    text = below(scene)
    beside, training = counts("Beside", text), counts("For training only", text)
    assert sum(training.values()) == len(graph.nodes) - len(graph.inference_nodes)
    if level == "layer" and name in ("alexnet", "vgg16"):
        assert not beside
        assert "ReLU" in text and "dropout" in text and "softmax" in text
    if level == "layer" and name == "mobilenet_v3_small":  # 9 of its 11 blocks have a gate (table 2)
        assert (beside["avg pool"], beside["hard-sigmoid"]) == (9, 9)


@pytest.mark.parametrize(
    ("name", "shapes"),
    [("alexnet", "6×6×256 → 9216"), ("vgg16", "7×7×512 → 25088"), ("lenet5", "1×1×120 → 120")],
)
@pytest.mark.parametrize("choice", ["all", "changes"])
def test_a_map_that_is_flattened_in_its_box_keeps_its_shape(name: str, shapes: str, choice: str) -> None:
    from archc.backends.diagram.place import BoxOptions  # noqa: PLC0415

    _, scene = graph_picture(archc.load(name).graph, DrawOptions("layer", boxes=BoxOptions(choice)))
    assert shapes in list(texts(scene.children))


CALLS = """
block inner(width, act) { conv 3x3, width, pad=1 -> act }
block outer(kernel, width, i, act, same=yes, stride=1) {
  conv kernel/stride, width, pad=half -> bn
  inner(width//2, act) -> inner(width, act)
  stochastic_depth 0.1*i
}
net calls {
  input 16x16x3
  low:  outer(5x5, 2*8, index, relu, no) x 2 /2
  high: outer(3x3, 32, index, silu) x 3
  for w in [8, 12] { outer((3, 1), w, 0, act=relu, same=w > 8) }
}
"""


def test_a_box_has_the_values_of_its_call() -> None:
    """Windows, switches and layers among them; no index of a repetition, which ×N stands for many of."""
    _, scene = graph_picture(archc.parse(CALLS).graph, DrawOptions("block", depth=None))
    words = {text for text in texts(scene.children) if text.startswith("outer(")}
    assert {
        "outer(5x5, width=16, act=relu, same=no, stride=2)",
        "outer(5x5, width=16, act=relu, same=no)",
        "outer(3x3, 32, act=silu)",
        "outer(kernel=3x1, width=8, i=0, act=relu, same=no)",
        "outer(kernel=3x1, width=12, i=0, act=relu, same=yes)",
    } <= words


@pytest.mark.parametrize(
    ("name", "call"),
    [
        ("efficientnet_b0", "mbconv(6, 5x5, 40, stride=2)"),
        ("mobilenet_v3_large", "bneck(5x5, 72, 40, yes, relu, 2)"),
        ("resnext50_32x4d", "bottleneck(1024, width=512, groups=32, stride=2)"),
        ("densenet121", "dense(24)"),
    ],
)
def test_calls_of_bundled_nets(name: str, call: str) -> None:
    _, scene = graph_picture(archc.load(name).graph, DrawOptions("block"))
    assert call in list(texts(scene.children))
