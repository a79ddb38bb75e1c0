"""Rewrites a net of another notation as a source, only where both are the same net."""

from dataclasses import dataclass

from archc.diagnostics import Diagnostic, Source
from archc.expand import expand
from archc.importers import convnetjs
from archc.program import Compilation, compile_source, compile_text
from archc.syntax.format import format_source


@dataclass(frozen=True, slots=True)
class Rewritten:
    """text is None where the source has mistakes. recipe: TOML, where it says how to train."""

    text: str | None
    recipe: str | None
    diagnostics: tuple[Diagnostic, ...]


def rewritten(source: Source) -> Rewritten:
    """The formatted source. Raises AssertionError where its layers differ from those of the original."""
    compiled = compile_source(source)
    if not compiled.ok:
        return Rewritten(None, None, compiled.diagnostics)
    text = format_source(Source(source.name, convnetjs.text_of(source)))
    assert _layers(compile_text(text)) == _layers(compiled), "the text gives other layers"
    recipe = convnetjs.recipe_of(source)
    assert recipe is None or recipe.names() <= _parameters(compiled), "the recipe names other parameters"
    return Rewritten(text, recipe.toml() if recipe is not None else None, compiled.diagnostics)


def _layers(compiled: Compilation) -> list[str]:
    return [expand(net.graph) for net in compiled.nets if net.graph is not None]


def _parameters(compiled: Compilation) -> set[str]:
    return {
        f"{node.name}.{tensor.name}"
        for net in compiled.nets
        if net.graph is not None
        for node in net.graph.nodes
        for tensor in node.op.parameters(node.input_shapes)
    }
