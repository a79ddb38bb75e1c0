"""`archc check resnet152` against PyTorch and torchinfo, both as whole processes."""

import sys

from tests.bench.process import MIB, Row, archc, interleaved

PARAMS = "60,192,808"
LEAST_RATIO = 20
MOST_MEMORY = 80 * MIB


def resnet152() -> list[Row]:
    """Best of five, interleaved; both must report the same parameters."""
    ours, theirs = interleaved([archc("check", "resnet152"), [sys.executable, "-m", "tests.bench.torch_resnet152"]], 5)
    assert PARAMS in ours.output, ours.output[-2000:]
    assert PARAMS in theirs.output, theirs.output[-2000:]
    ratio = theirs.seconds / ours.seconds
    return [
        Row("PyTorch on the meta device + torchinfo", f"{theirs.seconds:.3f} s, {theirs.memory}"),
        Row("archc check resnet152", f"{ours.seconds:.3f} s, {ours.memory}"),
        Row("ratio of times", f"{ratio:.1f}", f"≥ {LEAST_RATIO}", ratio >= LEAST_RATIO),
        Row("peak memory of archc", ours.memory, "< 80 MiB", ours.peak < MOST_MEMORY),
    ]
