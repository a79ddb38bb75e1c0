"""The Python API: `archc.load("resnet34").summary()`."""

# ruff: noqa: PLC0415  (torch is imported only when a module is made)

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from archc.analysis.cost import totals
from archc.analysis.json_document import document
from archc.analysis.summary import summary
from archc.diagnostics import ArchError, Code, Diagnostic
from archc.diagnostics.visible import json_text
from archc.elaborate.values import Value
from archc.graph import Graph, Rebuild
from archc.program import Compilation, CompiledNet, Options, compile_path, compile_text

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True)
class Net:
    """A network without errors.

    graph: its nodes with shapes and sources. params, macs: for inference, of one sample; heads for training only are
    left out. warnings: likely mistakes. infos: what is correct, but could be written better. again: builds the same net
    with other parameters.
    """

    name: str
    graph: Graph
    compiled: CompiledNet
    warnings: tuple[Diagnostic, ...] = ()
    again: Rebuild | None = None
    infos: tuple[Diagnostic, ...] = ()

    @property
    def params(self) -> int:
        """Number of parameters, frozen ones included; buffers are not parameters."""
        return totals(self.graph).params

    @property
    def macs(self) -> int:
        """Multiply-accumulates of convolutions and matrix products for one sample."""
        return totals(self.graph).macs

    @property
    def text(self) -> str:
        """The source text of the net."""
        return self.compiled.span.source.text

    def summary(self, depth: int | None = None, width: int = 100) -> str:
        """The table that `archc check` prints."""
        return summary(self.compiled, depth=depth, width=width)

    def to_json(self) -> str:
        """The document that `archc check --json` prints."""
        return json_text(document([self.compiled], (*self.warnings, *self.infos)))

    def torch(
        self,
        device: str | torch.device | None = None,
        dtype: torch.dtype | None = None,
        *,
        weights: str | Path | None = None,
        tensors: str | None = None,
        logits: bool = False,
        init: str = "torch",
        seed: int | None = None,
        zero_gamma: bool = False,
    ) -> torch.nn.Module:
        """The net as an ordinary torch.nn.Module: (N, C, n…) → its output, or a dict of them by name.

        Heads that are only for training are there only in training. weights: a file of them, see
        `archc weights map`. tensors: which of them, where the file holds several (`state_dict_ema`).
        logits: without the softmax that ends the net. init: torch, glorot_uniform, glorot_normal, he_uniform,
        he_normal, lecun_normal, dirac, zeros, constant=0.01 or any number. zero_gamma: residual branches start at zero.
        Raises ArchError where the weights do not fit.
        """
        from archc.backends.torch.module import build
        from archc.backends.torch.weights import load_weights

        module = build(self.graph, device=device, logits=logits, init=init, seed=seed, zero_gamma=zero_gamma)
        if weights is not None:
            load_weights(module, self.graph, Path(weights), tensors, self.again)
        return module if dtype is None else module.to(dtype)

    def python(self) -> str:
        """The net as a Python file that needs torch alone."""
        from archc.backends.torch.source import source

        return source(self.graph, self.again, self.name)

    def svg(
        self,
        level: str | None = None,
        theme: str = "light",
        *,
        depth: int | None = None,
        unfold: bool = False,
        title: str | None = None,
        shapes: str = "changes",
        params: bool = False,
        macs: bool = False,
    ) -> str:
        """The picture that `archc draw` makes, as the text of an .svg file.

        level: stage, block or layer. theme: light or dark. depth: how many levels of blocks are open. unfold: equal
        rounds are drawn one by one. shapes: what flows out of layers, "changes", "all" or "none". params, macs: the
        costs of each layer. Raises ValueError where there would be too much to draw.
        """
        from archc.backends.diagram.draw import DrawOptions, TooManyBoxes
        from archc.backends.diagram.picture import graph_picture
        from archc.backends.diagram.place import BoxOptions
        from archc.backends.diagram.svg import svg
        from archc.backends.diagram.theme import THEMES

        choice = DrawOptions(level, depth, unfold, title, BoxOptions(shapes, params, macs))
        try:
            return svg(graph_picture(self.graph, choice)[1], THEMES[theme])
        except TooManyBoxes as error:
            raise ValueError(str(error)) from None

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        """What a notebook shows: the picture and the table."""
        from archc.backends.diagram.notebook import mimebundle

        return mimebundle(self.graph, self.summary())

    def __repr__(self) -> str:
        return f"<archc.Net {self.name}: {len(self.graph)} nodes, {self.params:,} params, {self.macs:,} MACs>"


def load(
    path_or_name: str | Path, variant: str | None = None, *, input: tuple[int, ...] | None = None, **params: Value
) -> Net:
    """The net of a file, or a bundled one. Raises ArchError, which carries the diagnostics.

    variant: which net, if the file has several. input: (height, width) instead of the sizes in the source. params:
    parameters of the net. With input or params, the stated figures of the source are not checked, because they are for
    its defaults.
    """
    target = str(path_or_name) + (f"::{variant}" if variant else "")

    return only(target, Options(input_sizes=input, parameters=params))


def only(target: str, options: Options, stdin: TextIO | None = None) -> Net:
    """The single net of a target. Raises ArchError."""
    first = compile_path(target, options, stdin)

    def compiled(given: Mapping[str, Value]) -> Compilation:
        if not given:
            return first
        changed = replace(options, parameters={**options.parameters, **given})
        if first.source is not None and first.source.path is None:
            return compile_text(first.source.text, first.source.name, changed, target.partition("::")[2] or None)
        return compile_path(target, changed)

    return _only(compiled, target)


def parse(text: str, variant: str | None = None, **params: Value) -> Net:
    """The net of a source text. Raises ArchError."""

    def compiled(given: Mapping[str, Value]) -> Compilation:
        return compile_text(text, options=Options(parameters={**params, **given}), net=variant)

    return _only(compiled, "<text>")


def _only(compiled_with: Callable[[Mapping[str, Value]], Compilation], target: str) -> Net:
    compilation = compiled_with({})
    errors = [diagnostic for diagnostic in compilation.diagnostics if diagnostic.severity == "error"]
    if errors:
        raise ArchError(compilation.diagnostics)
    nets = [net for net in compilation.nets if net.graph is not None]
    if len(nets) != 1:
        names = ", ".join(net.name for net in nets)
        raise ArchError(
            [
                Diagnostic(
                    Code.SEVERAL_NETS,
                    f"`{target}` holds {len(nets)} nets",
                    help=f"name one of them as variant: {names}",
                    file=target,
                )
            ]
        )
    compiled = nets[0]
    assert compiled.graph is not None

    def again(parameters: Mapping[str, int]) -> Graph | None:
        changed = compiled_with(parameters)
        return changed.nets[0].graph if changed.ok and len(changed.nets) == 1 else None

    return Net(compiled.name, compiled.graph, compiled, compilation.diagnostics, again, compilation.infos)
