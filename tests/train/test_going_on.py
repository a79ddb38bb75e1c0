"""A run goes on with what it had, alone in its folder, and says so where it cannot."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from archc.diagnostics import ArchError
from archc.train import lock
from archc.train.data.fingerprint import differences, fingerprint
from archc.train.data.image_set import Split
from archc.train.data.open_sets import Sets, open_sets
from archc.train.recipe import Data
from archc.train.runs import RunFolder
from tests.cli.running import archc
from tests.train.helping import sets

NET = "net n(classes=3) { input 8x8x3 -> conv 3x3, 4 -> bn -> relu -> flatten -> fc classes }"
QUICK = ("--set", "batch=8", "--set", "augment={}")


def arrays(path: Path, seed: int = 0, count: int = 40, moved: int | None = None) -> Path:
    drawn = np.random.default_rng(seed)
    images = drawn.integers(0, 256, (count, 8, 8, 3), dtype=np.uint8)
    labels = np.arange(count) % 3
    if moved is not None:
        images[moved, 0, 0, 0] ^= 1
    np.savez(path, x=images, y=labels)
    return path


@pytest.fixture(name="stopped", scope="module")
def _stopped(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a net, a set, and a run of an epoch."""
    root = tmp_path_factory.mktemp("runs")
    (root / "n.arch").write_text(NET)
    arrays(root / "set.npz")
    ran = archc("train", "n.arch", "--data", "set.npz", "--out", "run", *QUICK, "--set", "epochs=1", cwd=root)
    assert ran.code == 0, ran.err
    return root


def resumed(root: Path, *more: str, settings: tuple[str, ...] = ()) -> Any:
    words = [word for one in ("epochs=2", *settings) for word in ("--set", one)]
    return archc("train", "--resume", "run", *more, *words, cwd=root)


def test_the_folder_says_what_it_was_trained_on(stopped: Path) -> None:
    facts = json.loads((stopped / "run" / "run.json").read_text())
    told = facts["data"]["fingerprint"]
    assert {name: part["images"] for name, part in told["parts"].items()} == {"train": 29, "validation": 3, "test": 8}
    assert all(len(part["digest"]) == 32 for part in told["parts"].values())


@pytest.mark.parametrize(
    ("change", "settings", "said"),
    [
        pytest.param({"seed": 1}, (), "the images to train on: as many, but others", marks=pytest.mark.nightly),
        ({"moved": 5}, (), "as many, but others, or with other labels"),
        ({"count": 50}, (), "the images to train on: 29 then, 36 now"),
        ({}, ("seed=1",), "seed: 0 then, 1 now"),
        pytest.param(
            {}, ("data.validation=0.3",), "the images that are judged: 3 then, 10 now", marks=pytest.mark.nightly
        ),
        pytest.param({}, ("data.train_size=20",), "the images to train on: 29 then, 18 now", marks=pytest.mark.nightly),
        ({}, ("data.normalise=unit",), "data.normalise: standard then, unit now"),
    ],
)
def test_other_data_or_another_seed_is_an_error_that_names_it(
    stopped: Path, change: dict[str, Any], settings: tuple[str, ...], said: str
) -> None:
    before = (stopped / "run" / "run.json").read_bytes()
    arrays(stopped / "set.npz", **change)
    try:
        ran = resumed(stopped, settings=settings)
    finally:
        arrays(stopped / "set.npz")
    assert ran.code == 1 and "Traceback" not in ran.err
    assert "error[other-data]" in ran.err and said in ran.err, ran.err
    assert (stopped / "run" / "run.json").read_bytes() == before


def test_another_set_by_name(stopped: Path) -> None:
    ran = resumed(stopped, "--data", "shapes", settings=("data.train_size=60",))
    assert ran.code == 1
    assert "classes" in ran.err


def test_the_same_data_elsewhere_is_the_same(stopped: Path, tmp_path: Path) -> None:
    arrays(tmp_path / "moved.npz")
    ran = resumed(stopped, "--data", str(tmp_path / "moved.npz"))
    assert ran.code == 0, ran.err


def folder(root: Path, size: int = 6) -> Path:
    for name in "ab":
        (root / name).mkdir(parents=True)
        for number in range(size):
            Image.new("RGB", (8, 8), (number * 9, 0, 0)).save(root / name / f"{number}.png")
    return root


def of_folder(root: Path) -> dict[str, Any]:
    data = Data(name=str(root))
    return fingerprint(open_sets(data, (3, 8, 8), 2), data)


