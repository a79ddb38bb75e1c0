"""Text to syntax tree. No type of the parser generator leaves this room."""

from archc.syntax.parser import MAX_SOURCE, parse, too_large

SYNTAX_CODES = frozenset(
    (
        *(
            "syntax",
            "assignment",
            "dangling",
            "foreign-character",
            "foreign-comment",
            "missing-comma",
            "missing-semicolon",
            "outside-net",
        ),
        "unclosed-text",
        *("reserved-word", "spaced-sizes", "stray-bracket", "unclosed-bracket", "unopened-body", "wrong-bracket"),
    )
)
"""The codes of what is wrong with a text before any of it has a meaning."""

__all__ = ["MAX_SOURCE", "SYNTAX_CODES", "parse", "too_large"]
