"""The one layout: it says the same as before, and says it once."""

from pathlib import Path

import pytest

from archc.diagnostics import Source
from archc.sources import decode
from archc.syntax import parse
from archc.syntax.format import format_source, same_tree

ROOT = Path(__file__).resolve().parents[2]
SOURCES = sorted([*ROOT.glob("specs/**/*.arch"), *ROOT.glob("tests/cases/ok/**/*.arch")])


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.stem)
def test_layout_changes_nothing_but_the_layout(path: Path) -> None:
    source = decode(path.read_bytes(), path.name, path)
    before, errors = parse(source)
    assert not errors
    formatted = format_source(source)
    after, errors = parse(Source(path.name, formatted))
    assert not errors
    assert same_tree(before, after)
    assert format_source(Source(path.name, formatted)) == formatted
    comments = [comment.span.text.lstrip("# ").rstrip() for comment in before.comments]
    assert [comment.span.text.lstrip("# ").rstrip() for comment in after.comments] == comments


@pytest.mark.parametrize("path", sorted(ROOT.glob("specs/**/*.arch")), ids=lambda path: path.stem)
def test_bundled_sources_are_in_it(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert format_source(Source(path.name, text)) == text


def test_what_it_looks_like() -> None:
    messy = """#a net
net  n( classes = 10 ){
input 32x32x3
one : conv 3x3,32 , pad = 1->relu   #first
three:   maxpool 2x2/2 => 16x16x32
add{
|conv 3x3/1,32,pad=1
bn
|   }


residual [3x3,64;3x3,64]x 3  /2
}
"""
    assert (
        format_source(Source("messy", messy))
        == """# a net
net n(classes=10) {
  input 32x32x3
  one:   conv 3x3, 32, pad=1 -> relu  # first
  three: maxpool 2x2/2 => 16x16x32
  add {
    | conv 3x3/1, 32, pad=1
      bn
    | }

  residual [3x3, 64; 3x3, 64] x 3 /2
}
"""
    )


def test_tables_line_up() -> None:
    source = "table t {\ninput 8x8x3\n|stage|A-LRN|18|\n|one|conv 3x3,8|relu|\n|two|bn|\n}\n"
    assert (
        format_source(Source("t", source))
        == """table t {
  input 8x8x3
  | stage | A-LRN       | 18   |
  | one   | conv 3x3, 8 | relu |
  | two   | bn                 |
}
"""
    )


@pytest.mark.parametrize("slip", ["relu", "relu6", "conv 3x3, 9"])
def test_another_tree_is_told_apart(slip: str) -> None:
    first, _ = parse(Source("a", "net n {\n input 8x8x3\n conv 3x3, 8\n}\n"))
    second, _ = parse(Source("b", f"net n {{\n input 8x8x3\n {slip}\n}}\n"))
    assert not same_tree(first, second)


@pytest.mark.parametrize("variant", ["32x4d", "A-LRN", "18", "1.0x"])
def test_a_variant_stays_as_it_is_printed(variant: str) -> None:
    text = f"net a {{\n  family[{variant}](10)\n}}\n"
    assert format_source(Source("<text>", text)) == text


def test_a_table_that_ends_in_its_last_row() -> None:
    text = "table t {\n  input 4\n  | a |\n  | relu }\n"
    assert format_source(Source("<text>", text)) == "table t {\n  input 4\n  | a    |\n  | relu | }\n"


@pytest.mark.parametrize(
    ("body", "laid_out"),
    [
        ("\n|-}", "  |---| }\n"),
        ("\n |:-|-:|--|:-:|}", "  |:---|---:|---|:---:| }\n"),
        ("\n | a | b | {\n }\n | relu {}}", "  | a | b | {\n  }\n  | relu { } | }\n"),
        ("\n |:# a\n 6}", "  # a\n  | : 6 | }\n"),
    ],
)
def test_rules_alone_and_comments_in_a_header(body: str, laid_out: str) -> None:
    formatted = format_source(Source("t", f"table u {{{body}"))
    assert formatted == f"table u {{\n{laid_out}"
    assert format_source(Source("t", formatted)) == formatted
    before, errors = parse(Source("t", f"table u {{{body}"))
    assert not errors
    assert same_tree(before, parse(Source("t", formatted))[0])


def test_a_row_over_several_lines_is_one() -> None:
    row = "|8x8x9 | conv 1x1,  # wide\n\n  9 -> relu\n -> bn|  # end\n"
    text = f"table t {{\n  input 8x8x4\n  |output|A|\n{row}| 8x8x9| relu|\n}}\n"
    assert (
        format_source(Source("<text>", text))
        == """table t {
  input 8x8x4
  | output | A                         |
  # wide
  | 8x8x9  | conv 1x1, 9 -> relu -> bn |  # end
  | 8x8x9  | relu                      |
}
"""
    )


def test_a_cell_with_a_branch_a_line() -> None:
    row = "|8x8x16 |concat {\n| conv 1x1,8\n|conv 1x1, 8\n}| conv 1x1,16|\n"
    text = f"table t {{\n input 8x8x4\n|output|A|B|\n{row}| 8x8x16| relu|tanh|\n}}\n"
    formatted = format_source(Source("<text>", text))
    assert (
        formatted
        == """table t {
  input 8x8x4
  | output | A    | B    |
  | 8x8x16 | concat {
    | conv 1x1, 8
    | conv 1x1, 8
  } | conv 1x1, 16 |
  | 8x8x16 | relu | tanh |
}
"""
    )
    assert same_tree(parse(Source("<text>", text))[0], parse(Source("<text>", formatted))[0])
