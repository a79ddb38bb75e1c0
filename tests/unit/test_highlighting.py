"""Sources in colours: every sign of the language has its kind, and nothing of a text is lost."""

from pathlib import Path

import pytest
from pygments.lexers import find_lexer_class_for_filename
from pygments.token import Comment, Error, Keyword, Name, Number, Operator, String, Text, _TokenType

from archc.highlighting import ArchLexer

SOURCE = """\
use "own/blocks.arch"  # beside it
net tiny(classes=10) {
  input 32×32x3
  low: conv 3x3/2, 16, pad=?, bias=no -> unit(a*in.channels) x 2 /2   => 16x16x16
  add { | | @low.one } and not x2y
  expect params = ~43K
}
train { lr = 5e-4 }
"""


def kinds(text: str) -> list[tuple[_TokenType, str]]:
    return list(ArchLexer(stripnl=False).get_tokens(text))


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (Keyword, "use"),
        (String.Double, '"own/blocks.arch"'),
        (Comment.Single, "# beside it"),
        (Keyword.Declaration, "net"),
        (Name.Class, "tiny"),
        (Name.Attribute, "classes"),
        (Name.Builtin, "input"),
        (Number, "32×32x3"),
        (Name.Label, "low"),
        (Name.Builtin, "conv"),
        (Name.Exception, "?"),
        (Keyword.Constant, "no"),
        (Operator, "->"),
        (Name, "unit"),
        (Name.Builtin.Pseudo, "in"),
        (Operator.Word, "x"),
        (Operator.Word, "=>"),
        (Name.Label, "@low.one"),
        (Operator.Word, "not"),
        (Name, "x2y"),
        (Keyword, "expect"),
        (Name.Attribute, "params"),
        (Number, "43K"),
        (Keyword.Declaration, "train"),
        (Number, "5e-4"),
    ],
)
def test_each_sign_has_its_kind(kind: _TokenType, value: str) -> None:
    assert (kind, value) in kinds(SOURCE)


def test_every_bundled_source_is_known_and_whole(root: Path) -> None:
    for path in (root / "specs").rglob("*.arch"):
        text = path.read_text("utf-8")
        found = kinds(text)
        assert "".join(value for _, value in found) == text
        assert not [value for kind, value in found if kind in (Text, Error)], path


def test_it_is_found_by_the_ending() -> None:
    """Of an installed archc; tests/cli/test_wheel.py asks one by the name."""
    known = find_lexer_class_for_filename("net.arch")
    assert known is None or known is ArchLexer
