"""What is drawn of a net: folds, levels, skips, shapes, marks."""

import pytest

import archc
from archc.backends.diagram.draw import DrawOptions, TooManyBoxes, draw
from archc.backends.diagram.model import Cluster, Drawing
from archc.backends.diagram.outline import outline
from archc.backends.diagram.place import BoxOptions
from archc.backends.diagram.series_parallel import NotSeriesParallel, decompose
from archc.backends.diagram.side_by_side import change_marks
from archc.backends.diagram.stages import stages
from archc.backends.diagram.text import clean, fitted, width
from archc.graph import Graph, Region
from archc.program import compile_text


def drawing(name: str, **choice: object) -> Drawing:
    return draw(archc.load(name).graph, DrawOptions(**choice))  # type: ignore[arg-type]


def words(result: Drawing) -> list[str]:
    return [" | ".join(line.text for line in box.lines) for box in result.boxes()]


def test_repeats_fold() -> None:
    result = drawing("resnet34")
    clusters = [item for item in result.children if isinstance(item, Cluster)]
    assert [(one.title, one.call, one.count) for one in clusters][:2] == [
        ("conv2_x", "basic(64)", 3),
        ("conv3_x", "basic(128) x 4 /2", 1),
    ]
    inner = [item for item in clusters[1].children if isinstance(item, Cluster)]
    assert [(one.title, one.call, one.count) for one in inner] == [
        ("basic(128, stride=2)", "conv3_x.0", 1),
        ("basic(128)", "conv3_x.1–3", 3),
    ]


def test_layers_that_follow_each_other_share_a_box() -> None:
    assert words(drawing("resnet34"))[:4] == [
        "input",
        "7×7 conv, 64, /2 | BN | ReLU",
        "3×3 max pool, /2",
        "3×3 conv, 64 | BN | ReLU",
    ]
    alone = words(drawing("resnet34", boxes=BoxOptions(separate=True), level="layer"))
    assert alone[:4] == ["input", "7×7 conv, 64, /2", "BN", "ReLU"]


def test_a_fold_of_growing_maps_says_from_where_to_where() -> None:
    shapes = {box.shape for box in drawing("densenet121").boxes()}
    assert "56×56×(96…256)" in shapes


@pytest.mark.parametrize(
    ("name", "skips"),
    [
        ("resnet34", 13),  # 16 blocks, of which 3 project
        ("resnet152", 46),  # 50 blocks, of which 4 project
        ("densenet121", 58),
        ("unet", 8),  # 4, each through its crop
        ("googlenet", 0),
        ("vgg16", 0),
    ],
)
def test_skips(name: str, skips: int) -> None:
    assert sum(edge.skip for edge in drawing(name, level="layer", unfold=True).edges) == skips


@pytest.mark.parametrize(
    ("name", "projections"),
    [
        ("resnet34", 3),  # He et al. 2015, figure 3: the dotted ones
        ("resnet152", 4),
        ("cifar10net_skip", 1),
        ("googlenet", 0),
        ("inception_v3", 0),
        ("densenet121", 0),
    ],
)
def test_a_shortcut_that_projects_reads_as_a_skip(name: str, projections: int) -> None:
    edges = [edge for edge in drawing(name, level="layer", unfold=True).edges if edge.projects]
    assert sum(edge.head.lines[0].text == "add" for edge in edges) == projections
    assert not any(edge.skip for edge in edges)


def test_a_branch_as_long_as_the_other_is_no_shortcut() -> None:
    text = "net n { input 8x8x4\n add { | conv 1x1, 4 -> bn | conv 3x3, 4, pad=1 } }"
    assert not any(edge.passes for edge in draw(archc.parse(text).graph).edges)


