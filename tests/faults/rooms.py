"""A folder with what every command needs to do its work, and what may be in it afterwards."""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from tests.counting import HANG

CODES = {0, 1, 2, 130, 141}  # clean, findings, usage or the machine, SIGINT, the reader went away
NET = "net n {\n  input 8x8x1\n  conv 3x3, 4 -> relu -> flatten -> fc 10\n}\n"
HOLE = "net n {\n  input 8x8x1\n  conv 3x3, ?    => 6x6x4\n}\n"
MNIST = Path(__file__).parents[1] / "cases" / "import" / "mnist.js"


@dataclass(frozen=True, slots=True)
class Line:
    """A command line, and what it writes. slow: it loads PyTorch or ONNX Runtime."""

    words: str
    writes: tuple[str, ...] = ()
    slow: bool = False


LINES = {
    "bench": Line("bench net.onnx --batch 1 --threads 1 --seconds 0", slow=True),
    "check": Line("check net.arch"),
    "check all": Line("check densenet vgg resnet --json"),
    "demo": Line("demo out-demo", ("out-demo",), slow=True),
    "diff": Line("diff net.arch hole.arch"),
    "draw": Line("draw net.arch -o out.svg", ("out.svg",)),
    "draw png": Line("draw net.arch -o out.png", ("out.png",)),
    "eval": Line("eval net.onnx set.npz -o out.png", ("out.png",), slow=True),
    "expand": Line("expand net.arch"),
    "explain": Line("explain shape-refuted"),
    "export": Line("export net.arch -o out.py", ("out.py",)),
    "export onnx": Line("export net.arch --weights w.safetensors -o out.onnx", ("out.onnx",), slow=True),
    "export weights": Line("export net.arch -o out.safetensors", ("out.safetensors",), slow=True),
    "fmt": Line("fmt untidy.arch", ("untidy.arch",)),
    "import": Line("import mnist.js -o out.arch", ("out.arch", "out.train.toml")),
    "import onnx": Line("import net.onnx -o out.arch", ("out.arch", "out.safetensors"), slow=True),
    "look": Line("look net.arch --weights w.safetensors --image a.png -o out.png", ("out.png",), slow=True),
    "predict": Line("predict net.onnx a.png", slow=True),
    "runs": Line("runs runs -o out.png", ("out.png",), slow=True),
    "solve": Line("solve hole.arch -i", ("hole.arch",)),
    "specs": Line("specs lenet"),
    "train": Line("train net.arch --data digits --set epochs=1 --set batch=500 --out out-run", ("out-run",), slow=True),
    "weights": Line("weights map net.arch w.safetensors -o out.safetensors", ("out.safetensors",), slow=True),
}
FINDS = {"diff": 1}  # the exit code of one that finds what it is there to find


def furnish(room: Path, slow: bool) -> None:
    """The files that lines name."""
    room.mkdir()
    (room / "net.arch").write_text(NET)
    (room / "hole.arch").write_text(HOLE)
    (room / "untidy.arch").write_text(NET.replace("  ", " "))
    shutil.copy(MNIST, room / "mnist.js")
    if not slow:
        return
    Image.new("L", (8, 8), 99).save(room / "a.png")
    np.savez(room / "set.npz", x=np.zeros((20, 8, 8, 1), np.uint8), y=np.arange(20) % 10)
    for words in (
        "export net.arch -o w.safetensors",
        "export net.arch --weights w.safetensors -o net.onnx",
        "train net.arch --data digits --set epochs=1 --set batch=500 --out runs/one",
    ):
        subprocess.run([*ARCHC, *words.split()], cwd=room, check=True, capture_output=True)


ARCHC = (sys.executable, "-m", "archc")


def archc(name: str, room: Path, before: str = "", after: str = "", **env: str) -> tuple[int, str]:
    """The exit code and standard error of a line run by a shell, with words before and after it."""
    words = " ".join([*ARCHC, LINES[name].words])
    done = subprocess.run(
        ["bash", "-c", f"{before} {words} {after}; exit ${{PIPESTATUS[0]}}"],
        cwd=room, env={**os.environ, **env}, capture_output=True, text=True, errors="replace", check=False,
        timeout=HANG,
    )  # fmt: skip
    return done.returncode, done.stderr


def contents(room: Path) -> dict[str, bytes]:
    """Every file below."""
    return {path.relative_to(room).as_posix(): path.read_bytes() for path in room.rglob("*") if path.is_file()}


def settled(name: str, room: Path, before: dict[str, bytes], whole: dict[str, bytes], code: int, said: str) -> None:
    """The code is documented, nothing crashed, and a file is as it was or as an undisturbed run leaves it.

    Of a folder that grows file by file, each is there or not, and nothing is left over."""
    assert code in CODES, (code, said)
    for word in ("Traceback", "internal error", "Exception ignored"):
        assert word not in said, said
    now = contents(room)
    assert set(before) <= set(now)
    for path, content in now.items():
        if path.startswith("out-"):
            hidden = [part for part in Path(path).parts if part.startswith(".")]
            assert hidden in ([], [".lock"]), path  # a run's lock stays, and is free once its process is gone
        elif path not in LINES[name].writes:
            assert content == before.get(path), path
        else:
            assert content in (before.get(path), whole[path]), path
