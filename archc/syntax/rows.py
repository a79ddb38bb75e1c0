"""Rows of tables among the tokens: header and stage cells are taken as they are printed.

A header says `A-LRN`, `32x4d` or `18`, a stage cell `conv2_x` or `inception (3a)`: no tokens of the
language, so each becomes one RAW token. The same pass reads `vgg[D]` as a call with its variant.
"""

from collections.abc import Iterator, Sequence

from archc.diagnostics import Source
from archc.syntax.brackets import closing, find, split
from archc.syntax.tokens import Token

STAGE_HEADERS = {"stage", "layer", "name", "layer name", "type"}
METRIC_ROWS = {"params", "macs", "flops", "depth"}
STARTS_STEP = {"NEWLINE", "ARROW", "LBRACE", "BAR", "ROW", "COLON"}


def read_rows(tokens: list[Token], source: Source) -> list[Token]:
    """The tokens with RAW cells in tables and VARIANT brackets in calls."""
    if any(token.type == "TABLE" for token in tokens):
        tokens = list(_tables(tokens, source))
    return list(variants(tokens, source))


def _tables(tokens: list[Token], source: Source) -> Iterator[Token]:
    index = 0
    while index < len(tokens):
        yield tokens[index]
        if tokens[index].type == "TABLE":
            opener = _find(tokens, index, "LBRACE")
            yield from tokens[index + 1 : opener + 1]
            end = closing(tokens, opener)
            yield from _body(tokens[opener + 1 : end], source)
            index = end
        else:
            index += 1


def is_rule(row: list[Token]) -> bool:
    """`|---|:--:|`, which Markdown has under a header: it says nothing."""
    kinds = {token.type for token in row}
    return "MINUS" in kinds and kinds <= {"MINUS", "COLON", "BAR", "ROW"}


def _find(tokens: list[Token], start: int, kind: str) -> int:
    return next((i for i in range(start, len(tokens)) if tokens[i].type == kind), len(tokens) - 1)


def _body(tokens: list[Token], source: Source) -> Iterator[Token]:
    stage_column: int | None = None
    header = True
    index = 0
    while index < len(tokens):
        if tokens[index].type != "ROW":
            end = find(tokens, index, ("ROW",))
            yield from tokens[index:end]
            index = end
            continue
        end = find(tokens, index + 1, ("ROW", "NEWLINE"))
        cells = split(tokens[index:end], ("ROW", "BAR"))[1:]  # each with the bar before it
        if is_rule(tokens[index:end]):
            index = end
            continue
        if header:
            texts = [printed(cell[1:], source).lower() for cell in cells]
            stage_column = next((i for i, text in enumerate(texts) if text in STAGE_HEADERS), None)
        for number, cell in enumerate(cells):
            yield cell[0]
            if len(cell) > 1:
                raw = header or (number == stage_column and cell[1].type != "LET")
                yield from [_raw(cell, source)] if raw else cell[1:]
        header = False
        index = end


def printed(tokens: Sequence[Token], source: Source) -> str:
    """The tokens as they stand in the source; a line break, and the comment before it, is one space."""
    text, end = "", 0
    for token in tokens:
        if token.type == "NEWLINE":
            continue
        gap = source.text[end : token.start_pos] if text else ""
        text += (" " if "\n" in gap else gap) + source.text[token.start_pos : token.end_pos]
        end = token.end_pos
    return text


def _raw(cell: list[Token], source: Source) -> Token:
    return Token("RAW", printed(cell[1:], source), start_pos=cell[1].start_pos, end_pos=cell[-1].end_pos)


def _starts_step(tokens: list[Token], before: int) -> bool:
    """Whether a step begins after the token at `before`; a bracket may also hold a count, `x (layers[0])`."""
    while before >= 0 and tokens[before].type == "LPAR":
        before -= 1
    return before < 0 or tokens[before].type in STARTS_STEP


def variants(tokens: list[Token], source: Source) -> Iterator[Token]:
    """The tokens with one for each bracket that names a variant, `resnext[32x4d]`, as it is printed."""
    index = 0
    while index < len(tokens):
        token = tokens[index]
        yield token
        index += 1
        begins = token.type == "NAME" and _starts_step(tokens, index - 2)
        if begins and index < len(tokens) and tokens[index].type == "INDEX_LSQB":
            end = closing(tokens, index)
            if end < len(tokens):
                inner = source.text[tokens[index].end_pos : tokens[end].start_pos].strip()
                yield Token("VARIANT", inner, start_pos=tokens[index].start_pos, end_pos=tokens[end].end_pos)
                index = end + 1
