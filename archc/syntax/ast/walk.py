"""Walking a tree: what a part of it contains."""

from collections.abc import Iterator

from archc.syntax.ast.expressions import Hole, Name

_PARTS: dict[type, tuple[str, ...]] = {}
"""By a class of nodes, the fields that may hold nodes, last first; () for what is no node."""


def nodes(*roots: object) -> Iterator[object]:
    """Every node at and below the roots, in the order of the text. Nothing recurses, so no tree is too deep."""
    stack: list[object] = [*reversed(roots)]
    while stack:
        node = stack.pop()
        kind = type(node)
        if kind is tuple:
            stack += reversed(node)  # type: ignore[call-overload]
            continue
        parts = _PARTS.get(kind)
        if parts is None:
            parts = _parts(kind)
        if parts:
            yield node
            stack += [getattr(node, part) for part in parts]


def _parts(kind: type) -> tuple[str, ...]:
    found = _PARTS.get(kind)
    if found is None:
        is_node = kind.__module__.startswith("archc.syntax.ast")
        fields: tuple[str, ...] = getattr(kind, "__slots__", ()) if is_node else ()
        found = _PARTS[kind] = tuple(reversed([*fields]))
    return found


def holes(*roots: object) -> int:
    """How many `?` there are."""
    return sum(isinstance(node, Hole) for node in nodes(*roots))


def named(names: frozenset[str], *roots: object) -> list[Name]:
    """Where one of these names is used as a value."""
    return [node for node in nodes(*roots) if isinstance(node, Name) and node.name in names]
