"""Values on the command line: sizes and parameters."""

import re

from archc.elaborate.values import Symbol, Value

SIZES = re.compile(r"\d{1,18}(?:[x×]\d{1,18}){0,3}")
WHOLE = re.compile(r"[+-]?\d{1,18}")
REAL = re.compile(r"[+-]?(?:\d+\.\d*|\.\d+|\d+)(?:[eE][+-]?\d{1,3})?")
WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
FLAGS = {"yes": True, "true": True, "no": False, "false": False}


def sizes(text: str) -> tuple[int, ...]:
    """`160x160` as (160, 160). Raises ValueError."""
    if not SIZES.fullmatch(text):
        raise ValueError(f"--input takes sizes such as 160x160, not {text!r}")
    numbers = tuple(int(part) for part in re.split("[x×]", text))
    if min(numbers) < 1:
        raise ValueError(f"--input takes sizes from 1, not {text!r}")
    return numbers


def sizes_option(text: str | None) -> tuple[int, ...] | None:
    """The sizes of an option; None if it is not given. Raises typer's error."""
    import typer  # noqa: PLC0415 - a check without options does not need it

    try:
        return sizes(text) if text is not None else None
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None


def parameter(text: str) -> tuple[str, Value]:
    """`classes=10` as ("classes", 10). Raises ValueError."""
    name, equals, value = text.partition("=")
    if not equals or not WORD.fullmatch(name.strip()):
        raise ValueError(f"--param takes name=value, not {text!r}")
    return name.strip(), read(value.strip())


def read(text: str) -> Value:
    """A number, sizes, yes or no, or a word. Raises ValueError."""
    if text in FLAGS:
        return FLAGS[text]
    if WHOLE.fullmatch(text):
        return int(text)
    if SIZES.fullmatch(text):
        return sizes(text)
    if REAL.fullmatch(text):
        return float(text)
    if WORD.fullmatch(text):
        return Symbol(text)
    raise ValueError(f"--param takes a number, sizes, yes, no or a word, not {text!r}")
