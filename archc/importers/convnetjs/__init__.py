"""ConvNetJS: `layer_defs` in JavaScript or JSON, read as data. Nothing is run.

A file is taken apart into tokens (scan), its definitions and trainer are found and read as values (statements,
values), checked and desugared into lines of ours (layers), and those lines parsed, every place in the tree pointing
back into the JavaScript (tree).
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
    """The net as a tree whose places are those of the JavaScript, and what is wrong with it."""
    found = read(source)
    made, diagnostics = lines(found, source)
    said, more = trainer(found)
    file = tree(made, source)
    if said is not None and not more:
        file = ast.File(file.source, (*file.items, said.train()), file.comments)
    return file, [*found.diagnostics, *diagnostics, *more]


def text_of(source: Source) -> str:
    """The net as `.arch`, of a source without mistakes."""
    found = read(source)
    made, _ = lines(found, source)
    return written(made, net_name(source), found.comments)


def recipe_of(source: Source) -> Trainer | None:
    """What the trainer line and the cost layer say of training; None where neither says more than the net does."""
    return trainer(read(source))[0]
