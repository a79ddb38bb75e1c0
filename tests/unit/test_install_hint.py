"""What pip is asked for by a hint: what archc was installed from, as PEP 610's direct_url.json has it."""

import json
from pathlib import Path

import pytest

from archc.cli.missing_packages import requirement
from archc.version import DISTRIBUTION

NAMED = f"{DISTRIBUTION}[train]"
COMMIT = "0" * 40


def told(**origin: object) -> str:
    return requirement(json.dumps(origin), "[train]")


def test_from_an_index_by_name() -> None:
    assert requirement("", "[train]") == NAMED
    assert requirement("", "") == DISTRIBUTION
    assert requirement("no JSON", "[train]") == NAMED


def test_from_a_folder_again_from_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "a clone"
    folder.mkdir()
    assert told(url=folder.as_uri(), dir_info={}) == f"{folder}[train]"
    monkeypatch.chdir(folder)
    assert told(url=folder.as_uri(), dir_info={}) == ".[train]"
    monkeypatch.chdir(tmp_path)
    folder.rmdir()
    assert told(url=folder.as_uri(), dir_info={}) == NAMED, "the folder is gone"


def test_from_a_wheel_again_from_it(tmp_path: Path) -> None:
    wheel = tmp_path / "archc_lang-0.1.0-py3-none-any.whl"
    wheel.touch()
    assert told(url=wheel.as_uri(), archive_info={}) == f"{wheel}[train]"


def test_from_a_repository_the_same_commit() -> None:
    origin = told(url="https://host/archc.git", vcs_info={"vcs": "git", "commit_id": COMMIT})
    assert origin == f"{NAMED} @ git+https://host/archc.git@{COMMIT}"


def test_from_an_address_the_same_file() -> None:
    url = "https://host/archc_lang-0.1.0-py3-none-any.whl"
    assert told(url=url, archive_info={}) == f"{NAMED} @ {url}"
