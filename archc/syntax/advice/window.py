"""Mistakes that a few neighbouring tokens show, as rows of a table: the tokens, what is said, the edits that mend it.

A window lists tokens, separated by spaces. One of them, marked by `^`, is the token that the grammar does not take:

    COMMA            a token of this kind
    DIMS|NUMBER      one of several kinds
    'loop'           a token with this text
    NUMBER/[0-9]+/   a token of this kind whose text is matched by the regular expression
    .                any token
    !NAME            any token but these
    ~COMMA           no space before it
    <NAME            the first of its line
    NAME*  NAME+     any number of them, one or more
    LSQB()           a bracket, with all up to the one that closes it
    NAME…            a run from here up to what comes next in the window, outside of brackets
    size:DIMS        a token (of brackets the opening one, of a run all) that texts and places refer to by a name

In a text, `$size` is what stands there; `$it` is the unexpected token, `$span` what the report marks. A place is a
name, `first..last`, or the point before (`|size`) or after (`size|`) it.
"""

import re
from collections.abc import Callable, Collection, Mapping
from enum import Enum
from functools import cache
from string import Template

from archc.diagnostics import Code, Diagnostic, Edit, Fix, Span
from archc.records import dataclass
from archc.syntax.advice.unexpected import Unexpected
from archc.syntax.brackets import CLOSERS, OPENERS, closing, find, opening
from archc.syntax.tokens import Token

Places = dict[str, tuple[int, int]]
"""By the name of a part of the window, the places of its first and last token."""

ELEMENT = re.compile(r"(\^?)([<~]?)(?:(\w+):)?(!?)(.+?)(\*|\+|…|\(\))?")
CHOICE = re.compile(r"([A-Z_$]*)(?:'([^']+)'|/(.+)/)?")


def texts(words: Collection[str]) -> str:
    """The part of a window that is one of these words."""
    return "|".join(f"'{word}'" for word in sorted(words))


def kinds(names: Collection[str]) -> str:
    """The part of a window that is of one of these kinds."""
    return "|".join(sorted(names))


@dataclass(frozen=True, slots=True)
class Found:
    """A window that was found."""

    at: Unexpected
    places: Places

    def text(self, name: str) -> str:
        return self.span(name).text

    def span(self, place: str) -> Span:
        first, _, last = place.partition("..")
        start = self._point(first, 0)
        return Span(self.at.source, start, self._point(last, 1) if last else self._point(first, 1))

    def _point(self, name: str, side: int) -> int:
        """Where a part begins (side 0) or ends (side 1), or the point that the name is marked to mean."""
        side = 0 if name.startswith("|") else 1 if name.endswith("|") else side
        token = self.at.stream[self.places[name.strip("|")][side]]
        return token.end_pos if side else token.start_pos


Values = Callable[[Found], Mapping[str, str] | None]


@dataclass(frozen=True, slots=True)
class Slip:
    """A row: a window of tokens, and the report where it is found.

    at: the place that is marked, else the unexpected token. fixes: titles, each with its edits: place to text. mend:
    the fixes where they are computed. accepts: kinds that the grammar must accept here, separated by spaces; `A|B` is
    one of two. head: the kind of the token that the line begins with, `!LET` any but this. values: further texts that a
    `$name` may stand for; None where the window does not count.
    """

    window: str
    code: Code
    message: str
    help: str | None = None
    at: str = "it"
    fixes: tuple[tuple[str, Mapping[str, str]], ...] = ()
    mend: Callable[[Found], tuple[Fix, ...]] | None = None
    accepts: str = ""
    head: str = ""
    values: Values | None = None
    cause: Enum | None = None

    def __call__(self, at: Unexpected) -> Diagnostic | None:
        """The report; None where the window is not here."""
        places = _match(_elements(self.window), at)
        if places is None or not self._accepted(at):
            return None
        if self.head and (at.head == self.head.strip("!")) == self.head.startswith("!"):
            return None
        found = Found(at, places)
        shown = self.values(found) if self.values is not None else {}
        return None if shown is None else self._report(found, shown)

    def _accepted(self, at: Unexpected) -> bool:
        return all(any(kind in at.accepts for kind in group.split("|")) for group in self.accepts.split())

    def _report(self, found: Found, values: Mapping[str, str]) -> Diagnostic:
        span = found.span(self.at)
        shown = {**{name: found.text(name) for name in found.places}, **values, "span": span.text}

        def fill(text: str) -> str:
            return Template(text).substitute(shown) if "$" in text else text

        fixes = tuple(
            Fix(fill(title), tuple(Edit(found.span(place), fill(text)) for place, text in edits.items()))
            for title, edits in self.fixes
        )
        return Diagnostic(
            self.code,
            fill(self.message),
            span,
            help=fill(self.help) if self.help else None,
            fixes=self.mend(found) if self.mend is not None else fixes,
            cause=self.cause,
        )


