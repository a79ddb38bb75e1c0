"""The header row of a table: which column holds what."""

import re

from archc.diagnostics import Code, Diagnostic, Label, Span
from archc.elaborate.advice.suggest import did_you_mean, nearest, renames
from archc.records import dataclass
from archc.syntax import ast
from archc.syntax.rows import STAGE_HEADERS

CLAIM_COLUMNS = ("output", "input", "params", "macs", "flops")
SPECIAL_HEADERS = {*STAGE_HEADERS, *CLAIM_COLUMNS}
CONSTANT = re.compile(r"let[ \t]+([A-Za-z_][A-Za-z0-9_]*)\Z")


@dataclass(frozen=True, slots=True)
class Columns:
    """Where a header puts what."""

    stage: int | None
    claims: dict[str, int]
    constants: dict[str, int]
    variants: dict[str, int]
    spans: dict[str, Span]
    width: int

    @property
    def special(self) -> int:
        return self.width - len(self.variants)

    @property
    def first_variant(self) -> int:
        return min(self.variants.values())


def read_header(row: ast.Row, table: ast.Table) -> tuple[Columns, list[Diagnostic]]:
    stage: int | None = None
    claims: dict[str, int] = {}
    constants: dict[str, int] = {}
    variants: dict[str, int] = {}
    spans: dict[str, Span] = {}
    diagnostics: list[Diagnostic] = []
    if _holds_values(row):
        diagnostics.append(
            Diagnostic(
                Code.NO_COLUMNS,
                "the first row of a table names its columns, and this one holds values",
                row.span,
                help="put a header above it: `| stage | A | B |`",
            )
        )
    for index, cell in enumerate(row.cells):
        text = " ".join(cell.content.text.split()) if isinstance(cell.content, ast.Raw) else ""
        plain = text.lower()
        if not text:
            diagnostics.append(Diagnostic(Code.EMPTY_HEADER, "this column has no name", cell.span))
        elif text in spans:
            diagnostics.append(
                Diagnostic(
                    Code.NAME_TWICE,
                    f"there are two columns `{text}`",
                    cell.span,
                    labels=(Label(spans[text], "here for the first time"),),
                )
            )
        elif plain in STAGE_HEADERS and not variants:
            stage = index
        elif plain in CLAIM_COLUMNS:
            claims[plain] = index
        elif constant := CONSTANT.match(text):
            constants[constant[1]] = index
        else:
            close = nearest(plain, CLAIM_COLUMNS) if len(plain) > 3 else []
            if close:
                diagnostics.append(
                    Diagnostic(
                        Code.UNKNOWN_COLUMN,
                        f"`{text}` would be a variant of the network",
                        cell.span,
                        help=did_you_mean(close),
                        fixes=renames(cell.span, close),
                    )
                )
            variants[text] = index
        spans[text] = cell.span
    if not variants and not diagnostics:
        diagnostics.append(
            Diagnostic(
                Code.NO_COLUMNS,
                f"table `{table.name}` has no column of layers",
                row.span,
                help="beside stage, output, input, params, macs and `let …`, each column is a variant of the network",
            )
        )
    elif variants and sorted(variants.values()) != list(
        range(min(variants.values()), min(variants.values()) + len(variants))
    ):
        diagnostics.append(Diagnostic(Code.SCATTERED_COLUMNS, "the variant columns must stand side by side", row.span))
    return Columns(stage, claims, constants, variants, spans, len(row.cells)), diagnostics


def _holds_values(row: ast.Row) -> bool:
    """`| let width | 8 | 16 |` where the header belongs."""
    first, *others = (cell.content.text.strip() if isinstance(cell.content, ast.Raw) else "" for cell in row.cells)
    return bool(others) and bool(CONSTANT.match(first)) and all(text.isdigit() for text in others)
