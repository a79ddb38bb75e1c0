"""`archc train`, `archc runs` and `archc demo` as a user runs them."""

import csv
import json
import shlex
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import archc as library
from archc.cli.app import run
from archc.train import checkpoint
from tests.cli.running import Ran, archc
from tests.counting import HANG
from tests.train.helping import same

NET = """# mine.arch
net mine(classes=10) {
  input 8x8x1
  conv 3x3, 8, pad=1 -> bn -> relu
  maxpool 2x2/2
  flatten -> dropout 0.1 -> fc classes -> softmax
}
"""
Train = Callable[..., Ran]
QUICK = ("--set", "epochs=2", "--set", "batch=64")


@pytest.fixture(name="net")
def _net(tmp_path: Path) -> Path:
    (tmp_path / "mine.arch").write_text(NET)
    return tmp_path / "mine.arch"


@pytest.fixture(name="train")
def _train(net: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Train:
    """`archc train mine.arch …` in this process, which has torch already."""

    def train(*more: str) -> Ran:
        monkeypatch.chdir(net.parent)
        code = run(["train", "mine.arch", *more])
        captured = capsys.readouterr()
        return Ran(code, captured.out, captured.err)

    return train


def metrics(run: Path) -> list[dict[str, str]]:
    """metrics.csv without its times."""
    rows = list(csv.DictReader((run / "metrics.csv").read_text().splitlines()))
    return [{key: value for key, value in row.items() if key != "seconds"} for row in rows]


def test_a_run_and_what_it_leaves(net: Path, train: Train) -> None:
    net.with_suffix(".train.toml").write_text("epochs = 9\nbatch = 64\n[optimizer]\nname = 'adam'\nlr = 0.01\n")
    ran = archc("train", "mine.arch", "--set", "epochs=2", "--set", "optimizer.lr=0.02", "--json", cwd=net.parent)
    assert ran.code == 0, ran.err
    result = json.loads(ran.out)
    folder = net.parent / "runs" / "mine-digits-1"
    assert Path(result["run"]) == Path("runs/mine-digits-1")
    assert result["epochs"] == 2 and result["test_accuracy"] > 0.4
    names = {path.name for path in folder.iterdir()}
    assert names == {
        ".lock", "README.md", "best.safetensors", "checkpoints", "confusion.png", "curves.png", "last.safetensors",
        "metrics.csv", "net.arch", "recipe.toml", "run.json", "source.arch",
    }  # fmt: skip
    recipe = (folder / "recipe.toml").read_text()
    assert 'name = "adam"\nlr = 0.02\n' in recipe and "epochs = 2\n" in recipe and "[augment]\n" in recipe
    assert [row["epoch"] for row in metrics(folder)] == ["1", "2"]
    assert (folder / "source.arch").read_text() == NET
    assert "epoch 2/2: train loss" in ran.err and "images/s" in ran.err
    facts = json.loads((folder / "run.json").read_text())
    assert facts["state"] == "finished" and facts["versions"]["torch"]
    card = (folder / "README.md").read_text()
    assert f"{result['test_accuracy']:.4f}" in card and "archc export net.arch" in card
    module = library.load(net).torch(weights=folder / "best.safetensors")
    assert same(
        module.state_dict(), library.load(folder / "net.arch").torch(weights=folder / "best.safetensors").state_dict()
    )
    with Image.open(folder / "curves.png") as drawn:
        assert drawn.width > 400

    other = NET.replace("conv 3x3, 8", "conv 3x3, 12")
    net.write_text(other)
    refused = train("--resume", "runs/mine-digits-1")
    net.write_text(NET)
    assert refused.code == 1
    assert "is a checkpoint of another architecture" in refused.err
    assert "conv 3x3, 8, pad=1 → conv" in refused.err
    again = train("--out", "runs/mine-digits-1")
    assert again.code == 1 and "--resume runs/mine-digits-1 goes on with it" in again.err

    more = train("--resume", "runs/mine-digits-1", "--set", "epochs=3")
    assert more.code == 0, more.err
    assert [row["epoch"] for row in metrics(folder)] == ["1", "2", "3"]
    assert train(*QUICK, "--set", "seed=5", "-p", "classes=10").code == 0
    table = archc("runs", "-o", "runs.png", cwd=net.parent)
    assert table.code == 0
    lines = table.out.splitlines()
    assert [line.split()[0] for line in lines[2:]] == ["mine-digits-1", "mine-digits-2"]
    assert "classes=10, epochs=2, seed=5, " in archc("runs", cwd=net.parent, env={"COLUMNS": "200"}).out
    assert (net.parent / "runs.png").read_bytes().startswith(b"\x89PNG")
    listed = json.loads(archc("runs", "--json", cwd=net.parent).out)["runs"]
    assert [len(one["metrics"]) for one in listed] == [3, 2]


def test_a_dry_run_spends_nothing(net: Path, train: Train) -> None:
    ran = train("--dry-run", "--set", "accumulate=2")
    assert ran.code == 0, ran.err
    assert "digits: 1,294 to train, 144 validation, 359 test" in ran.out
    assert "220 updates: 20 epochs of 11" in ran.out and "params    1,386" in ran.out
    assert "\n[optimizer]\n" in ran.out
    document = json.loads(train("--dry-run", "--json").out)
    assert document["cost"]["optimizer_bytes"] == 2 * 4 * 1386  # AdamW keeps two moments
    assert not (net.parent / "runs").exists()


RECIPE = """
train {
  epochs = 2
  batch = 32
  optimizer { name = adam, lr = 3e-3 }
}
"""


def test_the_recipe_in_a_source(net: Path, train: Train) -> None:
    net.write_text(NET + RECIPE)
    told = json.loads(train("--dry-run", "--json", "--set", "batch=64").out)["recipe"]
    assert (told["epochs"], told["batch"], told["optimizer"]["name"], told["optimizer"]["lr"]) == (2, 64, "adam", 3e-3)
    (net.parent / "other.toml").write_text("epochs = 3\n")
    told = json.loads(train("--dry-run", "--json", "--recipe", "other.toml").out)["recipe"]
    assert (told["epochs"], told["batch"]) == (3, 128), "a recipe that is named stands in its place"
    net.with_suffix(".train.toml").write_text("epochs = 4\n")
    twice = train("--dry-run")
    assert twice.code == 1 and "`mine.train.toml` beside it is different" in twice.err
    assert "--> mine.arch:9:1" in twice.err
    net.with_suffix(".train.toml").unlink()

    net.write_text(NET + RECIPE.replace("lr =", "lrr ="))
    for ran in (train("--dry-run"), archc("check", "mine.arch", cwd=net.parent)):
        assert ran.code == 1
        assert "error[unknown-setting]: a recipe has no `optimizer.lrr`" in ran.err
        assert "--> mine.arch:12:28" in ran.err and "help: did you mean `lr`?" in ran.err


def test_the_schema_and_what_is_missing() -> None:
    assert json.loads(archc("train", "--schema").out)["title"] == "archc training recipe"
    assert archc("train").code == 2
    assert "there is no run" in archc("runs", "/nowhere").err


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["--gpu"], "error[no-gpu]: torch finds no GPU here"),
        (["--device", "tpu"], "error[no-device]"),
        (["--data", "cifar10", "--set", "data.download=no"], "error[no-data]: cifar10 is not in"),
        (["--data", "cifar10", "--dry-run"], "let archc fetch it with --set data.download=yes"),
        (["-p", "classes=7"], "digits has 10 classes, and the net gives 7"),
        (["--set", "optimizer.lrr=1"], "did you mean `lr`?"),
        (["--recipe", "no.toml"], "there is no recipe `no.toml`"),
        (["--out", "mine.arch"], "cannot be written"),
        (["--resume", "nowhere"], "holds no checkpoint"),
        (
            ["--set", "optimizer.lr=1e30", "--set", "optimizer.name=sgd", "--set", "schedule=constant"],
            "error[non-finite]",
        ),
        (["--nnodes", "2"], "needs --out FOLDER"),
        (["--nnodes", "2", "--out", "shared"], "--rdzv HOST:PORT"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_goes_wrong_is_said(train: Train, more: list[str], said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    ran = train(*more)
    assert ran.code == (2 if said == "cannot be written" else 1)
    assert said in ran.err
    assert "Traceback" not in ran.err


def test_a_set_of_ones_own_from_a_folder_with_a_bad_image(net: Path, train: Train) -> None:
    for kind in ("cat", "dog"):
        for number in range(12):
            path = net.parent / "pets" / kind / f"{number}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(np.full((9, 9), 200 * (kind == "dog") + number, np.uint8)).save(path)
    ran = train("--data", "pets", "-p", "classes=2", "--set", "epochs=2", "--set", "batch=8")
    assert ran.code == 0, ran.err
    assert "mine on pets" in ran.out
    (net.parent / "pets" / "dog" / "3.png").write_bytes(b"no image")
    ran = train("--data", "pets", "-p", "classes=2")
    assert (ran.code, "`3.png` is no image that can be read" in ran.err) == (1, True)


WIDE = """net wide {
  input 64x64x1
  conv 3x3, 1024, pad=1 -> relu
  avgpool global -> flatten -> fc 10
}
"""


@pytest.mark.skipif(sys.platform != "linux", reason="limits are Linux's")
def test_out_of_memory_is_said_with_what_helps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Activations of 8.6 GB where 6 GB of addresses are left; what was saved before stands."""
    (tmp_path / "wide.arch").write_text(WIDE)
    words = ["wide.arch", "--data", "shapes", "--set", "epochs=1", "--set", "data.test_size=10", "--out", "run"]
    monkeypatch.chdir(tmp_path)
    assert run(["train", *words, "--set", "batch=4", "--set", "steps=5", "--set", "data.train_size=600"]) == 0
    saved = checkpoint.find(tmp_path / "run")
    more = ["--set", "steps=20", "--set", "batch=512"]
    limited = f"ulimit -v 6000000; exec {shlex.quote(sys.executable)} -m archc train --resume run {shlex.join(more)}"
    done = subprocess.run(["bash", "-c", limited], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stderr
    assert "error[out-of-memory]: cpu, 1 thread ran out of memory with 512 images at once" in done.stderr
    assert "accumulate=2 halves" in done.stderr and "Traceback" not in done.stderr
    assert checkpoint.find(tmp_path / "run") == saved
    assert checkpoint.load(saved)["position"] == [1, 0, 5]
    assert json.loads((tmp_path / "run" / "run.json").read_text())["state"] == "failed"


def started(net: Path, *more: str) -> Any:
    """A run that goes on for long, once it has trained an epoch."""
    process = subprocess.Popen(
        [sys.executable, "-m", "archc", "train", "mine.arch", "--out", "run", "--set", "batch=64", *more],
        cwd=net.parent,
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
    )
    assert process.stderr is not None
    for line in process.stderr:
        if line.startswith("epoch 3/"):
            break
    return process


@pytest.mark.parametrize("number", [signal.SIGTERM, pytest.param(signal.SIGINT, marks=pytest.mark.nightly)])
def test_a_signal_saves_and_the_run_goes_on(net: Path, number: signal.Signals) -> None:
    epochs = 400
    process = started(net, "--set", f"epochs={epochs}")
    process.send_signal(number)
    said = process.communicate(timeout=HANG)[1]
    assert process.returncode == 128 + number
    assert "stopped and saved: archc train --resume run goes on" in said
    run = net.parent / "run"
    assert json.loads((run / "run.json").read_text())["state"] == "stopped"
    done = len(metrics(run))
    assert 2 < done < epochs
    ran = archc("train", "--resume", "run", "--set", f"epochs={done + 2}", cwd=net.parent)
    assert ran.code == 0, ran.err
    assert len(metrics(run)) == done + 2


@pytest.mark.nightly
def test_the_demo_is_as_good_as_it_says(tmp_path: Path) -> None:
    ran = archc("demo", cwd=tmp_path)
    assert ran.code == 0, ran.err
    commands = [line.split()[2] for line in ran.out.splitlines() if line.startswith("$ archc")]
    assert commands == ["check", "draw", "train", "export", "export", "predict"]
    named = [line.split()[:2] for line in ran.out.splitlines() if line.startswith("archc-demo/pictures/")]
    assert len(named) == 10
    assert sum(Path(picture).stem == said for picture, said in named) >= 9
    assert (tmp_path / "archc-demo" / "digits.svg").is_file()
    facts = json.loads((tmp_path / "archc-demo" / "run" / "run.json").read_text())
    assert facts["result"]["test_accuracy"] > 0.97
    again = archc("demo", cwd=tmp_path)
    assert again.code == 0, again.err
    assert (tmp_path / "archc-demo-2" / "digits.onnx").is_file()


def test_a_short_demo(tmp_path: Path) -> None:
    ran = archc("demo", "here", "--seed", "3", cwd=tmp_path)
    assert ran.code == 0, ran.err
    assert (tmp_path / "here" / "digits.py").is_file()
    facts = json.loads((tmp_path / "here" / "run" / "run.json").read_text())
    assert facts["result"]["test_accuracy"] > 0.97
    again = archc("demo", "here", cwd=tmp_path)
    assert (again.code, again.out) == (2, "")
    assert "archc demo FOLDER" in again.err


RESNET = """
block basic(width, stride=1) {
  add {
    | conv 3x3/stride, width, pad=1, bias=no -> bn -> relu
      conv 3x3, width, pad=1, bias=no -> bn
    | shortcut(width, stride)
  }
  relu
}
block shortcut(channels, stride) {
  if stride != 1 or in.channels != channels { conv 1x1/stride, channels, bias=no -> bn }
}
net little {
  input 24x24x3
  conv 3x3, 16, pad=1, bias=no -> bn -> relu
  basic(16)
  basic(32) x 2 /2
  basic(64) x 2 /2
  avgpool global -> flatten -> fc 10
}
"""


@pytest.mark.nightly
@pytest.mark.parametrize("seed", range(3))
def test_stated_accuracies(tmp_path: Path, seed: int) -> None:
    """LeNet on digits 97 %, a small ResNet on shapes 90 %, whatever the seed."""
    (tmp_path / "little.arch").write_text(RESNET)
    for words, least in (
        (["lenet5_modern", "--data", "digits", "--set", "epochs=30"], 0.97),
        (["little.arch", "--data", "shapes", "--set", "epochs=10"], 0.9),
    ):
        ran = archc("train", *words, "--set", f"seed={seed}", "--set", "batch=64", "--json", cwd=tmp_path)
        assert ran.code == 0, ran.err
        assert json.loads(ran.out)["test_accuracy"] > least
