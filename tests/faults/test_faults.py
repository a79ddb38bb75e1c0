"""Every command where the machine fails it: a documented exit code, no traceback, no partial file."""

import os
import random
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from archc.cli.commands import COMMANDS
from tests.counting import HANG
from tests.faults.rooms import ARCHC, FINDS, LINES, archc, contents, furnish, settled

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="/dev/full, setpriv and limits are Linux's")

SWEEP = [pytest.param(name, marks=[pytest.mark.nightly] if line.slow else []) for name, line in LINES.items()]
WRITERS = [param for param, line in zip(SWEEP, LINES.values(), strict=True) if line.writes]
# Root may write anywhere; without this capability it may not, and is the same user still.
SETPRIV = os.getuid() == 0 and shutil.which("setpriv")
BOUND = "setpriv --bounding-set=-dac_override --inh-caps=-dac_override" if SETPRIV else ""
CLOCK = Path(__file__).parent / "clock"  # a clock that jumps: read by every Python that finds it on its path
INTERRUPT = Path(__file__).parent / "interrupt"  # an interruption at a call of a function, likewise


def path_with(folder: Path) -> str:
    """A PYTHONPATH that begins with a folder and has this repository in it."""
    return os.pathsep.join([str(folder), str(Path(__file__).parents[2]), os.environ.get("PYTHONPATH", "")])


Whole = Callable[[str], dict[str, bytes]]


def test_every_command_has_a_line() -> None:
    assert {line.words.split()[0] for line in LINES.values()} == set(COMMANDS)


@pytest.fixture(name="rooms", scope="session")
def _rooms(tmp_path_factory: pytest.TempPathFactory) -> Callable[[bool], Path]:
    """The rooms that copies are made of, furnished once."""
    made: dict[bool, Path] = {}

    def get(slow: bool) -> Path:
        if slow not in made:
            made[slow] = tmp_path_factory.mktemp("furnished") / "room"
            furnish(made[slow], slow)
        return made[slow]

    return get


@pytest.fixture(name="whole", scope="session")
def _whole(rooms: Callable[[bool], Path], tmp_path_factory: pytest.TempPathFactory) -> Whole:
    """What an undisturbed run leaves, seen to work."""
    known: dict[str, dict[str, bytes]] = {}

    def get(name: str) -> dict[str, bytes]:
        if name not in known:
            room = tmp_path_factory.mktemp("whole") / "room"
            shutil.copytree(rooms(LINES[name].slow), room)
            before = contents(room)
            code, said = archc(name, room)
            assert code == FINDS.get(name, 0), said
            known[name] = contents(room)
            changed = {path.split("/")[0] for path, content in known[name].items() if content != before.get(path)}
            assert changed == set(LINES[name].writes)
        return known[name]

    return get


@pytest.fixture(name="room")
def _room(name: str, rooms: Callable[[bool], Path], tmp_path: Path) -> Path:
    return Path(shutil.copytree(rooms(LINES[name].slow), tmp_path / "room"))


@pytest.mark.parametrize("name", SWEEP)
def test_full_output(name: str, room: Path, whole: Whole) -> None:
    before = contents(room)
    settled(name, room, before, whole(name), *archc(name, room, after=">/dev/full"))


@pytest.mark.parametrize("name", SWEEP)
def test_full_disk(name: str, room: Path, whole: Whole) -> None:
    """No file may have a byte; what would be written is not there, and what was there is."""
    before = contents(room)
    code, said = archc(name, room, before="ulimit -f 0; trap '' XFSZ;", after=">/dev/null")
    settled(name, room, before, whole(name), code, said)
    done = set() if LINES[name].writes else {FINDS.get(name, 0)}
    assert code in done | {2}, said  # 2 also where a library wants a temporary file
    assert {path: content for path, content in contents(room).items() if content} == before


@pytest.mark.parametrize("name", SWEEP)
def test_closed_output(name: str, room: Path, whole: Whole) -> None:
    before = contents(room)
    for after in ("| true", "| head -c 1", ">&-"):
        settled(name, room, before, whole(name), *archc(name, room, after=after))
        shutil.rmtree(room / "out-demo", ignore_errors=True)
        shutil.rmtree(room / "out-run", ignore_errors=True)
        for path in room.glob("out.*"):
            path.unlink()


