"""Brackets that do not match: what was meant, where the missing ones go, and what to say.

What a user forgot to close is reported once and closed where it must have ended, so that the rest of
the file is still read.
"""

from archc.diagnostics import Diagnostic, Source, Span
from archc.records import dataclass
from archc.syntax.advice.bracket_errors import deep, line_end, margin, stray, unclosed, unopened, wrong
from archc.syntax.brackets import CLOSERS, MAX_NESTING, OPENERS, TooDeep
from archc.syntax.layout import next_kind
from archc.syntax.tokens import Token

ITEMS = {"NET", "BLOCK", "USE", "TABLE"}
HEADERS = {"NET", "BLOCK", "IF", "ELSE", "FOR", "REPEAT"}  # what opens a body on its own line


@dataclass(slots=True)
class _Open:
    index: int
    token: Token
    indent: int


@dataclass(frozen=True, slots=True)
class _Reading:
    """How brackets that do not match may be meant; the reading with the fewest mistakes is taken.

    by_indent: a `}` closes the `{` whose line begins where its own does. strict: one at the start of a
    line and aligned with no `{` closes nothing. mixed: `]` may stand where `)` belongs.
    """

    by_indent: bool = False
    strict: bool = False
    mixed: bool = False


READINGS = (
    _Reading(by_indent=True, mixed=True),
    _Reading(by_indent=True, strict=True),
    _Reading(by_indent=True),
    _Reading(mixed=True),
    _Reading(),
)


@dataclass(slots=True)
class _Brackets:
    """unclosed: opener index → index before which to close it. stray: closers that close nothing →
    the `}` before them at which the net ended. wrong: closers of the wrong kind → their openers."""

    unclosed: dict[int, int]
    stray: dict[int, int | None]
    wrong: dict[int, int]

    @property
    def mistakes(self) -> int:
        return len(self.unclosed) + len(self.stray) + len(self.wrong)


@dataclass(slots=True)
class _Walk:
    """A pass over the tokens that matches brackets."""

    source: Source
    reading: _Reading
    result: _Brackets
    stack: list[_Open]
    line_start: bool = True
    indent: int = 0
    header: str = ""  # what the line begins with
    ended: int | None = None  # the last `}` that closed an item


def repair_brackets(tokens: list[Token], source: Source) -> tuple[list[Token], list[Diagnostic]]:
    """The tokens of a text whose brackets do not match, with all matched, and the mistakes. Raises TooDeep."""
    _match(tokens, source, _Reading())  # as they stand, before a missing `{` is put in
    tokens, diagnostics = _open_missing(tokens, source)
    brackets = min((_match(tokens, source, reading) for reading in READINGS), key=lambda found: found.mistakes)
    for index in sorted(brackets.unclosed, reverse=True):
        if tokens[index].type == "LBRACE":
            brackets.unclosed[index] = _dedent(tokens, index, brackets.unclosed[index], source)
    diagnostics += [unclosed(tokens, index, place, source) for index, place in sorted(brackets.unclosed.items())]
    diagnostics += [stray(tokens, index, ended, source) for index, ended in sorted(brackets.stray.items())]
    diagnostics += [wrong(tokens[i], tokens[opener], source) for i, opener in sorted(brackets.wrong.items())]
    return _close(tokens, brackets), diagnostics


def _match(tokens: list[Token], source: Source, reading: _Reading) -> _Brackets:
    walk = _Walk(source, reading, _Brackets({}, {}, {}), [])
    for index, token in enumerate(tokens):
        if token.type == "NEWLINE":
            walk.line_start = True
            continue
        if walk.line_start:
            _begin_line(index, token, walk)
        if token.type in OPENERS:
            _open_one(index, token, walk)
        elif token.type in CLOSERS:
            _close_one(index, token.type, walk)
        walk.line_start = False
    for opened in walk.stack:
        walk.result.unclosed[opened.index] = len(tokens)
    return walk.result


def _begin_line(index: int, token: Token, walk: _Walk) -> None:
    """A net or a block that begins at the margin ends whatever was left open above it, a row or a branch what is no
    brace."""
    walk.indent = walk.source.locate(token.start_pos or 0)[1]
    walk.header = token.type
    while token.type == "BAR" and walk.stack and walk.stack[-1].token.type != "LBRACE":
        walk.result.unclosed[walk.stack.pop().index] = index
    if walk.reading.by_indent and token.type in ITEMS and walk.stack and walk.indent <= walk.stack[0].indent:
        while walk.stack:
            walk.result.unclosed[walk.stack.pop().index] = index


