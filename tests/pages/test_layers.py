"""grammar/layers.md and its pictures are those of the layers; ARCHC_UPDATE=1 writes both."""

import os
from pathlib import Path

import pytest

from archc.ops import OPS
from tests.pages.layers import EXAMPLES, listed, parts, picture

BEGIN = "<!-- layers: ARCHC_UPDATE=1 pytest tests/pages writes this from the layers' docstrings -->\n"
END = "<!-- end of layers -->\n"
LAYERS = [name for name in OPS if name != "input"]
UPDATE = bool(os.environ.get("ARCHC_UPDATE"))


def test_the_page_is_of_the_layers(root: Path) -> None:
    page = root / "grammar" / "layers.md"
    before, rest = page.read_text("utf-8").split(BEGIN)
    shown, after = rest.split(END)
    if UPDATE:
        page.write_text(f"{before}{BEGIN}{listed()}{END}{after}", encoding="utf-8")
        return
    assert shown == listed()


@pytest.mark.parametrize("name", LAYERS)
def test_its_formula_example_picture_and_source(name: str, root: Path) -> None:
    about, formulas, _, source = parts(OPS[name].__doc__ or "")
    assert source, "where the layer is defined: `Source: …` ends its docstring"
    assert formulas or "=" in about or "→" in about, "the shapes or values that it computes"
    file = root / "grammar" / "pictures" / f"{name}.svg"
    if UPDATE:
        file.parent.mkdir(exist_ok=True)
        file.write_text(picture(name), encoding="utf-8")
    assert file.read_text("utf-8") == picture(name)


def test_no_picture_of_a_layer_that_is_gone(root: Path) -> None:
    assert {path.stem for path in (root / "grammar" / "pictures").iterdir()} == set(LAYERS) >= set(EXAMPLES)
