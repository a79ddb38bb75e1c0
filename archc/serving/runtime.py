"""ONNX Runtime: sessions, runs, and their errors in one line."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import onnxruntime
from numpy.typing import NDArray

from archc.diagnostics import ArchError, Code, Diagnostic
from archc.serving.external_data import check_places

PLACE = re.compile(
    r"\[ONNXRuntimeError\] : \d+ : \w+ : |\[(?:ShapeInference|TypeInference)Error\] ?|"
    r"\S*\.(?:cc|cpp|cxx|h|hpp)(?::\d+)?:?"
    r"(?: (?:[\w~]+(?:<[^<>]*>)?::)*[\w~]+(?:\([^()]*\)(?: const)?|:(?= )))? ?"
)
"""Error codes, and C++ files with function names, in messages."""
FATAL_ALONE = 4
"""The log level: errors are raised and need not be logged."""


def session(path: Path, *, threads: int = 0) -> Any:
    """An InferenceSession on the CPU. threads: 0 is one for each core. Raises ArchError."""
    if not path.is_file():
        what = "is not there" if not path.exists() else "is not a file"
        raise ArchError([Diagnostic(Code.NO_FILE, f"`{path.name}` {what}", file=str(path))])
    check_places(path)
    options = onnxruntime.SessionOptions()
    options.log_severity_level = FATAL_ALONE
    options.intra_op_num_threads = threads
    try:
        return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime's own exceptions have no common base
        raise failed(path, f"cannot be run: {line(error)}") from None


def run(path: Path, running: Any, given: Mapping[str, Any], names: Sequence[str] | None = None) -> list[NDArray[Any]]:
    """The outputs of these names, or all. Raises ArchError if the file does not run."""
    try:
        found: list[NDArray[Any]] = running.run(names, dict(given))
    except Exception as error:  # onnxruntime's own exceptions have no common base
        raise failed(path, f"does not run: {line(error)}") from None
    return found


def failed(path: Path, message: str, help: str | None = None) -> ArchError:
    """The error of an ONNX file as a whole."""
    return ArchError([Diagnostic(Code.BAD_ONNX, f"`{path.name}` {message}", help=help, file=str(path))])


def line(error: BaseException) -> str:
    """The message of onnx or ONNX Runtime on one line, without places in their sources."""
    text = PLACE.sub("", " ".join(str(error).split())).strip() or type(error).__name__
    return text if len(text) <= 200 else f"{text[:199]}…"
