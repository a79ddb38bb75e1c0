"""Ratios in one run: `python -m tests.bench [NAME …]`. Exits 1 where a target is missed."""

import argparse
import importlib.metadata
import os
import platform
import sys
from pathlib import Path

from tests.bench.process import Row, measured

NAMES = ("resnet152", "linear", "specs", "startup", "module", "onnx", "training", "gpu", "draw")


def machine() -> str:
    """The processor, its cores, and the versions that matter."""
    model = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        names = [line for line in cpuinfo.read_text().splitlines() if line.startswith("model name")]
        model = names[0].partition(":")[2].strip() if names else model
    versions = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in ("torch", "torchinfo", "lark"))
    return f"{model}, {os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}, {versions}"


def main() -> int:
    """Run the named benches, or all."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"any of {', '.join(NAMES)}; all without one")
    names = parser.parse_args().names or [*NAMES]
    unknown = [name for name in names if name not in NAMES]
    if unknown:
        parser.error(f"no bench is called {unknown[0]}; there are {', '.join(NAMES)}")
    print(machine())
    rows: list[Row] = []
    for name in names:
        print(f"\n{name}", flush=True)
        found = measured(name)
        rows += found
        for row in found:
            print(f"  {row.what:<52} {row.figure:<34} {row.verdict}", flush=True)
    missed = [row for row in rows if row.met is False]
    print(f"\n{len(missed)} of {sum(row.met is not None for row in rows)} targets missed")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
