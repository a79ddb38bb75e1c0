"""Diagnostics as workflow commands, which GitHub shows beside the lines of a pull request.

Source: "Workflow commands for GitHub Actions", setting an error message; actions/toolkit, command.ts.
"""

from collections.abc import Iterable

from archc.diagnostics.model import Diagnostic, Severity
from archc.diagnostics.visible import visible

COMMANDS: dict[Severity, str] = {"error": "error", "warning": "warning", "info": "notice"}
ESCAPES = str.maketrans({"%": "%25", "\r": "%0D", "\n": "%0A"})
PROPERTY_ESCAPES = str.maketrans({"%": "%25", "\r": "%0D", "\n": "%0A", ":": "%3A", ",": "%2C"})


def annotations(diagnostics: Iterable[Diagnostic]) -> str:
    """A line for each."""
    return "".join(f"{annotation(diagnostic)}\n" for diagnostic in diagnostics)


def annotation(diagnostic: Diagnostic) -> str:
    """`::error file=…,line=…,col=…,endLine=…,endColumn=…,title=…::message`"""
    span = diagnostic.span
    properties: dict[str, object] = {}
    if span is not None:
        properties = {"file": span.source.name, "line": span.line, "endLine": span.end_line}
        if span.line == span.end_line:  # GitHub takes columns on one line only
            properties |= {"col": span.column, "endColumn": span.end_column}
    elif diagnostic.file:
        properties = {"file": diagnostic.file}
    properties["title"] = f"archc: {diagnostic.code}"
    written = ",".join(f"{key}={visible(str(value)).translate(PROPERTY_ESCAPES)}" for key, value in properties.items())
    lines = [diagnostic.message, *diagnostic.notes, *([f"help: {diagnostic.help}"] if diagnostic.help else [])]
    lines += [f"fix: {fix.message}" for fix in diagnostic.fixes]
    message = "\n".join(map(visible, lines)).translate(ESCAPES)
    return f"::{COMMANDS[diagnostic.severity]} {written}::{message}"
