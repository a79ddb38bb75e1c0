"""Text to syntax tree, with every syntax error of the text and one report for each mistake."""

import threading
from collections.abc import Sequence
from functools import cache

from archc.diagnostics import Code, Diagnostic, Source, Span, Trait
from archc.resources import cache_folder, grammar_text
from archc.syntax import ast
from archc.syntax.advice import (
    as_meant,
    foreign_characters,
    independent,
    name_too_long,
    recover,
    repair_brackets,
)
from archc.syntax.brackets import TooDeep, balanced
from archc.syntax.build import TreeBuilder
from archc.syntax.lalr import Machine
from archc.syntax.layout import layout
from archc.syntax.rows import read_rows
from archc.syntax.tables import load_tables
from archc.syntax.tokens import END, MAX_NAME, Token, scanner

CONTAINER = "Sequential("  # with layers in it, it may fit the grammar as a call of functions
MAX_SOURCE = 4 * 2**20
MAX_TOKENS = 500_000  # a token is 600 bytes until the tree is built


class _TooMany(Exception):
    """More tokens than a source may have, and the first of those."""

    def __init__(self, token: Token) -> None:
        super().__init__()
        self.token = token


class _Parser:
    """The parse tables with their tree builder; one for the process."""

    def __init__(self) -> None:
        self.builder = TreeBuilder()
        tables = load_tables(grammar_text(), cache_folder())
        self.machine = Machine(tables, self.builder)
        self.ignored = tables.ignored
        self.scan = scanner(tables)
        self.lock = threading.Lock()

    def lex(self, text: str) -> tuple[list[Token], list[Token], list[Token]]:
        """The tokens of a text, its comments, and what no source may contain. Raises _TooMany."""
        tokens: list[Token] = []
        comments: list[Token] = []
        unknown: list[Token] = []
        for token in self.scan(text):
            if token.type not in self.ignored:
                place = tokens
            elif token.type == "SPACE":
                continue
            else:
                place = comments if token.type == "COMMENT" else unknown
            place.append(token)
            if len(place) > MAX_TOKENS:
                raise _TooMany(token)
        return tokens, comments, unknown


@cache
def _parser() -> _Parser:
    return _Parser()


def parse(source: Source) -> tuple[ast.File, list[Diagnostic]]:
    """The tree of a source and its syntax errors. With errors, the tree holds what could be read."""
    if len(source.text.encode("utf-8", "surrogatepass")) > MAX_SOURCE:
        return ast.File(source, ()), [too_large(source.name)]
    parser = _parser()
    with parser.lock:
        return _parse(source, parser)


def too_large(name: str) -> Diagnostic:
    """The report of a source beyond the limit."""
    return Diagnostic(Code.LIMIT_SOURCE, f"`{name}` is larger than {MAX_SOURCE // 2**20} MiB", file=name)


def _too_many(token: Token, source: Source) -> Diagnostic:
    start = token.start_pos
    span = Span(source, start, min(token.end_pos, start + 1))
    return Diagnostic(Code.LIMIT_TOKENS, f"a source has at most {MAX_TOKENS:,} words, numbers and signs", span)


def _parse(source: Source, parser: _Parser) -> tuple[ast.File, list[Diagnostic]]:
    parser.builder.source = source
    parser.builder.diagnostics = []
    parser.builder.has_holes = False
    try:
        tokens, said, unknown = parser.lex(source.text)
    except _TooMany as beyond:
        return ast.File(source, ()), [_too_many(beyond.token, source)]
    comments = tuple(ast.Comment(Span(source, t.start_pos, t.end_pos)) for t in said)
    if max(map(len, tokens), default=0) > MAX_NAME and (limit := name_too_long(tokens, source)) is not None:
        return ast.File(source, (), comments), [limit]
    try:
        items, diagnostics = _read(tokens, unknown, source, parser)
        if (diagnostics or CONTAINER in source.text) and (text := as_meant(tokens, unknown, source)) is not None:
            parser.builder.diagnostics = []
            parser.builder.has_holes = False
            items, diagnostics = _read(text.tokens, text.unknown, source, parser, text.diagnostics)
    except TooDeep as deep:
        return ast.File(source, (), comments), [deep.diagnostic]
    return ast.File(source, items, comments, parser.builder.has_holes), diagnostics


def _read(
    tokens: list[Token], unknown: list[Token], source: Source, parser: _Parser, pasted: Sequence[Diagnostic] = ()
) -> tuple[tuple[ast.Item, ...], list[Diagnostic]]:
    """The items of a source and its mistakes, with what was said of `pasted` text. Raises TooDeep."""
    diagnostics = foreign_characters(unknown, source) if unknown else []
    tokens, bracket_errors = (tokens, []) if balanced(tokens) else repair_brackets(tokens, source)
    tokens = read_rows(layout(tokens), source)
    diagnostics += bracket_errors
    spoilt = {span.line for d in diagnostics if (span := d.span)}
    spoilt |= {span.line for d in pasted if Trait.TEXT in d.code.traits and (span := d.span)}
    file, errors = _tree(parser.machine, tokens, source)
    diagnostics += [*parser.builder.diagnostics, *pasted]
    # A bracket or a character already reported explains what else is wrong on its line.
    errors = [error for error in errors if error.span is None or error.span.line not in spoilt]
    diagnostics += independent(errors, bracket_errors) if errors else []
    diagnostics.sort(key=lambda d: d.span.start if d.span else 0)
    return file.items if file else (), diagnostics


def _tree(machine: Machine, tokens: list[Token], source: Source) -> tuple[ast.File | None, list[Diagnostic]]:
    end = len(source.text)
    stream = [*tokens, Token(END, "", end, end)]
    stack = machine.begin()
    fitting = machine.run(stack, stream)
    if fitting < len(stream):
        return recover(machine, stack, stream, fitting, source)
    file: ast.File = stack.values[-1]
    return file, []


def tokens_and_comments(source: Source) -> tuple[list[Token], list[Span]]:
    """The tokens as they stand, newlines too, and the places of comments: for the formatter."""
    parser = _parser()
    with parser.lock:
        tokens, said, unknown = parser.lex(source.text)
    comments = [Span(source, t.start_pos, t.end_pos) for t in said]
    return sorted([*tokens, *unknown], key=lambda token: token.start_pos), comments
