"""What a command says by itself: of a picture that is not whole, of holes, of data that nobody named, of choices."""

from pathlib import Path

import pytest
import torch
from PIL import Image
from safetensors.torch import save_file

from archc.cli.app import run
from archc.cli.specs import _known, _named

WRONG = "net n {\n  input 8x8x1\n  conv 3x3, 4\n  flaten\n  flatten -> fc 10, in_features=7\n}\n"
HOLES = "net n {\n  input 32x32x3\n  conv 5x5/?, 8, pad=? => 16x16x8\n  flatten -> fc 10\n}\n"


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_a_picture_of_a_wrong_net_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    Path("n.arch").write_text(WRONG, encoding="utf-8")
    assert run(["draw", "n.arch", "-o", "n.svg"]) == 1
    assert capsys.readouterr().err.endswith("n.svg: drawn as far as it checks: the net has 2 errors\n")
    assert run(["draw", "n.arch"]) == 1
    assert capsys.readouterr().err.endswith("n.svg: drawn as far as it checks: the net has 2 errors\n")
    assert run(["draw", "lenet5", "-o", "l.svg"]) == 0
    assert "drawn" not in capsys.readouterr().err


@pytest.mark.parametrize("style", ["graph", "volumes", "vgg"])
def test_no_legend_is_heeded_by_each_style(style: str) -> None:
    assert run(["draw", "lenet5", "--style", style, "-o", "with.svg"]) == 0
    assert run(["draw", "lenet5", "--style", style, "--no-legend", "-o", "without.svg"]) == 0
    with_it, without = (Path(f"{name}.svg").read_text(encoding="utf-8") for name in ("with", "without"))
    assert 'class="legend"' in with_it
    assert 'class="legend"' not in without


def test_check_says_what_holes_were_found_to_be(capsys: pytest.CaptureFixture[str]) -> None:
    """⌊(32 + 2·2 − 5)/2⌋ + 1 = 16."""
    Path("n.arch").write_text(HOLES, encoding="utf-8")
    assert run(["check", "n.arch"]) == 0
    assert "\nholes     5x5/2, pad=2 (line 3)\n" in capsys.readouterr().out
    assert run(["check", "lenet5"]) == 0
    assert "holes" not in capsys.readouterr().out


@pytest.mark.parametrize(
    "named", [[], ["--data", "digits"], ["--set", "data={name='digits'}"], ["--set", "data=digits"]]
)
def test_training_says_which_data_it_takes_by_itself(named: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    Path("n.arch").write_text("net n {\n  input 8x8x1\n  flatten -> fc 10\n}\n", encoding="utf-8")
    assert run(["train", "n.arch", "--dry-run", *named]) == 0
    assert ("no data is named" in capsys.readouterr().err) == (not named)


def test_data_that_is_no_table_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["train", "lenet5", "--dry-run", "--set", "data=5"]) == 1
    said = capsys.readouterr().err
    assert "`data` takes settings, not 5" in said and "no data is named" not in said


@pytest.mark.parametrize(
    ("command", "choices"),
    [
        ("check", "text, json, markdown, csv, github, sarif"),
        ("draw", "graph, table, volumes, vgg"),
        ("draw", "stage, block, layer"),
        ("draw", "auto, own, embedded, dot"),
    ],
)
def test_a_help_lists_choices(command: str, choices: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([command, "--help"]) == 0
    assert choices in " ".join(capsys.readouterr().out.split())


def test_the_layers_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["explain", "layers"]) == 0
    said = capsys.readouterr().out.splitlines()
    assert any(line.split()[:2] == ["fc", "units,"] for line in said)
    assert said[-1].startswith("58 layers")


def test_specs_of_one_file_keep_their_figures() -> None:
    """Those of torchvision's models."""
    params = {one.spec.name: one.params for one in _known(_named(["resnet18"]) + _named(["resnet50"]))}
    assert params["resnet18"] == 11_689_512
    assert params["resnet50"] == 25_557_032


def test_eval_takes_a_set_by_its_name(capsys: pytest.CaptureFixture[str]) -> None:
    """The test accuracy that training reports is what eval counts."""
    Path("n.arch").write_text("net n {\n  input 8x8x1\n  flatten -> fc 10\n}\n", encoding="utf-8")
    assert run(["train", "n.arch", "--data", "digits", "--set", "epochs=2", "--threads", "1", "-o", "run"]) == 0
    accuracy = capsys.readouterr().out.partition("test accuracy ")[2].partition("%")[0]
    for asked in (["digits"], ["--data", "DIGITS"]):
        assert run(["eval", "n.arch", *asked, "--weights", "run/best.safetensors"]) == 0
        assert f"top-1 {accuracy}%" in capsys.readouterr().out
    assert run(["eval", "n.arch", "--weights", "run/best.safetensors"]) == 2
    assert run(["eval", "n.arch", "digits", "--weights", "run/best.safetensors", "--layout", "NHWC"]) == 2
    assert "`digits` is a named set" in capsys.readouterr().err


def test_eval_takes_the_generated_set(capsys: pytest.CaptureFixture[str]) -> None:
    """The test accuracy that training reports is what eval counts, for a set that is drawn at the net's size."""
    Path("n.arch").write_text("net n {\n  input 12x12x3\n  flatten -> fc 10\n}\n", encoding="utf-8")
    assert run(["train", "n.arch", "--data", "shapes", "--set", "epochs=1", "--threads", "1", "-o", "run"]) == 0
    accuracy = capsys.readouterr().out.partition("test accuracy ")[2].partition("%")[0]
    assert run(["eval", "n.arch", "shapes", "--weights", "run/best.safetensors"]) == 0
    assert f"top-1 {accuracy}%, " in capsys.readouterr().out


def test_eval_takes_tiny_imagenet_by_its_name(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A net that always gives the first class is right on the one picture of two that is of it."""
    root = Path("sets/tiny_imagenet/tiny-imagenet-200")
    for place in ("train/n01/images/a.JPEG", "train/n02/images/b.JPEG", "val/images/c.JPEG", "val/images/d.JPEG"):
        (root / place).parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (64, 64)).save(root / place, "JPEG")
    (root / "wnids.txt").write_text("n01\nn02\n", encoding="utf-8")
    (root / "val" / "val_annotations.txt").write_text("c.JPEG\tn02\nd.JPEG\tn01\n", encoding="utf-8")
    monkeypatch.setenv("ARCHC_DATA", "sets")
    Path("n.arch").write_text("net n {\n  input 8x8x3\n  avgpool global -> flatten -> fc 2\n}\n", encoding="utf-8")
    save_file({"fc1.weight": torch.zeros(2, 3), "fc1.bias": torch.tensor([1.0, 0.0])}, "w.safetensors")
    assert run(["eval", "n.arch", "tiny_imagenet", "--weights", "w.safetensors"]) == 0
    said = capsys.readouterr()
    assert "top-1 50.00%, top-5 100.00% of 2 images" in said.out
