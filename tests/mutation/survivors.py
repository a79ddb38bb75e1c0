"""The mutants that no test kills, each with the reason: survivors.txt.

A line that starts with `#` is a reason, and holds for the lines after it.
"""

from pathlib import Path

FILE = Path(__file__).parent / "survivors.txt"


def read() -> dict[str, str]:
    """A mutant's key → why it survives."""
    reasons: dict[str, str] = {}
    reason = ""
    for line in FILE.read_text("utf-8").splitlines():
        if line.startswith("# "):
            reason = line[2:]
        elif line:
            reasons[line] = reason
    return reasons
