"""Recipe files: their content, and the place of each key."""

import re
import tomllib
from collections import Counter
from pathlib import Path
from typing import Any

from archc.diagnostics import ArchError, Code, Diagnostic, Source, Span

WORD = r'[A-Za-z0-9_"\'-]+'
NAME = rf"{WORD}(?:\s*\.\s*{WORD})*"
LINE = re.compile(rf"^[ \t]*(?:(\[\[?)\s*({NAME})\s*\]|({NAME})\s*=)", re.MULTILINE)
WHERE = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)$")


class RecipeFile:
    """tables: the content, as TOML has it. Raises ArchError if there is no such file, or it is not TOML."""

    def __init__(self, path: Path) -> None:
        try:
            text = path.read_text("utf-8")
        except FileNotFoundError:
            raise _failed(Code.NO_RECIPE, f"there is no recipe `{path}`", path) from None
        except UnicodeDecodeError as error:
            raise _failed(Code.BAD_RECIPE, f"`{path.name}` is not TOML: {error}", path) from None
        except OSError as error:
            raise _failed(Code.NO_RECIPE, f"`{path}` cannot be read: {error.strerror}", path) from None
        self.path = path
        self.source = Source(str(path), text, path)
        try:
            self.tables: dict[str, Any] = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            raise _malformed(self.source, path, str(error)) from None
        self._places = _places(self.source)

    def place(self, name: str) -> Span | None:
        """The span of a setting, or of the nearest table around it; None if neither is found."""
        while name and name not in self._places:
            name = name.rpartition(".")[0]
        return self._places.get(name)


def read_recipe(path: Path) -> dict[str, Any]:
    """The tables of a TOML file. Raises ArchError."""
    return RecipeFile(path).tables


def _places(source: Source) -> dict[str, Span]:
    """Spans by full name, `progressive.0.size` too. Inline tables are not searched."""
    found: dict[str, Span] = {}
    entries: Counter[str] = Counter()
    prefix = ""
    for match in LINE.finditer(source.text):
        opening, table, key = match.groups()
        group = 2 if table else 3
        name = re.sub(r"[\s\"']", "", table or key)
        span = Span(source, match.start(group), match.end(group))
        if opening == "[[":
            entries[name] += 1
            name = f"{name}.{entries[name] - 1}"
        if opening:
            prefix = f"{name}."
        else:
            name = f"{prefix}{name}"
        found.setdefault(name, span)
    return found


def _malformed(source: Source, path: Path, said: str) -> ArchError:
    where = WHERE.search(said)
    start = len(source.text)
    if where is not None and where[1] is not None:
        start = source.line_starts[int(where[1]) - 1] + int(where[2]) - 1
    reason = WHERE.sub("", said)
    span = Span(source, min(start, len(source.text)), min(start + 1, len(source.text)))
    return ArchError(
        [Diagnostic(Code.BAD_RECIPE, f"`{path.name}` is not TOML: {reason[:1].lower()}{reason[1:]}", span)]
    )


def _failed(code: Code, message: str, path: Path) -> ArchError:
    return ArchError([Diagnostic(code, message, file=str(path))])
