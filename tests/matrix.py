"""`python -m tests.matrix [lowest|pinned|highest …]`: the core suites on other versions of what archc needs.

Each set of versions gets an environment of its own, made by uv, which must be installed. lowest: every lower bound
of pyproject.toml; pinned: tests/constraints.txt; highest: the newest that there are. Prints a row of the table in
tests/README.md for each, and exits 1 where a test failed or a set could not be installed: the others are run all the
same. On Linux an index has PyTorch with CUDA, 3 GB a version; `--torch-backend cpu` takes PyTorch's own index, where
its builds for the CPU are.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SETS: Mapping[str, Sequence[str]] = {
    "lowest": ("--resolution", "lowest-direct"),
    "pinned": ("--constraints", "tests/constraints.txt"),
    "highest": ("--resolution", "highest"),
}
SHOWN = ("torch", "onnx", "onnxruntime", "lark", "pydantic", "typer", "numpy")
CORE = (
    *("tests/cli/test_check.py", "tests/cli/test_formats.py", "tests/cli/test_bad_input.py"),
    *("tests/unit/test_ops_errors.py", "tests/unit/test_cases_ok.py", "tests/unit/test_cases_error.py"),
    *("tests/unit/test_format.py", "tests/torch/test_ops_sweep.py", "tests/torch/test_worked_numbers.py"),
    *("tests/torch/test_weights.py", "tests/torch/test_source.py", "tests/torch/test_module.py"),
    *("tests/onnx/test_ops_sweep.py", "tests/onnx/test_export_command.py", "tests/onnx/test_import.py"),
    *("tests/onnx/test_serving.py", "tests/train/test_loop.py", "tests/security/test_files.py"),
)


def run(name: str, folder: Path, asked: argparse.Namespace) -> tuple[str, bool]:
    """The row of a set of versions, and whether all passed."""
    uv = [shutil.which("uv") or "uv"]
    environment = {**os.environ, "VIRTUAL_ENV": str(folder)}
    subprocess.run([*uv, "venv", "--quiet", "--python", asked.python, str(folder)], check=True)
    backend = ["--torch-backend", asked.torch_backend] if asked.torch_backend else []
    install = [*uv, "pip", "install", "--quiet", *SETS[name], *backend, "--editable", ".[test]"]
    if subprocess.run(install, cwd=ROOT, env=environment, check=False).returncode:
        return f"| {name} |{' |' * len(SHOWN)} could not be installed | |", False
    listed = subprocess.run([*uv, "pip", "freeze"], env=environment, check=True, capture_output=True, text=True).stdout
    versions = dict(line.split("==") for line in listed.splitlines() if "==" in line)
    start = time.monotonic()
    words = [str(folder / "bin" / "python"), "-u", "-m", "pytest", "-p", "no:cacheprovider", "-p", "no:xdist"]
    words += asked.tests or CORE
    with subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        assert process.stdout is not None
        text = "".join(_passed_on(line) for line in process.stdout)
    count = _count(text)
    minutes = (time.monotonic() - start) / 60
    return (
        f"| {name} | {' | '.join(versions[one] for one in SHOWN)} | {count} | {minutes:.0f} min |",
        not process.returncode,
    )


def _passed_on(line: str) -> str:
    sys.stderr.write(line)
    return line


def _count(text: str) -> str:
    """What pytest counted: its dots under -q, since it may say no more."""
    marks = "".join(re.findall(r"^([.FEsxX]+)(?: +\[ *\d+%\])?$", text, re.MULTILINE))
    failed = sum(map(marks.count, "FE"))
    return f"{marks.count('.'):,} passed" + (f", {failed} failed" if failed else "")


def main() -> int:
    """0 where every test passed on every set that is asked for."""
    parser = argparse.ArgumentParser(prog="python -m tests.matrix")
    parser.add_argument("sets", nargs="*", choices=[*SETS, []], help=", ".join(SETS))
    parser.add_argument("--python", default=sys.executable, help="as uv takes it: 3.13")
    parser.add_argument("--torch-backend", metavar="NAME", help="which build of PyTorch, as uv takes it: cpu")
    parser.add_argument("--tests", nargs="+", metavar="PATH", help="in place of the core suites")
    asked = parser.parse_args()
    if shutil.which("uv") is None:
        parser.error("uv makes the environments: pip install uv")
    rows, good = [], True
    for name in asked.sets or SETS:
        with tempfile.TemporaryDirectory(prefix="archc-matrix-") as folder:
            row, passed = run(name, Path(folder) / "venv", asked)
        rows.append(row)
        good &= passed
    print(f"| | {' | '.join(SHOWN)} | tests | |\n|{'---|' * (len(SHOWN) + 3)}")
    print("\n".join(rows))
    return int(not good)


if __name__ == "__main__":
    sys.exit(main())
