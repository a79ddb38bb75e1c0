"""Training on a GPU, where there is one: what the CPU comes to, on from a stop, and files that serve either."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch

from archc.train import checkpoint
from archc.train.loop import fit
from archc.train.signals import Stop
from archc.train.training import Training
from tests.cli.running import archc
from tests.train.helping import StopAfter, recipe, sets, small, training

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no GPU here")
FULL: dict[str, Any] = {"epochs": 3, "ema": 0.9, "schedule": "cosine", "optimizer": "nesterov"}


def ended(folder: Path, device: str, stop: int = 0, **tables: Any) -> Training:
    """A small run on a device, stopped after so many updates and gone on with where that is asked for."""
    chosen = recipe(**{**FULL, **tables})
    if stop:
        first, signal = training(small(), chosen, sets(), device=device), Stop()
        fit(first, folder, signal, StopAfter(signal, stop))
    made = training(small(), chosen, sets(), device=device)
    if stop:
        path = checkpoint.find(folder)
        made.load(path, checkpoint.load(path))
    fit(made, folder, Stop())
    return made


def apart(one: Training, other: Training) -> float:
    """The largest difference of two runs' weights, of the largest weight."""
    left, right = one.raw.state_dict(), other.raw.state_dict()
    assert left.keys() == right.keys()
    most = max(float(tensor.abs().max()) for tensor in left.values())
    return max(float((left[name].cpu() - right[name].cpu()).abs().max()) for name in left) / most


def test_it_comes_to_what_the_cpu_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without dropout, whose random numbers are another device's."""
    monkeypatch.setattr(torch.nn.Dropout, "forward", lambda self, x: x)
    monkeypatch.setattr(torch.nn.functional, "dropout", lambda x, *_, **__: x)
    gpu, cpu = ended(tmp_path / "gpu", "cuda"), ended(tmp_path / "cpu", "cpu")
    assert apart(gpu, cpu) < 1e-3


@pytest.mark.parametrize("precision", ["fp32", "bf16", "fp16"])
def test_a_run_goes_on_from_where_it_stopped(tmp_path: Path, precision: str) -> None:
    whole = ended(tmp_path / "whole", "cuda", precision=precision)
    parts = ended(tmp_path / "parts", "cuda", stop=7, precision=precision)
    assert apart(whole, parts) < 1e-5


def test_the_command(tmp_path: Path) -> None:
    """lenet5 on digits: compiled in bf16, and its files read where there is no GPU."""
    words = ("train", "lenet5", "--data", "digits", "--gpu", "--set", "precision=bf16", "--set", "compile=true")
    ran = archc(*words, "--set", "epochs=12", "--out", "run", "--json", cwd=tmp_path)
    assert ran.code == 0, ran.err
    assert json.loads(ran.out)["test_accuracy"] > 0.9
    assert torch.cuda.get_device_name() in (tmp_path / "run" / "README.md").read_text()
    weights = str(tmp_path / "run" / "best.safetensors")
    export = ("export", "lenet5", "--weights", weights, "-o", "net.onnx")
    exported = archc(*export, cwd=tmp_path, env={"CUDA_VISIBLE_DEVICES": ""})
    assert exported.code == 0, exported.err
