"""Expands a table to nets: one for each variant column, with its rows as statements.

    | stage | output | 18 | 34 |      the first row names the columns
    | let width | | 64 | 64 |         a constant of each variant
    | conv1 | 112x112 | conv 7x7/2, 64, pad=3 |      one cell spans all variants
    | macs  |         | 1.8G | 3.6G |  figures claimed of each variant

`stage` names the nodes of a row and of the rows below it that name none. `output` claims the shape
after its row, `input` the one before it, `params` and `macs` what the row costs. A column `let width`
holds a constant of each row.
"""

from collections.abc import Iterator

from archc.diagnostics import Code, Diagnostic, Span
from archc.elaborate import advice
from archc.elaborate.column_layout import WORD, Columns, net_name
from archc.elaborate.columns import read_header
from archc.records import dataclass
from archc.syntax import ast
from archc.syntax.keywords import RESERVED
from archc.syntax.rows import METRIC_ROWS


@dataclass(frozen=True, slots=True)
class Expanded:
    """The nets of a table by variant, and the diagnostics of the table itself."""

    nets: dict[str, ast.Net]
    diagnostics: tuple[Diagnostic, ...]


def stage_label(text: str) -> str:
    """`conv2_x` as it is, `2nd` as stage_2nd: a label begins with a letter, and is no word of the language."""
    word = WORD.sub("_", text).strip("_")
    return f"stage_{word}" if word[:1].isdigit() or word in RESERVED else word


def expand_table(table: ast.Table) -> Expanded:
    """One net a variant column."""
    rows = [line for line in table.lines if isinstance(line, ast.Row)]
    if not rows:
        return Expanded({}, (Diagnostic(Code.NO_COLUMNS, f"table `{table.name}` has no header row", table.name_span),))
    columns, diagnostics = read_header(rows[0], table)
    if diagnostics:
        return Expanded({}, tuple(diagnostics))  # what the columns mean is not known
    reader = _Reader(table, rows[0], columns, diagnostics)
    reader.check()
    nets = {}
    for variant in columns.variants:
        statements = tuple(reader.statements(variant))
        body = ast.Body(table.span, statements)
        single = len(columns.variants) == 1
        name = table.name if single else net_name(table.name, variant)
        span = columns.spans[variant]
        nets[variant] = ast.Net(table.span, name, span, table.parameters, body)
    return Expanded(nets, tuple(diagnostics))


