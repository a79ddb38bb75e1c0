"""The README's own promises; tests/pages runs what it shows, with all other pages."""

import re
import shutil
from pathlib import Path

import pytest

import archc
from tests.pages.fences import blocks, session

ROOT = Path(__file__).parents[2]
RUN = [ROOT / "README.md", *sorted((ROOT / "examples").glob("*.md"))]
FILE = re.compile(r"# (\S+\.arch)\n")


def test_the_shown_sources_are_the_files(root: Path) -> None:
    shown = {
        match[1]: content for page in RUN for content in blocks(page.read_text("utf-8"), "arch")
        if (match := FILE.match(content))
    }  # fmt: skip
    files = {path.name: path.read_text("utf-8") for path in (root / "examples").glob("*.arch")}
    assert files
    assert {name: shown.get(name) for name in files} == files


def test_the_shown_export_is_real(root: Path) -> None:
    text = (root / "examples" / "pytorch.md").read_text(encoding="utf-8")
    shown = [content for content in blocks(text, "python") if content.startswith("class ")]
    assert shown
    written = archc.load(root / "examples" / "tiny.arch").python()
    assert all(content in written for content in shown)


@pytest.mark.nightly  # tests/train runs `archc demo`, which does the same, in CI
def test_the_shown_training_works(root: Path, tmp_path: Path) -> None:
    """One epoch of it: the whole run takes longer than CI has."""
    shutil.copy(root / "examples" / "small.arch", tmp_path)
    shown = "\n".join(blocks((root / "README.md").read_text("utf-8"), "sh")).splitlines()
    commands = [line for line in shown if line.startswith("archc ")]
    assert len(commands) >= 3
    for command in commands:
        session(f"$ {command}{' --set epochs=1' if command.startswith('archc train') else ''}", tmp_path)
    assert (tmp_path / "small.onnx").stat().st_size > 100_000
    assert "class SmallB(nn.Module)" in (tmp_path / "small.py").read_text("utf-8")


def test_ci_runs_the_second_command(root: Path) -> None:
    """In an environment of its own; what is done inside is the same."""
    commands = [part for block in blocks((root / "README.md").read_text("utf-8"), "sh") for part in block.split("&&")]
    second = [" ".join(part.split()) for part in commands]
    script = (root / ".ci" / "run").read_text("utf-8").replace(" --quiet", "").splitlines()
    install = next(part for part in second if part.startswith("pip install -c"))
    run = second[second.index(install) + 1]
    assert [line for line in script if line in second] == [install, run]
    assert script[-1] == run


def test_the_readme_is_short(root: Path) -> None:
    assert len((root / "README.md").read_text("utf-8").split()) < 1500
