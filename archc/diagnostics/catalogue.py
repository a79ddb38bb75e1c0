"""What each code means: `catalogue.toml`, for `archc explain`, the reference and the rules of SARIF."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files

from archc.diagnostics.codes import Code, Trait

NOTES = {
    Trait.HIDES: "What follows it is not checked: once it is mended, other mistakes may show.",
    Trait.ENDS: "The rest of the source is not looked at.",
}


@dataclass(frozen=True, slots=True, eq=False)
class Entry:
    """One code. It has a source or a command; `files` are what the command works on, by name.

    runs: whether the command shows the code in any folder, so that a test can run it.
    """

    code: Code
    sentence: str
    source: str | None = None
    command: str | None = None
    files: Mapping[str, str] = field(default_factory=dict)
    runs: bool = False

    @property
    def notes(self) -> list[str]:
        """What a user should know of every mistake of this kind."""
        return [note for trait, note in NOTES.items() if trait in self.code.traits]


@cache
def catalogue() -> Mapping[Code, Entry]:
    """All entries, by code. Raises KeyError, naming the code, where the file has none for it."""
    text = (files("archc.diagnostics") / "catalogue.toml").read_text(encoding="utf-8")
    found = tomllib.loads(text)
    return {code: Entry(code, **found[code]) for code in Code}
