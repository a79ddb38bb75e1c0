"""The site is built without a warning: every page, every link, every heading that a link names."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.pages.fences import PAGES


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, root: Path) -> Path:
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", "-c", ".ci/site", ".", str(folder)]
    done = subprocess.run(command, cwd=root, capture_output=True, encoding="utf-8", check=False)
    assert done.returncode == 0, done.stderr
    return folder


def test_every_page_is_there_and_found(site: Path, root: Path) -> None:
    search = (site / "searchindex.js").read_text("utf-8")
    for page in PAGES:
        name = page.relative_to(root).with_suffix("").as_posix()
        name = re.sub(r"(^|/)README$", r"\1index", name)
        assert (site / f"{name}.html").is_file(), name
        assert f'"{name}"' in search


def test_sources_are_coloured(site: Path) -> None:
    shown = (site / "grammar" / "language.html").read_text("utf-8")
    assert '<span class="nb">conv</span>' in shown
    assert '<span class="kd">net</span>' in shown


def test_the_gallery_has_a_picture_of_each_family(site: Path, root: Path) -> None:
    shown = (site / "specs" / "index.html").read_text("utf-8")
    names = [Path(found).stem for found in re.findall(r'<img[^>]* src="([^"]+\.svg)"', shown)]
    assert len(names) == len([*(root / "specs").glob("*.arch")])


def test_the_cheat_sheet_is_one_page(site: Path) -> None:
    (sheet,) = site.glob("_downloads/*/cheatsheet.pdf")
    assert re.findall(rb"/Count (\d+)", sheet.read_bytes()) == [b"1"]


def test_folders_of_examples_come_as_archives(site: Path) -> None:
    assert {path.name for path in site.glob("_downloads/*/*.zip")} >= {"how_to_raise_accuracy.zip"}
