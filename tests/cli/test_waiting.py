"""The line that says what a command is at: on a terminal alone, gone when the command is done."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from archc.cli import terminal
from archc.cli.app import run
from tests.cli.running import archc

if os.name == "nt":
    pytest.skip("there is no pty", allow_module_level=True)
import pty

NET = "net n { input 8x8x1 -> conv 3x3, 4 -> relu -> flatten -> fc 10 }\n"


def _heed_interruptions() -> None:
    """What a shell starts with `&` ignores SIGINT, and so does all that it starts."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


class Terminal:
    """A program whose standard error is a terminal of 80 columns."""

    def __init__(self, words: list[str], cwd: Path, **settings: str) -> None:
        self.master, slave = pty.openpty()
        inherited = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "TERM", "RANK")}
        self.process = subprocess.Popen(
            [sys.executable, *words],
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=slave,
            preexec_fn=_heed_interruptions,  # noqa: PLW1509 - it calls one function of the system
            env={**inherited, "PYTHONIOENCODING": "utf-8", "TERM": "xterm", "COLUMNS": "80", **settings},
        )
        os.close(slave)
        self.seen = b""

    def read(self) -> bool:
        """More of what it writes; False once it has ended."""
        try:
            part = os.read(self.master, 65536)
        except OSError:  # so Linux says that the other side is closed
            part = b""
        self.seen += part
        return bool(part)

    def until(self, words: bytes) -> None:
        while words not in self.seen:
            assert self.read(), self.seen

    def end(self) -> int:
        while self.read():
            pass
        os.close(self.master)
        return self.process.wait()

    @property
    def screen(self) -> list[str]:
        """What is left to be seen: a carriage return goes back, and what is written there takes the place."""
        lines = []
        for line in self.seen.decode().replace("\r\n", "\n").split("\n"):
            shown = ""
            for part in line.split("\r"):
                shown = part + shown[len(part) :]
            lines.append(shown.rstrip())
        return lines[:-1] if not lines[-1] else lines


SCRIPT = """
import sys, time
from archc.cli import progress, terminal

progress.AFTER = progress.EVERY = 0.01
with progress.watched("archc x"):
    [line] = terminal.LINES
    def seen():
        terminal.err(sys.argv[1])
        while not line.drawn:
            time.sleep(0.01)
    seen()
    terminal.doing("reading a\\x1bb")
    seen()
    terminal.doing("images", 3, 8)
    seen()
    terminal.doing("a text that is longer than the terminal is wide " * 3, 8, 8)
    seen()
    terminal.doing("short")
    seen()
terminal.err("end")
"""


def test_what_is_written_takes_the_place_of_the_line(tmp_path: Path) -> None:
    program = Terminal(["-c", SCRIPT, "said"], tmp_path)
    assert program.end() == 0
    assert program.screen == ["said"] * 5 + ["end"]
    text = program.seen.decode()
    for shown in ("archc x  0:0", "reading a⟨U+001B⟩b  0:0", "━" * 7 + "─" * 13 + " 3/8  0:0", "━" * 20 + " 8/8  0:0"):
        assert f"\r{shown}" in text
    assert "\x1b" not in text
    assert max(len(part) for line in text.split("\n") for part in line.split("\r")) < 80


def test_on_a_terminal_of_ascii(tmp_path: Path) -> None:
    program = Terminal(["-c", SCRIPT, "said ─"], tmp_path, PYTHONIOENCODING="ascii")
    assert program.end() == 0
    assert program.screen == ["said -"] * 5 + ["end"]
    assert "\r" + "=" * 7 + "-" * 13 + " 3/8  0:0" in program.seen.decode("ascii")


@pytest.mark.parametrize("settings", [{"TERM": "dumb"}, {"RANK": "1"}])
def test_where_no_line_is_shown(settings: dict[str, str], tmp_path: Path) -> None:
    """On a terminal that cannot go back, and of the other processes of a run."""
    script = (
        "from archc.cli import progress, terminal\nwith progress.watched('x'): terminal.err(str(len(terminal.LINES)))"
    )
    program = Terminal(["-c", script], tmp_path, **settings)
    assert (program.end(), program.screen) == (0, ["0"])


