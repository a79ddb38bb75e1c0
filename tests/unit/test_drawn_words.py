"""What is written on a picture: layers in the words of papers, labels of the source, blocks by what they are."""

import pytest

import archc
from archc.backends.diagram.draw import DrawOptions, draw
from archc.backends.diagram.model import Cluster, Drawing
from archc.backends.diagram.picture import graph_picture
from archc.backends.diagram.stages import stages
from archc.backends.diagram.svg import svg
from archc.backends.diagram.theme import LIGHT


def drawing(text: str, level: str = "layer") -> Drawing:
    return draw(archc.parse(text).graph, DrawOptions(level))


def words(result: Drawing) -> list[str]:
    return [line.text for box in result.boxes() for line in box.lines]


@pytest.mark.parametrize(
    ("source", "layer", "expected"),
    [
        ("100x4", "conv 7/2, 32", "1-D conv 7, 32, /2"),
        ("100x4", "maxpool 2/2", "1-D max pool 2, /2"),
        ("100x4", "conv 3, 32, dilation=2", "1-D conv 3, 32, dilated 2"),
        ("32x32x4", "conv 3, 32", "3×3 conv, 32"),
        ("32x32x4", "conv 1x7, 32", "1×7 conv, 32"),
        ("32x32x4", "maxpool 3/2", "3×3 max pool, /2"),
        ("32x32x4", "avgpool to 7", "avg pool to 7×7"),
        ("32x32x32x4", "conv 3, 32", "3×3×3 conv, 32"),
        ("32x32x32x4", "maxpool 2/2", "2×2×2 max pool, /2"),
        ("32x32x32x4", "avgpool to 7", "avg pool to 7×7×7"),
    ],
)
def test_a_window_has_as_many_sides_as_the_input(source: str, layer: str, expected: str) -> None:
    assert words(drawing(f"net n {{ input {source}\n {layer} }}")) == ["input", expected]


def test_growing_channels_are_not_taken_for_the_window() -> None:
    text = "net n { input 9x9x3\n repeat 3 { concat { | | dwconv 3x3, pad=1 } } }"
    assert "3×3 depthwise conv, 3…12" in words(drawing(text))


def test_labels_of_the_source_stand_over_their_boxes() -> None:
    graph = archc.load("lenet5").graph
    found = {box.label: box.lines[0].text for box in draw(graph, DrawOptions("layer")).boxes() if box.label}
    assert found == {
        "c1": "5×5 conv, 6",
        "s2": "2×2 avg pool, /2",
        "c3": "5×5 conv, 16",
        "s4": "2×2 avg pool, /2",
        "c5": "5×5 conv, 120",
        "f6": "fc, 84",
    }
    for down in (True, False):
        text = svg(graph_picture(graph, DrawOptions("layer"), down=down)[1], LIGHT)
        assert all(f">{label}</text>" in text for label in found)


def test_names_that_archc_made_are_no_labels() -> None:
    block = "block pool3 { maxpool 3x3/1, pad=1 }\n"
    result = drawing(
        block + "net n { input 9x9x3\n conv 3x3, 4\n pool3\n repeat 2 { conv 3x3, 4, pad=1 }\n mine: pool3 }"
    )
    assert [box.label for box in result.boxes()] == ["", "", "", "", "mine"]


def test_a_loop_is_no_block() -> None:
    block = "block two(n) { conv 3x3, n, pad=1 -> relu -> maxpool 2x2/2 }\n"
    result = drawing(block + "net n { input 32x32x3\n for n in [8, 16, 32] { two(n) }\n fc 10 }", "stage")
    assert [box.lines[1].text for box in result.boxes() if box.kind == "block"] == [
        "two(n=8)",
        "two(n=16)",
        "two(n=32)",
    ]
    assert len(list(result.boxes())) == 5


def test_a_repetition_without_a_label_is_called_by_its_count() -> None:
    titles = [(one.title, one.count) for one in draw(archc.load("vit_b_16").graph).children if isinstance(one, Cluster)]
    assert titles == [("", 12)]


def test_a_computed_count_is_written_as_what_it_comes_to() -> None:
    calls = [
        one.call
        for one in draw(archc.load("efficientnet_b0").graph, DrawOptions("block")).children
        if isinstance(one, Cluster)
    ]
    assert calls[:2] == ["mbconv(6, 3x3, 24, index) x 2 /2", "mbconv(6, 5x5, 40, index) x 2 /2"]


def test_the_block_level_has_a_box_for_each_block_of_layers() -> None:
    found = draw(archc.load("googlenet").graph, DrawOptions("block"))
    closed = [box.name for box in found.boxes() if box.kind == "block"]
    assert [name for name in closed if name.startswith("inception")] == [
        f"inception_{name}" for name in ("3a", "3b", "4a", "4b", "4c", "4d", "4e", "5a", "5b")
    ]
    mobile = draw(archc.load("mobilenet_v3_large").graph, DrawOptions("block"))
    assert {box.kind for box in mobile.boxes() if box.name.startswith("bneck")} == {"block"}
    assert not any(isinstance(item, Cluster) for item in mobile.children)


def test_what_is_long_is_drawn_by_blocks() -> None:
    assert draw(archc.load("se_resnet152").graph).level == "block"
    assert draw(archc.load("googlenet").graph).level == "layer"
    assert draw(archc.load("resnet152").graph).level == "layer"


def test_the_table_says_what_tells_columns_apart() -> None:
    """Simonyan and Zisserman 2014, table 1: A-LRN is A with one LRN; RegNet-Y's units are grouped."""
    lines = [
        line
        for stage in stages(archc.load("vgg_A_LRN").graph, full=False)
        for stack in stage.what
        for line in stack.lines
    ]
    assert lines.count("LRN") == 1
    rows = {stage.shapes: stage.what for stage in stages(archc.load("regnet_y_400mf").graph, full=False)}
    assert [(stack.lines[1], stack.times) for stack in rows["28×28×104"]] == [("3×3, 104, 13 groups", 3)]
