"""Each file of tests/cases/error holds mistakes that people make; NAME.expect is what they are told.

ARCHC_UPDATE=1 writes the .expect files anew. Read every one of them before it is committed.
"""

import os
import re
import shutil
from functools import lru_cache
from pathlib import Path

import pytest

from archc.diagnostics import apply_edits
from archc.diagnostics.text import render_all
from archc.program import Compilation, compile_path

CASES = Path(__file__).parents[1] / "cases" / "error"
NAMES = sorted(path.stem for path in CASES.glob("*.arch"))
SEVERAL = {
    "pytorch_layers": 10,
    "keras_layers": 6,
    "modules_before_layers": 8,
    "ln_with_its_sizes": 4,
    "table_recursion": 2,
    "several": 3,
    "several_syntax": 3,
    "parameter_that_is_a_layer_takes_arguments": 2,
    "join_of_one_lost_value": 2,
    "layer_typo": 3,
    "wide_characters": 2,
    "warning_and_wrong_figure": 2,
    **{"table_dash_for_nothing": 2, "layer_two_words": 4, "power_of_ten": 2, "size_without_a_layer": 2},
    **{"table_flops_that_are_macs": 2, "table_flops_column_of_macs": 2, "table_stride_and_stem": 2},
    **{"stride_of_a_repetition_missing": 2, "pasted_branches": 2, "pasted_quoted_twice": 2},
    **{"norm_with_its_channels": 3, "arguments_in_torchs_order": 6},
    **{"hidden_no_more_two_in_features": 2, "hidden_no_more_after_a_join": 3, "hidden_no_more_after_a_window": 3},
    **{"hidden_no_more_after_a_name": 4, "hidden_no_more_figure_then_layer": 2, "hidden_no_more_reshape": 2},
    **{"hidden_no_more_beyond_memory": 2, "two_mistakes_in_a_layer": 4, "fix_of_a_line_with_a_mistake": 2},
    **{"table_printed_cells": 4, "table_sizes_with_signs": 2, "colon_elif": 2},
    **{"line_ends_mixed": 4, "commas_that_go_on": 2, "pasted_functions": 4, "pasted_keras_add": 6},
    **{"pasted_keras_functional": 6, "pasted_keras_input": 6, "pasted_keras_list": 5, "pasted_keras_sequential": 4},
    **{"pasted_python_mixed": 3, "pasted_pytorch_attributes": 4, "pasted_sequential": 5, "pasted_sequential_body": 7},
    **{"pasted_sequential_nested": 10, "table_wrong_window": 3},
}
HIDES_ANOTHER = {"size_before_a_wrong_figure"}
NO_TEXT = {"empty", "only_comments", "only_block"}
KEBAB = re.compile(r"[a-z]+(-[a-z]+)*\Z")


@pytest.fixture(autouse=True)
def _in_cases(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(CASES)


@pytest.fixture(scope="module", params=NAMES)
def name(request: pytest.FixtureRequest) -> str:
    """Of the module, so that the tests of one case follow each other and share its compilation."""
    case: str = request.param
    return case


@lru_cache(maxsize=8)
def _compile(name: str) -> Compilation:
    return compile_path(f"{name}.arch")


def test_there_are_enough_cases() -> None:
    assert len(NAMES) >= 75


def test_what_is_said(name: str) -> None:
    text = render_all(_compile(name).diagnostics, color=False, width=100) + "\n"
    expected = CASES / f"{name}.expect"
    if os.environ.get("ARCHC_UPDATE"):
        expected.write_text(text, encoding="utf-8")
    assert text == expected.read_text(encoding="utf-8")


def test_no_expectation_is_left_over() -> None:
    assert sorted(path.stem for path in CASES.glob("*.expect")) == NAMES


def test_one_mistake_is_one_diagnostic(name: str) -> None:
    diagnostics = _compile(name).diagnostics
    assert len(diagnostics) == SEVERAL.get(name, 1)
    for diagnostic in diagnostics:
        assert KEBAB.match(diagnostic.code)
        if name in NO_TEXT:
            continue
        span = diagnostic.span
        assert span is not None
        assert 0 <= span.start <= span.end <= len(span.source.text)
        for label in diagnostic.labels:
            assert 0 <= label.span.start <= label.span.end <= len(label.span.source.text)


def test_fixes_hold(name: str, tmp_path: Path) -> None:
    compilation = _compile(name)
    if "use" in name or "parts/" in (CASES / f"{name}.arch").read_text(encoding="utf-8"):
        shutil.copytree(CASES / "parts", tmp_path / "parts")
        for used in CASES.glob("use_*.arch"):
            shutil.copy(used, tmp_path)
    for diagnostic in compilation.diagnostics:
        for fix in diagnostic.fixes:
            assert compilation.source is not None
            mended_file = tmp_path / f"{name}.arch"
            mended_file.write_text(apply_edits(compilation.source.text, fix.edits), encoding="utf-8", newline="")
            mended = compile_path(str(mended_file))
            assert not any(d.key == diagnostic.key for d in mended.diagnostics), fix.message
            if len(compilation.diagnostics) == 1:
                assert mended.ok == (name not in HIDES_ANOTHER), fix.message
