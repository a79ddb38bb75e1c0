"""The mutants of a module: one small wrong edit each, in the syntax tree.

Not edited: what is said to people (docstrings, texts with a space, errors and their repairs), decorators, and
annotations but for the calls in them, which are a field's bounds.
"""

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

SWAPS: dict[type[ast.AST], type[ast.AST]] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.FloorDiv, ast.FloorDiv: ast.Mult, ast.Div: ast.Mult,
    ast.Mod: ast.FloorDiv, ast.Pow: ast.Mult,
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In, ast.And: ast.Or, ast.Or: ast.And,
}  # fmt: skip
CALLS = {"min": "max", "max": "min", "any": "all", "all": "any"}
SAID = {"OpError", "Repair", "Diagnostic"}  # what these are given is for people to read


@dataclass(frozen=True, slots=True)
class Mutant:
    """place: the function or class; hot: whether it lies in a function's body, which can be replaced alone."""

    module: str
    number: int
    line: int
    place: str
    edit: str
    hot: bool

    @property
    def key(self) -> str:
        """Names it as long as the code around it stays."""
        return f"{self.module} {self.place}: {self.edit}"


@dataclass(frozen=True, slots=True)
class _Edit:
    node: ast.AST
    place: str
    hot: bool
    apply: Callable[[], None]
    text: str


def mutants(module: str, source: str, *, texts: bool) -> list[Mutant]:
    """All of them. texts: whether f-strings are edited too, where they are code."""
    found: list[Mutant] = []
    seen: dict[tuple[str, str], int] = {}
    for number, edit in enumerate(_edits(ast.parse(source), texts)):
        count = seen[edit.place, edit.text] = seen.get((edit.place, edit.text), 0) + 1
        text = edit.text if count == 1 else f"{edit.text} ({count})"
        line: int = getattr(edit.node, "lineno", 0)
        found.append(Mutant(module, number, line, edit.place, text, edit.hot))
    return found


def mutated(source: str, number: int, *, texts: bool) -> ast.Module:
    """The tree with one edit made."""
    tree = ast.parse(source)
    for at, edit in enumerate(_edits(tree, texts)):
        if at == number:
            edit.apply()
            return ast.fix_missing_locations(tree)
    raise IndexError(number)


def _edits(tree: ast.Module, texts: bool) -> Iterator[_Edit]:
    yield from list(_Walk(texts).within(tree, "module", False))


@dataclass(slots=True)
class _Walk:
    texts: bool

    def within(self, node: ast.AST, place: str, hot: bool) -> Iterator[_Edit]:
        """The edits of what lies below a node."""
        inner = place
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and not hot:
            inner = node.name if place == "module" else f"{place}.{node.name}"
        for name, value in ast.iter_fields(node):
            into = name == "body" and isinstance(node, ast.FunctionDef | ast.ClassDef)
            deep = hot or (into and isinstance(node, ast.FunctionDef))
            for index, child in enumerate(value if isinstance(value, list) else [value]):
                if not isinstance(child, ast.AST) or self._left_alone(node, name, child):
                    continue
                where = inner if into else place
                if name in ("annotation", "returns"):
                    yield from self._bounds(child, where, deep)
                    continue
                setter = _setter(node, name, index if isinstance(value, list) else None)
                for new in _replacements(child):
                    yield _Edit(child, where, deep, setter(new), f"{_text(child)} → {_text(new)}")
                yield from self._removals(child, where, deep)
                yield from self.within(child, where, deep)

    def _left_alone(self, node: ast.AST, name: str, child: ast.AST) -> bool:
        if name == "decorator_list" or isinstance(child, ast.Raise | ast.Import | ast.ImportFrom | ast.Assert):
            return True
        if isinstance(child, ast.JoinedStr):
            return not self.texts
        if isinstance(child, ast.Call) and isinstance(child.func, ast.Name) and child.func.id in SAID:
            return True
        if isinstance(child, ast.Expr) and isinstance(child.value, ast.Constant):
            return True  # a docstring
        return isinstance(node, ast.keyword) and node.arg in ("help", "description") and name == "value"

    def _bounds(self, annotation: ast.AST, place: str, hot: bool) -> Iterator[_Edit]:
        for node in ast.walk(annotation):
            if isinstance(node, ast.Call):
                yield from self.within(node, place, hot)

    def _removals(self, node: ast.AST, place: str, hot: bool) -> Iterator[_Edit]:
        """Arguments, filters and a dictionary's values that are left out or stand elsewhere."""
        if isinstance(node, ast.Call):
            for at, keyword in enumerate(node.keywords):
                if keyword.arg and keyword.arg not in ("help", "description"):
                    yield _Edit(node, place, hot, _drop(node.keywords, at), f"{_text(node)} without {keyword.arg}")
        if isinstance(node, ast.comprehension):
            for at, test in enumerate(node.ifs):
                yield _Edit(test, place, hot, _drop(node.ifs, at), f"if {_text(test)} left out")
        if isinstance(node, ast.Dict):
            for at, (one, other) in enumerate(zip(node.values, node.values[1:], strict=False)):
                if _text(one) != _text(other) and not isinstance(one, ast.Constant):
                    setter = _setter(node, "values", at)
                    yield _Edit(
                        one, place, hot, setter(other), f"{_text(node.keys[at])}: {_text(one)} → {_text(other)}"
                    )


