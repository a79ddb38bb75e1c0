"""Loops in other languages' spelling: `for i = 1 to 3`, `loop 3 {`, `repeat 3:`, `3 x conv`, `[conv 3x3, 64] x 2`."""

from archc.diagnostics import Code, Diagnostic, Edit, Fix, Source, Span
from archc.syntax.advice.bracket_errors import margin
from archc.syntax.advice.causes import Cause
from archc.syntax.advice.slips.notation import ELSE_IF
from archc.syntax.advice.unexpected import Recogniser, Unexpected
from archc.syntax.advice.vocabulary import LISTS
from archc.syntax.advice.window import Found, Slip, texts
from archc.syntax.brackets import closing
from archc.syntax.keywords import RESERVED
from archc.syntax.tokens import Token

HEADS = {"FOR": "for value in list", "REPEAT": "repeat n", "IF": "if condition", "ELSE": "else"}
MOST_EDITS = 64
MOST_DIGITS = 6  # of a range that may be meant
ELSEWHERE = {"loop": "repeat", "foreach": "for", "while": None}  # what other languages begin a loop with
STEP_ENDS = "NEWLINE|ARROW|ASSERT|BAR|ROW|RBRACE|RPAR|$END"


def other_loop(at: Unexpected) -> Diagnostic | None:
    """`loop 3 {`, which was read as a join of that name, and `foreach n in [64, 128] {`"""
    above = at.index - (at.kind(-1) == "NEWLINE")
    brace = above - 1 if above and at.stream[above - 1].type == "LBRACE" else at.index
    line = at.earlier(brace)
    if not line or at.stream[line[-1]] not in ELSEWHERE:
        return None
    word = at.span(line[-1])
    meant = ELSEWHERE[word.text]
    return Diagnostic(
        Code.REPETITION,
        f"`{word.text}` begins nothing here",
        word,
        help="`repeat n { … }` is made n times, `for value in list { … }` once for each value",
        fixes=(Fix(f"write `{meant}`", (Edit(word, meant),)),) if meant else (),
    )


def body_after_colon(at: Unexpected) -> Diagnostic | None:
    """`repeat 3: conv 3x3, 8`, and `for n in [64, 128]:` with its body further in"""
    place = at.index + 1 if at.token.type == "LABEL" else at.index
    if place >= len(at.stream) or at.stream[place].type != "COLON":
        return None
    head = "ELSE" if at.stream[place - 1].type == "ELSE" else at.head
    if head not in HEADS:
        return None
    edits = _in_braces(at.stream, place, at.source)
    return Diagnostic(
        Code.UNOPENED_BODY,
        "a body stands in braces",
        at.span(place),
        help=f"`{HEADS[head]} {{ … }}`",
        fixes=(Fix("add the braces", edits),) if edits else (),
        cause=Cause.BODY_WITHOUT_BRACES,
    )


def _in_braces(stream: list[Token], colon: int, source: Source) -> tuple[Edit, ...]:
    """Around the body of this head, and around those of the `else` that follow it."""
    edits: tuple[Edit, ...] = ()
    head: int | None = colon
    while head is not None and len(edits) < MOST_EDITS:
        around = _around(stream, head, source)
        edits += around
        following = _beyond(stream, head, around[1].span.end) if around else len(stream) - 1
        token = stream[following]
        if token in ELSE_IF:
            edits += (Edit(Span(source, token.start_pos, token.end_pos), "else if"),)
        elif token.type != "ELSE":
            break
        head = _colon(stream, following, source)
    return edits


def _around(stream: list[Token], colon: int, source: Source) -> tuple[Edit, ...]:
    """Around the rest of the line; where there is none, around the lines that are further in."""
    line = source.locate(stream[colon].start_pos)[0]
    rest = [token for token in stream[colon + 1 :][:64] if source.locate(token.start_pos)[0] == line]
    rest = [token for token in rest if token.type not in ("NEWLINE", "$END")]
    edge = margin(stream[colon], source)
    if rest:
        end, closer = rest[-1].end_pos, " }"
    else:
        last = _last_further_in(source, line, edge)
        if last is None:
            return ()
        end, closer = source.line_starts[last - 1] + len(source.line(last).rstrip()), f"\n{' ' * (edge - 1)}}}"
    opener = Span(source, stream[colon - 1].end_pos, stream[colon].end_pos)
    return Edit(opener, " {"), Edit(Span(source, end, end), closer)


def _beyond(stream: list[Token], start: int, end: int) -> int:
    """The place of the first token after `end`."""
    later = (place for place in range(start, len(stream)) if stream[place].start_pos >= end)
    return next((place for place in later if stream[place].type != "NEWLINE"), len(stream) - 1)


def _colon(stream: list[Token], start: int, source: Source) -> int | None:
    """The first one on the line of this token."""
    line = source.locate(stream[start].start_pos)[0]
    for place in range(start, len(stream)):
        if source.locate(stream[place].start_pos)[0] != line:
            return None
        if stream[place].type == "COLON":
            return place
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


def _ranges(found: Found) -> tuple[Fix, ...]:
    """`range(…)` with the last number in it, and without."""
    first, last = found.text("first"), found.text("last")
    if not (first.isdigit() and last.isdigit()) or max(len(first), len(last)) > MOST_DIGITS:
        return ()
    low, high = int(first), int(last)
    of_equal = found.at.token.type == "EQUAL"
    span, lead = (found.span("it..last"), "in ") if of_equal else (found.span("first..last"), "")
    return tuple(
        Fix(f"write `range({low}, {end})`, which ends with {end - 1}", (Edit(span, f"{lead}range({low}, {end})"),))
        for end in (high + 1, high)
        if end > low
    )


