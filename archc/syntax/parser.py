"""Text to syntax tree, with every syntax error of the text and one report for each mistake.

The parser is fed token by token. Where one does not fit, the mistake is recorded, the rest of its
statement is skipped, the parser's stack is popped until it can go on, and it does (panic mode).
"""

import threading
from functools import cache
from itertools import islice
from typing import Any

from lark import Lark, Token
from lark.exceptions import UnexpectedInput, UnexpectedToken
from lark.parsers.lalr_interactive_parser import InteractiveParser

from archc.diagnostics import Code, Diagnostic, Source, Span
from archc.resources import cache_folder, grammar_text
from archc.syntax import ast
from archc.syntax.bars import NO_BAR, NO_ROW_BAR
from archc.syntax.braces import NO_JOIN
from archc.syntax.brackets import TooDeep
from archc.syntax.build import TreeBuilder
from archc.syntax.characters import foreign_characters, too_long
from archc.syntax.complaint import complain
from archc.syntax.headers import NO_BRACES
from archc.syntax.lalr import Runner
from archc.syntax.layout import layout
from archc.syntax.mending import CLOSERS, OPENERS
from archc.syntax.notation import qualified
from archc.syntax.rows import read_rows
from archc.syntax.semicolons import ENDED_LINE, without_ends
from archc.syntax.slips import LONE_ELSE, WRITTEN_ELSE_IF
from archc.syntax.tables import load_tables
from archc.syntax.tokens import starts_line

MAX_SOURCE = 4 * 2**20
MAX_TOKENS = 500_000  # a token is 600 bytes until the tree is built
MAX_REPORTS = 50
MAX_ATTEMPTS = 500  # at going on after an error
UNBARRED = {NO_BAR: NO_BAR, NO_ROW_BAR: NO_ROW_BAR, NO_JOIN: NO_BAR}  # what each line would say after the first
ITEM_STARTS = {"NET", "BLOCK", "USE", "LET"}

_lock = threading.Lock()


class _TooMany(Exception):
    """More tokens than a source may have, and the first of those."""

    def __init__(self, token: Token) -> None:
        super().__init__()
        self.token = token


class _Machine:
    """The parse tables with their tree builder; one for the process."""

    def __init__(self) -> None:
        self.builder = TreeBuilder()
        self.comments: list[Token] = []
        self.unknown: list[Token] = []
        callbacks = {"COMMENT": self._keep(self.comments), "UNKNOWN": self._keep(self.unknown)}
        self.lark: Lark = load_tables(grammar_text(), cache_folder(), self.builder, callbacks)
        self.runner = Runner()
        self.lark.lexer = self.lark.parser.lexer  # or else each `lex` builds another

    @staticmethod
    def _keep(place: list[Token]) -> Any:
        def keep(token: Token) -> Token:
            place.append(token)
            if len(place) > MAX_TOKENS:
                raise _TooMany(token)
            return token

        return keep

    def lex(self, text: str) -> list[Token]:
        """The tokens of a text; comments and what is unknown are kept aside. Raises _TooMany."""
        self.comments.clear()
        self.unknown.clear()
        tokens = list(islice(self.lark.lex(text), MAX_TOKENS + 1))
        if len(tokens) > MAX_TOKENS:
            raise _TooMany(tokens[-1])
        return tokens


@cache
def _machine() -> _Machine:
    return _Machine()


def parse(source: Source) -> tuple[ast.File, list[Diagnostic]]:
    """The tree of a source and its syntax errors. With errors, the tree holds what could be read."""
    if len(source.text.encode("utf-8", "surrogatepass")) > MAX_SOURCE:
        return ast.File(source, ()), [too_large(source.name)]
    with _lock:
        return _parse(source, _machine())


def too_large(name: str) -> Diagnostic:
    """The report of a source beyond the limit."""
    return Diagnostic(Code.LIMIT_SOURCE, f"`{name}` is larger than {MAX_SOURCE // 2**20} MiB", file=name)


def _too_many(token: Token, source: Source) -> Diagnostic:
    start = token.start_pos or 0
    span = Span(source, start, min(token.end_pos or 0, start + 1))
    return Diagnostic(Code.LIMIT_TOKENS, f"a source has at most {MAX_TOKENS:,} words, numbers and signs", span)


def _parse(source: Source, machine: _Machine) -> tuple[ast.File, list[Diagnostic]]:
    machine.builder.source = source
    machine.builder.diagnostics = []
    machine.builder.has_holes = False
    try:
        tokens = machine.lex(source.text)
    except _TooMany as beyond:
        return ast.File(source, ()), [_too_many(beyond.token, source)]
    diagnostics = foreign_characters(machine.unknown, source)
    comments = tuple(ast.Comment(Span(source, t.start_pos or 0, t.end_pos or 0)) for t in machine.comments)
    limit = too_long(tokens, source)
    if limit is not None:
        return ast.File(source, (), comments), [limit]
    try:
        tokens, bracket_errors = layout(tokens, source)
        tokens = read_rows(tokens, source)
    except TooDeep as deep:
        return ast.File(source, (), comments), [deep.diagnostic]
    diagnostics += bracket_errors
    spoilt = {span.line for d in diagnostics if (span := d.span)}
    file, errors = _feed(machine, tokens, source)
    diagnostics += machine.builder.diagnostics
    # A bracket or a character already reported explains what else is wrong on its line.
    errors = [error for error in errors if error.span is None or error.span.line not in spoilt]
    diagnostics += _independent(errors, bracket_errors)
    diagnostics.sort(key=lambda d: d.span.start if d.span else 0)
    return ast.File(source, file.items if file else (), comments, machine.builder.has_holes), diagnostics


