"""The errors of a recipe, in the user's terms.

They are pydantic's; of the alternatives of a union only those that fit the kind of value are reported.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any, get_args

from pydantic import BaseModel

from archc import initialisations
from archc.diagnostics import Code, Diagnostic, Span
from archc.spelling import close_words, suggestion
from archc.train.recipe import Recipe, words_of

MOST = 50  # errors reported
KEY = re.compile(r"[a-z][a-z0-9_]*|\d+")  # pydantic adds its own parts to the path of keys
TABLES = frozenset({"model_type", "dict_type"})
WORDS: Mapping[str, str] = MappingProxyType(
    {
        **dict.fromkeys(("bool_parsing", "bool_type"), "takes yes or no"),
        **dict.fromkeys(("float_parsing", "float_type"), "takes a number"),
        **dict.fromkeys(("int_parsing", "int_type", "int_from_float"), "takes a whole number"),
        **dict.fromkeys(("tuple_type", "list_type"), "takes a list"),
        **dict.fromkeys(TABLES, "takes settings"),
        "string_type": "takes a word",
        "missing": "is not given",
        "finite_number": "takes a finite number",
    }
)

# The words of other tools for the values of settings.
ELSEWHERE: Mapping[str, str] = MappingProxyType(
    {
        **initialisations.ALIASES,
        **{"crossentropyloss": "cross_entropy", "categorical_crossentropy": "cross_entropy"},
        **{"sparse_categorical_crossentropy": "cross_entropy", "softmax": "cross_entropy", "hinge": "multi_margin"},
        **{"mean_squared_error": "mse", "mseloss": "mse", "l2": "mse", "onecycle": "one_cycle"},
        **{"cosineannealinglr": "cosine", "cosine_annealing": "cosine", "multistep": "step", "steplr": "step"},
        **{"reducelronplateau": "plateau", "reduce_on_plateau": "plateau", "float16": "fp16", "half": "fp16"},
        **{"bfloat16": "bf16", "float32": "fp32", "center_crop": "crop", "stretch": "squeeze", "letterbox": "pad"},
    }
)


def setting_errors(
    errors: Iterable[Any], file: Path | None = None, place: Callable[[str], Span | None] | None = None
) -> list[Diagnostic]:
    """A diagnostic for each setting that is wrong. place: of a key, in a source."""
    found: dict[str, Diagnostic] = {}
    covered: set[str] = set()  # reported settings, and the tables around them
    more = 0
    for error in sorted(errors, key=_unlikely):
        keys = [part for part in map(str, error["loc"]) if KEY.fullmatch(part)]
        if ".".join(keys) in covered:
            continue  # a setting inside it was reported
        covered.update(".".join(keys[:count]) for count in range(1, len(keys) + 1))
        if len(found) >= MOST:
            more += 1
            continue
        message, help_text = _unknown(keys) if error["type"] == "extra_forbidden" else _wrong(error, keys)
        code = Code.UNKNOWN_SETTING if error["type"] == "extra_forbidden" else Code.BAD_SETTING
        span = place(".".join(keys)) if place is not None else None
        shown = str(file) if file is not None else None
        found[".".join(keys)] = Diagnostic(code, message, span, help=help_text, file=shown)
    listed = list(found.values())
    if more:
        message = f"and {more:,} more setting{'s' * (more > 1)} that {'are' if more > 1 else 'is'} wrong"
        listed.append(replace(listed[-1], code=Code.BAD_SETTING, message=message, help=None))
    return listed


def _unlikely(error: Any) -> tuple[int, int]:
    """Sort key: errors of another kind of value than the given one last, and deep ones first."""
    table = isinstance(error["input"], Mapping)
    return int(table != (error["type"] in TABLES)) if error["type"] in TABLES or table else 0, -len(error["loc"])


def _unknown(keys: Sequence[str]) -> tuple[str, str]:
    known = _fields(keys[:-1])
    elsewhere = [path for path in _paths(Recipe, "") if path.endswith(f".{keys[-1]}")] if len(keys) == 1 else []
    close = elsewhere[:2] or close_words(keys[-1], known)
    return f"a recipe has no `{'.'.join(keys)}`", suggestion(close, known)


def _wrong(error: Any, keys: Sequence[str]) -> tuple[str, str | None]:
    name, given = ".".join(keys), error["input"]
    shown = f", not {given!r}" if isinstance(given, int | float | str) else ""
    if error["type"] == "value_error":  # from the recipe's own rules
        return f"{f'`{name}`: ' if name else ''}{error['msg'].removeprefix('Value error, ')}", None
    if error["type"] == "literal_error":
        words = re.findall(r"'([^']+)'", error["ctx"]["expected"])
        close = _closest(str(given), words)
        return f"`{name}` is one of {', '.join(words)}{shown}", f"did you mean `{close}`?" if close else None
    if error["type"] in TABLES:
        return f"`{name}` takes settings{shown}", f"there are {', '.join(_fields(keys))}"
    if error["type"] in WORDS:
        return f"`{name}` {WORDS[error['type']]}{shown if error['type'] != 'missing' else ''}", None
    message = error["msg"].replace("Input should be", "must be").replace("String should have", "must have")
    return f"`{name}` {message[:1].lower()}{message[1:]}{shown}", None


def _closest(given: str, words: Sequence[str]) -> str | None:
    """The word here for a word of another tool, or else one with a similar spelling; None if there is none."""
    known = ELSEWHERE.get(given.lower())
    close = [known] if known in words else close_words(given, words)
    return close[0] if close else None


def closest_word(path: str, given: str) -> str | None:
    """The closest of the words that a setting takes; None if it takes none or none is close."""
    *tables, key = path.split(".")
    model: type[BaseModel] | None = Recipe
    for table in tables:
        model = _table(model, table) if model is not None else None
    return _closest(given, sorted(words_of(model, key))) if model is not None else None


def setting_paths() -> list[str]:
    """The full names of all settings, in the order of the recipe."""
    return _paths(Recipe, "")


def _fields(keys: Sequence[str]) -> list[str]:
    """The settings that a table has."""
    model: type[BaseModel] | None = Recipe
    for key in keys:
        if not key.isdecimal():  # the entries of a list have the fields of its element type
            model = _table(model, key) if model is not None else None
    return list(model.model_fields) if model is not None else []


def _table(model: type[BaseModel], key: str) -> type[BaseModel] | None:
    """The settings inside a key, if it is a table."""
    found = model.model_fields[key].annotation if key in model.model_fields else None
    options = [found, *get_args(found)]
    return next((one for one in options if isinstance(one, type) and issubclass(one, BaseModel)), None)


def _paths(model: type[BaseModel], prefix: str) -> list[str]:
    """The full names of all settings."""
    found = []
    for name in model.model_fields:
        inner = _table(model, name)
        found += _paths(inner, f"{prefix}{name}.") if inner is not None else [f"{prefix}{name}"]
    return found
