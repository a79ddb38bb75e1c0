"""Grades files of students: python grade.py FILE… prints points out of four and why, a line for each file."""

import sys

import archc

MOST_PARAMS = 30_000


def grade(path: str) -> tuple[int, str]:
    """Points and the reason for those that are missing."""
    try:
        net = archc.load(path)
    except archc.ArchError as error:
        first = error.diagnostics[0]
        where = f"line {first.span.line}: " if first.span is not None else ""
        return 0, f"{where}{first.message}"
    layers = net.graph.nodes
    asked = {
        "it takes 28x28x1": layers[0].shape == (1, 28, 28),
        "it gives ten values": layers[-1].shape == (10,),
        "two convolutions": sum(layer.op.name == "conv" for layer in layers) == 2,
        f"at most {MOST_PARAMS:,} parameters": net.params <= MOST_PARAMS,
    }
    missing = [what for what, held in asked.items() if not held]
    return len(asked) - len(missing), "; ".join(f"not {what}" for what in missing) or f"{net.params:,} parameters"


if __name__ == "__main__":
    for file in sys.argv[1:]:
        points, why = grade(file)
        print(f"{file}: {points}/4 ({why})")
