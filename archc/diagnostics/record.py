"""A diagnostic as JSON, for `--json`. Lines and columns count from 1, columns in code points."""

from typing import Any

from archc.diagnostics.model import Diagnostic
from archc.diagnostics.source import Span


def record(diagnostic: Diagnostic) -> dict[str, Any]:
    """The object that schema 1 of `archc check --json` has for it."""
    span = diagnostic.span
    place = position(span) if span else dict.fromkeys(("line", "column", "end_line", "end_column"))
    return {
        "code": diagnostic.code,
        "severity": diagnostic.severity,
        "message": diagnostic.message,
        "file": span.source.name if span else diagnostic.file,
        **place,
        "labels": [
            {"message": label.text, "file": label.span.source.name, **position(label.span)}
            for label in diagnostic.labels
        ],
        "notes": list(diagnostic.notes),
        "help": diagnostic.help,
        "fixes": [
            {"message": fix.message, "edits": [{**position(e.span), "text": e.text} for e in fix.edits]}
            for fix in diagnostic.fixes
        ],
    }


def position(span: Span) -> dict[str, int]:
    """Where it begins, and where the character after it stands."""
    line, column = span.source.locate(span.start)
    end_line, end_column = span.source.locate(span.end)
    return {"line": line, "column": column, "end_line": end_line, "end_column": end_column}
