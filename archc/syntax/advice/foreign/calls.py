"""Layers as other tools call them, in the lines in which they stand there: each becomes one call of the layer's name.

`self.stem = nn.Conv2d(3, 16, 3)`, `x = layers.Dense(10)(x)`, `model.add(Dense(10))`, `x = F.relu(x)`, `nn.ReLU()`: the
name has the place of all that stands before the bracket, and the bracket's end that of what follows it.
"""

import re

from archc.records import dataclass
from archc.syntax.advice.foreign.text import BEGINS, Text, around, end_of
from archc.syntax.advice.vocabulary import MODULES
from archc.syntax.tokens import Token

FUNCTIONS = {"F", "torch", "functional"}  # modules of functions of a value, which they take first
TAIL = {"NAME", "DOT", "COMMA", "LSQB", "RSQB"}  # of `(x)`, `([x, y])` after a layer
TEXT = re.compile(r"'([^'\"\n]*)'")


@dataclass(slots=True)
class _Found:
    """Places of tokens: the head from `start`, the layer's name, its bracket, and the last one that belongs to it."""

    start: int
    name: int
    closer: int | None = None
    last: int = 0
    drop: int = 0  # tokens behind the opening bracket


def foreign_calls(text: Text) -> None:
    """Put the tokens of each together."""
    tokens = text.tokens
    places = around(tokens)
    result: list[Token] = []
    closers: dict[int, _Found] = {}
    index = 0
    while index < len(tokens):
        before = tokens[index - 1].type if index else "NEWLINE"
        found = None
        if tokens[index].type == "NAME":
            if before in BEGINS:
                found = _line(tokens, places, index) or _qualified(tokens, index, called=False)
            elif before in ("CALL_LPAR", "COMMA"):
                found = _qualified(tokens, index, called=True)
        if found is not None:
            first, name = tokens[found.start], tokens[found.name]
            result.append(Token("NAME", str(name), first.start_pos, name.end_pos))
            index = found.name + 1
            if found.closer is not None:
                closers[found.closer] = found
                result.append(tokens[index])
                index += 1 + found.drop
            continue
        if index in closers:
            last = closers[index].last
            result.append(Token("RPAR", ")", tokens[index].start_pos, tokens[last].end_pos))
            index = last + 1
            continue
        result.append(tokens[index])
        index += 1
    text.tokens = result
    _quoted(text)


def _qualified(tokens: list[Token], index: int, called: bool) -> _Found | None:
    """`torch.nn.Conv2d`: only where a step begins, for a number has no modules, and a label none of these."""
    name = _path(tokens, index)
    if name == index or tokens[index] not in MODULES:
        return None
    if called and (name + 1 >= len(tokens) or tokens[name + 1].type != "CALL_LPAR"):
        return None
    return _Found(index, name)


def _path(tokens: list[Token], index: int) -> int:
    """The last of the names that are joined by dots from here on."""
    while index + 2 < len(tokens) and tokens[index + 1].type == "DOT" and tokens[index + 2].type == "NAME":
        index += 2
    return index


def _kinds(tokens: list[Token], index: int, count: int) -> list[str]:
    return [token.type for token in tokens[index : index + count]]


def _line(tokens: list[Token], places: list[int], start: int) -> _Found | None:
    """A layer with what a line of Python has around it."""
    place = start
    target = None
    if tokens[start] == "self" and _kinds(tokens, start + 1, 3) == ["DOT", "NAME", "EQUAL"]:
        place = start + 4
    elif _kinds(tokens, start + 1, 1) == ["EQUAL"]:
        target, place = tokens[start], start + 2
    added = _kinds(tokens, place + 1, 3) == ["DOT", "NAME", "CALL_LPAR"] and tokens[place + 2] == "add"
    outer = place + 3
    place = place + 4 if added else place
    if place >= len(tokens) or tokens[place].type != "NAME":
        return None
    name = _path(tokens, place)
    opener = name + 1
    if _kinds(tokens, opener, 1) != ["CALL_LPAR"]:
        return None
    drop = 0
    if target is not None and tokens[place] in FUNCTIONS | {"nn"} and tokens[name - 2] in FUNCTIONS:
        if tokens[opener + 1] != target or _kinds(tokens, opener + 2, 1) not in (["COMMA"], ["RPAR"]):
            return None
        drop = 1 + (tokens[opener + 2].type == "COMMA")
        if tokens[name] == "flatten" and drop == 1:  # that of the batch too
            return None
    elif not tokens[name][:1].isupper():
        return None
    closer = end_of(tokens, places, opener)
    if tokens[closer].type != "RPAR":
        return None
    last = closer
    if added:
        last = end_of(tokens, places, outer)
        if last != closer + 1:
            return None
    elif _kinds(tokens, closer + 1, 1) in (["LPAR"], ["CALL_LPAR"]):
        last = end_of(tokens, places, closer + 1)
        if not {token.type for token in tokens[closer + 2 : last]} <= TAIL:
            return None
    if start == name and last == closer:
        return None
    return _Found(start, name, closer, last, drop)


def _quoted(text: Text) -> None:
    """`activation='relu'`: in a call that no block of this source takes, a text."""
    source, tokens = text.source, text.tokens
    if not any(token == "'" for token in text.unknown):
        return
    places = around(tokens)
    spans = [
        (tokens[index].start_pos, tokens[end_of(tokens, places, index)].end_pos)
        for index in range(1, len(tokens))
        if tokens[index].type == "CALL_LPAR"
        and tokens[index - 1][:1].isupper()
        and not text.declares(tokens[index - 1])
    ]
    quotes = {token.start_pos for token in text.unknown if token == "'"}  # those of comments are none of these
    texts = list(
        {
            found.start(): Token("STRING", f'"{found[1]}"', found.start(), found.end())
            for start, end in spans
            for found in TEXT.finditer(source.text, start, end)
            if found.start() in quotes
        }.values()
    )

    def outside(token: Token) -> bool:
        return not any(one.start_pos <= token.start_pos < one.end_pos for one in texts)

    if texts:
        text.unknown = [token for token in text.unknown if outside(token)]
        kept = [token for token in tokens if outside(token)]
        text.tokens = sorted([*kept, *texts], key=lambda token: token.start_pos)