def _without_parentheses(found: Found) -> tuple[Fix, ...]:
    end = closing(found.at.stream, found.at.index)
    gap = " " if found.at.token.start_pos == found.span("for").end else ""
    return (Fix("remove the parentheses", (Edit(found.span("it"), gap), Edit(found.at.span(end), ""))),)


def _in_parentheses(found: Found) -> tuple[Fix, ...]:
    """The rows of a matrix of layers as the steps of a path."""
    first, last = found.places["layers"]
    rows = [found.at.span(place) for place in range(first, last) if found.at.stream[place].type == "SEMICOLON"]
    arrows = (Edit(row, " ->") for row in rows)
    return (Fix("write parentheses", (Edit(found.span("it"), "("), *arrows, Edit(found.span("closer"), ")"))),)


def _counting(window: str, at: str = "it", head: str = "FOR") -> Slip:
    return Slip(
        window,
        Code.REPETITION,
        "numbers that follow each other are written `range(a, b)`, which ends before b",
        at=at,
        help="for example `for i in range(1, 4) { … }` for 1, 2, 3",
        mend=_ranges,
        head=head,
    )


FROM_LIST = "`for` takes its values from a list: `for $name in …`"
HEADERS: tuple[Recogniser, ...] = (
    _counting("first:. ^'.' dots:'.'+ last:NUMBER|NAME", at="it..dots", head=""),  # `for i in 1..3`
    _counting("first:. ^'to'|'until' last:NUMBER|NAME"),
    _counting("first:NUMBER ^':' last:NUMBER"),
    _counting("^first:LABEL colon:COLON last:NAME|NUMBER LBRACE", at="colon"),  # `for i in first:last {`
    Slip(  # `for i = 1 to 3 {`
        "FOR name:. ^EQUAL first:. 'to'|'until'|':'|'.'+ last:.",
        Code.REPETITION,
        FROM_LIST,
        help=LISTS,
        mend=_ranges,
    ),
    Slip(  # `for n = [64, 128] {`
        "FOR name:. ^EQUAL", Code.REPETITION, FROM_LIST, help=LISTS, fixes=(("write `in`", {"it": "in"}),)
    ),
    Slip(  # `for (n in [64, 128]) {`
        "for:FOR ^LPAR|CALL_LPAR . IN|COMMA",
        Code.REPETITION,
        "what `for` goes through stands without parentheses",
        mend=_without_parentheses,
    ),
    Slip(  # `for (int i = 0; i < 3; i++) {`
        "FOR ^LPAR|CALL_LPAR", Code.REPETITION, "`for` goes through a list: `for n in [64, 128] { … }`", help=LISTS
    ),
    Slip(  # `repeat 3 x { conv 3x3, 8 }`
        "REPEAT count:. ^'x'|'times' LBRACE",
        Code.REPETITION,
        "`repeat` takes the count alone",
        help="`repeat n { … }`",
        fixes=(("remove `$it`", {"count|..it": ""}),),
    ),
    Slip("repeat:REPEAT ^LBRACE", Code.REPETITION, "this `repeat` has no count", "`repeat n { … }`", at="repeat"),
    other_loop,
    *(
        Slip(  # `in: conv 3x3, 8`
            f"^<word:{words} ^COLON",
            Code.RESERVED_WORD,
            "`$word` is a word of the language and cannot be a label",
            at="word",
            help=help,
        )
        for words, help in {
            "'output'": "an output is named: `output name: …`",
            texts(RESERVED - {"else", "output"}): "choose another name",
        }.items()
    ),
    body_after_colon,
)
REPEATS = (
    Slip(  # `3 x conv 3x3, 8`
        f"^NUMBER times:'x'|'×'|'*' step:NAME|LPAR… {STEP_ENDS}",
        Code.REPETITION,
        "a count comes after what it repeats",
        at="it..times",
        help="for example `conv 3x3, 64 x 2`",
        fixes=(("write `x $it` after it", {"it..|step": "", "step|": " x $it"}),),
        accepts="NAME REF",
    ),
    Slip(  # `repeat 3 conv 3x3, 8`
        "REPEAT . ^body:NAME|LPAR… NEWLINE|RBRACE|$END",
        Code.REPETITION,
        "what is repeated stands in braces",
        help="`repeat n { … }`, or `x n` after a single step",
        fixes=(("add the braces", {"|body": "{ ", "body|": " }"}),),
        accepts="LBRACE",
    ),
    Slip(  # `[conv 3x3, 64; conv 3x3, 64] x 2`
        "^LSQB NAME layers:DIMS|NUMBER|CALL_LPAR|NAME… closer:RSQB",
        Code.LAYERS_IN_BRACKETS,
        "brackets hold numbers; layers stand in parentheses",
        help="for example `(conv 3x3, 64 -> bn) x 2`",
        mend=_in_parentheses,
        accepts="NAME REF",
    ),
    Slip(  # `relu x 2*3`
        "TIMES . ^STAR|PLUS|MINUS|POWER|DASH_CALL|FLOOR_DIVIDE",
        Code.REPETITION,
        "a count that is worked out stands in parentheses",
        help="for example `relu x (2 * n)`",
    ),
)
