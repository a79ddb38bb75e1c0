"""The LALR tables: built once for a grammar and kept in the user's cache folder."""

import sys
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import lark
from lark import Lark, Token, Transformer


def load_tables(
    grammar: str,
    folder: Path | None,
    transformer: Transformer[Token, Any],
    callbacks: Mapping[str, Callable[[Token], Token]],
) -> Lark:
    """The parser of `grammar`, from `folder` where it was built before (9 ms for 300).

    The name tells grammars and versions apart; Lark compares the content as well, and rebuilds it where
    it is stale or damaged.
    """
    identity = f"{grammar}\0{lark.__version__}\0{sys.version_info[:2]}".encode()
    path = str(folder / f"grammar-{zlib.crc32(identity):08x}.tables") if folder else None
    return Lark(
        grammar,
        parser="lalr",
        lexer="basic",
        keep_all_tokens=True,
        maybe_placeholders=False,
        transformer=transformer,
        lexer_callbacks=dict(callbacks),
        cache=path or False,
    )
