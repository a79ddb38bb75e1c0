"""What the parts of an outline are called in a picture, and which of them are no blocks of their own."""

import re

from archc.analysis.table import clip
from archc.analysis.tree import LONGEST_CALL, call
from archc.backends.diagram.outline import Part
from archc.backends.diagram.text import clean
from archc.graph import Given, Scope

MADE = re.compile(r"(?<!\d)\d+\Z|_\d+\Z")  # what numbers a name that archc made: conv1, maxpool3_1
LONGEST = 32  # characters of a label


def label(part: Part) -> str:
    """What its source calls it; nothing for a name that archc made of the layer's or the block's."""
    made = part.node.op.name if part.node is not None else part.scope.title if part.scope is not None else ""
    given = part.scope is not None and part.scope.kind in ("label", "stage")
    return "" if part.name.isdigit() or (not given and MADE.sub("", part.name) == made) else clean(part.called, LONGEST)


def opened(parts: list[Part]) -> list[Part]:
    """What is in a loop stands in its place: a loop over a list is how something is written, and no block."""
    return [one for part in parts for one in (opened(part.children) if _is_loop(part) else [part])]


def _is_loop(part: Part) -> bool:
    return part.scope is not None and part.scope.kind == "for" and part.count == 1 and MADE.sub("", part.name) == "for"


def is_turn(part: Part) -> bool:
    """A turn of a loop is no block either."""
    return part.scope is not None and part.scope.kind == "label" and part.name.isdigit() and part.count == 1


def unwrapped(parts: list[Part]) -> list[Part]:
    """The top level; where one block is the whole net, what is in it."""
    while True:
        parts = opened(parts)
        inside = [part for part in parts if part.node is None or part.node.op.category != "input"]
        if len(inside) != 1 or inside[0].node is not None or inside[0].count > 1:
            return parts
        parts = [*(part for part in parts if part not in inside), *inside[0].children]


def chain_of(part: Part) -> tuple[list[Part], int]:
    """A scope that holds nothing but another, or nothing but equal ones, is one with it."""
    chain, times = [part], part.count
    while len(chain[-1].children) == 1 and chain[-1].children[0].node is None:
        inner = chain[-1].children[0]
        if inner.count > 1 and times > 1:
            break
        chain.append(inner)
        times *= inner.count
    return chain, times


def titles(chain: list[Part], times: int) -> tuple[str, str]:
    """The name of a scope, and what its source calls it. `repeat1` says nothing that ×N does not."""
    name, scope = chain[0].called, chain[0].scope
    words = next((words for part in chain if (words := _call(part))), "")
    if times > 1 and scope is not None and scope.kind == "repeat" and MADE.sub("", name) == "repeat":
        return words, ""
    if not chain[0].name.isdigit():
        return name, "" if name.rstrip("0123456789") == words else words
    full = ".".join(chain[0].full.split(".")[-2:]) + (f"–{chain[0].until}" if chain[0].until else "")
    return (words, full) if words else (full, "")


def _call(part: Part) -> str:
    """A block's name with its arguments, where they say something outside the block that calls it."""
    scope = part.scope
    if scope is None:
        return ""
    if scope.kind == "repeat" and len(part.children) > 1:
        return _repeated(scope)
    return _block_call(scope.title, part.given) if scope.kind == "block" else ""


def _block_call(title: str, given: tuple[Given, ...]) -> str:
    """`mbconv(6, 3x3, 24)`: a call with the values of its arguments.

    An argument without a value is left out; what follows it is written with its name.
    """
    shown: list[str] = []
    in_place = True
    for argument in given:
        in_place = in_place and argument.positional and bool(argument.value)
        if argument.value:
            shown.append(argument.value if in_place else f"{argument.name}={argument.value}")
    text = clip(", ".join(shown), LONGEST_CALL)
    return f"{title}({text})" if text else title


def _repeated(scope: Scope) -> str:
    """`basic(128) x 4 /2`; what the source computes is written as the number that it comes to."""
    text = call(scope)
    head, sign, times = text.rpartition(" x ")
    if not sign or times.replace("/", "").replace(" ", "").isdigit():
        return text
    stride = times.rpartition("/")[2].strip()
    return f"{head} x {scope.count}" + (f" /{stride}" if "/" in times and stride.isdigit() else "")
