"""What a process costs before it has anything to do."""

import sys

from tests.bench.process import Row, archc, interleaved


def startup() -> list[Row]:
    """The bare interpreter stands beside the commands."""
    commands = {
        "python -c pass": [sys.executable, "-c", "pass"],
        "python -c 'import archc'": [sys.executable, "-c", "import archc"],
        "archc --version": archc("--version"),
        "archc specs": archc("specs"),
        "archc check lenet5": archc("check", "lenet5"),
    }
    results = interleaved([*commands.values()], 5)
    return [
        Row(name, f"{result.seconds:.3f} s, {result.memory}") for name, result in zip(commands, results, strict=True)
    ]
