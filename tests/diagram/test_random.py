"""Random networks, and every source of tests/cases: no box on a box, no line through one, whatever leads where."""

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import archc
from archc.backends.diagram.draw import DrawOptions, draw
from archc.backends.diagram.graph import graph_scene
from archc.backends.diagram.layout import layout
from archc.backends.diagram.svg import svg
from archc.backends.diagram.theme import LIGHT
from archc.diagnostics import Diagnostic
from archc.graph import Graph
from archc.program import compile_path
from tests.diagram.reading import faults
from tests.fuzz.networks import networks

CHECKS = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example]
MANY = int(os.environ.get("ARCHC_EXAMPLES", "20000"))
LAYERS = ("conv 3x3, 4, pad=1", "conv 1x1, 4 -> bn -> relu", "relu", "bn", "maxpool 3x3/1, pad=1")
FAR = "block far(a) { add { | conv 3x3, 4, pad=1 | @a -> conv 1x1, 4 } -> relu }\n"


def clear(graph: Graph, level: str, *, down: bool, problems: tuple[Diagnostic, ...] = ()) -> None:
    drawing = draw(graph, DrawOptions(level), problems=problems)
    places = layout(drawing, down=down)
    found = faults(svg(graph_scene(drawing, places), LIGHT))
    if places.curves:  # Graphviz's own may graze a box
        found = [fault for fault in found if not fault.startswith("line")]
    assert found == [], level


@st.composite
def skipping(draw: st.DrawFn, most: int = 9) -> str:
    """Nets whose joins bring back values from anywhere before."""

    def path(count: int) -> str:
        return " -> ".join(draw(st.lists(st.sampled_from(LAYERS), min_size=1, max_size=count)))

    lines: list[str] = []
    labels: list[str] = []
    for place in range(draw(st.integers(2, most))):
        far = f"@{draw(st.sampled_from(labels))}" if labels else ""
        kinds = [path(3), f"add {{ | {path(2)} | {path(3)} | }}", f"repeat 3 {{ add {{ | {path(3)} | }} }}"]
        if far:
            kinds += [f"add {far}", f"add {{ | | {far} -> {path(2)} }}", f"far({far})"]
            kinds.append(f"add {{ | {path(2)} | {far} -> {path(2)} }}")
        label = draw(st.booleans())
        lines.append(f"  {f'l{place}: ' if label else ''}{draw(st.sampled_from(kinds))}")
        labels += [f"l{place}"] * label
    return "\n".join([FAR + "net n {", "  input 8x8x4", *lines, "}"])


def every_way(text: str) -> None:
    graph = archc.parse(text).graph
    for level in ("stage", "block", "layer"):
        clear(graph, level, down=True)
        clear(graph, level, down=False)


@settings(max_examples=40, suppress_health_check=CHECKS, deadline=None)
@given(networks())
def test_networks(text: str) -> None:
    every_way(text)


@settings(max_examples=60, suppress_health_check=CHECKS, deadline=None)
@given(skipping())
def test_skips_from_anywhere(text: str) -> None:
    every_way(text)


@pytest.mark.nightly
@settings(max_examples=MANY, suppress_health_check=CHECKS, deadline=None)
@given(skipping(most=16))
def test_many(text: str) -> None:
    every_way(text)


@pytest.mark.parametrize("kind", ["ok", pytest.param("error", marks=pytest.mark.nightly)])
def test_every_case(kind: str, root: Path) -> None:
    drawn = 0
    for path in sorted((root / "tests" / "cases" / kind).glob("*.arch")):
        compilation = compile_path(str(path))
        for net in [one for one in compilation.nets if len(one.partial)][:3]:
            clear(net.partial, "layer", down=True, problems=tuple(compilation.diagnostics))
            drawn += 1
    assert drawn > 80


def test_a_skip_within_a_branch_stays_beside_it() -> None:
    """The lane begins where the branch does, not under what the branch hangs from."""
    text = "net n { input 8x8x4\n concat { | concat { | conv 1x1, 1 | conv 1x1, 2 } | add { | | relu } } }"
    every_way(text)


def test_a_branch_from_far_comes_in_over_what_stands_beside_it() -> None:
    every_way(
        "net n { input 8x8x4\n l0: maxpool 3x3/1, pad=1 -> conv 3x3, 4, pad=1\n l1: conv 1x1, 4 -> bn\n"
        " l2: add { | conv 1x1, 4 | @l0 -> conv 3x3, 4, pad=1 -> conv 3x3, 4, pad=1 } }"
    )
