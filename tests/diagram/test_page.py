"""The HTML file in a browser: it loads from disk, asks for nothing, and does what its buttons say."""

from collections.abc import Iterator
from pathlib import Path

import pytest

import archc
from archc.backends.diagram.draw import DrawOptions
from archc.backends.diagram.html import page as html
from tests.diagram.browser import Page, opened, program

pytestmark = pytest.mark.skipif(program() is None, reason="no browser here: apt-get install chromium-headless-shell")


@pytest.fixture(name="page", scope="module")
def _page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    folder = tmp_path_factory.mktemp("page")
    path: Path = folder / "net.html"
    path.write_text(html(archc.load("resnet34").graph, DrawOptions()), encoding="utf-8")
    with opened(path, folder / "profile") as page:
        yield page


def test_it_loads_with_no_error_and_no_request(page: Page) -> None:
    assert page.run("document.title") == "resnet34"
    assert page.run("document.querySelectorAll('g.box').length") == 29
    assert page.run("performance.getEntriesByType('resource').length") == 0
    assert page.said() == []


def test_pointing_at_a_layer_tells_of_it(page: Page) -> None:
    x, y = page.run(
        "(() => { const f = document.querySelectorAll('g.box')[1].getBoundingClientRect();"
        " return [f.left + f.width / 2, f.top + f.height * 0.2]; })()"
    )
    page.mouse("mouseMoved", x, y)
    card = page.run("document.getElementById('card').innerText")
    line = f"resnet34:{archc.load('resnet34').graph['conv1'].span.line}"
    for words in ("conv1", "224×224×3 → 112×112×64", "9,408", "MACs", "118,013,952", "receptive field", line):
        assert words in card, card
    assert "⌊(224 + 2·3 − 7)/2⌋ + 1 = 112" in card
    page.mouse("mouseMoved", 3, 400)
    assert page.run("document.getElementById('card').hidden") is True


def test_collapse_and_expand(page: Page) -> None:
    high = "document.getElementById('view').getBBox().height"
    hidden = "document.querySelectorAll('g.box.gone').length"
    before = page.run(high)
    x, y = page.run(
        "(() => { const f = document.querySelector('g.label').getBoundingClientRect();"
        " return [f.left + 12, f.top + 8]; })()"
    )
    for kind in ("mousePressed", "mouseReleased"):
        page.mouse(kind, x, y)
    assert page.run(hidden) == 3, "conv2_x is shut"
    assert page.run("document.querySelector('g.shut').textContent").startswith("+ conv2_x ×3")
    assert page.run(high) < before - 100
    page.key("Enter")  # it has the focus
    assert page.run(hidden) == 0
    assert abs(page.run(high) - before) < 1
    page.run("document.getElementById('collapse').click()")
    assert page.run(hidden) == 24
    assert page.run("document.querySelectorAll('g.shut').length") == 4
    assert page.run("document.querySelectorAll('#closed path.head').length") == 4, "a line into each has its arrow"
    page.run("document.getElementById('expand').click()")
    assert page.run(hidden) == 0


def test_search(page: Page) -> None:
    page.run("document.activeElement.blur()")
    page.key("/")
    for letter in "avgpool":
        page.key(letter)
    assert page.run("document.getElementById('found').textContent") == "1 found"
    assert page.run("document.querySelectorAll('g.box.hit').length") == 1
    page.run(
        "(() => { const s = document.getElementById('search'); s.value = '7x7 CONV';"
        " s.dispatchEvent(new Event('input')); })()"
    )
    assert page.run("document.getElementById('found').textContent") == "1 found", "as it is typed, not as it is set"
    page.run("document.getElementById('collapse').click(); document.getElementById('search').focus()")
    page.run(
        "(() => { const s = document.getElementById('search'); s.value = 'conv5_x.0.conv1';"
        " s.dispatchEvent(new Event('input')); })()"
    )
    page.key("Enter")
    assert page.run("document.getElementById('found').textContent") == "1 of 1"
    assert page.run("document.querySelector('g.box.hit').classList.contains('gone')") is False, "its block opens"
    page.key("Escape")
    assert page.run("document.querySelectorAll('g.box.hit').length") == 0


def test_keys(page: Page) -> None:
    matrix = "document.getElementById('view').getAttribute('transform')"
    page.run("document.activeElement.blur()")
    before = page.run(matrix)
    page.key("+")
    larger = page.run(matrix)
    assert larger != before
    page.key("0")
    assert page.run(matrix) != larger
    page.key("c")
    assert page.run("document.querySelectorAll('g.shut').length") == 4
    page.key("e")
    page.key("t")
    assert page.run("document.documentElement.dataset.theme") == "dark"
    page.key("ArrowDown")
    assert page.run("document.activeElement.classList.contains('box')") is True
    assert page.run("document.getElementById('card').hidden") is False
    page.key("Escape")
    page.key("?")
    assert page.run("document.getElementById('keys').hidden") is False
    page.key("Escape")
    assert page.said() == []


@pytest.mark.parametrize("down", [True, False])
def test_what_is_too_long_opens_readable_at_its_start(tmp_path: Path, down: bool) -> None:
    path = tmp_path / "net.html"
    path.write_text(html(archc.load("resnet50").graph, DrawOptions(), down=down), encoding="utf-8")
    with opened(path, tmp_path / "profile") as page:
        tall = "document.querySelector('g.box.input > rect').getBoundingClientRect().height"
        assert page.run(tall) > 15, "of 25 points"
        x, y = page.run(
            "(() => { const f = document.querySelector('g.box.input').getBoundingClientRect();"
            " return [f.left, f.top]; })()"
        )
        assert 0 <= x < 1200
        assert 0 <= y < 800
        legend = page.run("document.getElementById('legend').innerText")
        assert "skip connection" in legend
        picture, listed = (
            page.run(f"(() => {{ const f = {e}.getBoundingClientRect(); return [f.top, f.bottom]; }})()")
            for e in ("document.getElementById('picture')", "document.getElementById('legend')")
        )
        assert picture[1] <= listed[0] + 0.5, "the legend covers nothing"
