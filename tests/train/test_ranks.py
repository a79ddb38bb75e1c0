"""Several processes over gloo: as one, stopped, lost, sharded, and gone on with by another number."""

import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from archc.train import checkpoint
from tests.cli.running import Ran, archc
from tests.counting import HANG
from tests.train.helping import same
from tests.train.test_command import NET, metrics

QUICK = (
    "--set", "epochs=4", "--set", "batch=64", "--set", "ema=0.9", "--set", "checkpoints.every_steps=7",
    "--set", "precision=fp32",
)  # fmt: skip


@pytest.fixture(name="folder")
def _folder(tmp_path: Path) -> Path:
    (tmp_path / "mine.arch").write_text(NET)
    return tmp_path


def train(folder: Path, *more: str) -> Ran:
    ran = archc("train", *more, cwd=folder)
    assert ran.code == 0, ran.err
    return ran


def go_on_from(folder: Path, run: str, updates: int, *more: str) -> None:
    """Forget what came after, and go on from there."""
    path = folder / run / "checkpoints"
    kept = path / f"{checkpoint.name_of(updates)}.pt"
    train(folder, "--resume", str(kept if kept.exists() else path / checkpoint.name_of(updates)), *more)


PLAIN = """
net mine {
  input 8x8x1
  conv 3x3, 8, pad=1 -> relu
  maxpool 2x2/2
  flatten -> fc 10
}
"""
SAME = ("--set", "epochs=2", "--set", "batch=64", "--set", "augment.shift=0", "--set", "precision=fp32")


NORMS = """
net mine {
  input 8x8x1
  conv 3x3, 8, pad=1, bias=no -> bn -> relu
  maxpool 2x2/2
  conv 3x3, 8, bias=no -> bn affine=no -> relu
  flatten -> fc 12 -> bn momentum=0.3 -> relu -> fc 10
}
"""


@pytest.mark.parametrize("text", [pytest.param(PLAIN, marks=pytest.mark.nightly), NORMS], ids=["plain", "norms"])
def test_two_ranks_train_as_one(folder: Path, text: str) -> None:
    """Without what is drawn at random, only the order of sums differs; batch norm is over both ranks' images."""
    (folder / "mine.arch").write_text(text)
    for nproc in ("1", "2"):
        train(folder, "mine.arch", *SAME, "--set", "optimizer=nesterov", "--nproc", nproc, "--out", nproc)
    left, right = (load_file(folder / nproc / "last.safetensors") for nproc in ("1", "2"))
    assert left.keys() == right.keys()
    for name, tensor in left.items():
        assert torch.allclose(right[name].double(), tensor.double(), rtol=1e-3, atol=1e-4), name
    for one, two in zip(metrics(folder / "1"), metrics(folder / "2"), strict=True):
        assert one.keys() == two.keys()
        for key, value in one.items():
            assert float(two[key]) == pytest.approx(float(value), rel=1e-4), key
    assert json.loads((folder / "2" / "run.json").read_text())["ranks"] == 2


@pytest.mark.nightly
@pytest.mark.parametrize("nproc", ["1", "2"])
@pytest.mark.parametrize("name", ["nesterov", "adamw"])
@pytest.mark.parametrize("updates", [35, 42])
def test_resumed_ranks_end_bit_for_bit(folder: Path, nproc: str, name: str, updates: int) -> None:
    words = ("mine.arch", *QUICK, "--set", f"optimizer={name}", "--set", "checkpoints.keep=99", "--nproc", nproc)
    train(folder, *words, "--out", "whole")
    before, rows = load_file(folder / "whole" / "last.safetensors"), metrics(folder / "whole")
    go_on_from(folder, "whole", updates, "--nproc", nproc)
    assert same(before, load_file(folder / "whole" / "last.safetensors"))
    assert metrics(folder / "whole") == rows


@pytest.mark.nightly
@pytest.mark.parametrize("strategy", ["ddp", "fsdp"])
def test_another_number_of_ranks_goes_on(folder: Path, strategy: str) -> None:
    train(folder, "mine.arch", *QUICK, "--nproc", "2", "--out", "run", "--set", f"distributed.strategy={strategy}")
    rows = metrics(folder / "run")
    assert float(rows[-1]["accuracy"]) > 0.5
    train(folder, "--resume", "run", "--set", "epochs=5", "--set", "distributed.strategy=ddp")
    if strategy == "fsdp":
        (folder / "run" / "checkpoints" / "step-000000105.pt").unlink()
        train(folder, "--resume", "run", "--set", "epochs=6", "--nproc", "3", "--set", "batch=63")
    assert metrics(folder / "run")[: len(rows)] == rows


@pytest.mark.nightly
def test_sharded_and_whole_train_alike(folder: Path) -> None:
    words = ("mine.arch", *QUICK, "--nproc", "2", "--set", "channels_last=no")
    for strategy in ("ddp", "fsdp"):
        train(folder, *words, "--out", strategy, "--set", f"distributed.strategy={strategy}")
    left, right = metrics(folder / "ddp")[-1], metrics(folder / "fsdp")[-1]
    assert float(left["train_loss"]) == pytest.approx(float(right["train_loss"]), rel=1e-3)


@pytest.mark.nightly
def test_two_machines(folder: Path) -> None:
    """The same command started twice, as on each of two machines that see one folder."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        place = f"127.0.0.1:{free.getsockname()[1]}"
    words = [
        sys.executable,
        "-m",
        "archc",
        "train",
        "mine.arch",
        *SAME,
        "--out",
        "run",
        "--nnodes",
        "2",
        "--rdzv",
        place,
    ]
    machines = [
        subprocess.Popen(words, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(2)
    ]
    said = [machine.communicate(timeout=HANG) for machine in machines]
    assert [machine.returncode for machine in machines] == [0, 0], said
    assert json.loads((folder / "run" / "run.json").read_text())["ranks"] == 2
    assert sorted("mine on digits: test accuracy" in out for out, _ in said) == [False, True], "the first one speaks"


def started(folder: Path) -> Any:
    words = [sys.executable, "-m", "archc", "train", "mine.arch", "--out", "run", "--nproc", "2", *QUICK]
    process = subprocess.Popen(
        [*words, "--set", "epochs=4000"],
        cwd=folder,
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
    )
    assert process.stderr is not None
    for line in process.stderr:
        if line.startswith("epoch 3/"):
            break
    return process


def children(process: int) -> list[int]:
    found = Path(f"/proc/{process}/task/{process}/children").read_text().split()
    return [int(one) for one in found]


@pytest.mark.nightly
@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="/proc names the children")
@pytest.mark.parametrize("kill", [False, True])
def test_sigterm_and_a_lost_rank(folder: Path, kill: bool) -> None:
    process = started(folder)
    ranks = children(process.pid)
    assert len(ranks) >= 2
    if kill:
        os.kill(ranks[-1], signal.SIGKILL)
    else:
        process.terminate()
    said = process.communicate(timeout=HANG)[1]
    assert not any(Path(f"/proc/{one}").exists() for one in ranks)
    assert process.returncode == (1 if kill else 143)
    assert ("error[lost-rank]" if kill else "stopped and saved") in said
    assert "Traceback" not in said
    done = len(metrics(folder / "run"))
    train(folder, "--resume", "run", "--set", f"epochs={done + 2}", "--nproc", "2")
    assert len(metrics(folder / "run")) == done + 2