class _Reader:
    """Reads the rows of one table, for one variant after the other."""

    def __init__(self, table: ast.Table, header: ast.Row, columns: Columns, diagnostics: list[Diagnostic]) -> None:
        self.columns = columns
        self.diagnostics = diagnostics
        self.lines = [line for line in table.lines if line is not header]
        self.header = header

    # ---- the table as a whole

    def check(self) -> None:
        """Ragged rows and stages named twice; once for all variants."""
        columns = self.columns
        allowed = {columns.width, columns.special + 1}
        seen: dict[str, Span] = {}
        last = ""
        sound: list[ast.Statement | ast.Row] = []
        for line in self.lines:
            if not isinstance(line, ast.Row):
                sound.append(line)
                continue
            if len(line.cells) not in allowed:
                self.diagnostics.append(
                    advice.table_errors.ragged_row(line, columns, self.header, bare=self._is_bare(line))
                )
                continue
            if (unknown := self._unknown_metric(line)) is not None:
                self.diagnostics.append(unknown)
                continue
            sound.append(line)
            stage = self._stage(line)
            if stage is None:
                continue
            if stage.text in seen and stage.text != last:
                self.diagnostics.append(advice.table_errors.stage_twice(stage, seen[stage.text]))
            seen.setdefault(stage.text, stage.span)
            last = stage.text
        self.lines = sound

    def _unknown_metric(self, row: ast.Row) -> Diagnostic | None:
        """The report of a row of figures under an unknown name: `| paramz | 224 | 448 |`."""
        stage = self._stage(row)
        if stage is None or self._is_bare(row):
            return None
        contents = [self._cell(row, variant).content for variant in self.columns.variants]
        given = [content for content in contents if content is not None]
        if not given or not all(isinstance(c, ast.Stated) and isinstance(c.value, ast.Number) for c in given):
            return None
        return advice.table_errors.unknown_metric_row(stage, METRIC_ROWS)

    # ---- one variant

    def statements(self, variant: str) -> Iterator[ast.Statement]:
        """The body of a variant's net."""
        stage: ast.Raw | None = None
        gathered: list[ast.Row] = []
        for line in self.lines:
            named = self._stage(line) if isinstance(line, ast.Row) else None
            ends = not isinstance(line, ast.Row) or named is not None or self._is_bare(line)
            if ends and gathered:
                yield from self._stage_rows(stage, gathered, variant)
                gathered, stage = [], None
            if not isinstance(line, ast.Row):
                yield line
            elif self._is_bare(line):
                yield from self._bare(line, variant)
            else:
                stage = named if named is not None else stage
                gathered.append(line)
        if gathered:
            yield from self._stage_rows(stage, gathered, variant)

    def _stage(self, row: ast.Row) -> ast.Raw | None:
        if self.columns.stage is None or self.columns.stage >= len(row.cells):
            return None
        content = row.cells[self.columns.stage].content
        return content if isinstance(content, ast.Raw) and content.text.lower() not in METRIC_ROWS else None

    def _is_bare(self, row: ast.Row) -> bool:
        """A row of constants or of figures: not of layers."""
        return isinstance(row.cells[0].content, ast.Binding) or _metric(row.cells[0]) is not None

    def _cell(self, row: ast.Row, variant: str) -> ast.Cell:
        """The variant's cell; where one spans, that one."""
        index = self.columns.variants[variant]
        if len(row.cells) != self.columns.width:
            spanning = self.columns.first_variant
            return row.cells[spanning]
        return row.cells[index]

    def _special(self, row: ast.Row, index: int | None) -> ast.Cell | None:
        """The row's cell in a column that is no variant."""
        if index is None:
            return None
        if len(row.cells) != self.columns.width and index > self.columns.first_variant:
            index -= len(self.columns.variants) - 1
        return row.cells[index]

    def _bare(self, row: ast.Row, variant: str) -> Iterator[ast.Statement]:
        head = row.cells[0].content
        cell = self._cell(row, variant)
        if cell.content is None:
            return
        metric = _metric(row.cells[0])
        if isinstance(head, ast.Binding):
            yield from _constant(head.name, head.name_span, cell)
        elif metric is not None:
            if isinstance(cell.content, ast.Stated):
                yield ast.Expect(cell.span, metric, row.cells[0].span, cell.content)
            else:
                self._not_a_figure(cell, metric)

    def _not_a_figure(self, cell: ast.Cell, what: str) -> None:
        diagnostic = advice.table_errors.not_a_figure(cell, what)
        if diagnostic.key not in {other.key for other in self.diagnostics}:
            self.diagnostics.append(diagnostic)

    def _stage_rows(self, stage: ast.Raw | None, rows: list[ast.Row], variant: str) -> Iterator[ast.Statement]:
        """The rows of one stage. One row under a name is a labelled path; several share its scope."""
        span = rows[0].span.to(rows[-1].span)
        if stage is not None and len(rows) == 1:
            yield from self._row(rows[0], variant, stage_label(stage.text), stage.span)
            return
        statements = tuple(statement for row in rows for statement in self._row(row, variant, None, None))
        if stage is None:
            yield from statements
        elif statements:
            yield ast.Stage(span, stage_label(stage.text), stage.span, statements, ())

    def _row(self, row: ast.Row, variant: str, label: str | None, label_span: Span | None) -> Iterator[ast.Statement]:
        cell = self._cell(row, variant)
        inflow = self._special(row, self.columns.claims.get("input"))
        if inflow is not None and inflow.content is not None:
            yield from self._shape(inflow, "input")
        for name, index in self.columns.constants.items():
            given = self._special(row, index)
            if given is not None:
                yield from _constant(name, self.columns.spans[f"let {name}"], given)
        claims = []
        for metric in ("params", "macs", "flops"):
            stated = self._special(row, self.columns.claims.get(metric))
            if stated is None or stated.content is None:
                continue
            if isinstance(stated.content, ast.Stated):
                claims.append(ast.Expect(stated.span, metric, self._header(metric), stated.content))
            else:
                self._not_a_figure(stated, metric)
        statements: tuple[ast.Statement, ...] = ()
        if isinstance(cell.content, ast.Sequence):
            statements = (ast.Flow(cell.span, label, label_span, cell.content),)
        elif cell.content is not None:
            self.diagnostics.append(advice.table_errors.not_a_layer(cell))
        if claims:
            yield ast.Stage(row.span, None, None, statements, tuple(claims))
        else:
            yield from statements
        outflow = self._special(row, self.columns.claims.get("output"))
        if outflow is not None and outflow.content is not None:
            yield from self._shape(outflow, "output")

    def _header(self, name: str) -> Span:
        """Where the header names a column, in whatever case."""
        return next(span for title, span in self.columns.spans.items() if title.lower() == name)

    def _shape(self, cell: ast.Cell, column: str) -> Iterator[ast.Statement]:
        if isinstance(cell.content, ast.Stated):
            yield ast.Flow(cell.span, None, None, ast.Sequence(cell.span, (), cell.content))
        else:
            self._not_a_figure(cell, column)


def _constant(name: str, name_span: Span, cell: ast.Cell) -> Iterator[ast.Let]:
    """The constant that a cell gives a row or a variant; an empty one leaves it as it was."""
    if isinstance(cell.content, ast.Stated):
        yield ast.Let(cell.span, name, name_span, cell.content.value)
    elif isinstance(cell.content, ast.Sequence):
        yield ast.Let(cell.span, name, name_span, _as_name(cell.content))


def _metric(cell: ast.Cell) -> str | None:
    """The figure that a row claims, by its first cell: `params` read raw or as a bare call."""
    content = cell.content
    if isinstance(content, ast.Raw):
        text = content.text.lower()
    elif isinstance(content, ast.Sequence) and len(content.steps) == 1 and isinstance(content.steps[0], ast.Call):
        text = content.steps[0].name.lower() if not content.steps[0].arguments else ""
    else:
        return None
    return text if text in METRIC_ROWS else None


def _as_name(sequence: ast.Sequence) -> ast.Expr:
    """A cell of a constants row that holds a bare word: `relu`, a name in scope."""
    step = sequence.steps[0]
    if len(sequence.steps) == 1 and isinstance(step, ast.Call) and not step.arguments:
        return ast.Name(step.span, step.name)
    return ast.Name(sequence.span, sequence.span.text)
