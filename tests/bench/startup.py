"""What a process costs before it has anything to do, beside importing what the command line is made of."""

import sys
import tempfile
from pathlib import Path

from tests.bench.process import Row, archc, interleaved

ROUNDS = 9
MOST_CHECK, MOST_HELP = 1.3, 1.2


def startup() -> list[Row]:
    """The bare interpreter and the packages stand beside the commands; the fastest run of each."""
    with tempfile.TemporaryDirectory() as folder:
        commands = {
            "python -c pass": [sys.executable, "-c", "pass"],
            "import typer": [sys.executable, "-c", "import typer"],
            "import pydantic, lark, typer": [sys.executable, "-c", "import pydantic, lark, typer"],
            "import archc": [sys.executable, "-c", "import archc"],
            "archc --version": archc("--version"),
            "archc --help": archc("--help"),
            "archc check lenet5": archc("check", "lenet5"),
            "archc draw lenet5": archc("draw", "lenet5", "-o", str(Path(folder) / "net.svg")),
            "archc specs": archc("specs"),
        }
        results = dict(zip(commands, interleaved([*commands.values()], ROUNDS), strict=True))
    rows = [Row(name, f"{result.seconds:.3f} s, {result.memory}") for name, result in results.items()]
    seconds = {name: result.seconds for name, result in results.items()}
    for name, beside, most in (
        ("archc check lenet5", "import pydantic, lark, typer", MOST_CHECK),
        ("archc --help", "import typer", MOST_HELP),
    ):
        ratio = seconds[name] / seconds[beside]
        rows.append(Row(f"{name} against {beside}", f"{ratio:.2f} of its time", f"≤ {most}", ratio <= most))
    return rows
