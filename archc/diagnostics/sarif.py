"""Diagnostics as SARIF 2.1.0, through the object model of `sarif_om`.

Source: OASIS, "Static Analysis Results Interchange Format (SARIF) Version 2.1.0".
"""

import json
from collections.abc import Iterable, Sequence
from typing import Any
from urllib.parse import quote

import sarif_om as om  # type: ignore[import-untyped]

from archc.diagnostics.catalogue import Entry, catalogue
from archc.diagnostics.model import Diagnostic, Fix, Severity
from archc.diagnostics.source import Span
from archc.diagnostics.visible import visible_json
from archc.version import VERSION

LEVELS: dict[Severity, str] = {"error": "error", "warning": "warning", "info": "note"}
SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"


def sarif(diagnostics: Iterable[Diagnostic]) -> str:
    """One run as a JSON document."""
    found = list(diagnostics)
    codes = sorted({diagnostic.code for diagnostic in found})
    rules = [_rule(catalogue()[code]) for code in codes]
    driver = om.ToolComponent(name="archc", version=VERSION, semantic_version=VERSION, rules=rules)
    run = om.Run(
        tool=om.Tool(driver=driver),
        column_kind="unicodeCodePoints",
        results=[_result(diagnostic, codes) for diagnostic in found],
    )
    log = om.SarifLog(version="2.1.0", schema_uri=SCHEMA, runs=[run])
    return visible_json(json.dumps(plain(log), ensure_ascii=False, indent=2))


def _rule(entry: Entry) -> Any:
    """What the code means: its sentence, and as help the example too."""
    example = entry.source or entry.command or ""
    return om.ReportingDescriptor(
        id=entry.code,
        short_description=om.MultiformatMessageString(text=entry.sentence),
        help=om.MultiformatMessageString(
            text=f"{entry.sentence}\n\n{example}", markdown=f"{entry.sentence}\n\n```\n{example.rstrip()}\n```"
        ),
    )


def _result(diagnostic: Diagnostic, codes: Sequence[str]) -> Any:
    lines = [diagnostic.message, *diagnostic.notes, *([f"help: {diagnostic.help}"] if diagnostic.help else [])]
    result = om.Result(
        message=om.Message(text="\n".join(lines)),
        rule_id=diagnostic.code,
        rule_index=codes.index(diagnostic.code),
        level=LEVELS[diagnostic.severity],
    )
    if diagnostic.span is not None:
        result.locations = [om.Location(physical_location=_physical(diagnostic.span))]
    elif diagnostic.file:
        artifact = om.ArtifactLocation(uri=uri(diagnostic.file))
        result.locations = [om.Location(physical_location=om.PhysicalLocation(artifact_location=artifact))]
    if diagnostic.labels:
        result.related_locations = [
            om.Location(id=number, message=om.Message(text=label.text), physical_location=_physical(label.span))
            for number, label in enumerate(diagnostic.labels)
        ]
    if diagnostic.fixes:
        result.fixes = [_fix(fix) for fix in diagnostic.fixes]
    return result


def _physical(span: Span) -> Any:
    return om.PhysicalLocation(artifact_location=om.ArtifactLocation(uri=uri(span.source.name)), region=_region(span))


def _region(span: Span) -> Any:
    return om.Region(start_line=span.line, start_column=span.column, end_line=span.end_line, end_column=span.end_column)


def _fix(fix: Fix) -> Any:
    files: dict[str, list[Any]] = {}
    for edit in fix.edits:
        replacement = om.Replacement(
            deleted_region=_region(edit.span), inserted_content=om.ArtifactContent(text=edit.text)
        )
        files.setdefault(edit.span.source.name, []).append(replacement)
    changes = [
        om.ArtifactChange(artifact_location=om.ArtifactLocation(uri=uri(name)), replacements=replacements)
        for name, replacements in files.items()
    ]
    return om.Fix(description=om.Message(text=fix.message), artifact_changes=changes)


def uri(name: str) -> str:
    """A display name as a relative or absolute URI reference."""
    return quote(name.replace("\\", "/"), safe="/")


def plain(value: Any) -> Any:
    """Objects of sarif_om as JSON values, without those at their default."""
    if isinstance(value, list):
        return [plain(item) for item in value]
    fields = getattr(type(value), "__attrs_attrs__", None)
    if fields is None:
        return value
    named = ((f.metadata["schema_property_name"], getattr(value, f.name), f.default) for f in fields)
    return {name: plain(item) for name, item, default in named if item is not None and item != default}