def test_a_run_ends_with_a_full_bar(tmp_path: Path) -> None:
    (tmp_path / "n.arch").write_text(NET)
    words = "train n.arch --data digits --set epochs=2 --set batch=400 --out run"
    program = Terminal(["-m", "archc", *words.split()], tmp_path, NO_COLOR="1")
    assert program.end() == 0, program.seen
    *lines, bar = program.screen
    assert [line[:10] for line in lines if line[:1] != " "] == ["epoch 1/2:", "epoch 2/2:"]
    assert bar.startswith("━" * 20 + " 8/8  0:")


def test_an_interruption_leaves_one_line(tmp_path: Path) -> None:
    program = Terminal(["-m", "archc", "bench", "lenet5_modern", "--seconds", "9", "--batch", "256"], tmp_path)
    program.until(b" 0/2 ")
    program.process.send_signal(signal.SIGINT)
    assert program.end() == 130
    assert program.screen == ["archc: interrupted"]


LONG = {  # command lines with messages of more than 80 columns
    "train n.arch --dry-run": "note: no data is named: archc trains on the handwritten digits that come with it",
    "check wrong.arch": "= archc reads a model that Python has built from an ONNX file:",
}


@pytest.mark.parametrize("words", LONG)
def test_messages_are_broken_at_the_width(words: str, tmp_path: Path) -> None:
    (tmp_path / "n.arch").write_text(NET)
    (tmp_path / "wrong.arch").write_text("import torch\nclass Net(nn.Module):\n    pass\n")
    program = Terminal(["-m", "archc", *words.split()], tmp_path, NO_COLOR="1")
    program.end()
    assert max(map(len, program.screen)) <= 80
    assert LONG[words] in " ".join(map(str.strip, program.screen))


class Recorder:
    """In the place of the line."""

    def __init__(self) -> None:
        self.told: list[tuple[str, int, int]] = []

    def show(self, text: str, done: int, total: int) -> None:
        self.told.append((text, done, total))

    @contextmanager
    def away(self) -> Iterator[None]:
        yield


@contextmanager
def recorded() -> Iterator[Recorder]:
    recorder = Recorder()
    terminal.LINES.append(recorder)  # type: ignore[arg-type]
    try:
        yield recorder
    finally:
        terminal.LINES.clear()


def test_each_command_that_waits_says_what_it_is_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("n.arch").write_text(NET)
    for number in range(5):
        for name in ("one", "two"):
            Path("set", name).mkdir(parents=True, exist_ok=True)
            Image.fromarray(np.full((8, 8), number, np.uint8)).save(Path("set", name, f"{number}.png"))
    Path("names").write_text("\n".join(["one", "two", *"abcdefgh"]))
    expected = {
        "export n.arch -o w.safetensors": ["loading PyTorch"],
        "export n.arch -o n.onnx --weights w.safetensors --classes names": [
            "loading PyTorch",
            "preparing the weights of n",
            "writing n.onnx",
            "comparing the file with PyTorch",
        ],
        "weights map n.arch w.safetensors -o o.safetensors": [
            "loading PyTorch",
            "reading w.safetensors",
            "matching 4 tensors",
            "writing o.safetensors",
        ],
        "import n.onnx -o back.arch": [
            "reading n.onnx",
            "turning nodes into layers",
            "comparing the outputs with the file's",
        ],
        "predict n.onnx set --batch 4": ["loading n.onnx", *(f"images {done}/10" for done in (0, 4, 8, 10))],
        "eval n.onnx set --batch 4": ["loading n.onnx", *(f"images {done}/10" for done in (4, 8, 10))],
        "bench n.onnx --batch 1,2 --threads 1 --seconds 0": ["batch 1, 1 thread 0/2", "batch 2, 1 thread 1/2"],
    }
    for line, stages in expected.items():
        with recorded() as recorder:
            assert run(line.split()) == 0, line
        assert [f"{text} {done}/{total}" if total else text for text, done, total in recorder.told] == stages


def test_a_pipe_sees_nothing_of_it(tmp_path: Path) -> None:
    """Of a command that is long enough for a line."""
    ran = archc("bench", "lenet5_modern", "--batch", "1", "--threads", "1", "--seconds", "1.2")
    assert (ran.code, ran.err) == (0, "")
