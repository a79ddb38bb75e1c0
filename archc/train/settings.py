"""Recipes from TOML files and from `--set a.b=c`, with messages that name the key."""

import re
import tomllib
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from archc.diagnostics import ArchError, Code, Diagnostic, Span
from archc.train.recipe import Recipe
from archc.train.recipe_errors import setting_errors


def merged(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """`above` over `below`, table by table; a name alone (`loss = "mse"`) is a table with this name."""
    result = dict(below)
    for key, value in above.items():
        lower = {"name": result[key]} if isinstance(result.get(key), str) else result.get(key)
        both = isinstance(lower, Mapping) and isinstance(value, Mapping)
        result[key] = merged(lower, value) if both else value  # type: ignore[arg-type]
    return result


def assigned(settings: Iterable[str]) -> dict[str, Any]:
    """Assignments like `optimizer.lr=0.01` as nested tables. Raises ArchError."""
    result: dict[str, Any] = {}
    for text in settings:
        path, equals, value = text.partition("=")
        keys = path.strip().split(".")
        if not equals or not all(key.isidentifier() for key in keys):
            raise _failed(Code.BAD_SETTING, f"--set takes key=value such as optimizer.lr=0.01, not `{text}`")
        table: dict[str, Any] = {keys[-1]: _value(value.strip())}
        for key in reversed(keys[:-1]):
            table = {key: table}
        result = merged(result, table)
    return result


def _value(text: str) -> Any:
    """A TOML value; a bare word is a string, so that a shell needs no quotes."""
    words = {"yes": True, "no": False}
    try:
        return words[text] if text in words else tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text


def recipe_of(
    tables: Mapping[str, Any], file: Path | None = None, place: Callable[[str], Span | None] | None = None
) -> Recipe:
    """The recipe, or ArchError with a diagnostic for each key that is wrong. place: the span of a key in its file."""
    try:
        return Recipe.model_validate(tables)
    except ValidationError as error:
        raise ArchError(setting_errors(error.errors(), file, place)) from None


def flat(tables: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """The settings by their full names, as `optimizer.lr`."""
    found: dict[str, Any] = {}
    for key, value in tables.items():
        found |= flat(value, f"{prefix}{key}.") if isinstance(value, Mapping) else {f"{prefix}{key}": value}
    return found


def to_toml(recipe: Recipe) -> str:
    """A recipe as a file that reads back as the same recipe. Settings that are None are left out."""
    tables = recipe.model_dump(mode="json", exclude_none=True)
    return "\n".join(_lines(tables, "")).strip() + "\n"


def _lines(table: Mapping[str, Any], prefix: str) -> list[str]:
    lines = [f"{_key(key)} = {_literal(value)}" for key, value in table.items() if not isinstance(value, Mapping)]
    for key, value in table.items():
        if isinstance(value, Mapping):
            lines += ["", f"[{prefix}{key}]", *_lines(value, f"{prefix}{key}.")]
    return lines


def _key(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else _literal(name)


def _literal(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        escaped = "".join(f"\\u{ord(c):04x}" if ord(c) < 32 or c in '"\\' else c for c in value)
        return f'"{escaped}"'
    if isinstance(value, list):
        return "[" + ", ".join(_literal(one) for one in value) + "]"
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{key} = {_literal(one)}" for key, one in value.items()) + " }"
    return repr(value)


def _failed(code: Code, message: str, file: Path | None = None) -> ArchError:
    return ArchError([Diagnostic(code, message, file=str(file) if file else None)])
