"""ConvNetJS: `layer_defs` in JavaScript or JSON, read as data. Nothing is run.

A file is split into tokens (scan). The definitions and the trainer are found and read as values (statements, values),
checked and desugared into lines of archc (layers), and those lines are parsed; all spans of the tree are in the
JavaScript (tree).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from archc.diagnostics import Diagnostic, Source
from archc.importers.convnetjs.layers import lines
from archc.importers.convnetjs.statements import read
from archc.importers.convnetjs.trainer import trainer
from archc.importers.convnetjs.tree import net_name, tree, written
from archc.syntax import ast

if TYPE_CHECKING:
    from archc.importers.convnetjs.recipe import Trainer

__all__ = ["parse", "recipe_of", "text_of"]


def parse(source: Source) -> tuple[ast.File, list[Diagnostic]]:
    """The net as a tree whose spans are in the JavaScript, and the errors in it."""
    found = read(source)
    made, diagnostics = lines(found, source)
    recipe, more = trainer(found)
    file = tree(made, source)
    if recipe is not None and not more:
        file = ast.File(file.source, (*file.items, recipe.train()), file.comments)
    return file, [*found.diagnostics, *diagnostics, *more]


def text_of(source: Source) -> str:
    """The net as `.arch`, for a source without errors."""
    found = read(source)
    made, _ = lines(found, source)
    return written(made, net_name(source), found.comments)


def recipe_of(source: Source) -> Trainer | None:
    """The training settings of the trainer line and the cost layer; None if they add nothing to the net."""
    return trainer(read(source))[0]
