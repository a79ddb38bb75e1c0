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
