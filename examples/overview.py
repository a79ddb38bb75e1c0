"""Draws overview.svg: one table, and what the commands make of it. `python overview.py` in this folder.

What is shown is what archc gives: the figures of the check, the picture, the text of the module and the names of the
ONNX file's nodes. Only the curve is of a run that was made once (`archc train small.arch::B --data digits`), because
a training run differs in its last digits from one processor to another.
"""

import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import onnx

from archc.backends.diagram.svg import escaped

HERE = Path(__file__).parent
NET = "small.arch::B"
LEARNT = [
    *(17.4, 36.8, 74.3, 92.4, 93.8, 95.8, 97.9, 97.9, 97.9, 99.3),
    *(98.6, 100, 99.3, 100, 100, 100, 100, 100, 100, 100),
]  # validation accuracy in %, after each of 20 epochs
MONO = "Liberation Mono, DejaVu Sans Mono, Menlo, Consolas, monospace"
LINE = 15  # from one line of text to the next
INK, MUTED, EDGE, ACCENT = "#15181d", "#555c66", "#b8bfca", "#0b5c99"


def card(x: float, y: float, width: float, height: float, title: str) -> str:
    """A frame with the command that gives what is in it."""
    return (
        f'<rect x="{x}" y="{y}" width="{width}" height="{height}" rx="8" fill="#f7f8fa" stroke="{EDGE}"/>\n'
        f'<text x="{x + 12}" y="{y + 21}" font-size="11.5" font-weight="bold" fill="{ACCENT}">{escaped(title)}</text>\n'
    )


def lines(x: float, y: float, texts: Sequence[str], size: float = 11) -> str:
    """Lines of text in columns, as a terminal shows them."""
    rows = "".join(
        f'<tspan x="{x}" y="{y + number * LINE}">{escaped(text)}</tspan>' for number, text in enumerate(texts) if text
    )
    return f'<text xml:space="preserve" font-family="{MONO}" font-size="{size}" fill="{INK}">{rows}</text>\n'


def arrow(x: float, y: float, to_x: float, to_y: float) -> str:
    """A line across, with a head."""
    back = 8 if to_x < x else -8
    head = f"M{to_x} {to_y} l{back} -5 v10 z"
    return (
        f'<path d="M{x} {y} L{to_x} {to_y}" stroke="{ACCENT}" stroke-width="2" fill="none"/>\n'
        f'<path d="{head}" fill="{ACCENT}"/>\n'
    )


def inside(picture: str, x: float, y: float, width: float) -> str:
    """A picture of archc's as a part of this one."""
    start = picture.index("<svg")
    body = picture[picture.index(">", start) + 1 :]
    box = picture[picture.index('viewBox="', start) + 9 :].partition('"')[0]
    across, down = map(float, box.split()[2:])
    font = picture[picture.index('font-family="', start) :].partition(" role=")[0]
    body = body.replace('fill="#ffffff"/>', 'fill="none"/>', 1)  # the paper
    size = f'width="{width}" height="{width * down / across:.1f}"'
    return f'<svg x="{x}" y="{y}" {size} viewBox="{box}" {font}>{body.strip()}\n'


def curve(x: float, y: float, width: float, height: float) -> str:
    """Accuracy over the epochs, from 0 to 100 %."""
    across = [x + width * number / (len(LEARNT) - 1) for number in range(len(LEARNT))]
    points = " ".join(f"{at:.1f},{y + height - height * one / 100:.1f}" for at, one in zip(across, LEARNT, strict=True))
    return (
        f'<path d="M{x} {y} V{y + height} H{x + width}" stroke="{MUTED}" fill="none"/>\n'
        f'<polyline points="{points}" stroke="#a8480a" stroke-width="2" fill="none"/>\n'
        f'<g font-size="10" fill="{MUTED}">\n'
        f'<text x="{x - 4}" y="{y + 4}" text-anchor="end">100 %</text>\n'
        f'<text x="{x - 4}" y="{y + height + 3}" text-anchor="end">0</text>\n'
        f'<text x="{x + width}" y="{y + height + 14}" text-anchor="end">epoch {len(LEARNT)}</text>\n'
        f'<text x="{x + width}" y="{y + 26}" text-anchor="end">validation accuracy</text>\n</g>\n'
    )


def run(*words: str) -> str:
    """What a command of archc prints."""
    return subprocess.run(
        [sys.executable, "-m", "archc", *words], cwd=HERE, capture_output=True, encoding="utf-8", check=True,
        env={**os.environ, "COLUMNS": "74"},
    ).stdout  # fmt: skip


def nodes(folder: Path) -> list[str]:
    """The nodes of the ONNX file, each with its operator."""
    run("export", NET, "-o", str(folder / "small.onnx"))
    return [f"{node.name:<15}{node.op_type}" for node in onnx.load(folder / "small.onnx").graph.node]


def overview(folder: Path) -> str:
    """The text of overview.svg; files that are needed on the way go into the folder."""
    run("export", NET, "-o", str(folder / "small.py"))
    source = (HERE / "small.arch").read_text("utf-8").splitlines()[1:]
    table = run("check", NET, "--depth", "1").splitlines()
    module = (folder / "small.py").read_text("utf-8")
    picture = run("draw", NET, "--style", "volumes", "--no-legend", "-o", "-")
    return "".join(
        [
            '<svg xmlns="http://www.w3.org/2000/svg" width="1000" height="690" viewBox="0 0 1000 690" '
            'font-family="Liberation Sans, Arimo, Arial, Helvetica, sans-serif" role="img">\n'
            "<title>From a table to a checked network, a picture, PyTorch, ONNX and trained weights</title>\n"
            '<rect width="100%" height="100%" fill="#ffffff"/>\n',
            card(10, 10, 460, 230, "small.arch: the table is the program"),
            lines(22, 54, source, 10.5),
            arrow(472, 125, 508, 125),
            card(510, 10, 480, 230, f"archc check {NET} --depth 1"),
            lines(522, 54, [*table[: table.index("") + 1], table[-1]], 10.5),
            f'<path d="M750 242 V258 H490 V618" stroke="{ACCENT}" stroke-width="2" fill="none"/>\n',
            *(arrow(490, at, to, at) for at in (400, 618) for to in (472, 508)),
            card(10, 275, 460, 260, f"archc draw {NET} --style volumes"),
            inside(picture, 20, 302, 440),
            card(510, 275, 480, 260, f"archc export {NET} -o small.py"),
            lines(522, 316, module[module.index("class SmallB") :].splitlines(), 10.5),
            card(10, 545, 460, 135, f"archc export {NET} -o small.onnx"),
            lines(22, 586, [*nodes(folder)[:5], "…"]),
            card(510, 545, 480, 135, f"archc train {NET} --data digits"),
            curve(562, 580, 410, 80),
            "</svg>\n",
        ]
    )


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        (HERE / "overview.svg").write_text(overview(Path(folder)), encoding="utf-8")
