"""Messages for command lines that cannot be parsed, with a suggestion."""

# ruff: noqa: PLC0415  (imported where something is wrong)

import re
from collections.abc import Iterable, Sequence
from typing import Any

from archc.diagnostics.visible import visible
from archc.spelling import close_words

NUMBER = re.compile(r"'?(?P<given>[^' ]*)'? is not (a valid (integer|float)|in the range)")
NUMERIC = re.compile(r"(int|float)_|(greater|less)_than")  # pydantic's kinds of errors
LIKE = 0.7  # of options, which begin alike
CHOICE = re.compile(r"'(?P<given>[^']*)' is not one of (?P<choices>.*?)\.?$")


def explained(error: Any, arguments: Sequence[str]) -> str:
    """The text for an error of typer's: the usage of the command, and the message in the last line.

    arguments: the command line.
    """
    context = error.ctx
    lines = [] if context is None else [context.get_usage(), f"Try `{context.command_path} --help`.", ""]
    return "\n".join([*lines, visible(f"archc: {_message(error, arguments)}")])


def near(word: str, known: Iterable[str], least: float = 0.6) -> str:
    """`: did you mean X?` if a known word is close to the word; else an empty text."""
    close = close_words(word, known, least=least)
    return f": did you mean `{close[0]}`?" if close else ""


def _message(error: Any, arguments: Sequence[str]) -> str:
    option = getattr(error, "option_name", None)
    if option is not None and hasattr(error, "possibilities"):
        return f"there is no option `{option}`{_meant(option, error.ctx, arguments)}"
    command = re.match(r"No such command '(.*?)'", error.format_message())
    if command is not None:
        return f"there is no command `{command[1]}`{near(command[1], error.ctx.command.commands)}"
    if option is not None:  # one that is there
        return f"`{option}` {'takes no value' if 'not take' in error.message else 'needs a value'}"
    parameter = getattr(error, "param", None)
    if parameter is None:  # one of archc's own
        return str(error.message)
    name = max(parameter.opts, key=len) if parameter.param_type_name == "option" else parameter.metavar
    return f"{name} {_refused(error)}" if error.message else f"{name} is missing"


def _meant(option: str, context: Any, arguments: Sequence[str]) -> str:
    """The suggestion for an unknown option: another option, or for `train` a setting of the recipe."""
    known = [name for one in context.command.params for name in (*one.opts, *one.secondary_opts) if name[:2] == "--"]
    said = near(option, [*known, "--help"], LIKE)
    if context.command.name != "train":
        return said
    from archc.train.setting_names import named, setting

    word = option.lstrip("-")
    if said and not named(word):
        return said
    meant = setting(word, _value(option, arguments))
    return f": did you mean `--set {meant}`?" if meant else said


def _value(option: str, arguments: Sequence[str]) -> str | None:
    """The value of an unknown option: of `--x=VALUE`, or the next word unless it is an option."""
    for one, following in zip(arguments, [*arguments[1:], "-"], strict=True):
        name, equals, value = one.partition("=")
        if name == option:
            return value if equals else None if following.startswith("-") else following
    return None


def _refused(error: Any) -> str:
    """The message for a value that is not allowed: from pydantic's error if there is one, else from the text."""
    message = str(error.message).removeprefix("Value error, ")
    choice = CHOICE.match(message)
    if choice is not None:
        given, choices = choice["given"], re.findall(r"'([^']*)'", choice["choices"])
        one_of = "one of " if len(choices) > 1 else ""
        return f"is {one_of}{', '.join(choices)}, not `{given}`{near(given, choices)}"
    numeric = NUMBER.match(message)
    reasons = error.__cause__.errors() if hasattr(error.__cause__, "errors") else []
    if numeric is None and not any(NUMERIC.match(reason["type"]) for reason in reasons):
        return f"was not understood: {message}"
    ranged = error.param if reasons else error.param.type  # before typer 0.29 the bounds are its type's
    kind = getattr(getattr(error.param, "type_descriptor", None), "annotation", getattr(ranged, "name", ""))
    number = "a number" if "float" in str(kind) else "a whole number"
    bounds = (("from", getattr(ranged, "min", None)), ("to", getattr(ranged, "max", None)))
    limits = "".join(f" {word} {bound:g}" for word, bound in bounds if bound is not None)
    return f"takes {number}{limits}, not `{reasons[0]['input'] if numeric is None else numeric['given']}`"
