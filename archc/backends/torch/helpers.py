"""The classes of layers.py as text: a generated file contains those that it uses, and their imports."""

import ast
import builtins
import symtable
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from archc.records import dataclass

Statement = ast.Import | ast.ImportFrom
ALWAYS = frozenset({*dir(builtins), "__name__", "__file__"})
"""The names that every Python module has."""


@dataclass(frozen=True, slots=True)
class Helpers:
    """classes: name → text, in the order of layers.py. imports: those of layers.py and those a net may need."""

    classes: dict[str, str]
    imports: tuple[Statement, ...]

    @property
    def taken(self) -> frozenset[str]:
        """Names that a generated file may define or import."""
        return frozenset({*self.classes, *(_bound(one) for statement in self.imports for one in statement.names)})


@cache
def helpers() -> Helpers:
    """The contents of layers.py. It is parsed and not imported, since it needs torch."""
    text = Path(__file__).with_name("layers.py").read_text(encoding="utf-8")
    lines = text.splitlines()
    body = [*ast.parse("from collections import OrderedDict").body, *ast.parse(text).body]
    found = [node for node in body if isinstance(node, ast.ClassDef | ast.FunctionDef)]
    classes = {node.name: "\n".join(lines[node.lineno - 1 : node.end_lineno]) for node in found}
    return Helpers(classes, tuple(node for node in body if isinstance(node, Statement)))


def with_helpers(text: str) -> str:
    """The text of classes, preceded by the imports and the classes of layers.py that they need."""
    known = helpers()
    used: set[str] = set()
    waiting = [text]
    while waiting:
        names = _names(waiting.pop()) - used
        used |= names
        waiting += [known.classes[name] for name in names if name in known.classes]
    carried = [known.classes[name] for name in known.classes if name in used]
    return "\n\n\n".join([_imports(used), *carried, text])


def _names(text: str) -> set[str]:
    """The names that the text uses and neither defines nor finds among the builtins."""
    return {*_undefined(symtable.symtable(text, "", "exec"))}


def _imports(used: set[str]) -> str:
    """The import statements for these names, those of the standard library first."""
    groups: dict[bool, list[str]] = {True: [], False: []}
    for statement in helpers().imports:
        names = [one for one in statement.names if _bound(one) in used]
        if names:
            root = names[0].name if isinstance(statement, ast.Import) else str(statement.module)
            made = ast.Import(names) if isinstance(statement, ast.Import) else ast.ImportFrom(root, names, 0)
            groups[root.partition(".")[0] in sys.stdlib_module_names].append(ast.unparse(made))
    return "\n\n".join("\n".join(lines) for lines in groups.values() if lines)


def _bound(one: ast.alias) -> str:
    return one.asname or one.name.partition(".")[0]


def refuse_undefined(text: str, title: str) -> None:
    """Raises SyntaxError where the text does not compile, NameError where it uses an undefined name."""
    compile(text, title, "exec")
    missing = {*_undefined(symtable.symtable(text, title, "exec"))}
    for node in ast.walk(ast.parse(text)) if missing else ():
        if isinstance(node, ast.Name) and node.id in missing:
            raise NameError(
                f"the file uses `{node.id}`, which it neither defines nor imports: "
                "archc/backends/torch/layers.py has no class of that name"
            )


def _undefined(top: symtable.SymbolTable) -> Iterator[str]:
    """The names that are neither defined nor imported nor builtins."""
    known = {one.get_name() for one in top.get_symbols() if one.is_assigned() or one.is_imported()} | ALWAYS
    waiting = [top]
    while waiting:
        table = waiting.pop()
        waiting += table.get_children()
        for symbol in table.get_symbols():
            inner = table is not top and (symbol.is_local() or symbol.is_free())
            if symbol.is_referenced() and not inner and symbol.get_name() not in known:
                yield symbol.get_name()