def test_levels() -> None:
    stage = drawing("resnet34", level="stage")
    assert not [item for item in stage.children if isinstance(item, Cluster)]
    assert "conv3_x | basic(128) x 4 /2 | 30 layers" in words(stage)
    block = words(drawing("resnet34", level="block"))
    assert "basic(128) | conv3_x.1–3 | 7 layers each" in block
    assert "conv2_x | basic(64) | 7 layers each" in block
    assert words(drawing("resnet34", depth=1)) == words(stage)
    assert (
        len(list(drawing("resnet34", level="layer", unfold=True).boxes())) == 56
    )  # input, stem, pool, 16 blocks of 3 and 3 projections, pool, fc


def test_a_block_that_is_the_whole_net_is_no_level() -> None:
    assert "stage3 | mbconv(6, 3x3, 24, index) x 2 /2 | 30 layers" in words(drawing("efficientnet_b0", level="stage"))


def test_a_deep_net_is_drawn_coarser_where_nothing_is_asked() -> None:
    text = "block two(n) { conv 3x3, n, pad=1 -> maxpool 3x3/1, pad=1 }\nnet n { input 8x8x4\n"
    graph = archc.parse(text + "".join(f" b{n}: two({n + 1})\n" for n in range(100)) + "}").graph
    assert draw(graph).level == "stage"
    assert len(list(draw(graph, DrawOptions("layer")).boxes())) == 201


def test_every_layer_has_a_box() -> None:
    graph = archc.load("googlenet").graph
    held = {name for box in draw(graph, DrawOptions("layer", unfold=True)).boxes() for name in box.nodes}
    assert held == {node.name for node in graph.nodes}


def test_folds_stand_for_all_of_theirs() -> None:
    graph = archc.load("densenet121").graph
    tree = outline(graph)
    shown = {tree.drawn_for[node.name] for node in graph.nodes}
    assert len(shown) < len(graph.nodes) / 4
    assert tree.drawn_for["dense1.repeat1.5.conv1"] == "dense1.repeat1.0.conv1"
    assert not tree.same_turn("dense1.repeat1.5.conv1", "dense1.repeat1.4.conv1")


def test_the_growing_rate_of_stochastic_depth_does_not_keep_blocks_apart() -> None:
    clusters = [item for item in drawing("convnext_tiny").children if isinstance(item, Cluster)]
    assert [one.count for one in clusters] == [3, 3, 9, 3]


def test_nested_folds() -> None:
    graph = archc.parse(
        "net n { input 8x8x4\n repeat 3 { repeat 2 { conv 3x3, 4, pad=1 -> relu }\n maxpool 3x3/1, pad=1 } }"
    ).graph
    tree = outline(graph)
    assert {tree.drawn_for[node.name] for node in graph.nodes} == {
        "input",
        *(f"repeat1.0.{name}" for name in ("repeat1.0.conv1", "repeat1.0.relu1", "maxpool1")),
    }
    boxes = {box.lines[0].text: box.count for box in draw(graph).boxes()}
    assert boxes["3×3 conv, 4"] == 2


def test_costs_on_demand() -> None:
    result = drawing("lenet5_modern", boxes=BoxOptions(params=True, macs=True))
    assert next(box for box in result.boxes() if box.kind == "layers").lines[0].note == "156 params · 118 K MACs"


def test_heads_for_training_are_marked() -> None:
    result = drawing("googlenet", level="stage")
    assert [box.name for box in result.boxes() if box.train_only and box.kind == "output"] == ["aux1", "aux2"]
    assert not any(box.train_only for box in result.boxes() if box.name == "inception_4b")


def test_too_many() -> None:
    graph = archc.parse("net n { input 8x8x3\n" + "conv 3x3, 4, pad=1\n" * 10_000 + "}").graph
    with pytest.raises(TooManyBoxes, match=r"--level block or --level stage, or write repeated layers as `repeat n"):
        draw(graph, DrawOptions("layer"))
    with pytest.raises(TooManyBoxes):
        draw(graph)
    assert (
        len(list(draw(archc.parse("net n { input 8x8x4\n repeat 10000 { conv 3x3, 4, pad=1 } }").graph).boxes())) == 2
    )


