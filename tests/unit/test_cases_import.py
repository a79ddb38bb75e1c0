"""Each .js, .json and .html of tests/cases/import, and in NAME.expect what `archc import` says to it.

ARCHC_UPDATE=1 writes the .expect files anew. Read every one of them before it is committed.
"""

import os
from pathlib import Path

import pytest

import archc
from archc.diagnostics import Source, apply_edits
from archc.diagnostics.text import render_all
from archc.program import compile_path
from archc.rewrite import rewritten

CASES = Path(__file__).parents[1] / "cases" / "import"
NAMES = sorted(path.name for path in CASES.iterdir() if path.suffix in (".js", ".json", ".html"))
SEVERAL: dict[str, int] = {}
RUN = {  # what the demos are known to be: FACTS of the course, and by hand from the sizes
    "mnist.js": (5_994, 578_560),
    "cifar10_in_a_text.js": (22_466, 3_920_000),
    "toy.js": (2 * 6 + 6 + 6 * 2 + 2 + 2 * 2 + 2, 12 + 12 + 4),
    "regression.json": (2 * 20 + 20 + 20 * 3 + 3, 40 + 60),
    "page.html": (2 * 6 + 6 + 6 * 2 + 2, 12 + 12),
    "numbers.js": (59 * 50 + 50 + 50 * 5 + 5, 59 * 50 + 50 * 5),
}


@pytest.fixture(autouse=True)
def _in_cases(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(CASES)


def _source(name: str) -> Source:
    return Source(name, (CASES / name).read_bytes().decode(), CASES / name)


@pytest.mark.parametrize("name", NAMES)
def test_what_is_said(name: str) -> None:
    made = rewritten(_source(name))
    parts = [made.text, made.recipe, render_all(made.diagnostics, color=False, width=100) if made.diagnostics else None]
    text = "\n".join(part.rstrip("\n") + "\n" for part in parts if part)
    expected = CASES / f"{name}.expect"
    if os.environ.get("ARCHC_UPDATE"):
        expected.write_text(text, encoding="utf-8")
    assert text == expected.read_text(encoding="utf-8")


def test_no_expectation_is_left_over() -> None:
    assert sorted(path.name.removesuffix(".expect") for path in CASES.glob("*.expect")) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_one_mistake_is_one_diagnostic_whose_fix_holds(name: str, tmp_path: Path) -> None:
    made = rewritten(_source(name))
    if made.text is not None:
        assert not made.diagnostics
        return
    assert len(made.diagnostics) == SEVERAL.get(name, 1)
    for diagnostic in made.diagnostics:
        assert diagnostic.span is None or 0 <= diagnostic.span.start <= diagnostic.span.end <= len(_source(name).text)
        for fix in diagnostic.fixes:
            mended = tmp_path / name
            mended.write_bytes(apply_edits(_source(name).text, fix.edits).encode())
            assert diagnostic.key not in {one.key for one in compile_path(str(mended)).diagnostics}


@pytest.mark.parametrize("name", RUN)
def test_the_nets_are_those_of_convnetjs(name: str) -> None:
    net = archc.load(str(CASES / name))
    assert (net.params, net.macs) == RUN[name]
    again = archc.parse(rewritten(_source(name)).text or "")
    assert (again.params, again.macs) == RUN[name]
