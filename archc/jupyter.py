"""In a notebook: a net shows itself as its picture and its table; `%%arch` reads a cell as a source."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, Protocol

from archc.api import Net, parse
from archc.backends.diagram.notebook import mimebundle
from archc.diagnostics.text import render_all
from archc.program import CompiledNet, compile_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from archc.diagnostics import Diagnostic

CELL = "<cell>"


class Shell(Protocol):
    """What is used of IPython."""

    user_ns: dict[str, Any]

    def register_magic_function(self, func: Any, magic_kind: str = ..., magic_name: str | None = ...) -> None: ...


class Broken:
    """A net that does not check, drawn up to its mistakes."""

    def __init__(self, net: CompiledNet | None, diagnostics: Sequence[Diagnostic]) -> None:
        self.net = net
        self.diagnostics = tuple(diagnostics)

    def __repr__(self) -> str:
        return render_all(self.diagnostics, color=False)

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        if self.net is None or not len(self.net.partial):
            return {"text/plain": repr(self)}
        return mimebundle(self.net.partial, repr(self), self.diagnostics)


def load_ipython_extension(shell: Shell) -> None:
    """`%load_ext archc`."""

    def arch(line: str, cell: str) -> Net | list[Net] | Broken:
        """%%arch [NAME]: the net of the cell, which is then called NAME."""
        value = read(cell)
        if line.strip():
            if not line.strip().isidentifier():
                raise _usage()(f"%%arch takes a name for the net, not `{line.strip()}`")
            shell.user_ns[line.strip()] = value
        return value

    shell.register_magic_function(arch, "cell", "arch")


def _usage() -> type[Exception]:
    """What IPython shows as one line; it is loaded where this is a notebook."""
    found: type[Exception] = getattr(sys.modules.get("IPython.core.error"), "UsageError", ValueError)
    return found


def read(cell: str) -> Net | list[Net] | Broken:
    """The net of a text, or a list of them, or what is wrong with it."""
    compilation = compile_text(cell, CELL)
    if not compilation.ok or not compilation.nets:
        drawable = [net for net in compilation.nets if len(net.partial)]
        return Broken(drawable[0] if drawable else None, compilation.diagnostics)
    nets = [parse(cell, net.name) for net in compilation.nets]
    return nets[0] if len(nets) == 1 else nets
