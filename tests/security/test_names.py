"""Names are data in every output, whatever they look like."""

import ast
import csv
import io
import json
import re
from pathlib import Path

import pytest

import archc
from archc.cli.app import run

HOSTILE = {
    "escape": "a\x1b[31m\x1b]0;title\x07b",
    "bidi": "a\u202eb\u2066c",
    "html": "<script>alert(1)</script>",
    "shell": "$(touch ran);`touch ran`|touch ran",
    "newlines": "a\nb\r\n:error:c",
    "formula": "=cmd|'/c calc'!A1",
    "plus": "+1+cmd",
    "at": "@SUM(1)",
    "minus": "-2+3",
    "python": '""" + __import__("os").system("touch ran") + """',
    "quote": "'\\\"",
    "braces": "{0.__class__}%s%(a)s",
    "comment": "# -*- coding: utf-7 -*-",
    "markdown": "|a|**b**[c](javascript:alert(1))",
    "workflow": "a%0A:set-output name=b:c",
}
CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
GOOD = "net n { input 8x8x1 -> fc 2 }\n"
BAD = "net n { input 8x8x1 -> conv 9x9, 2 -> rleu }\n"
FORMS = ("text", "json", "markdown", "csv", "github", "sarif")


@pytest.fixture(name="file", params=HOSTILE)
def _file(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A source in a file of this name, as far as a file can bear it."""
    monkeypatch.chdir(tmp_path)
    path = Path(f"{HOSTILE[request.param].replace('/', '∕')}.arch")
    path.write_text(GOOD)
    return path


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("text", [GOOD, BAD])
def test_names_of_files(file: Path, form: str, text: str, capsys: pytest.CaptureFixture[str]) -> None:
    file.write_text(text)
    code = run(["check", "--format", form, "--", str(file)])
    seen = capsys.readouterr()
    assert "internal error" not in seen.err
    assert code == (text == BAD)
    assert not CONTROL.search(seen.err)
    assert not CONTROL.search(seen.out) or form == "csv"
    if form in ("json", "sarif"):
        json.loads(seen.out)
    if form == "csv":
        for row in csv.reader(io.StringIO(seen.out)):
            assert not any(cell.startswith(("=", "+", "@", "\t", "\r")) for cell in row)
            assert not any(cell.startswith("-") and not cell[1:].isdecimal() for cell in row)
    if form == "github":
        assert all(
            line.startswith(("::error file=", "::warning file=", "::notice file="))
            for line in seen.out.split("\n")
            if line
        )
    assert not Path("ran").exists()


@pytest.mark.parametrize("suffix", [".py", ".svg", ".html", ".mmd"])
def test_files_made_from_them(file: Path, suffix: str, capsys: pytest.CaptureFixture[str]) -> None:
    out = Path(f"{file}{suffix}")
    code = run(["export" if suffix == ".py" else "draw", "-o", str(out), "--", str(file)])
    seen = capsys.readouterr()
    assert code == 0, seen.err
    assert not CONTROL.search(seen.err)
    text = out.read_text("utf-8")
    assert not CONTROL.search(text)
    if suffix == ".py":
        expected = ast.parse(archc.parse(GOOD).python())
        assert _code(ast.parse(text)) == _code(expected)
    if suffix in (".svg", ".html"):
        assert "<script>alert" not in text
    assert not Path("ran").exists()


def _code(tree: ast.Module) -> list[str]:
    """What runs: the classes, without what is said of them."""
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if (
            isinstance(body, list)
            and body
            and isinstance(body[0], ast.Expr)
            and isinstance(body[0].value, ast.Constant)
        ):
            del body[0]
    return [ast.dump(node) for node in tree.body]


WORDS = (
    "class",
    "self",
    "torch",
    "nn",
    "Tensor",
    "x",
    "forward",
    "None",
    "OrderedDict",
    "__init__",
    "__class__",
    "training",
)


@pytest.mark.parametrize(
    "word", [*WORDS, "state_dict", "weight", "print", "super", "y", "int", "range", "add_module", "_modules"]
)
def test_a_label_is_never_code(word: str) -> None:
    net = archc.parse(f"net n {{\n input 8x8x1\n {word}: conv 3x3, 2\n {word}_1: conv 3x3, 2 -> relu\n fc 2\n}}")
    text = net.python()
    ast.parse(text)
    import torch  # noqa: PLC0415

    module = net.torch()
    assert module(torch.zeros(1, 1, 8, 8)).shape == (1, 2)
    assert sum(p.numel() for p in module.parameters()) == net.params


@pytest.mark.parametrize("word", WORDS)
def test_a_net_of_that_name(word: str) -> None:
    net = archc.parse(
        f"block {word}_b(c) {{ conv 3x3, c }}\nnet {word}({word}_p=2) {{\n input 8x8x1\n {word}_b(2)\n fc {word}_p\n}}"
    )
    ast.parse(net.python())
    net.torch()


@pytest.mark.parametrize("word", ["net", "table", "yes", "1", "in"])
def test_a_script_called_as_a_word_of_the_language(word: str, tmp_path: Path) -> None:
    script = Path(__file__).parents[1] / "cases" / "import" / "mnist.js"
    (tmp_path / f"{word}.js").write_bytes(script.read_bytes())
    assert run(["import", str(tmp_path / f"{word}.js"), "-o", str(tmp_path / "out.arch")]) == 0
    assert run(["check", "-q", str(tmp_path / "out.arch")]) == 0
