"""Modules that run when something of them is first used: what is said of mistakes, and what few nets need.

A source without a mistake needs a third of archc, and running the rest would be most of what starting costs. Here is
the list of the modules that wait. Whoever needs one imports its functions at the head of the file, as ever.
"""

import sys
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

LATE = {
    "archc": ("trials",),
    "archc.analysis": ("compare",),
    "archc.cli": ("values",),
    "archc.diagnostics": ("text", "visible"),
    "archc.elaborate": ("functions", "tables"),  # what a net may do without
    "archc.syntax": (
        # what is said of mistakes
        "bars",
        "braces",
        "calls",
        "characters",
        "complaint",
        "containers",
        "headers",
        "line_ends",
        "notation",
        "pasted",
        "printed",
        "python",
        "raw",
        "recovery",
        "repeats",
        "semicolons",
        "slips",
        "stated",
    ),
    "archc.frameworks": ("readings",),
    "archc.importers.convnetjs": ("layers", "statements", "trainer", "tree"),
}
PACKAGES = (
    "archc.elaborate.advice",  # what is said of mistakes
    "archc.elaborate.solve",  # holes
)
"""Those of which every module waits."""


def waiting() -> list[str]:
    """The modules that wait, by their full names."""
    named = [f"{package}.{name}" for package, names in LATE.items() for name in names]
    return [*named, *(name for package in PACKAGES for name in _inside(package))]


def _inside(package: str) -> list[str]:
    """The modules of a package."""
    folder = Path(__file__).parent.joinpath(*package.split(".")[1:])
    return [f"{package}.{path.stem}" for path in sorted(folder.glob("[!_]*.py"))]


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
    """Stands for a late module. A name in small letters is a function of it; asking for any other runs the module."""

    def __getattr__(self, name: str) -> Any:
        if name.islower() and not name.startswith("_"):
            return _Function(self.__name__, name)
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
        if package in sys.modules:
            vars(sys.modules[package]).setdefault(leaf, late)


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
