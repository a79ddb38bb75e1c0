"""The Python API: `archc.load("resnet34").summary()`."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from archc.analysis.cost import totals
from archc.analysis.record import document
from archc.analysis.summary import summary
from archc.diagnostics import ArchError, Diagnostic
from archc.graph import Graph
from archc.program import Compilation, CompiledNet, Options, compile_path, compile_text


@dataclass(frozen=True)
class Net:
    """A network that checked.

    graph: its nodes with shapes and sources. params, macs: of inference, for one sample; heads that are
    only for training are left out. warnings: diagnostics that are no errors.
    """

    name: str
    graph: Graph
    compiled: CompiledNet
    warnings: tuple[Diagnostic, ...] = ()

    @property
    def params(self) -> int:
        """Parameters, those that do not train included; buffers are not parameters."""
        return totals(self.graph).params

    @property
    def macs(self) -> int:
        """Multiply-accumulates of convolutions and matrix products for one sample."""
        return totals(self.graph).macs

    def summary(self, depth: int | None = None, width: int = 100) -> str:
        """The table that `archc check` prints."""
        return summary(self.compiled, depth=depth, width=width)

    def to_json(self) -> str:
        """The document that `archc check --json` prints."""
        return json.dumps(document([self.compiled], self.warnings), ensure_ascii=False)

    def __repr__(self) -> str:
        return f"<archc.Net {self.name}: {len(self.graph)} nodes, {self.params:,} params, {self.macs:,} MACs>"


def load(
    path_or_name: str | Path, variant: str | None = None, *, input: tuple[int, ...] | None = None, **params: Any
) -> Net:
    """The net of a file, or a bundled one.

    variant: which net, where the file holds several. input: sizes in place of those written, as
    (height, width). params: the net's parameters; with either, the figures that the source states for
    its defaults are not held against it. Raises ArchError, which carries the diagnostics.
    """
    target = str(path_or_name) + (f"::{variant}" if variant else "")
    return _only(compile_path(target, Options(input_sizes=input, parameters=params)), target)


def parse(text: str, variant: str | None = None, **params: Any) -> Net:
    """The net of a source text. Raises ArchError."""
    compilation = compile_text(text, options=Options(parameters=params), net=variant)
    return _only(compilation, "<text>")


def _only(compilation: Compilation, target: str) -> Net:
    errors = [diagnostic for diagnostic in compilation.diagnostics if diagnostic.severity == "error"]
    if errors:
        raise ArchError(compilation.diagnostics)
    nets = [net for net in compilation.nets if net.graph is not None]
    if len(nets) != 1:
        names = ", ".join(net.name for net in nets)
        raise ArchError(
            [
                Diagnostic(
                    "several-nets",
                    f"`{target}` holds {len(nets)} nets",
                    help=f"name one of them as variant: {names}",
                    file=target,
                )
            ]
        )
    compiled = nets[0]
    assert compiled.graph is not None
    return Net(compiled.name, compiled.graph, compiled, compilation.diagnostics)
