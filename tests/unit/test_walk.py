"""What the tree says of a source: whether it has a hole, and which names are used; comments and texts say nothing."""

import pytest

from archc.diagnostics import Source
from archc.elaborate import net as elaborating
from archc.elaborate.values import LOOP_NAMES
from archc.program import compile_text
from archc.syntax import ast, parse


def tree(text: str) -> ast.File:
    file, errors = parse(Source("a.arch", text))
    assert not errors
    return file


NET = "net n {{\n  input 8x8x4\n  {}\n}}\n"


@pytest.mark.parametrize(
    ("body", "count"),
    [
        ("relu  # why?", 0),
        ('kernel "what?"', 0),
        ("relu\n  # ?x?\n  tanh", 0),
        ("conv ?, 8", 1),
        ("conv ?x?/?, ?, pad=(?, 0)", 5),
        ("conv 3x3, 8, pad=1 x ?", 1),
        ("if ? > 3 { relu }", 1),
        ("add { | | conv 1x1, max(2, [4, ?][1]) }", 1),
    ],
)
def test_holes(body: str, count: int) -> None:
    file = tree(NET.format(body))
    assert file.has_holes == bool(count)
    assert ast.holes(*file.items) == count


def test_a_hole_of_a_table() -> None:
    rows = "  | output | A | B |\n  | 6x6 | conv 3x3, {} | relu # {} |\n"
    assert tree("table t {\n  input 8x8x4\n" + rows.format("?", "") + "}\n").has_holes


@pytest.mark.parametrize("body", ["relu  # why?", 'relu # "?"\n  tanh # ?', "conv 3x3, 8  # conv ?, 8"])
def test_a_question_in_a_comment_is_not_solved(body: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(elaborating, "_solved", None)  # calling it would raise
    assert compile_text(NET.format(body)).ok
    with pytest.raises(TypeError):
        compile_text(NET.format("conv ?, 8"))


@pytest.mark.parametrize(
    ("body", "used"),
    [
        ("(conv 3x3, 8, pad=1 -> relu) x 3  # index", []),
        ("(conv 3x3, 8*(index + 1), pad=1) x 3", ["index"]),
        ("(conv 3x3, 8, pad=1, bias=first) x 3", ["first"]),
        ("repeat 2 {\n    last: relu\n  }", []),
        ("repeat 2 {\n    if last { relu } else { tanh }\n  }", ["last"]),
        ("repeat 2 { conv 1x1, [8, 16][index] if not first else 4 }", ["first", "index"]),
        ("repeat 2 { dropout index*0.1, p=first }", ["first", "index"]),
    ],
)
def test_loop_names(body: str, used: list[str]) -> None:
    file = tree(NET.format(body))
    found = ast.named(LOOP_NAMES, *file.items)
    assert sorted(node.name for node in found) == used
    assert all(node.span.text == node.name for node in found)


@pytest.mark.parametrize(
    ("argument", "kinds"),
    [
        ("3x3/2", ["Window"]),
        ("?x?/?", ["Window"]),
        ("3x3/(1 + 1)", ["Window", "Chain"]),
        ("kernel/2", ["Chain"]),  # what it is depends on the value
        ("8/2", ["Chain"]),
        ("2x2/2/2", ["Chain"]),
    ],
)
def test_a_window_with_its_stride_is_one_node(argument: str, kinds: list[str]) -> None:
    file = tree(NET.format(f"conv {argument}, 8"))
    assert [type(node).__name__ for node in ast.nodes(*file.items) if isinstance(node, ast.Window | ast.Chain)] == kinds


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("conv 3x3/0, 8", ["not-a-count"]),
        ("conv 3x3/1.5, 8", ["not-a-count"]),
        ("dropout 3x3/2", ["wrong-arguments"]),
        ("maxpool 2x2/2/2", ["not-a-number"]),
        ("let k = 3x3/2\n  conv k, 8 => 3x3x8", []),
        ("conv ?x?/2, 8 => 3x3x8\n  expect params = 296", []),
    ],
)
def test_what_a_window_means(body: str, said: list[str]) -> None:
    assert [str(one.code) for one in compile_text(NET.format(body)).diagnostics] == said


def test_nodes_come_in_the_order_of_the_text() -> None:
    file = tree(NET.format("a: conv 3x3/2, 8 + 1, pad=1 -> relu x 2\n  add { | @a | conv 1x1, 9 }"))
    calls = [node.name for node in ast.nodes(*file.items) if isinstance(node, ast.Call)]
    assert calls == ["input", "conv", "relu", "add", "conv"]


def test_a_deep_tree_is_walked() -> None:
    depth = 20_000
    node: ast.Expr = ast.Hole(tree(NET.format("relu")).items[0].span)
    for _ in range(depth):
        node = ast.Tuple(node.span, (node,), grouping=True)
    assert ast.holes(node) == 1
