"""Modules that run when something of them is first used: what is said of mistakes, and what few nets need.

A source without a mistake needs a third of archc, and running the rest would be most of what starting costs. Here is
the list of the modules that wait; of a package that is named, all modules do. Whoever needs one imports its functions
at the head of the file, as ever.
"""

import os
import sys
from collections.abc import Iterator
from importlib import import_module
from types import ModuleType
from typing import Any

LATE = {
    "archc": ("spelling", "trials"),
    "archc.analysis": ("compare",),
    "archc.cli": ("option_values",),
    "archc.diagnostics": ("text", "visible"),
    "archc.elaborate": (
        "advice",  # what is said of mistakes
        "solve",  # holes
        *("functions", "tables"),  # what else a net may do without
    ),
    "archc.syntax": ("advice",),
    "archc.frameworks": ("readings",),
    "archc.importers.convnetjs": ("layers", "statements", "trainer", "tree"),
}


class _Function:
    """Stands for a function of a late module until it is called."""

    __slots__ = ("__name__", "_module")

    def __init__(self, module: str, name: str) -> None:
        self._module, self.__name__ = module, name

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        return getattr(_run(self._module), self.__name__)(*arguments, **named)

    def __getattr__(self, name: str) -> Any:
        return getattr(getattr(_run(self._module), self.__name__), name)


class _Late(ModuleType):
    """Stands for a late module. A name in small letters is a function or a module in it; any other name runs it."""

    def __getattr__(self, name: str) -> Any:
        if name.islower() and not name.startswith("_"):
            return sys.modules.get(f"{self.__name__}.{name}") or _Function(self.__name__, name)
        if name == "__path__":  # asked of every module that is imported from; a package has one
            raise AttributeError(name)
        return getattr(_run(self.__name__), name)

    def __setattr__(self, name: str, value: object) -> None:
        setattr(_run(self.__name__), name, value)

    @property
    def __dict__(self) -> dict[str, Any]:  # type: ignore[override]  # who patches a name keeps what it had from here
        return vars(_run(self.__name__))

    def __dir__(self) -> list[str]:
        return dir(_run(self.__name__))


def wait() -> None:
    """Have the modules of the list wait. Those that run already are left as they are."""
    for name in waiting():
        package, _, leaf = name.rpartition(".")
        late = sys.modules.setdefault(name, _Late(name))
        if package in sys.modules and not isinstance(sys.modules[package], _Late):
            vars(sys.modules[package]).setdefault(leaf, late)


def waiting() -> Iterator[str]:
    """The names of the modules that wait, a package before what is in it."""
    folder = os.path.dirname(os.path.dirname(__file__))  # noqa: PTH120 - pathlib is slow to import
    for package, names in LATE.items():
        for name in names:
            yield f"{package}.{name}"
            yield from _inside(f"{package}.{name}", os.path.join(folder, *package.split("."), name))  # noqa: PTH118


def _inside(package: str, folder: str) -> Iterator[str]:
    """The names of the modules in a folder, where there is one."""
    if not os.path.isdir(folder):  # noqa: PTH112
        return
    for entry in os.listdir(folder):  # noqa: PTH208
        name, dot, ending = entry.partition(".")
        if ending == "py" and name != "__init__":
            yield f"{package}.{name}"
        elif not dot and not name.startswith("_"):
            yield f"{package}.{name}"
            yield from _inside(f"{package}.{name}", os.path.join(folder, name))  # noqa: PTH118


def _run(name: str) -> ModuleType:
    """The module itself, imported once, whichever threads ask for it."""
    if not isinstance(sys.modules.get(name), _Late):
        return import_module(name)
    sys.modules.pop(name, None)
    package, _, leaf = name.rpartition(".")
    inside = vars(import_module(package))
    held = inside.get(leaf)  # a function that is called as its module: importing puts the module in its place
    module = import_module(name)
    if isinstance(held, _Function):
        inside[leaf] = held
    return module
