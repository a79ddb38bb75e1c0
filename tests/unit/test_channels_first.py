"""Inputs written channels first are asked about, and what is meant so is written by name."""

import pytest

from archc.expand import expand
from archc.program import compile_text


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("3x224x224", "224x224x3"),
        ("1x28x28", "28x28x1"),
        ("3x480x640", "480x640x3"),
        ("4x84x96", "84x96x4"),
        ("1x28x100", "28x100x1"),
        ("1x16000", "16000x1"),
        ("3x16x112x112", "16x112x112x3"),
        ("1x33", "33x1"),
    ],
)
def test_asked_about_with_the_order_that_is_meant(written: str, meant: str) -> None:
    (found,) = compile_text(f"net a {{ input {written} -> relu }}").diagnostics
    assert found.code == "channels-first"
    assert [fix.edits[0].text for fix in found.fixes] == [meant]


@pytest.mark.parametrize("written", ["224x224x3", "2x224x224", "1x1x32", "4x4x4", "3x32", "5x64", "32x32x64", "64"])
def test_not_asked_about(written: str) -> None:
    assert compile_text(f"net a {{ input {written} -> relu }}").ok


@pytest.mark.parametrize(
    "named",
    [
        "height=3, width=224, channels=224",
        "height=1, width=1, channels=2048",
        "length=4, channels=512",
        "depth=1, height=7, width=7, channels=64",
    ],
)
def test_by_name_it_is_taken_and_expanded_by_name(named: str) -> None:
    compiled = compile_text(f"net a {{ input {named} -> relu }}")
    graph = compiled.nets[0].graph
    assert graph is not None
    text = expand(graph)
    assert f"input {named}" in text
    again = compile_text(text).nets[0].graph
    assert again is not None
    assert [node.shape for node in again] == [node.shape for node in graph]


@pytest.mark.parametrize("written", ["3x64x64", "3, 64, 64", "64, 64, 3"])
def test_layers_behind_it_are_judged_by_the_order_that_is_meant(written: str) -> None:
    """PyTorch's: Conv2d(3, 8, 3)(zeros(1, 3, 64, 64)) is 8x62x62, and MaxPool2d(2) of it 8x31x31."""
    first, *others = compile_text(
        f"net a {{ input {written}\n Conv2d(3, 8, 3)\n MaxPool2d(2) => 31x31x8\n relu 3 }}"
    ).diagnostics
    assert [fix.edits[0].text for fix in first.fixes] == ["64x64x3"]
    assert [(one.code, [fix.edits[0].text for fix in one.fixes]) for one in others] == [
        ("unknown-layer", ["conv 3x3, 8"]),
        ("unknown-layer", ["maxpool 2x2/2"]),
        ("wrong-arguments", [""]),
    ]


def test_a_shape_behind_it_is_held_against_the_order_that_is_meant() -> None:
    found = compile_text("net a { input 3x64x64\n conv 3x3, 8 => 62x62x8\n conv 3x3, 8 => 62x62x8 }").diagnostics
    assert [(one.code, one.span.line if one.span else 0) for one in found] == [
        ("channels-first", 1),
        ("shape-refuted", 3),
    ]


@pytest.mark.parametrize("written", ["3, w, 64", "0, 64, 3", "64, 64, 3, 3, 3"])
def test_nothing_is_judged_behind_sizes_that_are_not_known(written: str) -> None:
    found = compile_text(f"net a {{ input {written}\n conv 3x3, 8 => 9x9x9 }}").diagnostics
    assert len(found) == 1
