"""Sources, spans and diagnostics. Every other package may import this one; it imports none of them."""

from archc.diagnostics.codes import Code, Trait
from archc.diagnostics.errors import ArchError, ArchWarning
from archc.diagnostics.model import (
    MAX_REPORTS,
    Diagnostic,
    Edit,
    Fix,
    Label,
    Severity,
    apply_edits,
    offset_before,
)
from archc.diagnostics.source import Source, Span

__all__ = [
    "MAX_REPORTS",
    "ArchError",
    "ArchWarning",
    "Code",
    "Diagnostic",
    "Edit",
    "Fix",
    "Label",
    "Severity",
    "Source",
    "Span",
    "Trait",
    "apply_edits",
    "offset_before",
]
