"""Notation that the language has not: a prefix of modules, a stride before the count, numbers in words."""

from collections.abc import Callable, Collection

from archc.diagnostics import Code, Diagnostic, Edit, Fix, Source, Span
from archc.syntax.tokens import Token, token_span

MODULES = {"nn", "torch", "F", "layers", "keras", "tf"}  # before a layer, as Python imports them
GROUP = 3  # digits between the commas of 1,234,567
WORDS = {"thousand": "K", "million": "M", "mio": "M", "mn": "M", "billion": "G", "bn": "G"}

Found = Diagnostic | None


def module_prefix(stream: list[Token], index: int, accepts: Collection[str], source: Source) -> Found:
    """`unit(64, nn.ReLU)`, where the dot is what does not fit"""
    before = stream[index - 1] if index else None
    if stream[index] != "." or before is None or before not in MODULES:
        return None
    span = token_span(before, source, stream[index])
    return Diagnostic(
        Code.SYNTAX,
        f"layers stand without `{span.text}`",
        span,
        help="a layer is known by its own name, such as conv or relu",
        fixes=(Fix(f"remove `{span.text}`", (Edit(span, ""),)),),
    )


def stride_first(stream: list[Token], index: int, accepts: Collection[str], source: Source) -> Found:
    """`residual(64)/2 x 3`"""
    tokens = stream[index : index + 4]
    kinds = [token.type for token in tokens]
    if kinds[:3] != ["SLASH", "NUMBER", "TIMES"] or len(tokens) < 4:
        return None
    slash, stride, _, count = tokens
    span = token_span(slash, source, stride)
    end = Span(source, count.end_pos or 0, count.end_pos or 0)
    return Diagnostic(
        Code.REPETITION,
        "a stride comes after the count: it is the first repetition's",
        span,
        help="for example `residual(64) x 3 /2`",
        fixes=(Fix(f"write `x {count} /{stride}`", (Edit(span, ""), Edit(end, f" /{stride}"))),),
    )


def number_word(stream: list[Token], index: int, accepts: Collection[str], source: Source) -> Found:
    """`1.2 million`"""
    before = stream[index - 1] if index else None
    letter = WORDS.get(stream[index].lower())
    if letter is None or before is None or before.type != "NUMBER":
        return None
    span = token_span(before, source, stream[index])
    return Diagnostic(
        Code.NUMBER_FORMAT,
        f"`{span.text}` is written `{before}{letter}`",
        span,
        fixes=(Fix(f"write `{before}{letter}`", (Edit(span, f"{before}{letter}"),)),),
    )


def percent(stream: list[Token], index: int, accepts: Collection[str], source: Source) -> Found:
    """`dropout 50%`"""
    if index < 2 or stream[index - 1].type != "PERCENT" or stream[index - 2].type != "NUMBER":
        return None
    number, sign = stream[index - 2 : index]
    if not number.replace(".", "", 1).isdigit() or number.end_pos != sign.start_pos:
        return None
    span = token_span(number, source, sign)
    written = f"{float(number) / 100:.6g}"
    return Diagnostic(
        Code.NUMBER_FORMAT,
        f"`{span.text}` is written {written}",
        span,
        fixes=(Fix(f"write {written}", (Edit(span, written),)),),
    )


def thousands(stream: list[Token], index: int, accepts: Collection[str], source: Source) -> Found:
    """`expect params = 61,706`, where the comma is what does not fit"""
    last = index - 1
    while (
        index and [token.type for token in stream[last + 1 : last + 3]] == ["COMMA", "NUMBER"] and _joined(stream, last)
    ):
        last += 2
    if last < index or not stream[index - 1].isdigit() or len(stream[index - 1]) > GROUP:
        return None
    return number_with_commas(token_span(stream[index - 1], source, stream[last]), Code.NUMBER_FORMAT)


def number_with_commas(span: Span, code: Code) -> Diagnostic:
    """The report for `61,706`, wherever it was met."""
    written = span.text.replace(",", "_")
    return Diagnostic(
        code,
        f"a number has no commas: {span.text} is {written} or {span.text.replace(',', '')}",
        span,
        fixes=(Fix(f"write `{written}`", (Edit(span, written),)),),
    )


def _joined(stream: list[Token], at: int) -> bool:
    """Whether `,000` follows this number without a space."""
    number, comma, group = stream[at : at + 3]
    adjacent = number.end_pos == comma.start_pos and comma.end_pos == group.start_pos
    return adjacent and group.isdigit() and len(group) == GROUP


NOTATION: tuple[Callable[[list[Token], int, Collection[str], Source], Found], ...] = (
    module_prefix,
    stride_first,
    number_word,
    thousands,
    percent,
)
