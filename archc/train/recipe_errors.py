"""What is wrong with a recipe, in a user's words: pydantic's errors, with the branches of a union that were not meant
left out."""

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

MOST = 50  # that are told
KEY = re.compile(r"[a-z][a-z0-9_]*|\d+")  # what pydantic adds of its own is no key
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

# What other tools call what a setting takes.
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


def complaints(
    errors: Iterable[Any], file: Path | None = None, place: Callable[[str], Span | None] | None = None
) -> list[Diagnostic]:
    """A diagnostic for each setting that is wrong. place: of a key, in a source."""
    found: dict[str, Diagnostic] = {}
    covered: set[str] = set()  # settings of which something was said, and the tables around them
    more = 0
    for error in sorted(errors, key=_unlikely):
        keys = [part for part in map(str, error["loc"]) if KEY.fullmatch(part)]
        if ".".join(keys) in covered:
            continue  # what is in it has been said
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
        said = f"and {more:,} more setting{'s' * (more > 1)} that {'are' if more > 1 else 'is'} wrong"
        listed.append(replace(listed[-1], code=Code.BAD_SETTING, message=said, help=None))
    return listed


def _unlikely(error: Any) -> tuple[int, int]:
    """Deep ones first, and those last that are of a kind of value that was not given."""
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
        close = _meant(str(given), words)
        return f"`{name}` is one of {', '.join(words)}{shown}", f"did you mean `{close}`?" if close else None
    if error["type"] in TABLES:
        return f"`{name}` takes settings{shown}", f"there are {', '.join(_fields(keys))}"
    if error["type"] in WORDS:
        return f"`{name}` {WORDS[error['type']]}{shown if error['type'] != 'missing' else ''}", None
    said = error["msg"].replace("Input should be", "must be").replace("String should have", "must have")
    return f"`{name}` {said[:1].lower()}{said[1:]}{shown}", None


def _meant(given: str, words: Sequence[str]) -> str | None:
    """The word that was probably meant: what another tool's is called here, or one that is spelled like it."""
    known = ELSEWHERE.get(given.lower())
    close = [known] if known in words else close_words(given, words)
    return close[0] if close else None


def meant_word(path: str, given: str) -> str | None:
    """Of the words that a setting takes, the one that was probably meant; None where it takes none or none is near."""
    *tables, key = path.split(".")
    model: type[BaseModel] | None = Recipe
    for table in tables:
        model = _table(model, table) if model is not None else None
    return _meant(given, sorted(words_of(model, key))) if model is not None else None


def setting_paths() -> list[str]:
    """The full names of all settings, in the order of the recipe."""
    return _paths(Recipe, "")


def _fields(keys: Sequence[str]) -> list[str]:
    """The settings that a table has."""
    model: type[BaseModel] | None = Recipe
    for key in keys:
        if not key.isdecimal():  # an entry of a list has the fields of the list's kind
            model = _table(model, key) if model is not None else None
    return list(model.model_fields) if model is not None else []


def _table(model: type[BaseModel], key: str) -> type[BaseModel] | None:
    """What a key's settings are, where it is a table."""
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