def _replacements(node: ast.AST) -> Iterator[ast.AST]:
    """What may stand in the place of an expression or a statement."""
    if isinstance(node, ast.Constant):
        yield from _constants(node.value)
    elif isinstance(node, ast.BinOp | ast.AugAssign) and type(node.op) in SWAPS:
        yield _with(node, op=SWAPS[type(node.op)]())
    elif isinstance(node, ast.Compare):
        for at, op in enumerate(node.ops):
            yield _with(node, ops=[*node.ops[:at], SWAPS[type(op)](), *node.ops[at + 1 :]])
    elif isinstance(node, ast.BoolOp):
        yield _with(node, op=SWAPS[type(node.op)]())
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not | ast.USub):
        yield node.operand
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in CALLS:
        yield _with(node, func=ast.Name(CALLS[node.func.id], ast.Load()))
    elif isinstance(node, ast.If | ast.While | ast.IfExp):
        if isinstance(node.test, ast.Name | ast.Attribute | ast.Call | ast.NamedExpr):
            yield _with(node, test=ast.UnaryOp(ast.Not(), node.test))
    elif isinstance(node, ast.Continue):
        yield ast.copy_location(ast.Break(), node)
    elif isinstance(node, ast.Break):
        yield ast.copy_location(ast.Continue(), node)


def _constants(value: object) -> Iterator[ast.Constant]:
    if isinstance(value, bool):
        yield ast.Constant(not value)
    elif isinstance(value, int):
        yield ast.Constant(value + 1)
    elif isinstance(value, float):
        yield ast.Constant(2 * value or 1.0)
    elif isinstance(value, str) and value and " " not in value:
        yield ast.Constant(value + "_")


def _with(node: ast.AST, **fields: Any) -> ast.AST:
    new = type(node)(**{**dict(ast.iter_fields(node)), **fields})
    return ast.copy_location(new, node)


def _setter(node: ast.AST, name: str, index: int | None) -> Callable[[ast.AST], Callable[[], None]]:
    def of(new: ast.AST) -> Callable[[], None]:
        def apply() -> None:
            if index is None:
                setattr(node, name, new)
            else:
                getattr(node, name)[index] = new

        return apply

    return of


def _drop(items: list[Any], at: int) -> Callable[[], None]:
    def apply() -> None:
        del items[at]

    return apply


def _text(node: ast.AST | None) -> str:
    if isinstance(node, ast.If | ast.While):
        return f"if {_text(node.test)}"
    text = " ".join(ast.unparse(node).split()) if node is not None else "**"
    return text if len(text) <= 90 else f"{text[:60]}…{text[-29:]}"
