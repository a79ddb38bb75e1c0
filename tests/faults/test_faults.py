"""Every command where the machine fails it: a documented exit code, no traceback, no partial file."""

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from archc.cli.application import COMMANDS

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="/dev/full, setpriv and limits are Linux's")

CODES = {0, 1, 2, 130, 141}
NET = "net n {\n  input 8x8x1\n  conv 3x3, 4 -> relu -> flatten -> fc 10\n}\n"
HOLE = "net n {\n  input 8x8x1\n  conv 3x3, ?    => 6x6x4\n}\n"
LINES: dict[str, list[str]] = {
    "bench": ["bench", "net.arch", "--batch", "1", "--threads", "1", "--seconds", "0"],
    "check": ["check", "net.arch"],
    "demo": ["demo", "out-demo"],
    "diff": ["diff", "net.arch", "hole.arch"],
    "draw": ["draw", "net.arch", "-o", "out.svg"],
    "eval": ["eval", "net.arch", "set.npz"],
    "expand": ["expand", "net.arch"],
    "export": ["export", "net.arch", "-o", "out.py"],
    "fmt": ["fmt", "untidy.arch"],
    "import": ["import", "mnist.js", "-o", "out.arch"],
    "look": ["look", "net.arch", "--image", "a.png", "-o", "out.png"],
    "predict": ["predict", "net.arch", "a.png"],
    "runs": ["runs", "runs"],
    "solve": ["solve", "hole.arch"],
    "specs": ["specs"],
    "train": ["train", "net.arch", "--data", "digits", "--set", "epochs=1", "--set", "batch=500", "--out", "out-run"],
    "weights": ["weights", "map", "net.arch", "none.pth"],
}
QUICK = ("check", "diff", "draw", "expand", "export", "fmt", "import", "runs", "solve", "specs")
QUIET = ("bench", "demo", "eval", "look", "predict", "train", "weights")
SWEEP = [*QUICK, *(pytest.param(name, marks=pytest.mark.nightly) for name in QUIET)]
# Root may write anywhere; without this capability it may not, and is the same user still.
SETPRIV = os.getuid() == 0 and shutil.which("setpriv")
BOUND = "setpriv --bounding-set=-dac_override --inh-caps=-dac_override" if SETPRIV else ""
CASES = Path(__file__).parents[1] / "cases" / "import"


def test_every_command_has_a_line() -> None:
    assert set(LINES) == set(COMMANDS) == {*QUICK, *QUIET}


@pytest.fixture(name="room")
def _room(tmp_path: Path) -> Path:
    """A folder with what the lines name."""
    room = tmp_path / "room"
    (room / "runs").mkdir(parents=True)
    (room / "net.arch").write_text(NET)
    (room / "hole.arch").write_text(HOLE)
    (room / "untidy.arch").write_text(NET.replace("  ", " "))
    shutil.copy(CASES / "mnist.js", room / "mnist.js")
    return room


def archc(
    name: str, room: Path, before: str = "", after: str = "", env: dict[str, str] | None = None
) -> tuple[int, str]:
    """The exit code and standard error of a line run by a shell, with words before and after it."""
    words = " ".join([sys.executable, "-m", "archc", *LINES[name]])
    done = subprocess.run(
        ["bash", "-c", f"{before} {words} {after}; exit ${{PIPESTATUS[0]}}"],
        cwd=room, env={**os.environ, **(env or {})}, capture_output=True, text=True, check=False, timeout=120,
        errors="replace",
    )  # fmt: skip
    return done.returncode, done.stderr


def settled(name: str, room: Path, before: dict[Path, bytes], code: int, said: str) -> None:
    """The code is documented, nothing crashed, and what was there stands as it was or is whole."""
    assert code in CODES, (code, said)
    assert "Traceback" not in said, said
    assert "internal error" not in said, said
    assert "Exception ignored" not in said, said
    for path, content in contents(room).items():
        top = path.relative_to(room).parts[0]
        if top.startswith("out-"):  # a folder that grows file by file
            assert not path.name.startswith("."), path
        elif path in before and path.name != "untidy.arch":
            assert content == before[path]
        else:
            assert path.name in ("out.svg", "out.py", "out.arch", "out.train.toml", "untidy.arch", "out.png"), path
            assert content.endswith(b"\n") or path.suffix == ".png", path
    assert set(before) <= set(contents(room))


def contents(room: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in room.rglob("*") if path.is_file()}


@pytest.mark.parametrize("name", SWEEP)
def test_full_output(name: str, room: Path) -> None:
    before = contents(room)
    settled(name, room, before, *archc(name, room, after=">/dev/full"))


@pytest.mark.parametrize("name", SWEEP)
def test_full_disk(name: str, room: Path) -> None:
    """No file may have a byte; what would be written is not there, and what was there is."""
    before = contents(room)
    code, said = archc(name, room, before="ulimit -f 0; trap '' XFSZ;", after=">/dev/null")
    settled(name, room, before, code, said)
    assert contents(room) == before


@pytest.mark.parametrize("name", SWEEP)
def test_closed_output(name: str, room: Path) -> None:
    before = contents(room)
    settled(name, room, before, *archc(name, room, after="| true"))
    settled(name, room, before, *archc(name, room, after=">&-"))


@pytest.mark.parametrize("name", SWEEP)
def test_no_home_and_no_locale(name: str, room: Path) -> None:
    before = contents(room)
    plain = {"LC_ALL": "C", "LANG": "C", "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    code, said = archc(name, room, before="env -u HOME -u XDG_CACHE_HOME", env=plain)
    settled(name, room, before, code, said)


@pytest.mark.parametrize("name", SWEEP)
def test_interrupted(name: str, room: Path) -> None:
    before = contents(room)
    rng = random.Random(name)
    for _ in range(2):
        started = subprocess.Popen(
            [sys.executable, "-m", "archc", *LINES[name]],
            cwd=room, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        time.sleep(rng.uniform(0.3, 0.9))
        started.send_signal(signal.SIGINT)
        _, said = started.communicate(timeout=60)
        shutil.rmtree(room / "out-run", ignore_errors=True)
        shutil.rmtree(room / "out-demo", ignore_errors=True)
        early = started.returncode == -signal.SIGINT and not said  # before Python listens
        settled(name, room, before, 130 if early else started.returncode, said)


@pytest.mark.parametrize("name", ["draw", "export", "import", "fmt"])
def test_two_at_once(name: str, room: Path) -> None:
    before = contents(room)
    words = [sys.executable, "-m", "archc", *LINES[name]]
    both = [subprocess.Popen(words, cwd=room, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    for one in both:
        settled(name, room, before, one.wait(60), one.communicate()[1])
    assert not list(room.glob(".*"))


@pytest.mark.parametrize("name", ["draw", "export", "import", "fmt"])
def test_read_only_folder(name: str, room: Path) -> None:
    before = contents(room)
    room.chmod(0o555)
    if subprocess.run(["bash", "-c", f"{BOUND} touch {room}/a"], capture_output=True, check=False).returncode == 0:
        pytest.skip("this user may write anywhere, and setpriv cannot take that away")
    code, said = archc(name, room, before=BOUND)
    room.chmod(0o755)
    assert code == (1 if name == "fmt" else 2), said
    settled(name, room, before, code, said)
    assert contents(room) == before
