"""Feature maps as boxes: what stands for a block, what is thin, and skips over what they pass."""

from itertools import combinations, pairwise
from xml.etree import ElementTree

import archc
from archc.backends.diagram.draw import DrawOptions
from archc.backends.diagram.scene import Group, Path, Scene
from archc.backends.diagram.svg import svg
from archc.backends.diagram.theme import LIGHT
from archc.backends.diagram.volumes import volumes_scene
from tests.diagram.reading import SVG, meet
from tests.diagram.reading import _text as text_frame


def scene(name: str) -> Scene:
    return volumes_scene(archc.load(name).graph, DrawOptions())


def groups(shapes: list[object], kind: str) -> list[Group]:
    inside = [shape for shape in shapes if isinstance(shape, Group)]
    return [g for g in inside if g.kind == kind] + [g for one in inside for g in groups(list(one.children), kind)]


def corners(path: Path) -> list[tuple[float, float]]:
    return [(values[-2], values[-1]) for _, values in path.commands if values]


def test_a_net_of_blocks_has_a_volume_for_each() -> None:
    names = [group.data["name"] for group in groups(list(scene("googlenet").children), "volume")]
    assert [name for name in names if name.startswith("inception")] == [
        f"inception_{place}" for place in ("3a", "3b", "4a", "4b", "4c", "4d", "4e", "5a", "5b")
    ]


def test_the_labels_of_the_paper() -> None:
    text = svg(scene("lenet5"), LIGHT)
    for words in ("c1: 5×5 conv, 6", "f6: fc, 84"):
        assert f">{words}<" in text
    words_at = [text_frame(one) for one in ElementTree.fromstring(text).iter(f"{SVG}text")]
    assert not [pair for pair in combinations(words_at, 2) if meet(*pair, 1.0)]


def test_tokens_are_thin() -> None:
    """197 tokens of 768 channels are no cube."""
    volumes = {group.data["name"]: group for group in groups(list(scene("vit_b_16").children), "volume")}
    side = next(group for name, group in volumes.items() if "patches" in name).children[2]
    assert isinstance(side, Path)
    across = [x for x, _ in corners(side)]
    assert max(across) - min(across) <= 4


def test_skips_run_over_what_they_pass() -> None:
    drawn = scene("unet")
    (skips,) = groups(list(drawn.children), "skips")
    lines = [shape for shape in skips.children if isinstance(shape, Path) and shape.line]
    assert len(lines) == 4  # Ronneberger et al. 2015, figure 1
    tops = [min(y for _, y in corners(line)) for line in lines]
    assert sorted(tops, reverse=True) == tops, "the inner ones lower"
    assert min(high - low for high, low in pairwise(tops)) >= 8
    roofs = [
        (min(x for x, _ in corners(face)), min(y for _, y in corners(face)))
        for group in groups(list(drawn.children), "volume")
        for face in group.children
        if isinstance(face, Path)
    ]
    for line, top in zip(lines, tops, strict=True):
        start, end = corners(line)[0][0], corners(line)[-1][0]
        assert all(roof > top for x, roof in roofs if start < x < end)


def test_equal_neighbours_touch_and_have_one_label() -> None:
    drawn = scene("vgg16")
    assert len(groups(list(drawn.children), "volume")) == 22  # the input, 13 convolutions, 5 pools, 3 layers
    text = svg(drawn, LIGHT)
    assert [text.count(f">3×3 conv, {words}<") for words in ("64 ×2", "128 ×2", "256 ×3", "512 ×3")] == [1, 1, 1, 2]
    assert text.count(">14×14×512<") == 2