@pytest.mark.parametrize("name", SWEEP)
def test_no_home_and_no_locale(name: str, room: Path, whole: Whole) -> None:
    before = contents(room)
    plain = {"LC_ALL": "C", "LANG": "C", "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    code, said = archc(name, room, before="env -u HOME -u XDG_CACHE_HOME", **plain)
    settled(name, room, before, whole(name), code, said)
    assert code == FINDS.get(name, 0), said


@pytest.mark.parametrize("name", SWEEP)
def test_interrupted(name: str, room: Path, whole: Whole) -> None:
    before = contents(room)
    rng = random.Random(name)
    for _ in range(5 if LINES[name].slow else 2):
        moment = int(10 ** rng.uniform(4, 7 if LINES[name].slow else 5.5))
        done = subprocess.run(
            [*ARCHC, *LINES[name].words.split()],
            env={**os.environ, "INTERRUPT_AT": str(moment), "PYTHONPATH": path_with(INTERRUPT)},
            cwd=room, capture_output=True, text=True, check=False, timeout=HANG,
        )  # fmt: skip
        early = done.returncode == -signal.SIGINT and ", in main" not in done.stderr  # Python has not come to archc yet
        code, said = (130, "") if early else (done.returncode, done.stderr)
        settled(name, room, before, whole(name), code, said)
        shutil.rmtree(room / "out-run", ignore_errors=True)
        shutil.rmtree(room / "out-demo", ignore_errors=True)
        for path in room.glob("out.*"):
            path.unlink()


@pytest.mark.parametrize("name", WRITERS)
def test_two_at_once(name: str, room: Path, whole: Whole) -> None:
    """One output for both: it is whole, and a folder belongs to one of them."""
    before = contents(room)
    words = [*ARCHC, *LINES[name].words.split()]
    both = [
        subprocess.Popen(words, cwd=room, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    codes = []
    for one in both:
        said = one.communicate(timeout=HANG)[1]
        settled(name, room, before, whole(name), one.returncode, said)
        codes.append(one.returncode)
    assert 0 in codes
    assert not list(room.glob(".*"))


@pytest.mark.parametrize("name", SWEEP)
def test_read_only_folder(name: str, room: Path, whole: Whole) -> None:
    before = contents(room)
    room.chmod(0o555)
    if subprocess.run(["bash", "-c", f"{BOUND} touch {room}/a"], capture_output=True, check=False).returncode == 0:
        pytest.skip("this user may write anywhere, and setpriv cannot take that away")
    code, said = archc(name, room, before=BOUND)
    room.chmod(0o755)
    settled(name, room, before, whole(name), code, said)
    assert code == (FINDS.get(name, 0) if not LINES[name].writes else 2), said
    assert contents(room) == before


@pytest.mark.parametrize("name", SWEEP)
def test_a_clock_that_jumps(name: str, room: Path, whole: Whole) -> None:
    """Each look at it is a lifetime before or after the last, and files are older than 1980 or of tomorrow."""
    before = contents(room)
    for number, path in enumerate(sorted(room.rglob("*"))):
        os.utime(path, (4e9, 4e9) if number % 2 else (0, 0))
    code, said = archc(name, room, PYTHONPATH=path_with(CLOCK))
    settled(name, room, before, whole(name), code, said)
    assert code == FINDS.get(name, 0), said
    jumps = subprocess.run(
        [sys.executable, "-c", "import time; print(time.time(), time.time())"],
        env={**os.environ, "PYTHONPATH": path_with(CLOCK)}, check=True, capture_output=True, text=True,
    )  # fmt: skip
    assert len({float(seen) // 1e8 for seen in jumps.stdout.split()}) == 2


WRAPPED = """
class Field:
    def __set_name__(self, owner, name):
        interrupted()

class File:
    comments = Field()
"""
SWALLOWED = """
try:
    interrupted()
except BaseException:
    pass
raise ImportError("cannot load module more than once per process")
"""


@pytest.mark.parametrize("library", [WRAPPED, SWALLOWED])
def test_an_interruption_that_a_library_wraps_or_swallows_is_one(library: str, tmp_path: Path) -> None:
    """As Python 3.11 does while a class is made, and PyTorch while it loads NumPy."""
    raised = "import signal\n\ndef interrupted():\n    signal.raise_signal(signal.SIGINT)\n"
    (tmp_path / "library.py").write_text(raised + library)
    script = """
import signal

import archc.cli.application as application
from archc.cli.app import main

signal.signal(signal.SIGINT, signal.default_int_handler)  # whoever runs the tests in the background ignores it
application.build_app = lambda commands: __import__("library")
main(["check", "resnet18", "--quiet"])
"""
    words = [sys.executable, "-c", script]
    done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=HANG, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (130, "archc: interrupted\n")
