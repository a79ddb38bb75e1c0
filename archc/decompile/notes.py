"""Warnings about an imported file: weights that it shares, and numbers that the source learns or fixes unlike it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from archc.decompile.layer import Layer
from archc.decompile.nodes import Nodes
from archc.diagnostics import Code, Diagnostic

SHOWN = 6
"""Names that a message lists; of further ones it gives the number."""


def notes(path: Path, nodes: Nodes, named: Mapping[str, Layer]) -> Iterator[Diagnostic]:
    """The warnings. named: the layers by their names in the source."""
    yield from _shared(path, nodes, named)
    yield from _learns_fixed(path, nodes, named)
    yield from _fixes_learnt(path, nodes, named)
    for learnt in (True, False):
        yield from _assumed(path, nodes, named, learnt)
    if nodes.channels_last:
        message = f"the file has {_listed(sorted(nodes.channels_last))} with the channels last: (N, height, width, C)"
        help = "the source has the channels first, as PyTorch and archc's own files do: transpose the arrays"
        yield _warning(Code.CHANNELS_LAST, message, help, path)


def _shared(path: Path, nodes: Nodes, named: Mapping[str, Layer]) -> Iterator[Diagnostic]:
    """One for each set of layers that use the same tensors of the file."""
    users: dict[str, list[str]] = {}
    for name, layer in named.items():
        for value in layer.sources.values() if layer.tensors else ():
            for origin in nodes.learnt.of(value):
                users.setdefault(origin, []).append(name)
    groups: dict[tuple[str, ...], list[str]] = {}
    for origin, each in users.items():
        if len(set(each)) > 1 and nodes.learnt(origin) is not False:
            groups.setdefault(tuple(dict.fromkeys(each)), []).append(origin)
    for names, origins in groups.items():
        once = sum(nodes.constants[origin].size for origin in origins)
        message = (
            f"{len(names)} layers ({_listed(names)}) share {_listed(origins)}: the file holds {once:,} numbers once, "
            f"the source has {len(names) * once:,}, a copy for each layer"
        )
        yield _warning(
            Code.SHARED_WEIGHTS,
            message,
            "a source cannot share weights: in further training the copies become different",
            path,
        )


def _learns_fixed(path: Path, nodes: Nodes, named: Mapping[str, Layer]) -> Iterator[Diagnostic]:
    """One for each layer of the source that learns what the file says is fixed."""
    found = {name: layer.learns_fixed(nodes.learnt) for name, layer in named.items()}
    for name, values in found.items():
        if values:
            origins = sorted({origin for value in values for origin in nodes.learnt.of(value)})
            message = f"the file says that {_listed(origins)} is fixed, but `{named[name].op.name}` learns it"
            yield _warning(Code.LEARNS_A_CONSTANT, message, f'train with freeze = ["{name}"] to keep it', path)


def _fixes_learnt(path: Path, nodes: Nodes, named: Mapping[str, Layer]) -> Iterator[Diagnostic]:
    """One for each number that the file says is learnt, and that no layer of the source learns."""
    values = {value for layer in named.values() for value in layer.sources.values()}
    owned = {origin for value in values for origin in nodes.learnt.of(value)}
    for origin in sorted(nodes.parameters - owned):
        users = [name for name, layer in named.items() if any(origin in nodes.learnt.of(v) for v in layer.numbers)]
        where = f" in {_listed(users)}" if users else ""
        message = f"the file says that `{origin}` is learnt, but in the source it is a fixed number{where}"
        yield _warning(Code.FIXES_A_PARAMETER, message, "further training does not change it", path)


def _assumed(path: Path, nodes: Nodes, named: Mapping[str, Layer], learnt: bool) -> Iterator[Diagnostic]:
    """The constants of arithmetic of which the file does not say whether they are learnt, as one warning.

    learnt: whether to list those that the source learns, or those that it fixes.
    """
    found = [
        origin
        for layer in named.values()
        for value in (_learnt_values(layer) if learnt else _fixed_values(layer))
        if nodes.learnt(value) is None
        for origin in sorted(nodes.learnt.of(value))
    ]
    if found:
        what, other = ("learnt", "fixed") if learnt else ("fixed", "learnt")
        message = f"the file does not say whether {_listed([*dict.fromkeys(found)])} is learnt; here it is {what}"
        yield _warning(Code.LEARNT_OR_FIXED, message, f"if it is {other}: --{other} {found[0]}", path)


def _learnt_values(layer: Layer) -> Iterable[str]:
    """The values of the file that a layer of plain arithmetic learns."""
    return layer.sources.values() if layer.op.bare else ()


def _fixed_values(layer: Layer) -> Iterable[str]:
    """The values of the file that are a layer's settings: the numbers of a `rescale`, and those in a formula."""
    return layer.numbers if layer.tensors else (*layer.sources.values(), *layer.numbers)


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return f"{', '.join(f'`{name}`' for name in names[:SHOWN])}{more}"


def _warning(code: Code, message: str, help: str, path: Path) -> Diagnostic:
    return Diagnostic(code, message, severity="warning", help=help, file=str(path))
