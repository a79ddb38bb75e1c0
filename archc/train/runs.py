"""The folder of a run: its settings, data and results. The module imports no torch."""

import csv
import io
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from archc.diagnostics import ArchError, Code, Diagnostic
from archc.diagnostics.visible import json_text
from archc.files import write_text
from archc.train import lock

COLUMNS = ("epoch", "updates", "lr", "train_loss", "train_accuracy", "loss", "accuracy", "seconds")
MOST_RUNS = 100_000


@dataclass(frozen=True, slots=True)
class RunFolder:
    """recipe.toml, net.arch (flat), source.arch (as written), run.json, metrics.csv, checkpoints/, best and last
    .safetensors, curves.png, confusion.png, README.md, and the .lock of the process that trains."""

    path: Path

    @property
    def checkpoints(self) -> Path:
        return self.path / "checkpoints"

    @property
    def best(self) -> Path:
        return self.path / "best.safetensors"

    @property
    def last(self) -> Path:
        return self.path / "last.safetensors"

    @property
    def recipe(self) -> Path:
        return self.path / "recipe.toml"

    @property
    def net(self) -> Path:
        return self.path / "net.arch"

    def write(self, name: str, text: str) -> None:
        """Write a file of the folder atomically. Raises ArchError."""
        try:
            write_text(self.path / name, text)
        except OSError as error:
            raise unwritable(self.path / name, error) from None

    @property
    def source(self) -> str:
        """The source of the net; empty if the file is missing or not text, since the checkpoint has the net too."""
        try:
            return (self.path / "source.arch").read_text("utf-8")
        except (OSError, UnicodeDecodeError):
            return ""

    def facts(self) -> dict[str, Any]:
        """run.json; empty if there is none."""
        try:
            facts = json.loads((self.path / "run.json").read_text("utf-8"))
        except (OSError, ValueError):
            return {}
        return facts if isinstance(facts, dict) else {}

    def seen(self) -> dict[str, Any]:
        """run.json, with the state `interrupted` if the process of the run is gone."""
        facts = self.facts()
        if facts.get("state") == "running" and lock.holder(self.path) == "":
            facts["state"] = "interrupted"
        return facts

    def note(self, **facts: Any) -> None:
        """Add facts to run.json."""
        self.write("run.json", json_text({**self.facts(), **facts}, indent=2) + "\n")

    def record(self, history: Sequence[Mapping[str, float]]) -> None:
        """Write metrics.csv, a row for each epoch."""
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows([[_number(row[name]) for name in COLUMNS] for row in history])
        self.write("metrics.csv", text.getvalue())

    def history(self) -> list[dict[str, float]]:
        """metrics.csv read back; empty if there is none."""
        try:
            rows = list(csv.DictReader((self.path / "metrics.csv").read_text("utf-8").splitlines()))
            return [{name: float(row[name]) for name in COLUMNS} for row in rows]
        except (OSError, ValueError, KeyError, TypeError):
            return []


def _number(value: float) -> str:
    return str(int(value)) if float(value).is_integer() and abs(value) < 1e15 else repr(float(value))


def shared(wanted: Path | None) -> RunFolder:
    """The folder that is given to several processes; each of them may find it created. Raises ArchError."""
    path = _said(wanted)
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise unwritable(path, error) from None
    return RunFolder(path)


def unused(wanted: Path | None) -> Path:
    """The same folder, before any process of the run has started. Raises ArchError if it has a run."""
    path = _said(wanted)
    if (path / "run.json").exists():
        raise _exists(path)
    return path


def _said(wanted: Path | None) -> Path:
    if wanted is None:
        message = (
            "a run on several machines, or with another launcher, needs --out FOLDER on a disk that all of them share"
        )
        raise ArchError([Diagnostic(Code.BAD_SETTING, message)])
    return wanted


def _exists(path: Path) -> ArchError:
    help_text = f"--resume {path} goes on with it; another --out starts anew"
    return ArchError([Diagnostic(Code.RUN_EXISTS, f"`{path}` exists and is not empty", help=help_text)])


def create(wanted: Path | None, stem: str, root: Path = Path("runs")) -> RunFolder:
    """A new folder: the one that is given, or the next number under `runs`. Raises ArchError."""
    try:
        if wanted is not None:
            if wanted.is_dir() and any(wanted.iterdir()):
                raise _exists(wanted)
            wanted.mkdir(parents=True, exist_ok=True)
            return RunFolder(wanted)
        root.mkdir(parents=True, exist_ok=True)
        for number in range(1, MOST_RUNS):
            try:
                (root / f"{stem}-{number}").mkdir()
            except FileExistsError:
                continue
            return RunFolder(root / f"{stem}-{number}")
    except OSError as error:
        raise unwritable(wanted or root, error) from None
    raise ArchError([Diagnostic(Code.CANNOT_SAVE, f"`{root}` is full of runs")])


def unwritable(path: Path, error: OSError) -> ArchError:
    return ArchError([Diagnostic(Code.CANNOT_SAVE, f"`{path}` cannot be written: {error.strerror}", file=str(path))])


def find_runs(roots: Iterable[Path]) -> list[RunFolder]:
    """The runs among the folders and directly in them, sorted by names and the numbers in them."""
    found = []
    for root in roots:
        if (root / "run.json").is_file():
            found.append(RunFolder(root))
        elif root.is_dir():
            inside = [path for path in root.iterdir() if (path / "run.json").is_file()]
            found += [RunFolder(path) for path in sorted(inside, key=_order)]
        else:
            raise ArchError([Diagnostic(Code.NO_RUN, f"there is no run and no folder `{root}`")])
    return found


def _order(path: Path) -> list[tuple[int, str]]:
    """Sort key: numbers in a name by their value, run-2 before run-10."""
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in re.split(r"(\d+)", path.name)]
