"""Time for each node of a generated net of 100,000 against one of 1,000; peak memory of the whole process.

The command runs inside a process that has checked a small net before, so that starting up counts in
neither; otherwise it would flatter the ratio.
"""

import contextlib
import io
import sys
import tempfile
import time
from pathlib import Path

from tests.bench.nets import STYLES
from tests.bench.process import Row, archc, run

SMALL, LARGE = 1_000, 100_000
MOST_RATIO = 1.5
GIB = 1024**3


def linear() -> list[Row]:
    """All styles."""
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for style, source in STYLES.items():
            per_node = []
            for size in (SMALL, LARGE):
                path = Path(folder) / f"{style}{size}.arch"
                path.write_text(source(size))
                timed = run([sys.executable, "-m", "tests.bench.linear", str(path), "5" if size == SMALL else "1"])
                per_node.append(float(timed.output) / size)
            whole = run(archc("check", str(path)))
            small, large = (seconds * 1e6 for seconds in per_node)
            figures = f"{small:.0f} and {large:.0f} µs, ratio {large / small:.2f}"
            rows += [
                Row(f"{style}: each of {SMALL:,} and {LARGE:,} nodes", figures, "≤ 1.5", large / small <= MOST_RATIO),
                Row(
                    f"{style}: archc check, {LARGE:,} nodes",
                    f"{whole.seconds:.2f} s, {whole.memory}",
                    "< 1 GiB",
                    whole.peak < GIB,
                ),
            ]
    return rows


def check(path: Path) -> float:
    """Seconds that `archc check PATH` takes inside this process."""
    from archc.cli.app import run  # noqa: PLC0415  (this module is also the parent, which must stay small)

    sys.argv = ["archc", "check", str(path)]
    started = time.perf_counter()
    with contextlib.redirect_stdout(io.StringIO()):
        status = run()
    seconds = time.perf_counter() - started
    if status:
        raise RuntimeError(f"archc check {path} gave {status}")
    return seconds


if __name__ == "__main__":
    target, rounds = Path(sys.argv[1]), int(sys.argv[2])
    warm = target.with_name("warm.arch")
    warm.write_text(STYLES["residual"](14))
    check(warm)
    print(min(check(target) for _ in range(rounds)))
