"""What the pages show is real: sources check, commands print what stands there, links lead somewhere.

`ARCHC_UPDATE=1 pytest tests/pages` writes what the commands print into the pages.
"""

import doctest
import json
import os
import re
import tomllib
from pathlib import Path

import pytest

from archc.program import compile_text
from tests.pages.fences import PAGES, ROOT, Fence, blocks, fences, matches, named, refreshed

UPDATE = bool(os.environ.get("ARCHC_UPDATE"))
SHOWN = {page: page.read_text("utf-8") for page in PAGES if page.name != "CHANGELOG.md"}
SOURCES = [(page, fence) for page, text in SHOWN.items() for fence in fences(text, "arch") if not fence.file]


def of(language: str, kind: str | None = None) -> list[Path]:
    """The pages that have a fence of a language."""
    return [page for page, text in SHOWN.items() if any(kind in (None, one.kind) for one in fences(text, language))]


@pytest.mark.parametrize(("page", "fence"), SOURCES, ids=[f"{named(page)}:{fence.line}" for page, fence in SOURCES])
def test_sources_check(page: Path, fence: Fence) -> None:
    source = fence.content
    if fence.kind == "body":
        start = "" if re.search(r"^(\w+: )?input ", source, re.MULTILINE) else "input 16x16x4\n"
        source = f"net example {{\n{start}{source}}}\n"
    elif not re.search(r"^(net|table) ", source, re.MULTILINE):
        source = f"{source}\nnet example {{ input 16x16x4 -> relu }}\n"
    compilation = compile_text(source, f"{named(page)}:{fence.line}")
    assert [(d.code, d.message, d.span and d.span.text) for d in compilation.diagnostics] == []
    assert compilation.nets


@pytest.mark.parametrize("page", of("console", ""), ids=named)
def test_the_shown_output_is_real(page: Path, tmp_path: Path) -> None:
    result = refreshed(SHOWN[page], tmp_path)
    if UPDATE:
        page.write_text(result, encoding="utf-8")
    else:
        assert result == SHOWN[page]


@pytest.mark.nightly
@pytest.mark.parametrize("page", of("console", "nightly"), ids=named)
def test_the_long_output_is_real(page: Path, tmp_path: Path) -> None:
    result = refreshed(SHOWN[page], tmp_path, nightly=True)
    if UPDATE:
        page.write_text(result, encoding="utf-8")
    else:
        assert result == SHOWN[page]


@pytest.mark.parametrize("page", of("pycon"), ids=named)
def test_the_shown_python_is_real(page: Path) -> None:
    examples = "\n".join(blocks(SHOWN[page], "pycon"))
    test = doctest.DocTestParser().get_doctest(examples, {}, page.name, str(page), 0)
    report: list[str] = []
    result = doctest.DocTestRunner(verbose=False, optionflags=doctest.ELLIPSIS).run(test, out=report.append)
    assert not result.failed, "".join(report)


@pytest.mark.parametrize("page", SHOWN, ids=named)
def test_data_parses(page: Path) -> None:
    for fence in fences(SHOWN[page], "toml", "json", "python"):
        if fence.language == "python":
            compile(fence.content, named(page), "exec")
        else:
            (tomllib.loads if fence.language == "toml" else json.loads)(fence.content)


@pytest.mark.parametrize("page", SHOWN, ids=named)
def test_links_lead_somewhere(page: Path) -> None:
    """To files; the site's build follows those to headings too."""
    prose = re.sub(r"^```.*?^```$", "", SHOWN[page], flags=re.MULTILINE | re.DOTALL)
    for target in re.findall(r"\]\(([^)#]+)[^)]*\)", prose):
        assert target.startswith("https://") or (page.parent / target).exists(), target


def test_there_is_what_is_tested() -> None:
    assert len(SOURCES) > 80
    assert len(of("console", "")) >= 2
    assert ROOT / "README.md" in SHOWN


@pytest.mark.parametrize(
    ("shown", "real", "same"),
    [
        ("$ a\none\n", "$ a\none\n", True),
        ("$ a\none\n", "$ a\ntwo\n", False),
        ("$ a\n…\nlast\n", "$ a\none\ntwo\nlast\n", True),
        ("$ a\n…\nlast\n", "$ a\none\ntwo\n", False),
        ("$ a\nfirst 1.2…\n", "$ a\nfirst 1.25 s\n", True),
        ("$ a\ntakes … s (1)\n", "$ a\ntakes 3 s (1)\n", True),
        ("$ a\ntakes … s (1)\n", "$ a\ntakes 3 s (2)\n", False),
        ("$ a\none … end\n", "$ a\none\ntwo end\n", False),
        ("$ a\nx.y\n", "$ a\nxzy\n", False),
    ],
)
def test_dots_stand_for_any_text(shown: str, real: str, same: bool) -> None:
    assert matches(shown, real) is same
