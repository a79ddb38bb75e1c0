"""Sources that check, one feature each: the expanded graph is the one written beside them.

ARCHC_UPDATE=1 writes the expected files anew; read every line of what changed.
"""

import os
from pathlib import Path

import pytest

from archc.expand import expand
from archc.program import compile_path, compile_text

CASES = sorted((Path(__file__).parents[1] / "cases" / "ok").glob("*.arch"))


def expanded(case: Path) -> str:
    compilation = compile_path(str(case))
    assert compilation.diagnostics == ()
    graphs = [net.graph for net in compilation.nets]
    return "".join(expand(graph) for graph in graphs if graph is not None)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_case(case: Path) -> None:
    text = expanded(case)
    expected = case.with_suffix(".expect")
    if os.environ.get("ARCHC_UPDATE"):
        expected.write_text(text, encoding="utf-8")
    assert text == expected.read_text(encoding="utf-8")


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_expanded_text_is_a_source_of_itself(case: Path) -> None:
    text = expanded(case)
    again = compile_text(text)
    assert again.diagnostics == ()
    assert "".join(expand(net.graph) for net in again.nets if net.graph is not None) == text


def test_there_are_cases_and_no_expectation_without_one() -> None:
    assert len(CASES) >= 40
    folder = CASES[0].parent
    assert {path.stem for path in folder.glob("*.expect")} == {case.stem for case in CASES}
