"""Heads of loops and conditions in other languages' spelling: `for i = 1 to 3`, `loop 3 {`, `repeat 3:`."""

from collections.abc import Collection

from archc.diagnostics import Code, Diagnostic, Edit, Fix, Source, Span
from archc.syntax.advice.bars import line_head, on_line
from archc.syntax.advice.bracket_errors import margin
from archc.syntax.brackets import closing
from archc.syntax.keywords import RESERVED
from archc.syntax.tokens import Token, token_span

HEADS = {"FOR": "for value in list", "REPEAT": "repeat n", "IF": "if condition", "ELSE": "else"}
ELSE_IF = {"elif", "elseif", "elsif"}
NO_BRACES = "a body stands in braces"
UP_TO = {"to", "until", ":"}
SIGNS = UP_TO | {"."}
MOST_EDITS = 64
MOST_DIGITS = 6  # of a range that may be meant
TIMES = {"x", "times"}
ELSEWHERE = {"loop": "repeat", "foreach": "for", "while": None}  # what other languages begin a loop with
LISTS = "[64, 128, 256] is a list, range(3) counts 0, 1, 2"

Found = Diagnostic | None


def dotted_range(stream: list[Token], index: int, accepts: Collection[str], source: Source) -> Found:
    """`for i in 1..3`, `1 to 3`, `1:3`"""
    token = stream[index]
    after = index
    while after < len(stream) and stream[after] == ".":
        after += 1
    if token in UP_TO and line_head(stream, index, source) == "FOR":
        after = index + 1
    if not index or after == len(stream) or after - index == (token == "."):
        return None
    first, last = stream[index - 1], stream[after]
    if last.type not in ("NUMBER", "NAME") or (token == ":" and first.type != last.type):
        return None
    return Diagnostic(
        Code.REPETITION,
        "numbers that follow each other are written `range(a, b)`, which ends before b",
        token_span(token, source, stream[after - 1]),
        help="for example `for i in range(1, 4) { … }` for 1, 2, 3",
        fixes=_ranges(first, last, token_span(first, source, last), ""),
    )


def _ranges(first: Token, last: Token, span: Span, lead: str) -> tuple[Fix, ...]:
    """The last number within, and without."""
    if not (first.isdigit() and last.isdigit()) or max(len(first), len(last)) > MOST_DIGITS:
        return ()
    low, high = int(first), int(last)
    return tuple(
        Fix(f"write `range({low}, {end})`, which ends with {end - 1}", (Edit(span, f"{lead}range({low}, {end})"),))
        for end in (high + 1, high)
        if end > low
    )


def for_equals(stream: list[Token], index: int, accepts: Collection[str], source: Source) -> Found:
    """`for i = 1 to 3 {`, `for n = [64, 128] {`"""
    if stream[index].type != "EQUAL" or index < 2 or stream[index - 2].type != "FOR":
        return None
    equal = token_span(stream[index], source)
    following = stream[index + 1 : index + 5]
    numbers = [token for token in following if token not in SIGNS]
    fixes: tuple[Fix, ...] = (Fix("write `in`", (Edit(equal, "in"),)),)
    if len(numbers) > 1 and following[1] in SIGNS:
        first, last = numbers[:2]
        fixes = _ranges(first, last, equal.to(token_span(last, source)), "in ")
    return Diagnostic(
        Code.REPETITION,
        f"`for` takes its values from a list: `for {stream[index - 1]} in …`",
        equal,
        help=LISTS,
        fixes=fixes,
    )


def for_in_parentheses(stream: list[Token], index: int, accepts: Collection[str], source: Source) -> Found:
    """`for (n in [64, 128]) {`"""
    if index == 0 or stream[index - 1].type != "FOR" or stream[index].type not in ("LPAR", "CALL_LPAR"):
        return None
    opener = token_span(stream[index], source)
    if not {"IN", "COMMA"} & {token.type for token in stream[index + 2 : index + 3]}:
        return Diagnostic(Code.REPETITION, "`for` goes through a list: `for n in [64, 128] { … }`", opener, help=LISTS)
    end = closing(stream, index)
    if end == len(stream):
        return None
    gap = " " if opener.start == stream[index - 1].end_pos else ""
    fix = Fix("remove the parentheses", (Edit(opener, gap), Edit(token_span(stream[end], source), "")))
    return Diagnostic(Code.REPETITION, "what `for` goes through stands without parentheses", opener, fixes=(fix,))


def count_word(stream: list[Token], index: int, accepts: Collection[str], source: Source) -> Found:
    """`repeat 3 x { conv 3x3, 8 }`"""
    kinds = [token.type for token in stream[max(index - 2, 0) : index + 2]]
    if len(kinds) < 4 or kinds[0] != "REPEAT" or kinds[3] != "LBRACE" or stream[index] not in TIMES:
        return None
    span = token_span(stream[index], source)
    fix = Fix(f"remove `{span.text}`", (Edit(Span(source, stream[index - 1].end_pos or 0, span.end), ""),))
    return Diagnostic(Code.REPETITION, "`repeat` takes the count alone", span, help="`repeat n { … }`", fixes=(fix,))


