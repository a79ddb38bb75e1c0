"""Sources in other notations, read as trees of ours: one folder each, and `parse`, which knows them by their names."""

import re
from pathlib import PurePath

from archc.diagnostics import Diagnostic, Source
from archc.importers import convnetjs
from archc.syntax import ast
from archc.syntax import parse as parse_arch

JAVASCRIPT = frozenset({".js", ".json", ".mjs", ".html", ".htm"})
LAYER_DEFS = re.compile(r"\blayer_defs\s*(?:=|\.\s*push\b)")


def is_convnetjs(source: Source) -> bool:
    """By the name of a file; by what it holds where it has none."""
    if source.path is not None or not source.name.startswith("<"):
        return PurePath(source.name).suffix.lower() in JAVASCRIPT
    return LAYER_DEFS.search(source.text) is not None


def parse(source: Source) -> tuple[ast.File, list[Diagnostic]]:
    """The tree of a source in whatever notation it is, and what is wrong with it."""
    return convnetjs.parse(source) if is_convnetjs(source) else parse_arch(source)
