"""Finds names that are defined twice in one file or block."""

from archc.diagnostics import Code, Diagnostic, Label, Span
from archc.elaborate import advice
from archc.elaborate.settings import namings, read_settings
from archc.syntax import ast


def repeated_parameters(item: ast.Block | ast.Net) -> list[Diagnostic]:
    """A diagnostic for each parameter with the name of an earlier one of the same block or net."""
    seen: dict[str, Span] = {}
    result = []
    for parameter in item.parameters:
        if parameter.name in seen:
            result.append(
                Diagnostic(
                    Code.NAME_TWICE,
                    f"`{item.name}` has two parameters called `{parameter.name}`",
                    parameter.name_span,
                    labels=(Label(seen[parameter.name], "here for the first time"),),
                    help="choose another name",
                )
            )
        seen.setdefault(parameter.name, parameter.name_span)
    return result


def repeated_items(file: ast.File) -> list[Diagnostic]:
    """A diagnostic for each name that a file defines twice."""
    seen: dict[tuple[str, str], Span] = {}
    result = []
    for item in file.items:
        if isinstance(item, ast.Use):
            continue
        if isinstance(item, ast.Train):
            result += _repeated_settings(item, seen)
            continue
        if isinstance(item, ast.Block | ast.Net):
            result += repeated_parameters(item)
        kind = type(item).__name__.lower()
        key = (kind, item.name)
        if key in seen:
            result.append(advice.step_errors.given_twice_as(f"{kind}s", item.name, item.name_span, seen[key]))
        seen.setdefault(key, item.name_span)
    return result


def _repeated_settings(item: ast.Train, seen: dict[tuple[str, str], Span]) -> list[Diagnostic]:
    """Diagnostics of `train` and `weights`: a second one, settings that are set twice, wrong rules of names."""
    key = (item.keyword, "")
    if key in seen:
        first = Label(seen[key], "here for the first time")
        said = f"a file has one `{item.keyword} {{ … }}`"
        return [Diagnostic(Code.GIVEN_TWICE, said, item.keyword_span, labels=(first,))]
    seen[key] = item.keyword_span
    result = read_settings(item)
    return [*result.diagnostics, *(namings(result)[1] if item.keyword == "weights" else ())]
