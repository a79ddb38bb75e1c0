"""Characters that no source can contain outside comments and texts, and names beyond any use."""

import re
import unicodedata
from collections.abc import Iterable

from archc.diagnostics import Code, Diagnostic, Edit, Fix, Source, Span
from archc.syntax.tokens import MAX_NAME, Token

MAX_PLACES = 50  # of one character on one line that a fix replaces
WORDS = {"NAME": "name", "LABEL": "label", "REF": "label", "STRING": "text", "DIMS": "size"}
LOOKALIKES = {
    **dict.fromkeys("–—−‐‑", "-"),
    **dict.fromkeys("“”„«»", '"'),
    **dict.fromkeys("∗·⋅", "*"),
    **{"≤": "<=", "≥": ">=", "≠": "!=", "÷": "/", "⇒": "=>", "&&": "and", "&": "and", "…": "", "；": ";", "，": ","},
    **dict(zip("асеорхуАВСЕНКМОРТХ", "aceopxyABCEHKMOPTX", strict=True)),  # Cyrillic letters
}
MAPS_AT = re.compile(r"(,[ \t]*|\b)(\d+)[ \t]*@[ \t]*(\d+x\d+)\b")
QUOTES = "'`‘’"
POWER_OF_TEN = re.compile(r"(\d+(?:\.\d+)?)[ \t]*[x×*][ \t]*10\^(\d+)")
SUFFIXES = {3: "K", 6: "M", 9: "G", 12: "T"}


def name_too_long(tokens: Iterable[Token], source: Source) -> Diagnostic | None:
    """The first name or text that is longer than any use of it."""
    token = next((token for token in tokens if len(token) > MAX_NAME and token.type in WORDS), None)
    if token is None:
        return None
    return Diagnostic(
        Code.LIMIT_NAME,
        f"a {WORDS[token.type]} of {len(token):,} characters; the limit is {MAX_NAME}",
        Span(source, token.start_pos or 0, token.end_pos or 0),
    )


def foreign_characters(tokens: Iterable[Token], source: Source) -> list[Diagnostic]:
    """A report for each line and kind of character, with all its places on that line."""
    runs: list[Span] = []
    for token in tokens:
        start, end = token.start_pos or 0, token.end_pos or 0
        if runs and start == runs[-1].end:
            runs[-1] = Span(source, runs[-1].start, end)
        else:
            runs.append(Span(source, start, end))
    places: dict[tuple[int, str], list[Span]] = {}
    for span in runs:
        same = places.setdefault((span.line, _kind(span.text)), [])
        if len(same) < MAX_PLACES:
            same.append(span)
    return [_foreign(spans) for spans in places.values()]


def _kind(text: str) -> str:
    """What is reported once a line: opening and closing quotes are one kind."""
    return "'" if text[0] in QUOTES else _plain(text) or text[0]


def _plain(text: str) -> str:
    if text in LOOKALIKES:
        return LOOKALIKES[text]
    return "".join(LOOKALIKES.get(character, "") for character in text[:MAX_NAME])


def _foreign(spans: list[Span]) -> Diagnostic:
    span = spans[0]
    text = span.text[:8]
    number = f"U+{ord(text[0]):04X}"
    title = unicodedata.name(text[0], "a control character").lower()
    shown = f"`{text}`" if text.isprintable() else number
    help_text, fixes = _advice(spans, text[0])
    if text[0] == '"':
        return Diagnostic(Code.UNCLOSED_TEXT, "this text is never closed", span, help=help_text, fixes=fixes)
    return Diagnostic(
        Code.FOREIGN_CHARACTER, f"{shown} ({title}) has no meaning here", span, help=help_text, fixes=fixes
    )


def _maps(found: re.Match[str], at: Span) -> tuple[str, tuple[Fix, ...]]:
    """`conv 5x5, 6@28x28`, LeNet's six maps, and `conv 6@5x5`."""
    comma, maps, size = found.groups()
    written = f"{comma}{maps} => {size}x{maps}" if comma else f"{size}, {maps}"
    start = at.source.line_starts[at.line - 1] + found.start()
    fix = Fix(f"write `{written.strip(', ')}`", (Edit(Span(at.source, start, start + len(found[0])), written),))
    if comma:
        return f"what comes out is stated at the end: {written.strip(', ')}", (fix,)
    return f"a layer's window comes first, then its channels: {written}", (fix,)


def _advice(spans: list[Span], first: str) -> tuple[str, tuple[Fix, ...]]:
    if first == "\r":
        return "lines end with a line feed", (Fix("end the lines so", tuple(Edit(span, "\n") for span in spans)),)
    if first == '"':
        return 'a text ends on its line, with a second `"`', (_at_line_end(spans[0], '"'),)
    if first in QUOTES:
        bare = Fix("remove the quotes", tuple(Edit(span, "") for span in spans))
        double = Fix("write double quotes", tuple(Edit(span, '"') for span in spans))
        return "numbers and words stand without quotes, texts in double quotes", (bare, double)
    if first == "@" and (found := MAPS_AT.search(spans[0].source.line(spans[0].line))):
        return _maps(found, spans[0])
    if first == "^":
        text, edit = power(spans[0])
        return text, (Fix(f"write {edit.text}", tuple(power(span)[1] for span in spans)),)
    plain = _plain(spans[0].text)
    if plain:
        fixes = (Fix(f"write `{plain}`", tuple(Edit(span, _plain(span.text)) for span in spans)),)
        return f"it looks like `{plain}`" if plain not in ("and", "*") else f"write `{plain}`", fixes
    if first.isalpha():
        return "names use the letters a–z, digits and _", ()
    gone = Fix("remove it" if len(spans) == 1 else "remove them", tuple(Edit(span, "") for span in spans))
    return "only comments and texts in quotes may contain it", (gone,)


def power(caret: Span) -> tuple[str, Edit]:
    """What the `^` of `3.8x10^9` or `2^5` stands for, and the edit that writes it so."""
    source = caret.source
    start = source.text.rfind("\n", 0, caret.start) + 1
    for found in POWER_OF_TEN.finditer(source.text, start, min(caret.end + 24, len(source.text))):
        if found.start() < caret.start < found.end():
            suffix = SUFFIXES.get(int(found[2][:4]))
            shown = f"{found[1]}{suffix}" if suffix else f"{found[1]}e{found[2]}"
            span = Span(source, found.start(), found.end())
            return f"`{span.text}` is written {shown}", Edit(span, shown)
    return "a power is written `**`", Edit(caret, "**")


def _at_line_end(span: Span, text: str) -> Fix:
    end = span.start + len(span.source.text[span.start :].split("\n", 1)[0].rstrip())
    return Fix(f"add `{text}` at the end of the line", (Edit(Span(span.source, end, end), text),))
