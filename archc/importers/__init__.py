"""Sources in other notations, read as syntax trees of archc: one folder for each, and `parse`, which chooses by file
name."""

import re
from pathlib import PurePath

from archc.diagnostics import Diagnostic, Source
from archc.importers import convnetjs
from archc.syntax import ast
from archc.syntax import parse as parse_arch

JAVASCRIPT = frozenset({".js", ".json", ".mjs", ".html", ".htm"})
LAYER_DEFS = re.compile(r"\blayer_defs\s*(?:=|\.\s*push\b)")


def is_convnetjs(source: Source) -> bool:
    """Decided by the name of the file, or by the content if there is no name."""
    if source.path is not None or not source.name.startswith("<"):
        return PurePath(source.name).suffix.lower() in JAVASCRIPT
    return LAYER_DEFS.search(source.text) is not None


def parse(source: Source) -> tuple[ast.File, list[Diagnostic]]:
    """The syntax tree of a source in any notation, and the errors in it."""
    return convnetjs.parse(source) if is_convnetjs(source) else parse_arch(source)
