"""Names of a net's layers in other libraries, by rules such as `conv{n}_x -> layer{n-1}` for torchvision.

On the left `{n}` matches a number, `*` letters, digits and `_` between two dots, `^` the start of a name. On the right
they stand for what was matched: stars in order, numbers by name, also with an integer added.
"""

import re
from collections.abc import Iterable
from functools import lru_cache, partial

from archc.records import dataclass

PLACE = re.compile(r"\{([^{}]*)\}")
COUNTED = re.compile(r"\s*([A-Za-z_]\w*)\s*(?:([+-])\s*(\d{1,9}))?\s*")
PARTS = re.compile(r"\^?[A-Za-z0-9_*{}+\- ]+(?:\.[A-Za-z0-9_*{}+\- ]+)*")


@dataclass(frozen=True, slots=True)
class Naming:
    """The names of one library. whose: the library. rules: applied in order.

    fields: settings of layers there that weights do not show, as (layer, field, value): `("bn", "eps", 1e-05)`. With
    the field "", the value is the layer used there instead: `("relu", "", "relu6")`.
    """

    whose: str
    rules: tuple[str, ...]
    fields: tuple[tuple[str, str, object], ...] = ()


def rule_fault(rule: str) -> str | None:
    """What is wrong with a rule, or None."""
    left, arrow, right = (part.strip() for part in rule.partition("->"))
    if not arrow:
        return "a rule is `this net's name -> its name there`"
    for side in (left, right):
        if not PARTS.fullmatch(side) or (side == right and "^" in side):
            return f"`{side}` is no name of a layer" if side else "a rule has a name on each side of `->`"
    known = PLACE.findall(left)
    for place in known:
        if not place.isidentifier():
            return f"`{{{place}}}` is no number: on the left a number is `{{n}}`"
    for place in PLACE.findall(right):
        counted = COUNTED.fullmatch(place)
        if counted is None or counted[1] not in known:
            return f"`{{{place}}}` on the right follows from no number on the left"
    if re.search(r"\*[^.]", left):
        return "a `*` reaches to the next dot, so nothing stands between them"
    if right.count("*") > left.count("*"):
        return "there are more `*` on the right than on the left"
    return None


def renamed(naming: Naming, names: Iterable[str]) -> list[str]:
    """The names in the other library: each rule in turn replaces what it matches between two dots."""
    return renamed_by(naming, names)[0]


def renamed_by(naming: Naming, names: Iterable[str]) -> tuple[list[str], list[str]]:
    """The names in the other library, and the rules that match no name."""
    there, unused = list(names), []
    for rule in naming.rules:
        pattern, right = _compiled(rule)
        made = [pattern.subn(partial(_there, right), name) for name in there]
        there = [name for name, _ in made]
        if not any(count for _, count in made):
            unused.append(rule)
    return there, unused


def _there(right: str, found: re.Match[str]) -> str:
    stars = (text for name, text in found.groupdict().items() if name.startswith("__"))
    right = re.sub(r"\*", lambda _: next(stars), right)
    return PLACE.sub(lambda place: _count(place[1], found), right)


def _count(place: str, found: re.Match[str]) -> str:
    counted = COUNTED.fullmatch(place)
    assert counted is not None
    number = int(found[counted[1]])
    return str(number + int(f"{counted[2]}{counted[3]}") if counted[2] else number)


@lru_cache(4096)
def _compiled(rule: str) -> tuple[re.Pattern[str], str]:
    left, _, right = (part.strip() for part in rule.partition("->"))
    text, seen = "^" if left.startswith("^") else r"(?:(?<=\.)|^)", set()
    for plain, place in re.findall(r"([^{*]+)|(\*|\{\w+\})", left.removeprefix("^")):
        name = place.strip("{}") if place != "*" else f"__{len(text)}"
        if plain:
            text += re.escape(plain)
        elif name in seen:
            text += f"(?P={name})"
        else:
            text += rf"(?P<{name}>\d{{1,9}}+)" if place != "*" else rf"(?P<{name}>\w*+)"  # none gives back
        seen.add(name)
    return re.compile(rf"{text}(?=\.|$)"), right