@dataclass(frozen=True, slots=True)
class _Element:
    pivot: bool
    anchor: str
    name: str
    excluded: bool
    choices: tuple[tuple[str, re.Pattern[str] | None], ...]
    repeat: str

    def fits(self, at: Unexpected, place: int) -> bool:
        """Whether the token at a place is one of those meant."""
        if not 0 <= place < len(at.stream):
            return False
        token = at.stream[place]
        if self.anchor == "<" and not at.begins_line(place):
            return False
        if self.anchor == "~" and (not place or at.stream[place - 1].end_pos != token.start_pos):
            return False
        return any(_chosen(token, *choice) for choice in self.choices) != self.excluded

    @property
    def kinds(self) -> set[str]:
        return {kind for kind, _ in self.choices}


def _chosen(token: Token, kind: str, pattern: re.Pattern[str] | None) -> bool:
    return (not kind or token.type == kind) and (pattern is None or pattern.fullmatch(token) is not None)


@cache
def _elements(window: str) -> tuple[_Element, ...]:
    return tuple(map(_element, window.split()))


def _element(text: str) -> _Element:
    parts = ELEMENT.fullmatch(text)
    if parts is None:
        raise ValueError(f"not a part of a window: {text}")
    pivot, anchor, name, excluded, choices, repeat = parts.groups()
    return _Element(bool(pivot), anchor, name or "", bool(excluded), tuple(map(_choice, _split(choices))), repeat or "")


def _split(choices: str) -> list[str]:
    return [choices] if "/" in choices else choices.split("|")


def _choice(text: str) -> tuple[str, re.Pattern[str] | None]:
    if text == ".":
        return "", None
    parts = CHOICE.fullmatch(text)
    if parts is None:
        raise ValueError(f"not a token of a window: {text}")
    kind, word, pattern = parts.groups()
    return kind, re.compile(re.escape(word) if word else pattern) if word or pattern else None


def _match(elements: tuple[_Element, ...], at: Unexpected) -> Places | None:
    """Where each named part is; None where the window is not around the unexpected token."""
    for pivot, element in enumerate(elements):
        if element.pivot and element.fits(at, at.index):
            after = _walk(elements[pivot:], at, at.index, 1)
            before = _walk(elements[:pivot][::-1], at, at.index - 1, -1) if after is not None else None
            if after is not None and before is not None:
                return {"it": (at.index, at.index), **before, **after}
    return None


def _walk(elements: tuple[_Element, ...], at: Unexpected, place: int, step: int) -> Places | None:
    """The places of the parts from one token on, to the right (step 1) or to the left (step -1)."""
    if not elements:
        return {}
    element, rest = elements[0], elements[1:]
    for first, last in _runs(element, rest, at, place, step):
        found = _walk(rest, at, last + step, step)
        if found is not None:
            named = (first, first) if element.repeat == "()" else (min(first, last), max(first, last))
            return {**found, element.name: named} if element.name else found
    return None


def _runs(
    element: _Element, rest: tuple[_Element, ...], at: Unexpected, place: int, step: int
) -> list[tuple[int, int]]:
    """What an element may take from this place on: its first and its last token as they are met, longest first."""
    if element.repeat in ("*", "+"):
        end = place
        while element.fits(at, end):
            end += step
        least = 0 if element.repeat == "*" else 1
        return [(place, place + step * (count - 1)) for count in range(abs(end - place), least - 1, -1)]
    if element.repeat == "()":
        ends = CLOSERS if step < 0 else OPENERS
        if not 0 <= place < len(at.stream) or at.stream[place].type not in ends:
            return []
        other = opening(at.stream, place) if step < 0 else closing(at.stream, place)
        opener = min(place, other)
        return [(opener, other)] if opener >= 0 and other < len(at.stream) and element.fits(at, opener) else []
    if not element.fits(at, place):
        return []
    if element.repeat == "…":
        end = find(at.stream, place, rest[0].kinds)
        return [(place, end - 1)] if place < end < len(at.stream) else []
    return [(place, place)]
