"""Names of classes, pictures and runs, which whoever made a model, a set or a folder chose: shown, never obeyed."""

import json
import re
from pathlib import Path

import numpy as np
import onnx
import pytest
from markdown_it import MarkdownIt
from PIL import Image

from archc.cli.app import run
from archc.plotting import Figure, escape_mathtext, render
from archc.serving.confusion import draw
from archc.serving.evaluate import Evaluation
from archc.train.card import card
from archc.train.curves import confusion, curves

NAMES = [
    "a\x1b[31m\x1b]0;title\x07",
    "a\u202eb\u2066c\u200b",
    "new\nline\r\x85\u2028",
    "<script>alert(1)<script>",
    "[a](javascript:alert(1)) ![b](x) <a:b>",
    "| **b** | _c_ ~~d~~ `e` # f",
    "=cmd|'calc'!A1",
    "\"quote' \\ &amp;",
    r"$\x$",
    "漢字",
]
CONTROL = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069]")


@pytest.fixture(name="room", scope="module")
def _room(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model whose classes are called so, and pictures of each."""
    room = tmp_path_factory.mktemp("room")
    (room / "n.arch").write_text(f"net n {{ input 8x8x1 -> fc {len(NAMES)} }}\n")
    words = ["export", str(room / "n.arch"), "-o", str(room / "n.onnx"), "--no-verify"]
    assert run(words) == 0
    model = onnx.load(room / "n.onnx")
    onnx.helper.set_model_props(model, {p.key: p.value for p in model.metadata_props} | {"classes": json.dumps(NAMES)})
    onnx.save(model, room / "n.onnx")
    for name in NAMES:
        folder = room / "set" / name
        folder.mkdir(parents=True)
        Image.new("L", (8, 8), len(name)).save(folder / "\x1b[31m\u202e.png")
    return room


def test_predict(room: Path, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    assert run(["predict", str(room / "n.onnx"), str(room / "set"), "--top", "10"]) == 0
    seen = capsys.readouterr()
    assert not CONTROL.search(seen.out + seen.err)
    assert seen.out.count("\n") == len(NAMES)
    assert "⟨U+202E⟩" in seen.out
    assert run(["predict", str(room / "n.onnx"), str(room / "set"), "--top", "10", "--json"]) == 0
    out = capsys.readouterr().out
    assert not CONTROL.search(out)
    answers = json.loads(out)["predictions"]
    assert {one["class"] for answer in answers for one in answer["top"]} == set(NAMES)
    assert {Path(answer["file"]).parent.name for answer in answers} == set(NAMES)


def test_eval(room: Path, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    assert run(["eval", str(room / "n.onnx"), str(room / "set")]) == 0
    seen = capsys.readouterr()
    assert not CONTROL.search(seen.out + seen.err)
    assert run(["eval", str(room / "n.onnx"), str(room / "set"), "--json"]) == 0
    out = capsys.readouterr().out
    assert not CONTROL.search(out)
    assert [one["class"] for one in json.loads(out)["classes"]] == NAMES


def test_a_set_of_other_classes(room: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("x\x1b[31m", "y\u202e"):
        (tmp_path / name).mkdir()
        Image.new("L", (8, 8)).save(tmp_path / name / "a.png")
    assert run(["eval", str(room / "n.onnx"), str(tmp_path)]) == 1
    seen = capsys.readouterr()
    assert not CONTROL.search(seen.out + seen.err)


@pytest.mark.filterwarnings("error")
def test_pictures(tmp_path: Path) -> None:
    """matplotlib would read what stands between two $, and fail where that is no mathematics."""
    count = len(NAMES)
    found = Evaluation(tuple(NAMES), np.eye(count, dtype=np.int64), count)
    for form in ("png", "svg", "pdf"):
        draw(found, tmp_path / f"a.{form}")
    svg = (tmp_path / "a.svg").read_text("utf-8")
    assert "alert(1)<" not in svg
    assert confusion([[1] * count] * count, NAMES, NAMES[8])
    history = [{"epoch": 1, "loss": 1.0, "accuracy": 0.5, "train_loss": 1.0, "train_accuracy": 0.5}]
    assert curves(dict.fromkeys(NAMES, history))


def test_mathematics_would_fail() -> None:
    """Or else the test above would show nothing."""
    figure = Figure()
    figure.subplots().set_title(NAMES[8])
    with pytest.raises(ValueError, match=r"\\x"):
        render(figure, "png", 50)
    figure.axes[0].set_title(escape_mathtext(NAMES[8]))
    assert render(figure, "png", 50)


def test_model_card() -> None:
    facts = {
        "net": {"name": "n", "params": 1, "macs": 1, "input": "8x8x1"},
        "data": {
            "name": NAMES[3] + NAMES[2], "classes": NAMES, "mean": [0.0], "std": [1.0],
            "train": 1, "judged": 1, "judged_on": "validation", "test": 1,
        },
        "result": {"test_loss": 1.0, "test_accuracy": 0.5, "best_epoch": 1, "epochs": 1, "seconds": 1.0},
        "device": "cpu", "precision": "fp32", "seed": 0, "versions": {},
    }  # fmt: skip
    text = card(facts, "batch = 1")
    assert not CONTROL.search(text)
    page = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]).render(text)
    assert not re.search(r"<(script|a|img|strong|em|s)\b", page)
    assert page.count("<h1>") == 1
    assert page.count("<table>") == 1
    plain_card = MarkdownIt("commonmark", {"html": True}).render("Classes: <script>alert(1)<script>.")
    assert "<script>" in plain_card
