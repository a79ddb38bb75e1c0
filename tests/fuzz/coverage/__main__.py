"""Coverage-guided fuzzing of one reader, with atheris: `python -m tests.fuzz.coverage NAME [options of libFuzzer]`.

`pip install -e '.[fuzz]'` first. It goes on until it is stopped, or for `-max_total_time=SECONDS`; each new kind of
failure is printed once, and its input written to a file `failed-NAME-…` in the folder that it was started in. `python
-m tests.fuzz.coverage NAME FILE…` tries files. The smallest input is kept under tests/fuzz/found/NAME, where the
tests try it ever after.
"""

import hashlib
import sys
import traceback
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory

import atheris

from tests.fuzz.coverage.targets import TARGETS, One

LIMITS = ["-timeout=120", "-rss_limit_mb=2000", "-max_len=20000"]
READERS = ["archc", "PIL", "numpy.lib", "zipfile"]


def going_on(name: str, one: One) -> Callable[[bytes], None]:
    """The same, but that failures are kept instead of raised: a kind of error at a line is kept once."""
    seen: set[tuple[str, str, int | None]] = set()

    def kept(data: bytes) -> None:
        try:
            one(data)
        except Exception as error:
            last = traceback.extract_tb(error.__traceback__)[-1]
            kind = (type(error).__name__, last.filename, last.lineno)
            if kind not in seen:
                seen.add(kind)
                file = Path(f"failed-{name}-{hashlib.sha256(data).hexdigest()[:12]}")
                file.write_bytes(data)
                print(f"FAILED {file}", flush=True)
                traceback.print_exception(error, limit=-8)

    return kept


def main() -> None:
    if len(sys.argv) < 2 or sys.argv[1] not in TARGETS:
        sys.exit(f"usage: python -m tests.fuzz.coverage {'|'.join(TARGETS)} [options of libFuzzer] [FILE…]")
    name, given = sys.argv[1], sys.argv[2:]
    files = [one for one in given if not one.startswith("-")]
    with atheris.instrument_imports(include=READERS):
        target = import_module(f"tests.fuzz.coverage.{name}")
    for file in files:
        target.one(Path(file).read_bytes())
        print(f"{file}: well")
    if files:
        return
    with TemporaryDirectory(prefix=f"archc-{name}-") as folder:
        for number, seed in enumerate(target.seeds()):
            (Path(folder) / f"seed{number}").write_bytes(seed)
        atheris.Setup([sys.argv[0], *LIMITS, *given, folder], going_on(name, target.one))
        atheris.Fuzz()


if __name__ == "__main__":
    main()
