"""Two nets beside each other: what is called alike begins at one height, both are of one level, nothing overlaps."""

import pytest

import archc
from archc.backends.diagram.draw import DrawOptions
from archc.backends.diagram.side_by_side import side_by_side
from archc.backends.diagram.svg import svg
from archc.backends.diagram.theme import LIGHT
from tests.diagram.reading import Frame


def frames(text: str) -> dict[str, list[Frame]]:
    """Of each box by its name, those of either side. Ids are the side's own, so that each side is read by itself."""
    first, second, third = text.split('<g class="side"')
    found: dict[str, list[Frame]] = {}
    for side in (second, third):
        boxes = side.split('<g class="box')[1:]
        for box in boxes:
            name = box.split('data-name="')[1].split('"')[0]
            rect = box.split("<rect ")[1].split("/>")[0]
            x, y, wide, high = (float(rect.split(f'{key}="')[1].split('"')[0]) for key in ("x", "y", "width", "height"))
            found.setdefault(name, []).append((x, y, x + wide, y + high))
    assert first
    return found


@pytest.mark.parametrize("down", [True, False])
def test_what_is_called_alike_begins_at_one_height(down: bool) -> None:
    pair = (archc.load("resnet18").graph, archc.load("resnet34").graph)
    text = svg(side_by_side(*pair, DrawOptions("layer"), "both", down=down), LIGHT)
    found = frames(text)
    along, across = (1, 0) if down else (0, 1)
    for name in (
        "input",
        "conv1",
        "maxpool1",
        "conv3_x.0.conv1",
        "conv4_x.0.conv1",
        "conv5_x.0.conv1",
        "fc1",
        "avgpool1",
    ):
        one, other = found[name]
        assert one[along] == pytest.approx(other[along], abs=0.02), name
        assert one[across] < other[across], name
    assert ">both<" in text


def test_both_are_of_one_level() -> None:
    pair = (archc.load("resnet50").graph, archc.load("se_resnet50").graph)  # by layers and by blocks, each by itself
    boxes = frames(svg(side_by_side(*pair, DrawOptions(), "both"), LIGHT))
    assert "conv2_x.0" in boxes
    assert "conv2_x.0.conv1" not in boxes


def test_a_branch_of_one_side_alone() -> None:
    pair = (archc.load("cifar10net_bn").graph, archc.load("cifar10net_skip").graph)
    text = svg(side_by_side(*pair, DrawOptions("layer"), ""), LIGHT)
    found = frames(text)
    assert len(found["add.conv1"]) == 1
    assert found["fc1"][0][1] == pytest.approx(found["fc1"][1][1], abs=0.02)
    assert LIGHT["added"] in text


def test_a_u_beside_a_u() -> None:
    graph = archc.load("unet").graph
    assert "<svg" in svg(side_by_side(graph, archc.load("unet", classes=3).graph, DrawOptions("layer"), "both"), LIGHT)
