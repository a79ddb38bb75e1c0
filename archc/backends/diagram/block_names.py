"""Names of the parts of an outline in a picture, and which parts are drawn as blocks."""

import re
from collections.abc import Mapping

from archc.analysis.fold import Part
from archc.analysis.table import clip
from archc.analysis.tree import LONGEST_CALL, call
from archc.backends.diagram.text import clean
from archc.graph import CallArgument, Node, Region

GENERATED = re.compile(r"(?<!\d)\d+\Z|_\d+\Z")  # the number of a generated name: conv1, maxpool3_1
LONGEST = 32  # characters of a label


def label(part: Part) -> str:
    """Its label in the source; "" for a generated name."""
    made = part.item.op.name if isinstance(part.item, Node) else part.item.title
    given = part.region is not None and part.region.kind in ("label", "stage")
    if part.name.isdigit() or (not given and GENERATED.sub("", part.name) == made):
        return ""
    return clean(part.name + part.until, LONGEST)


def flattened_loops(parts: list[Part]) -> list[Part]:
    """The parts, with each loop replaced by its contents: a loop over a list is notation, not a block."""
    return [one for part in parts for one in (flattened_loops(part.parts) if _is_loop(part) else [part])]


def _is_loop(part: Part) -> bool:
    return (
        part.region is not None
        and part.region.kind == "for"
        and part.count == 1
        and GENERATED.sub("", part.name) == "for"
    )


def is_loop_round(part: Part) -> bool:
    """Whether it is one round of a loop, which is not a block either."""
    return part.region is not None and part.region.kind == "label" and part.name.isdigit() and part.count == 1


def unwrapped(parts: list[Part]) -> list[Part]:
    """The top level; the contents of the block where one block is the whole net."""
    while True:
        parts = flattened_loops(parts)
        inside = [part for part in parts if part.node is None or part.node.op.category != "input"]
        if len(inside) != 1 or inside[0].node is not None or inside[0].count > 1:
            return parts
        parts = [*(part for part in parts if part not in inside), *inside[0].parts]


def nesting(part: Part) -> tuple[list[Part], int]:
    """The part and the regions that are drawn as one with it, and how often they repeat in all.

    A region whose only item is another region, or a fold of equal ones, is drawn as one with it.
    """
    chain, times = [part], part.count
    while len(chain[-1].parts) == 1 and chain[-1].parts[0].node is None:
        inner = chain[-1].parts[0]
        if inner.count > 1 and times > 1:
            break
        chain.append(inner)
        times *= inner.count
    return chain, times


def titles(chain: list[Part], times: int, given: Mapping[str, tuple[CallArgument, ...]]) -> tuple[str, str]:
    """The title and the call of a region. `repeat1` is left out, since ×N says the same.

    given: region name → the arguments of the block's call."""
    name, region = chain[0].name + chain[0].until, chain[0].region
    words = next((words for part in chain if (words := _call(part, given))), "")
    if times > 1 and region is not None and region.kind == "repeat" and GENERATED.sub("", name) == "repeat":
        return words, ""
    if not chain[0].name.isdigit():
        return name, "" if name.rstrip("0123456789") == words else words
    full = ".".join(chain[0].item.name.split(".")[-2:]) + chain[0].until
    return (words, full) if words else (full, "")


def _call(part: Part, given: Mapping[str, tuple[CallArgument, ...]]) -> str:
    """A block's name with its arguments; "" for other regions."""
    region = part.region
    if region is None:
        return ""
    if region.kind == "repeat" and len(part.parts) > 1:
        return _repeated(region)
    return _block_call(region.title, given[region.name]) if region.kind == "block" else ""


def _block_call(title: str, given: tuple[CallArgument, ...]) -> str:
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


def _repeated(region: Region) -> str:
    """`basic(128) x 4 /2`; expressions are replaced by their values."""
    text = call(region)
    head, sign, times = text.rpartition(" x ")
    if not sign or times.replace("/", "").replace(" ", "").isdigit():
        return text
    stride = times.rpartition("/")[2].strip()
    return f"{head} x {region.count}" + (f" /{stride}" if "/" in times and stride.isdigit() else "")