def no_count(stream: list[Token], index: int, accepts: Collection[str], source: Source) -> Found:
    """`repeat {`"""
    if index == 0 or stream[index - 1].type != "REPEAT" or stream[index].type != "LBRACE":
        return None
    span = token_span(stream[index - 1], source)
    return Diagnostic(Code.REPETITION, "this `repeat` has no count", span, help="`repeat n { … }`")


def other_loop(stream: list[Token], index: int, accepts: Collection[str], source: Source) -> Found:
    """`loop 3 {`, which was read as a join called so, and `foreach n in [64, 128] {`"""
    above = index - (stream[index - 1].type == "NEWLINE") if index else 0
    brace = above - 1 if above and stream[above - 1].type == "LBRACE" else index
    line = on_line(stream, brace, source)
    if not line or stream[line[-1]] not in ELSEWHERE:
        return None
    word = token_span(stream[line[-1]], source)
    meant = ELSEWHERE[word.text]
    return Diagnostic(
        Code.REPETITION,
        f"`{word.text}` begins nothing here",
        word,
        help="`repeat n { … }` is made n times, `for value in list { … }` once for each value",
        fixes=(Fix(f"write `{meant}`", (Edit(word, meant),)),) if meant else (),
    )


def word_as_label(stream: list[Token], index: int, accepts: Collection[str], source: Source) -> Found:
    """`in: conv 3x3, 8`"""
    place = index - 1 if stream[index].type == "COLON" else index
    word, following = stream[place], stream[place + 1 : place + 2]
    if place < 0 or word not in RESERVED or word == "else" or not following or following[0].type != "COLON":
        return None
    if on_line(stream, place, source):
        return None
    return Diagnostic(
        Code.RESERVED_WORD,
        f"`{word}` is a word of the language and cannot be a label",
        token_span(word, source),
        help="an output is named: `output name: …`" if word == "output" else "choose another name",
    )


def body_after_colon(stream: list[Token], index: int, accepts: Collection[str], source: Source) -> Found:
    """`repeat 3: conv 3x3, 8`, and `for n in [64, 128]:` with its body further in"""
    place = index + 1 if stream[index].type == "LABEL" else index
    if place >= len(stream) or stream[place].type != "COLON":
        return None
    head = "ELSE" if stream[place - 1].type == "ELSE" else line_head(stream, index, source)
    if head not in HEADS:
        return None
    return Diagnostic(
        Code.UNOPENED_BODY,
        NO_BRACES,
        token_span(stream[place], source),
        help=f"`{HEADS[head]} {{ … }}`",
        fixes=(Fix("add the braces", edits),) if (edits := _in_braces(stream, place, source)) else (),
    )


def _in_braces(stream: list[Token], colon: int, source: Source) -> tuple[Edit, ...]:
    """Around the body of this head, and around those of the `else` that follow it."""
    edits: tuple[Edit, ...] = ()
    head: int | None = colon
    while head is not None and len(edits) < MOST_EDITS:
        around = _around(stream, head, source)
        edits += around
        following = _beyond(stream, head, around[1].span.end) if around else len(stream) - 1
        if stream[following] in ELSE_IF:
            edits += (Edit(token_span(stream[following], source), "else if"),)
        elif stream[following].type != "ELSE":
            break
        head = _colon(stream, following, source)
    return edits


def _around(stream: list[Token], colon: int, source: Source) -> tuple[Edit, ...]:
    """Around the rest of the line; where there is none, around the lines that are further in."""
    line = source.locate(stream[colon].start_pos or 0)[0]
    rest = [token for token in stream[colon + 1 :][:64] if source.locate(token.start_pos or 0)[0] == line]
    rest = [token for token in rest if token.type not in ("NEWLINE", "$END")]
    edge = margin(stream[colon], source)
    if rest:
        end, closer = token_span(rest[-1], source).after(), " }"
    else:
        last = _last_further_in(source, line, edge)
        if last is None:
            return ()
        place = source.line_starts[last - 1] + len(source.line(last).rstrip())
        end, closer = Span(source, place, place), f"\n{' ' * (edge - 1)}}}"
    opener = Span(source, stream[colon - 1].end_pos or 0, stream[colon].end_pos or 0)
    return Edit(opener, " {"), Edit(end, closer)


def _beyond(stream: list[Token], start: int, end: int) -> int:
    """The place of the first token after `end`."""
    return next(
        (at for at in range(start, len(stream)) if stream[at].type != "NEWLINE" and (stream[at].start_pos or 0) >= end),
        len(stream) - 1,
    )


def _colon(stream: list[Token], start: int, source: Source) -> int | None:
    """The first one on the line of this token."""
    line = source.locate(stream[start].start_pos or 0)[0]
    for at in range(start, len(stream)):
        if source.locate(stream[at].start_pos or 0)[0] != line:
            return None
        if stream[at].type == "COLON":
            return at
    return None


def _last_further_in(source: Source, line: int, edge: int) -> int | None:
    """The last line of the body that follows `line`, by its indentation."""
    last = None
    for number in range(line + 1, len(source.line_starts) + 1):
        text = source.line(number)
        if not text.strip():
            continue
        if len(text) - len(text.lstrip()) < edge:
            return last
        last = number
    return last


HEADERS = (
    *(dotted_range, for_equals, for_in_parentheses, count_word, no_count, other_loop),
    *(word_as_label, body_after_colon),
)
