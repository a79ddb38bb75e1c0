"""`archc`: the start of the process, exit codes, and the handling of exceptions."""

import errno
import gc
import os
import signal
import sys
import traceback
import warnings
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from pathlib import Path
from typing import NoReturn, TextIO

CLEAN, FINDINGS, USAGE, INTERRUPTED, CLOSED = 0, 1, 2, 130, 141
COMPLETING = "_ARCHC_COMPLETE"  # the variable that a shell sets to ask how a line goes on
UNWRITABLE = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EBADF}


INTERRUPTS: list[int] = []
"""Interruptions so far: a library may swallow or wrap one, as PyTorch does while it loads NumPy."""


def _interrupt(number: int, frame: object) -> NoReturn:
    INTERRUPTS.append(number)
    raise KeyboardInterrupt


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run a command and exit: 0 clean, 1 findings, 2 usage or internal, 130 interrupted."""
    try:
        _prepare()
        code = run(arguments)
    except KeyboardInterrupt:
        code = _interrupted()
    sys.exit(code)


def _prepare() -> None:
    """Set up the process: signals, streams, warnings, memory."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:  # a shell's `&` has it ignored
        signal.signal(signal.SIGINT, _interrupt)
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")  # looking for them takes a scan of all packages
    os.environ.setdefault("TYPER_USE_RICH", "0")
    if sys.stdout is None or sys.stderr is None:  # closed by the caller: `>&-`
        nowhere = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115 - for as long as the process lives
        sys.stdout, sys.stderr = sys.stdout or nowhere, sys.stderr or nowhere
    warnings.showwarning = _warned
    gc.disable()  # a short life in which what is made is kept; looking for cycles took a third of the time


def _warned(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,
    line: str | None = None,
) -> None:
    """Print a warning of archc as a note; leave out those of libraries."""
    from archc.cli import terminal  # noqa: PLC0415 - as the next
    from archc.diagnostics import ArchWarning  # noqa: PLC0415

    if issubclass(category, ArchWarning):
        terminal.note(f"note: {message}")


def run(arguments: Sequence[str] | None = None) -> int:
    """Run a command line: its exit code. Raises nothing."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    if given[:1] == ["help"]:
        given = [*given[1:], "--help"]
    try:
        with _watched(given):
            code = _checked(given[1:]) if _only_names(given) else _read_by_typer(given)
            sys.stdout.flush()
        if code == INTERRUPTED and INTERRUPTS:  # a run that was stopped has said more
            return _interrupted()
    except BrokenPipeError:
        _drop_output()
        return CLOSED
    except KeyboardInterrupt:
        return _interrupted()
    except Exception as error:
        return _interrupted() if INTERRUPTS else _expected(error, given[0] if given else "") or _failed(error, given)
    return code if isinstance(code, int) else CLEAN


def _only_names(given: Sequence[str]) -> bool:
    """Whether the line is `archc check NAME …` without options; reading options takes as long as checking a net."""
    options = any(word.startswith("-") and word != "-" for word in given)
    return len(given) > 1 and given[0] == "check" and not options and COMPLETING not in os.environ


def _checked(names: Sequence[str]) -> int:
    from archc.cli.report import ReportOptions, report  # noqa: PLC0415 - after main has set the collector
    from archc.cli.targets import expanded  # noqa: PLC0415
    from archc.program import Options  # noqa: PLC0415

    return report(expanded(names), Options(), ReportOptions())


def _read_by_typer(given: Sequence[str]) -> object:
    from archc.cli.application import build_app  # noqa: PLC0415 - after main has set the collector
    from archc.cli.commands import COMMANDS  # noqa: PLC0415

    if given and given[0] in COMMANDS:
        named: Sequence[str] = given[:1]
    else:  # `archc --help` knows the commands without what they read; a typo needs all
        named = COMMANDS if COMPLETING in os.environ or (given and not given[0].startswith("-")) else ()
    return build_app(named)([*given], prog_name="archc", standalone_mode=False)


def _watched(given: Sequence[str]) -> AbstractContextManager[None]:
    """The progress line of a command, on a terminal."""
    if not given or not sys.stderr.isatty():
        return nullcontext()
    from archc.cli.progress import watched  # noqa: PLC0415 - where somebody watches

    return watched(f"archc {given[0]}")


def _interrupted() -> int:
    with suppress(OSError):
        sys.stderr.write("archc: interrupted\n")
    return INTERRUPTED


def _expected(error: Exception, command: str) -> int:
    """The exit code for an error of the user or the machine, after its message is printed; 0 for an error in archc."""
    if isinstance(error, OSError) and error.filename is not None:
        from archc.diagnostics.visible import visible  # noqa: PLC0415

        sys.stderr.write(f"archc: {visible(str(error.filename))}: {error.strerror}\n")
        return USAGE
    if isinstance(error, FileNotFoundError) and "temporary directory" in str(error):  # Python's, where each is full
        sys.stderr.write("archc: no folder for temporary files can be written: TMPDIR names another\n")
        return USAGE
    if isinstance(error, OSError) and error.errno in UNWRITABLE:
        _drop_output()
        sys.stderr.write(f"archc: the output cannot be written: {error.strerror}\n")
        return USAGE
    if isinstance(error, ModuleNotFoundError):
        from archc.cli.missing_packages import hint  # noqa: PLC0415 - metadata of packages is read where one is missing alone

        said = hint(command, (error.name or "").partition(".")[0])
        if said is not None:
            sys.stderr.write(f"archc: {said}\n")
            return USAGE
    diagnostics = getattr(error, "diagnostics", None)
    if diagnostics:  # ArchError: a file that was given is not what it should be
        from archc.cli.nets import messages  # noqa: PLC0415
        from archc.diagnostics import Code  # noqa: PLC0415

        messages(diagnostics)
        return USAGE if all(diagnostic.code == Code.CANNOT_SAVE for diagnostic in diagnostics) else FINDINGS
    return CLEAN


def _drop_output() -> None:
    """Send standard output nowhere from now on, since the exit flushes it once more."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _failed(error: Exception, given: Sequence[str]) -> int:
    show = getattr(error, "show", None)
    if show is not None:  # typer's own: an option that is not there, a value that does not fit
        if not given:
            show()  # `archc` alone: its help
            return USAGE
        from archc.cli import terminal  # noqa: PLC0415 - as the next
        from archc.cli.usage_errors import explained  # noqa: PLC0415 - where a command line does not fit

        terminal.err(explained(error, given))
        return USAGE
    if os.environ.get("ARCHC_DEBUG"):
        traceback.print_exc()
    sys.stderr.write(
        f"internal error: {type(error).__name__}: {' '.join(str(error).split())[:200]}. "
        "This is an error in archc: please report it (ARCHC_DEBUG=1 shows where it happened)\n"
    )
    return USAGE


__all__ = ["main", "run"]