def test_mistakes_are_drawn() -> None:
    source = "net slip { input 224x224x3\n conv 11x11/4, 96 -> relu => 55x55x96\n maxpool 3x3/2 }"
    compilation = compile_text(source)
    result = draw(compilation.nets[0].partial, problems=compilation.diagnostics)
    error = next(box for box in result.boxes() if box.kind == "error")
    assert "floor((224 + 2·0 − 11)/4) + 1 = 54, the source says 55" in " ".join(line.text for line in error.lines)
    assert [box.name for box in result.boxes() if box.mark == "error" and box.kind == "layers"] == ["conv1"]
    assert [edge.tail.name for edge in result.edges if edge.head is error] == ["conv1"]


def test_where_a_net_breaks_off_stands_why() -> None:
    compilation = compile_text("net n { input 8x8x3\n conv 3x3, 4 -> relu\n conv 33x33, 8\n fc 10 }")
    result = draw(compilation.nets[0].partial, problems=compilation.diagnostics)
    assert words(result)[-1].startswith("window-too-large (line 3) | the 33x33 window is larger")
    assert result.edges[-1].tail.lines[-1].text == "ReLU"


def test_what_differs_is_marked() -> None:
    old, new = change_marks(archc.load("resnet18").graph, archc.load("resnet34").graph)
    assert old == {}
    assert new["conv2_x.2.conv1"] == "added"
    assert "conv2_x.1.conv1" not in new
    one = archc.parse("net n { input 8x8x3\n conv 3x3, 4 -> relu }").graph
    other = archc.parse("net n { input 8x8x3\n conv 5x5, 4 -> relu }").graph
    assert change_marks(one, other)[1]["conv1"] == "changed"


def test_what_differs_has_a_box_of_its_own() -> None:
    old = archc.parse("net n { input 8x8x3\n conv 3x3, 4 -> relu -> maxpool 2x2/2 -> lrn }").graph
    new = archc.parse("net n { input 8x8x3\n conv 3x3, 4 -> bn -> relu -> maxpool 2x2/2 }").graph
    before, after = change_marks(old, new)
    assert [box.mark for box in draw(old, marks=before).boxes()] == ["", "", "", "removed"]
    assert [box.mark for box in draw(new, marks=after).boxes()] == ["", "", "added", "", ""]


def test_branches_that_are_tangled_are_no_series() -> None:
    text = """net n { input 8x8x4
      a: conv 3x3, 4, pad=1
      b: conv 3x3, 4, pad=1
      add { | @a -> conv 1x1, 4 | @b -> conv 1x1, 4 | add { | @a -> conv 3x3, 4, pad=1 | @b -> conv 1x1, 4 } }
      c: relu
      d: add { | @b -> conv 1x1, 4 | @c -> conv 1x1, 4 }
      add { | @a -> conv 1x1, 4 | @d | @c -> conv 1x1, 4 }
    }"""
    with pytest.raises(NotSeriesParallel):
        decompose(draw(archc.parse(text).graph, DrawOptions("layer")))


def test_the_table_is_the_papers() -> None:
    """He et al. 2015, table 1, column 50-layer."""
    rows = {stage.called: stage.what for stage in stages(archc.load("resnet50").graph, full=False)}
    assert rows["conv4_x"][0].lines == ("1×1, 256", "3×3, 256", "1×1, 1024")
    assert rows["conv4_x"][0].times == 6


def test_text_is_cleaned_and_measured() -> None:
    assert clean("a\n\tb\u202ec\x00") == "a b⟨U+202E⟩c⟨U+0000⟩"
    assert len(clean("x" * 10_000)) == 64
    assert clean("⌊3/2⌋") == "floor(3/2)"
    assert abs(width("Hello", 2048) - (1479 + 1139 + 455 + 455 + 1139)) < 1e-6
    assert width(fitted("a long text indeed", 50, 12), 12) <= 50


def test_an_empty_graph_draws_nothing() -> None:
    assert list(draw(Graph("none", Region(), ())).boxes()) == []
