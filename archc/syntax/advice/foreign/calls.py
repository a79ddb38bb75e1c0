"""Layers as other tools call them, in the lines in which they stand there: each becomes one call of the layer's name.

`self.stem = nn.Conv2d(3, 16, 3)`, `x = layers.Dense(10)(x)`, `model.add(Dense(10))`, `x = F.relu(x)`, `nn.ReLU()`: the
name has the place of all that stands before the bracket, and the bracket's end that of what follows it.
"""

import re

from archc.records import dataclass
from archc.syntax.advice.foreign.text import BEGINS, Text, outside
from archc.syntax.advice.vocabulary import MODULES
from archc.syntax.tokens import Token

FUNCTIONS = {"F", "torch", "functional"}  # modules of functions of a value, which they take first
TAIL = {"NAME", "DOT", "COMMA", "LSQB", "RSQB"}  # of `(x)`, `([x, y])` after a layer
TEXT = re.compile(r"'([^'\"\n]*)'")


@dataclass(slots=True)
class _Call:
    """Places of tokens: the head from `start`, the layer's name, its closing bracket, and the last one that belongs to
    it. drop: tokens behind the opening bracket that do not."""

    start: int
    name: int
    closer: int | None = None
    last: int = 0
    drop: int = 0


def foreign_calls(text: Text) -> None:
    """Put the tokens of each together."""
    tokens = text.tokens
    result: list[Token] = []
    closers: dict[int, _Call] = {}
    index = 0
    while index < len(tokens):
        call = _call(text, index) if tokens[index].type == "NAME" else None
        if call is not None:
            name = tokens[call.name]
            result.append(Token("NAME", str(name), tokens[call.start].start_pos, name.end_pos))
            index = call.name + 1
            if call.closer is not None:
                closers[call.closer] = call
                result.append(tokens[index])
                index += 1 + call.drop
        elif index in closers:
            last = closers[index].last
            result.append(Token("RPAR", ")", tokens[index].start_pos, tokens[last].end_pos))
            index = last + 1
        else:
            result.append(tokens[index])
            index += 1
    text.replace(result)
    _quoted(text)


def _call(text: Text, index: int) -> _Call | None:
    """The call whose first name stands here."""
    before = text.kind(index - 1)
    if before in BEGINS:
        return _line(text, index) or _qualified(text, index, called=False)
    return _qualified(text, index, called=True) if before in ("CALL_LPAR", "COMMA") else None


def _qualified(text: Text, index: int, called: bool) -> _Call | None:
    """`torch.nn.Conv2d`: only where a step begins, for a number has no modules, and a label none of these."""
    name = text.path_end(index)
    if name == index or text.tokens[index] not in MODULES or (called and text.kind(name + 1) != "CALL_LPAR"):
        return None
    return _Call(index, name)


def _line(text: Text, start: int) -> _Call | None:
    """A layer with what a line of Python has around it."""
    tokens, place, target = text.tokens, start, None
    if tokens[start] == "self" and text.kinds(start + 1, 3) == ["DOT", "NAME", "EQUAL"]:
        place = start + 4
    elif text.kind(start + 1) == "EQUAL":
        target, place = tokens[start], start + 2
    added = text.kinds(place + 1, 3) == ["DOT", "NAME", "CALL_LPAR"] and tokens[place + 2] == "add"
    outer = place + 3
    place = place + 4 if added else place
    name = text.path_end(place)
    opener = name + 1
    if text.kind(place) != "NAME" or text.kind(opener) != "CALL_LPAR":
        return None
    drop = 0
    if target is not None and tokens[place] in FUNCTIONS | {"nn"} and tokens[name - 2] in FUNCTIONS:
        if tokens[opener + 1 : opener + 2] != [target] or text.kind(opener + 2) not in ("COMMA", "RPAR"):
            return None
        drop = 1 + (text.kind(opener + 2) == "COMMA")
        if tokens[name] == "flatten" and drop == 1:  # that of the batch too
            return None
    elif not tokens[name][:1].isupper():
        return None
    closer = last = text.end_of(opener)
    if text.kind(closer) != "RPAR":
        return None
    if added:
        last = text.end_of(outer)
        if last != closer + 1:
            return None
    elif text.kind(closer + 1) in ("LPAR", "CALL_LPAR"):
        last = text.end_of(closer + 1)
        if not {token.type for token in tokens[closer + 2 : last]} <= TAIL:
            return None
    return _Call(start, name, closer, last, drop) if start < name or last > closer else None


def _quoted(text: Text) -> None:
    """`activation='relu'`: in a call that no block of this source takes, a text."""
    quotes = {token.start_pos for token in text.unknown if token == "'"}  # those of comments are none of these
    if not quotes:
        return
    calls = [
        (text.tokens[index].start_pos, text.tokens[text.end_of(index)].end_pos)
        for index in range(1, len(text.tokens))
        if text.kind(index) == "CALL_LPAR"
        and text.tokens[index - 1][:1].isupper()
        and not text.declares(text.tokens[index - 1])
    ]
    texts = {
        found.start(): Token("STRING", f'"{found[1]}"', found.start(), found.end())
        for start, end in calls
        for found in TEXT.finditer(text.source.text, start, end)
        if found.start() in quotes
    }
    if texts:
        spans = [(one.start_pos, one.end_pos) for one in texts.values()]
        text.unknown = outside(text.unknown, spans)
        kept = outside(text.tokens, spans)
        text.replace(sorted([*kept, *texts.values()], key=lambda token: token.start_pos))
