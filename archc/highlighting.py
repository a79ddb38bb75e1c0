"""A Pygments lexer for sources. Sphinx, MkDocs, Jupyter and rich find it by the name `arch`."""

import re
from collections.abc import Iterator

from pygments.lexer import RegexLexer, bygroups, words
from pygments.token import (
    Comment,
    Keyword,
    Name,
    Number,
    Operator,
    Punctuation,
    String,
    Text,
    Whitespace,
    _TokenType,
)

from archc.ops import OPS
from archc.syntax.keywords import RESERVED

NAME = r"[^\W\d]\w*"
NUMBER = r"\d[\d_]*(?:\.\d+)?(?:e[+-]?\d+)?[KMGBT]?"
DECLARED = ("net", "block", "table")
LOGIC = ("and", "in", "not", "or")
CONSTANT = ("yes", "no", "true", "false", "first", "last", "index")
OTHERS = tuple(sorted(RESERVED - {*DECLARED, *LOGIC, *CONSTANT}))


class ArchLexer(RegexLexer):  # type: ignore[misc]  # Pygments carries no types
    """The lexer of .arch sources. It also colours texts that do not parse."""

    name = "archc"
    aliases = ["arch", "archc"]  # noqa: RUF012  (Pygments declares both as lists)
    filenames = ["*.arch"]  # noqa: RUF012
    flags = re.MULTILINE

    tokens = {  # noqa: RUF012
        "root": [
            (r"\s+", Whitespace),
            (r"#.*$", Comment.Single),
            (r'"[^"\n]*"', String.Double),
            (rf"({'|'.join(DECLARED)})(\s+)({NAME})", bygroups(Keyword.Declaration, Whitespace, Name.Class)),
            (rf"(@{NAME}(?:\.{NAME})*)", Name.Label),
            (rf"\bin(?=\.{NAME})", Name.Builtin.Pseudo),
            (r"(train|weights)(?=\s*\{)", Keyword.Declaration),
            (words(LOGIC, suffix=r"\b"), Operator.Word),
            (words(CONSTANT, suffix=r"\b"), Keyword.Constant),
            (words(OTHERS, suffix=r"\b"), Keyword),
            (rf"{NAME}(?:\.{NAME})*(?=\s*:(?!:))", Name.Label),
            (rf"{NAME}(?:\.{NAME})*(?=\s*=(?![=>]))", Name.Attribute),
            (r"(?<=[\w)\]}]\s)[x×](?=\s+[\w?(])|(?<=[)\]}]\s)[x×](?=\d)", Operator.Word),
            (rf"{NUMBER}(?:[x×](?:{NUMBER}|\?))*", Number),
            (r"\?(?:[x×]\?)*", Name.Exception),
            (NAME, Name),
            (r"=>", Operator.Word),
            (r"->|→|\*\*|//|[=!<>]=|[-+*/%<>=~≈]", Operator),
            (r"[(){}\[\],;:|.]", Punctuation),
            (r".", Text),
        ]
    }

    def get_tokens_unprocessed(
        self, text: str, stack: tuple[str, ...] = ("root",)
    ) -> Iterator[tuple[int, _TokenType, str]]:
        """(offset, kind, text) of each token. Names of layers are builtins."""
        for at, kind, value in super().get_tokens_unprocessed(text, stack):
            yield at, Name.Builtin if kind is Name and value in OPS else kind, value
