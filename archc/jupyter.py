"""In a notebook: a net is shown as its picture and its table; `%%arch` compiles a cell."""

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
    """The part of IPython that is used."""

    user_ns: dict[str, Any]

    def register_magic_function(self, func: Any, magic_kind: str = ..., magic_name: str | None = ...) -> None: ...


class Broken:
    """A net with errors, drawn up to the first of them."""

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
        """%%arch [NAME]: the net of the cell, also assigned to the variable NAME."""
        value = read(cell)
        if line.strip():
            if not line.strip().isidentifier():
                raise _usage()(f"%%arch takes a name for the net, not `{line.strip()}`")
            shell.user_ns[line.strip()] = value
        return value

    shell.register_magic_function(arch, "cell", "arch")


def _usage() -> type[Exception]:
    """The exception that IPython shows as one line; only imported in a notebook."""
    found: type[Exception] = getattr(sys.modules.get("IPython.core.error"), "UsageError", ValueError)
    return found


def read(cell: str) -> Net | list[Net] | Broken:
    """The net of a text, a list of nets, or the errors with a drawing."""
    compilation = compile_text(cell, CELL)
    if not compilation.ok or not compilation.nets:
        drawable = [net for net in compilation.nets if len(net.partial)]
        return Broken(drawable[0] if drawable else None, compilation.diagnostics)
    nets = [parse(cell, net.name) for net in compilation.nets]
    return nets[0] if len(nets) == 1 else nets
