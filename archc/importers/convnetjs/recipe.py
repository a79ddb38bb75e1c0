"""A trainer as a recipe: as TOML with comments, and as a tree whose spans are in the JavaScript."""

import json
from dataclasses import field

from archc.diagnostics import Span
from archc.records import dataclass
from archc.syntax import ast

Plain = str | bool | int | float | list[float] | dict[str, float]


@dataclass(frozen=True, slots=True)
class Entry:
    """One setting of a table ("" for the recipe itself), its JavaScript, and a comment."""

    table: str
    key: str
    value: Plain
    span: Span
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Trainer:
    """The settings of the trainer and the cost layer. notes: comments on the whole recipe."""

    span: Span
    entries: tuple[Entry, ...]
    notes: tuple[str, ...] = field(default=())

    def names(self) -> set[str]:
        """The parameters that are named in it."""
        return {name for entry in self.entries if isinstance(entry.value, dict) for name in entry.value}

    def toml(self) -> str:
        """The recipe as a TOML file."""
        lines = [f"# {note}" for note in self.notes]
        table = ""
        for entry in self.entries:
            if entry.table != table:
                lines += ["", f"[{entry.table}]"]
                table = entry.table
            lines += [f"# {entry.note}"] if entry.note is not None else []
            lines.append(f"{entry.key} = {_literal(entry.value)}")
        return "\n".join(lines).lstrip("\n") + "\n"

    def train(self) -> ast.Train:
        """The recipe as `train { … }` of the source."""
        settings = tuple(
            ast.Setting(entry.span, _keys(entry), entry.span, _setting_value(entry.value, entry.span))
            for entry in self.entries
        )
        return ast.Train(self.span, "train", self.span, ast.Settings(self.span, settings))


def _keys(entry: Entry) -> tuple[str, ...]:
    return (entry.table, entry.key) if entry.table else (entry.key,)


def _literal(value: Plain) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{json.dumps(key)} = {_literal(one)}" for key, one in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(map(_literal, value)) + "]"
    if isinstance(value, bool | str):
        return json.dumps(value)
    return f"{value:.0f}" if float(value).is_integer() else repr(value)


def _setting_value(value: Plain, span: Span) -> ast.SettingValue:
    if isinstance(value, dict):
        return ast.Settings(
            span, tuple(ast.Setting(span, (key,), span, _setting_value(one, span)) for key, one in value.items())
        )
    if isinstance(value, list):
        return ast.Listed(span, tuple(_setting_value(one, span) for one in value))
    if isinstance(value, bool):
        return ast.Boolean(span, value)
    if isinstance(value, str):
        return ast.String(span, value)
    return ast.Number(span, value, span.text)
