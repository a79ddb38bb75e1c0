"""What proposals for other tools' layers are made of: the arguments of a call under the tool's names, as texts."""

import re
from collections.abc import Callable, Collection, Mapping
from typing import NamedTuple

from archc.syntax import ast

WHOLE = re.compile(r"\d+\Z")
TUPLE = re.compile(r"[(\[]\s*\d+(?:\s*,\s*\d+)*\s*,?\s*[)\]]\Z")

Given = Mapping[str, str]
"""The texts of a call's arguments by the tool's names."""


class Layer(NamedTuple):
    """The tool's names in the order of its unnamed arguments, and how a call is written here, of so many dimensions.

    `write` raises KeyError or ValueError where the language has no words for what was given.
    """

    positional: str
    write: Callable[[Given, int], str]


def written(call: ast.Call, layer: Layer, rank: int, ignored: Collection[str]) -> str | None:
    """The call in the words of the language, or None where it has what they lack."""
    order = layer.positional.split()
    given: dict[str, str] = {}
    for place, argument in enumerate(call.arguments):
        if argument.name is None and place >= len(order):
            return None
        given[argument.name or order[place]] = argument.value.span.text
    if not set(given) <= {*order, *ignored}:
        return None
    try:
        return layer.write(given, rank)
    except (KeyError, ValueError):
        return None


def sizes(text: str) -> tuple[int, ...]:
    """`3` or `(3, 5)`. Raises ValueError for anything else."""
    if not WHOLE.match(text) and not TUPLE.match(text):
        raise ValueError(text)
    return tuple(int(number) for number in re.findall(r"\d+", text))


def window(kernel: str, stride: str | None, rank: int, usual: str | None = None) -> str:
    """`3x3/2`. usual: the stride that is taken where none is given; 1 goes without saying. Raises ValueError."""
    sides = sizes(kernel)
    shown = "x".join(map(str, sides * rank if len(sides) == 1 else sides))
    steps = set(sizes(stride or usual or "1"))
    if len(steps) > 1:
        raise ValueError(steps)
    step = steps.pop()
    return shown if step == 1 and usual is None else f"{shown}/{step}"


def named(given: Given, *triples: tuple[str, str, str]) -> str:
    """`, pad=1, groups=2`: of (the tool's name, ours, the default) what is given and not the default."""
    found = []
    for theirs, ours, default in triples:
        text = given.get(theirs, default)
        text = {"True": "yes", "False": "no"}.get(text, text)
        if TUPLE.match(text) and len(set(sizes(text))) == 1:
            text = str(sizes(text)[0])
        elif not WHOLE.match(text) and text not in ("yes", "no", default):
            raise ValueError(text)
        if text != default:
            found.append(f", {ours}={text}")
    return "".join(found)