def tokens_and_comments(source: Source) -> tuple[list[Token], list[Span]]:
    """The tokens as they stand, newlines too, and the places of comments: for the formatter."""
    with _lock:
        machine = _machine()
        tokens = [*machine.lex(source.text), *machine.unknown]
        comments = [Span(source, t.start_pos or 0, t.end_pos or 0) for t in machine.comments]
    return sorted(tokens, key=lambda token: token.start_pos or 0), comments


def _independent(errors: list[Diagnostic], brackets: list[Diagnostic]) -> list[Diagnostic]:
    """Without the errors that follow from another.

    So are what a `}` too many put outside, a reserved word used again, the `else` of an `if` that was not read.
    """
    outside = [(d.labels[0].span.start, d.span.start) for d in brackets if d.labels and d.span]
    reserved = {d.span.text: d.span.start for d in reversed(errors) if d.code == Code.RESERVED_WORD and d.span}
    result = []
    unread = False  # an `if`, or an `elif`
    for error in errors:
        span = error.span
        if unread and error.message == LONE_ELSE:
            continue
        unread = unread or error.message == NO_BRACES or error.message.endswith(WRITTEN_ELSE_IF)
        if span is not None and any(first <= span.start <= last for first, last in outside):
            continue
        if span is not None and reserved.get(span.text, span.start) < span.start:
            continue
        result.append(error)
    return result


def _feed(machine: _Machine, tokens: list[Token], source: Source) -> tuple[ast.File | None, list[Diagnostic]]:
    parser = machine.lark.parse_interactive("")
    errors: list[Diagnostic] = []
    end = len(source.text)
    stream = [*tokens, Token("$END", "", start_pos=end, end_pos=end)]
    index = machine.runner.run(parser, tokens)
    file: ast.File | None = None
    reported: Token | None = None
    attempts = 0
    unbarred = ""  # so is what has no bars within braces
    outside = False  # what stands outside a net is reported once, not line by line
    while index < len(stream):
        token = stream[index]
        try:
            file = parser.feed_token(token)
            index += 1
            outside = outside and token.type not in ITEM_STARTS
            unbarred = "" if token.type == "RBRACE" else unbarred
        except UnexpectedToken:
            if token is reported:
                index = _resume(parser, stream, index)
                continue
            if (whole := qualified(stream, index)) and parser.parser_state.value_stack[-1] is stream[index - 1]:
                parser.parser_state.state_stack.pop()
                parser.parser_state.value_stack.pop()
                index -= 1
                stream[index : whole[1]] = [whole[0]]
                continue
            reported = token
            attempts += 1
            if len(errors) >= MAX_REPORTS or attempts > MAX_ATTEMPTS:
                return None, errors
            error = complain(stream, index, _accepted(parser), source)
            if not (outside and error.code == Code.OUTSIDE_NET) and error.message != unbarred:
                errors.append(error)
            outside = outside or error.code == Code.OUTSIDE_NET
            unbarred = UNBARRED.get(error.message, unbarred)
            if error.message == ENDED_LINE:
                stream[index:] = without_ends(stream[index:])
                continue
            if starts_line(token, stream[index - 1] if index else None, source) and _pop_until(parser, "NEWLINE"):
                stream.insert(index, Token("NEWLINE", "\n", start_pos=token.start_pos, end_pos=token.start_pos))
            else:
                index = _resume(parser, stream, index)
        except UnexpectedInput as error:  # pragma: no cover - the lexer has run already
            raise AssertionError(error) from error
    return file, errors


def _accepted(parser: InteractiveParser) -> set[str]:
    accepted: set[str] = parser.accepts()  # type: ignore[no-untyped-call]  # lark leaves it without types
    return accepted


def _resume(parser: InteractiveParser, stream: list[Token], index: int) -> int:
    """Skip to the end of the statement, pop the parser until it takes what stands there."""
    depth = 0
    refused: set[str] = set()  # kinds for which popping has failed; it fails again
    while index < len(stream):
        kind = stream[index].type
        ends = kind == "$END" or (depth == 0 and kind in ("NEWLINE", "ROW", "BAR", "RBRACE"))
        if ends and kind not in refused:
            if _pop_until(parser, kind):
                return index
            refused.add(kind)
        if kind in OPENERS:
            depth += 1
        elif kind in CLOSERS and depth:
            depth -= 1
        index += 1
    return index


def _pop_until(parser: InteractiveParser, kind: str) -> bool:
    state = parser.parser_state
    states, values = list(state.state_stack), list(state.value_stack)
    while len(state.state_stack) > 1:
        if kind in _accepted(parser):
            return True
        state.state_stack.pop()
        state.value_stack.pop()
    if kind in _accepted(parser):
        return True
    state.state_stack[:], state.value_stack[:] = states, values
    return False
