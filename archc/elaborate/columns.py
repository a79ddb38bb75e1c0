"""Reads the header row of a table."""

from archc.diagnostics import Code, Diagnostic, Label, Span
from archc.elaborate import advice
from archc.elaborate.column_layout import CLAIM_COLUMNS, CONSTANT, Columns
from archc.syntax import ast
from archc.syntax.rows import STAGE_HEADERS


def read_header(row: ast.Row, table: ast.Table) -> tuple[Columns, list[Diagnostic]]:
    stage: int | None = None
    claims: dict[str, int] = {}
    constants: dict[str, int] = {}
    variants: dict[str, int] = {}
    spans: dict[str, Span] = {}
    diagnostics: list[Diagnostic] = []
    if _holds_values(row):
        diagnostics.append(advice.table_errors.no_header(row))
    for index, cell in enumerate(row.cells):
        text = " ".join(cell.content.text.split()) if isinstance(cell.content, ast.Raw) else ""
        plain = text.lower()
        if not text:
            diagnostics.append(Diagnostic(Code.EMPTY_HEADER, "this column has no name", cell.span))
        elif text in spans:
            first = Label(spans[text], "here for the first time")
            diagnostics.append(
                Diagnostic(Code.NAME_TWICE, f"there are two columns `{text}`", cell.span, labels=(first,))
            )
        elif plain in STAGE_HEADERS and not variants:
            stage = index
        elif plain in CLAIM_COLUMNS:
            claims[plain] = index
        elif constant := CONSTANT.match(text):
            constants[constant[1]] = index
        else:
            if (
                len(plain) > 3
                and (mistyped := advice.table_errors.mistyped_column(text, cell.span, CLAIM_COLUMNS)) is not None
            ):
                diagnostics.append(mistyped)
            variants[text] = index
        spans[text] = cell.span
    if not variants and not diagnostics:
        diagnostics.append(advice.table_errors.no_variants(table, row))
    elif variants and sorted(variants.values()) != list(
        range(min(variants.values()), min(variants.values()) + len(variants))
    ):
        diagnostics.append(Diagnostic(Code.SCATTERED_COLUMNS, "the variant columns must stand side by side", row.span))
    return Columns(stage, claims, constants, variants, spans, len(row.cells)), diagnostics


def _holds_values(row: ast.Row) -> bool:
    """`| let width | 8 | 16 |` where the header belongs."""
    first, *others = (cell.content.text.strip() if isinstance(cell.content, ast.Raw) else "" for cell in row.cells)
    return bool(others) and bool(CONSTANT.match(first)) and all(text.isdigit() for text in others)
