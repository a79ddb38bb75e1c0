"""`archc`: how the process starts, its exit codes, and what becomes of an exception."""

import gc
import os
import sys
import traceback
from collections.abc import Sequence
from typing import NoReturn

CLEAN, FINDINGS, USAGE, INTERRUPTED, CLOSED = 0, 1, 2, 130, 141


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run a command and exit: 0 clean, 1 findings, 2 usage or internal."""
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")  # looking for them takes a scan of all packages
    os.environ.setdefault("TYPER_USE_RICH", "0")
    gc.disable()  # a short life in which what is made is kept; looking for cycles took a third of the time
    sys.exit(run(arguments))


def run(arguments: Sequence[str] | None = None) -> int:
    """The exit code of a command line. Nothing is raised."""
    from archc.cli.application import COMMANDS, build_app  # noqa: PLC0415 - after main has set the collector

    given = list(sys.argv[1:] if arguments is None else arguments)
    app = build_app([given[0]] if given and given[0] in COMMANDS else COMMANDS)
    try:
        code = app(given, prog_name="archc", standalone_mode=False)
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # the exit flushes once more
        return CLOSED
    except KeyboardInterrupt:
        return INTERRUPTED
    except Exception as error:
        return _failed(error)
    return code if isinstance(code, int) else CLEAN


def _failed(error: Exception) -> int:
    show = getattr(error, "show", None)
    if show is not None:  # typer's own: an option that is not there, a value that does not fit
        show()
        return USAGE
    if os.environ.get("ARCHC_DEBUG"):
        traceback.print_exc()
    sys.stderr.write(
        f"internal error: {type(error).__name__}: {' '.join(str(error).split())[:200]}. "
        "This is a mistake in archc: please report it (ARCHC_DEBUG=1 shows where it happened)\n"
    )
    return USAGE


__all__ = ["main", "run"]
