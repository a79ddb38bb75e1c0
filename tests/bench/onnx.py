"""ONNX export against torch.onnx on the same net with the same weights: the time of whole processes, the size and the
speed of the files. The peer needs onnxscript; without it there are archc's figures alone."""

import importlib.util
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime

from tests.bench.process import Row, archc, run

PEER = """
import sys, torch
from safetensors.torch import load_file
sys.path.insert(0, sys.argv[1])
import net
module = getattr(net, sys.argv[2])().eval()
module.load_state_dict(load_file(sys.argv[3]))
batch = {0: torch.export.Dim("batch")}
torch.onnx.export(module, (torch.zeros(2, 3, 224, 224),), sys.argv[4], dynamo=True, dynamic_shapes=(batch,))
"""
ROUNDS = 3
CALLS = 15


def onnx() -> list[Row]:
    """The rows."""
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for name in ("resnet50", "resnet152"):
            rows += _export(name, Path(folder), peer=importlib.util.find_spec("onnxscript") is not None)
        rows += _int8(Path(folder))
    return rows


def _export(name: str, folder: Path, peer: bool) -> list[Row]:
    weights, ours, theirs = folder / f"{name}.safetensors", folder / f"{name}.onnx", folder / f"{name}-torch.onnx"
    run(archc("export", name, "-o", str(weights)))
    run(archc("export", name, "-o", str(folder / "net.py")))
    (folder / "peer.py").write_text(PEER)
    mine = archc("export", name, "--weights", str(weights), "-o", str(ours), "--no-verify")
    other = [sys.executable, str(folder / "peer.py"), str(folder), name.capitalize(), str(weights), str(theirs)]
    rows = []
    if peer:
        ratios, seconds = [], []
        for _ in range(ROUNDS):
            seconds.append(run(mine).seconds)
            ratios.append(run(other).seconds / seconds[-1])
        ratio = statistics.median(ratios)
        figure = f"{statistics.median(seconds):.2f} s, torch.onnx {ratio:.1f} times as long"
        rows.append(Row(f"{name} to ONNX, whole processes", figure, "8", ratio >= 8))
    else:
        rows.append(Row(f"{name} to ONNX, whole process", f"{run(mine).seconds:.2f} s; no onnxscript, so no peer"))
    share = ours.stat().st_size / weights.stat().st_size
    rows.append(Row(f"{name}.onnx beside its weights", f"{share:.4f}", "1.01", share <= 1.01))
    if peer and name == "resnet50":
        for threads in (1, 2):
            latency = _latency(ours, theirs, threads)
            rows.append(
                Row(
                    f"{name} in ONNX Runtime, {threads} threads, against torch.onnx's",
                    f"{latency:.3f}",
                    "1.02",
                    latency <= 1.02,
                )
            )
    return rows


def _latency(ours: Path, theirs: Path, threads: int) -> float:
    """The median of the ratios of calls in turns."""
    sessions = [_session(path, threads) for path in (ours, theirs)]
    x = np.random.default_rng(0).standard_normal((1, 3, 224, 224)).astype(np.float32)
    ratios = []
    for number in range(CALLS + 2):
        pair = [_call(session, x) for session in sessions]
        if number >= 2:
            ratios.append(pair[0] / pair[1])
    return statistics.median(ratios)


def _session(path: Path, threads: int) -> Any:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def _call(session: Any, x: Any) -> float:
    start = time.perf_counter()
    session.run(None, {session.get_inputs()[0].name: x})
    return time.perf_counter() - start


def _int8(folder: Path) -> list[Row]:
    """In 8 bits, where the processor multiplies them at once."""
    data, path = folder / "data.npz", folder / "int8.onnx"
    np.savez(data, x=np.random.default_rng(0).standard_normal((16, 3, 224, 224)).astype(np.float32))
    options = ("--weights", str(folder / "resnet50.safetensors"), "--int8", "--calibrate", str(data), "--no-verify")
    run(archc("export", "resnet50", *options, "-o", str(path)))
    speed = 1 / _latency(path, folder / "resnet50.onnx", 1)
    flags = Path("/proc/cpuinfo").read_text() if Path("/proc/cpuinfo").exists() else ""
    what = "ResNet-50 in 8 bits against float32, 1 thread"
    if "vnni" not in flags:
        return [Row(what, f"{speed:.2f} times as fast; no VNNI here")]
    return [Row(what, f"{speed:.2f} times as fast", "2.5", speed >= 2.5)]