def _open_one(index: int, token: Token, walk: _Walk) -> None:
    if walk.reading.by_indent and token.type == "LBRACE":
        while walk.stack and (
            walk.stack[-1].token.type in ("CALL_LPAR", "LSQB", "INDEX_LSQB")
            or (walk.stack[-1].token.type == "LPAR" and walk.header in HEADERS)
        ):
            walk.result.unclosed[walk.stack.pop().index] = index
    walk.stack.append(_Open(index, token, walk.indent))
    if len(walk.stack) > MAX_NESTING:
        raise TooDeep(deep(token, walk.source))


def _close_one(index: int, kind: str, walk: _Walk) -> None:
    """Match a closer; what lies above its opener was never closed."""
    stack, result = walk.stack, walk.result
    if walk.reading.mixed and stack and kind != "RBRACE" and OPENERS[stack[-1].token.type] not in (kind, "RBRACE"):
        result.wrong[index] = stack.pop().index
        return
    # The braces of a path never close from within a parenthesis of another line.
    candidates = [depth for depth, opened in enumerate(stack) if OPENERS[opened.token.type] == kind]
    if (
        kind != "RBRACE"
        and stack
        and candidates
        and any(opened.token.type == "LBRACE" for opened in stack[candidates[-1] :])
    ):
        candidates = []
    if not candidates:
        result.stray[index] = walk.ended if kind == "RBRACE" else None
        return
    depth = candidates[-1]
    if walk.reading.by_indent and walk.line_start and kind == "RBRACE":
        aligned = [d for d in candidates if stack[d].indent == walk.indent]
        if aligned and stack[depth].indent > walk.indent:
            depth = aligned[-1]
        elif walk.reading.strict and not aligned:
            result.stray[index] = None
            return
    for opened in stack[depth + 1 :]:
        result.unclosed[opened.index] = index
    del stack[depth:]
    if not stack:
        walk.ended = index


def _open_missing(tokens: list[Token], source: Source) -> tuple[list[Token], list[Diagnostic]]:
    """`net name` and the like at the start of a line, with no `{` at its end."""
    result: list[Token] = []
    diagnostics: list[Diagnostic] = []
    header: Token | None = None
    for index, token in enumerate(tokens):
        starts = index == 0 or tokens[index - 1].type == "NEWLINE"
        if starts and token.type in HEADERS:
            header = token
        elif token.type == "LBRACE":
            header = None
        elif token.type == "NEWLINE" and header is not None:
            if next_kind(tokens, index) != "LBRACE":
                end = tokens[index - 1].end_pos or 0
                result.append(Token("LBRACE", "{", start_pos=end, end_pos=end))
                diagnostics.append(unopened(header, Span(source, end, end)))
            header = None
        result.append(token)
    return result, diagnostics


def _dedent(tokens: list[Token], opener: int, place: int, source: Source) -> int:
    """Where a body that is never closed ends by its indentation: before the first line that goes back."""
    edge = margin(tokens[opener], source)
    starts = (index for index in range(opener + 1, place) if tokens[index - 1].type == "NEWLINE" != tokens[index].type)
    first = next(starts, None)
    if first is None or source.locate(tokens[first].start_pos or 0)[1] <= edge:
        return place
    return next((index for index in starts if source.locate(tokens[index].start_pos or 0)[1] <= edge), place)


def _close(tokens: list[Token], brackets: _Brackets) -> list[Token]:
    """Insert the closers that are missing: a parenthesis ends with its line, a brace where it was missed."""
    insert: dict[int, list[Token]] = {}
    for opener in sorted(brackets.unclosed, reverse=True):
        kind = OPENERS[tokens[opener].type]
        place = brackets.unclosed[opener]
        if kind != "RBRACE":
            place = line_end(tokens, opener, place)
        end = (tokens[min(place, len(tokens) - 1)].start_pos or 0) if tokens else 0
        closer = Token(kind, CLOSERS[kind], start_pos=end, end_pos=end)
        newline = Token("NEWLINE", "\n", start_pos=end, end_pos=end)
        insert.setdefault(place, []).extend([closer, newline] if kind == "RBRACE" else [closer])
    result: list[Token] = []
    for index, token in enumerate(tokens):
        result.extend(insert.get(index, ()))
        if index in brackets.wrong:
            kind = OPENERS[tokens[brackets.wrong[index]].type]
            result.append(Token(kind, CLOSERS[kind], start_pos=token.start_pos, end_pos=token.end_pos))
        elif index not in brackets.stray:
            result.append(token)
    result.extend(insert.get(len(tokens), ()))
    return result
