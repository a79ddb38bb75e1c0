"""JavaScript as tokens, as far as it is needed to find data among other statements."""

import re
from typing import Literal

from archc.diagnostics import Code, Diagnostic, Source, Span
from archc.records import dataclass

Kind = Literal["name", "number", "string", "sign", "end"]

TOKEN = re.compile(
    r"""
      (?P<space>[\s\0]+)
    | (?P<comment>//[^\n]*|/\*.*?\*/|<!--[^\n]*)
    | (?P<open_comment>/\*)
    | (?P<string>"(?:[^"\\\n]++|\\(?:\r\n|.))*+"|'(?:[^'\\\n]++|\\(?:\r\n|.))*+'|`(?:[^`\\]++|\\.)*+`)
    | (?P<open_string>["'`])
    | (?P<number>0[xXbBoO][0-9a-fA-F]+|(?:\d+(?:_\d+)*\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)
    | (?P<name>[A-Za-z_$][\w$]*)
    | (?P<sign>=>|[=!<>]=+|&&|\|\||\+\+|--|.)
    """,
    re.VERBOSE | re.DOTALL,
)
FILL = "\0"
"""Stands for no character, where one is written with several."""
ESCAPE = re.compile(r"\\(\r\n|.)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Token:
    kind: Kind
    text: str
    span: Span


@dataclass(frozen=True, slots=True)
class Scanned:
    """tokens: the last is `end`. comments: the text of each, with its span."""

    tokens: list[Token]
    comments: list[tuple[str, Span]]
    diagnostics: list[Diagnostic]


def scan(source: Source) -> Scanned:
    """All tokens of a source. Anything unclosed ends the scan, with a diagnostic."""
    return scan_within(source, source.text)


def scan_quoted(token: Token) -> Scanned:
    """The tokens of a program inside a string, which the demos give to `eval`."""
    source, start, end = token.span.source, token.span.start + 1, token.span.end - 1
    inside = ESCAPE.sub(_unescaped, source.text[start:end])
    return scan_within(source, f"{' ' * start}{inside}")


def _unescaped(match: re.Match[str]) -> str:
    """The character, padded to the length of its escape, so that positions do not change."""
    character = {"n": "\n", "t": "\t", "r": " "}.get(match[1], match[1])
    return character.rjust(len(match[0]))


def scan_within(source: Source, text: str) -> Scanned:
    """The tokens of a text that has the same positions as the source."""
    result = Scanned([], [], [])
    for match in TOKEN.finditer(text):
        kind = match.lastgroup
        span = Span(source, match.start(), match.end())
        if kind == "comment":
            result.comments.append((_plain(match[0]), span))
        elif kind in ("open_comment", "open_string"):
            what = "comment" if kind == "open_comment" else "text"
            result.diagnostics.append(Diagnostic(Code.UNCLOSED_TEXT, f"this {what} is never closed", span))
            break
        elif kind in ("name", "number", "string", "sign"):
            result.tokens.append(Token(kind, match[0].replace(FILL, ""), span))  # type: ignore[arg-type]  # one of the four
    end = len(text)
    result.tokens.append(Token("end", "", Span(source, end, end)))
    return result


def _plain(comment: str) -> str:
    text = comment.replace(FILL, "").removeprefix("//").removeprefix("/*").removesuffix("*/").removeprefix("<!--")
    return " ".join(text.replace("*", " ").split())