def test_files_by_their_paths_in_the_set_and_their_sizes(tmp_path: Path) -> None:
    then = of_folder(folder(tmp_path / "one"))
    (tmp_path / "one").rename(tmp_path / "two")
    assert differences(then, of_folder(tmp_path / "two")) == [], "a set may be moved"
    (tmp_path / "two" / "a" / "0.png").rename(tmp_path / "two" / "a" / "00.png")
    assert differences(then, of_folder(tmp_path / "two")), "another name"
    (tmp_path / "two" / "a" / "00.png").rename(tmp_path / "two" / "a" / "0.png")
    assert differences(then, of_folder(tmp_path / "two")) == []
    Image.effect_noise((8, 8), 90).convert("RGB").save(tmp_path / "two" / "b" / "3.png")
    assert differences(then, of_folder(tmp_path / "two")), "another size"


def test_labels_targets_and_order_count() -> None:
    made, data = sets(), Data()
    assert isinstance(made.train.images, torch.Tensor)

    def other(images: torch.Tensor, labels: torch.Tensor) -> list[str]:
        changed = Sets(
            made.name, Split(images, labels), made.validation, made.test, made.classes, made.augment, made.judged
        )
        return differences(fingerprint(made, data), fingerprint(changed, data))

    images, labels = made.train.images, made.train.labels
    assert other(images, labels) == other(images.clone(), labels.clone()) == []
    assert other(images, labels.roll(1))
    assert other(images.flip(0), labels.flip(0))
    assert other(images.float(), labels)
    assert other(images[1:], labels[1:]) == ["the images to train on: 70 then, 69 now"]


HOLD = """
import sys, time
from pathlib import Path
from archc.train import lock
with lock.locked(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture(name="holding")
def _holding(tmp_path: Path) -> Any:
    """Starts a process that trains, as far as its lock goes."""
    begun: list[subprocess.Popen[str]] = []

    def hold(place: Path) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-c", HOLD, str(place)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8"
        )
        begun.append(process)
        assert process.stdout is not None and process.stdout.readline() == "held\n"
        return process

    yield hold
    for process in begun:
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                pipe.close()


def test_one_process_has_a_folder(tmp_path: Path, holding: Callable[[Path], subprocess.Popen[str]]) -> None:
    assert lock.holder(tmp_path) == ""
    process = holding(tmp_path)
    assert f"process {process.pid}" in (lock.holder(tmp_path) or "")
    with pytest.raises(ArchError, match=f"is still being trained by process {process.pid}"), lock.locked(tmp_path):
        pass
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert lock.holder(tmp_path) == ""
    with lock.locked(tmp_path):
        pass


def test_a_run_that_goes_on_elsewhere_is_not_gone_on_with(
    stopped: Path, holding: Callable[[Path], subprocess.Popen[str]]
) -> None:
    process = holding(stopped / "run")
    RunFolder(stopped / "run").note(state="running")
    before = (stopped / "run" / "run.json").read_bytes()
    ran = resumed(stopped)
    assert ran.code == 1 and "error[run-busy]" in ran.err and f"process {process.pid}" in ran.err
    assert (stopped / "run" / "run.json").read_bytes() == before
    listed = json.loads(archc("runs", "run", "--json", cwd=stopped).out)["runs"]
    assert listed[0]["state"] == "running"
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    listed = json.loads(archc("runs", "run", "--json", cwd=stopped).out)["runs"]
    assert listed[0]["state"] == "interrupted"
    assert "interrupted" in archc("runs", "run", cwd=stopped).out


def test_a_run_that_was_killed_is_no_longer_running(stopped: Path) -> None:
    words = ["train", "n.arch", "--data", "set.npz", "--out", "killed", *QUICK, "--set", "epochs=100000"]
    process = subprocess.Popen([sys.executable, "-m", "archc", *words], cwd=stopped, stderr=subprocess.DEVNULL)
    run = stopped / "killed"
    while not list((run / "checkpoints").glob("step-*.pt")):
        assert process.poll() is None
        time.sleep(0.05)
    busy = archc("train", "--resume", "killed", cwd=stopped)
    assert busy.code == 1 and f"process {process.pid}" in busy.err
    process.kill()
    process.wait()
    assert RunFolder(run).facts()["state"] == "running" and RunFolder(run).seen()["state"] == "interrupted"
    again = archc("train", "--resume", "killed", "--set", "steps=4", cwd=stopped)
    assert again.code == 0, again.err
    assert RunFolder(run).seen()["state"] == "finished"
