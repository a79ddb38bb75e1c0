"""Reports of tables: headers without variants, rows of another width, cells that hold no layer or figure."""

from collections.abc import Collection

from archc.diagnostics import Code, Diagnostic, Label, Span
from archc.elaborate.advice.suggest import did_you_mean, nearest, renames
from archc.elaborate.column_layout import Columns
from archc.syntax import ast


def no_header(row: ast.Row) -> Diagnostic:
    """The report of a table that begins with a row of values."""
    return Diagnostic(
        Code.NO_COLUMNS,
        "the first row of a table names its columns, and this one holds values",
        row.span,
        help="put a header above it: `| stage | A | B |`",
    )


def no_variants(table: ast.Table, row: ast.Row) -> Diagnostic:
    """The report of a header in which no column is a variant."""
    return Diagnostic(
        Code.NO_COLUMNS,
        f"table `{table.name}` has no column of layers",
        row.span,
        help="beside stage, output, input, params, macs and `let …`, each column is a variant of the network",
    )


def mistyped_column(title: str, span: Span, known: Collection[str]) -> Diagnostic | None:
    """The report of a variant whose title is nearly that of a column of figures: `outptu`."""
    close = nearest(title.lower(), known)
    if not close:
        return None
    message = f"`{title}` would be a variant of the network"
    return Diagnostic(Code.UNKNOWN_COLUMN, message, span, help=did_you_mean(close), fixes=renames(span, close))


def ragged_row(row: ast.Row, columns: Columns, header: ast.Row, *, bare: bool) -> Diagnostic:
    """The report of a row with more or fewer cells than its header. bare: it holds constants or figures."""
    count = len(row.cells)
    help_text = f"{columns.width} cells"
    if len(columns.variants) > 1:
        help_text += f", or {columns.special + 1} where the last one spans all {len(columns.variants)} variants"
    if bare and not columns.special and count == columns.width + 1:
        help_text = "figures and constants have their name in a column before the variants: `| stage | A | B |`"
    return Diagnostic(
        Code.RAGGED_ROW,
        f"this row has {count} cell{'s' * (count != 1)}; the header has {columns.width}",
        row.span,
        labels=(Label(header.span, f"{columns.width} column{'s' * (columns.width != 1)}"),),
        help=help_text,
    )


def stage_twice(stage: ast.Raw, earlier: Span) -> Diagnostic:
    """The report of a stage that is named again after another."""
    return Diagnostic(
        Code.NAME_TWICE,
        f"the stage `{stage.text}` is named twice, with another between",
        stage.span,
        labels=(Label(earlier, "here for the first time"),),
        help="leave the cell empty in the rows that continue a stage",
    )


def unknown_metric_row(stage: ast.Raw, known: Collection[str]) -> Diagnostic:
    """The report of a row of figures under a name that no figure has."""
    close = nearest(stage.text, known, synonyms=True)
    return Diagnostic(
        Code.UNKNOWN_METRIC,
        f"`{stage.text}` is no figure that a row may state",
        stage.span,
        help=did_you_mean(close) or f"a row of figures is called {', '.join(sorted(known))}",
        fixes=renames(stage.span, close),
    )


def not_a_figure(cell: ast.Cell, what: str) -> Diagnostic:
    """The report of a cell that states no number or shape."""
    return Diagnostic(
        Code.NOT_A_FIGURE,
        f"`{cell.span.text}` is no figure for `{what}`",
        cell.span,
        help="figures are written 25557032, 25.6M, 3.8G or ~3.8G; shapes 112x112 or 112x112x64",
    )


def not_a_layer(cell: ast.Cell) -> Diagnostic:
    """The report of a cell among the layers that holds none."""
    return Diagnostic(
        Code.NOT_A_LAYER,
        f"`{cell.span.text}` is no layer",
        cell.span,
        help="a cell holds a path of layers: `conv3-64`, `maxpool 2x2/2`, `flatten -> fc 10`",
    )
