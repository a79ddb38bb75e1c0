"""What is said where no number fits, and where the search gives up."""

from itertools import product
from pathlib import Path

import pytest

from archc.diagnostics import Diagnostic
from archc.elaborate.record import ElaborationOptions, Work
from archc.elaborate.solve import search as solve
from archc.elaborate.solve.holes import DOMAINS
from archc.program import Options, compile_text

BLOCKS = """block basic(width, stride=1) {
  add {
    | conv 3x3/stride, width, pad=1 -> relu -> conv 3x3, width, pad=1
    | if stride != 1 or in.channels != width { conv 1x1/stride, width }
  }
}
block pooled(width) { if width <= 2 { maxpool 2x2/2 }
 conv 1x1, 3*width }
block lowered(width) { if width > 20 { maxpool 2x1, stride=1 }
 conv 1x1, width }
block pooled_twice(width) { if width > 20 { maxpool 2x2/2 }
 conv 1x1, width }
"""
LINE = BLOCKS.count("\n") + 3


def said(body: str, options: Options | None = None) -> Diagnostic:
    (diagnostic,) = compile_text(f"{BLOCKS}net n {{\n {body}\n}}\n", options=options).diagnostics
    return diagnostic


def notes(body: str) -> list[str]:
    """The first hole of the net's last line is where nothing fits."""
    diagnostic = said(body)
    assert diagnostic.code == "no-solution"
    assert diagnostic.message == "no value makes what is stated here true"
    assert diagnostic.span is not None
    assert diagnostic.span.line == LINE
    return list(diagnostic.notes)


def out(size: int, kernel: int, stride: int, pad: int = 0) -> int:
    """Dumoulin and Visin 2016, relationship 6."""
    return (size + 2 * pad - kernel) // stride + 1


# ---- no number fits


def test_what_each_stride_comes_to() -> None:
    sizes = [out(9, 3, stride) for stride in range(1, 9)]
    assert notes("input 9x12x3\n maxpool 3x3/? => 30x30") == ["tried stride 1 … 8"] + [
        f"stride={s}: {size}x{out(12, 3, s)}x3" for s, size in enumerate(sizes, 1)
    ]


def test_sizes_that_no_width_mends_are_told_without_one() -> None:
    expected = ["tried stride 1 … 8, channels 1 … 4096"]
    expected += [f"stride={s}: {out(8, 3, s, 1)}x{out(16, 3, s, 1)}" for s in range(1, 9)]
    assert notes("input 8x16x3\n conv 3x3/?, ?, pad=1 => 30x30x7") == expected
    assert notes("input 8x16x3\n conv 3x3/?, ?, pad=1 -> conv 1x1, ? -> conv 1x1, ? => 30x30x7") == expected


@pytest.mark.parametrize(
    ("body", "sizes"),
    [
        ("input 4x6x8x3\n conv 1x1x1, ? => 4x6x9x5", "4x6x8"),
        ("input 12x3\n conv 1, ? => 13x5", "12"),
        ("input 4x6x3\n flatten -> fc ? => 5x5", "a vector"),
    ],
)
def test_in_other_dimensions(body: str, sizes: str) -> None:
    assert notes(body) == ["tried channels 1 … 4096", sizes]


def test_sizes_are_told_once_where_a_width_decides_the_path() -> None:
    """A projection stands beside the convs unless 4 is the width; all are 4x4."""
    assert notes("input 8x8x4\n basic(?, stride=2) => 5x5x24") == ["tried channels 1 … 4096", "4x4"]
    assert notes("input 8x8x4\n basic(?) => 5x5x24") == ["tried channels 1 … 4096", "8x8"]
    expected = [f"stride={s}: {out(8, 3, s, 1)}x{out(8, 3, s, 1)}" for s in range(1, 9)]
    assert notes("input 8x8x4\n basic(?, stride=?) => 9x9x24")[1:] == expected


def test_sizes_are_told_of_their_width_where_others_have_other_sizes() -> None:
    assert notes("input 8x8x3\n pooled(?) => 8x8x7")[1:] == ["channels=1: 4x4x3", "channels=2: 4x4x6"]
    assert all(note.startswith("channels=") for note in notes("input 8x8x3\n lowered(?) => 5x8x7")[1:])
    found = notes("input 8x8x3\n pooled_twice(?) => 5x5x7")[1:]
    assert found
    for note in found:
        width = int(note.partition(":")[0].removeprefix("channels="))
        assert note == f"channels={width}: {'4x4' if width > 20 else '8x8'}x{width}"


def test_widths_that_miss_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three sums of the widths of two branches, where 9 is stated."""
    monkeypatch.setitem(DOMAINS, "channels", range(1, 3))
    pairs = [
        f"channels={a} (line {LINE}), channels={b} (line {LINE}): 8x8x{a + b}" for a, b in product((1, 2), repeat=2)
    ]
    found = notes("input 8x8x3\n concat { | conv 1x1, ? | conv 1x1, ? } => 8x8x9")
    assert found[0] == "tried channels 1 … 2"
    assert found[1:] == pairs


def test_a_channel_count_that_nothing_divides() -> None:
    """5 channels come apart into no groups but 1 and 5, neither of which 8 may be divided by but 1."""
    assert [g for g in range(1, 65) if 5 % g == 0 and 8 % g == 0] == [1]
    diagnostic = said("input 8x8x5\n conv 1x1, 8, groups=? => 8x8x9")
    assert diagnostic.code == "no-solution"
    assert "groups=1: 8x8x8" in diagnostic.notes


def test_a_mistake_that_is_there_whatever_the_holes_hold() -> None:
    diagnostic = said("input 8x8x3\n conv 3x3, ?, pad=1 -> fc units_of_it => 10")
    assert diagnostic.code == "unknown-name"


def test_twelve_are_told_and_that_there_are_more() -> None:
    """16 pads of a 17x17 and none makes 99."""
    sizes = [out(17, 17, 1, pad) for pad in range(16)]
    assert notes("input 17x17x3\n conv 17x17, 3, pad=? => 99x99")[1:] == [
        *[f"pad={pad}: {size}x{size}x3" for pad, size in enumerate(sizes[:12])],
        "…",
    ]


# ---- too much open


@pytest.mark.parametrize(("most", "code"), [(3, None), (2, "search-exhausted")])
def test_holes_of_one_statement(most: int, code: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    """A stride and two widths: 4x4 of 12x12 is stride 3, 4·c + 5·c + 5 = 50 where c is 5."""
    monkeypatch.setattr(solve, "MAX_TOGETHER", most)
    monkeypatch.setitem(DOMAINS, "channels", range(1, 9))
    body = "input 12x12x3\n conv 1x1/?, ? -> conv 1x1, ? => 4x4x5\n expect params = 50"
    compilation = compile_text(f"net n {{\n {body}\n}}\n")
    assert [d.code for d in compilation.diagnostics] == ([code] if code else [])


def test_holes_of_several_statements_are_not_held_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(solve, "MAX_TOGETHER", 1)
    body = "\n ".join(f"conv 3x3/?, 4, pad=1 => {size}x{size}" for size in (16, 8, 4, 2, 1))
    assert compile_text(f"net n {{\n input 32x32x3\n {body}\n}}\n").diagnostics[0].code == "several-solutions"


@pytest.mark.parametrize(("most", "code"), [(5, "several-solutions"), (4, "search-exhausted")])
def test_shapes_that_are_followed(most: int, code: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(solve, "MAX_SITUATIONS", most)
    assert {out(12, 1, stride) for stride in range(1, 9)} == {12, 6, 4, 3, 2}
    assert said("input 12x12x3\n conv 1x1/?, 3").code == code


def test_one_shape_is_followed_once_whatever_it_costs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Eight strides take other numbers of multiply-accumulates to the same shape."""
    monkeypatch.setattr(solve, "MAX_SITUATIONS", 1)
    assert said("input 12x12x3\n conv 1x1/?, 3 -> avgpool global").message.startswith("8 ways ")


# What a candidate costs: one, and where it fits one more, and one for every four layers.
# The input fits: 2. The net with its hole open: 1.
SPENT = {
    "conv 1x1, ? => 12x12x5": 2 + 1 + 1 + 4 + 2,  # 1 does not fit, four are looked at to see that 5 may
    "conv 1x1/?, 3": 2 + 1 + 8 * 2,
    "conv 1x1/?, 3 => 3x3": 2 + 1 + 8 + 2,  # strides 4 and 5
    "conv 1x1/? , 3 -> relu x 8": 2 + 1 + 8 * (2 + 9 // 4),
    "conv 3x3/?, 3 -> conv 12x12, 3": 2 + 1 + 8,  # no window of 12 fits into 10 or less
}


@pytest.mark.parametrize("statement", SPENT)
def test_candidates_are_counted(statement: str, monkeypatch: pytest.MonkeyPatch) -> None:
    source = f"{BLOCKS}net n {{\n input 12x12x3\n {statement}\n}}\n"
    spent = SPENT[statement]
    for most in (spent, spent - 1):
        with monkeypatch.context() as patch:
            patch.setattr(solve, "MAX_TRIALS", most)
            assert ("search-exhausted" in [d.code for d in compile_text(source).diagnostics]) == (most < spent)
        with monkeypatch.context() as patch:
            patch.setattr(Options, "elaboration", ElaborationOptions(work=Work(most)))
            diagnostics = compile_text(source).diagnostics
            assert ("search-exhausted" in [d.code for d in diagnostics]) == (most < spent)
    assert f"{spent:,} candidates were tried; line {LINE} was reached" in diagnostics[0].message


def test_nets_of_a_source_share_what_may_be_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    one = "{\n input 12x12x3\n conv 1x1/?, 3\n}\n"
    for work, codes in ((38, ["several-solutions"] * 2), (37, ["several-solutions", "search-exhausted"])):
        monkeypatch.setattr(Options, "elaboration", ElaborationOptions(work=Work(work)))
        assert [d.code for d in compile_text(f"net n {one}net m {one}").diagnostics] == codes


def test_holes_that_nothing_was_tried_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first net takes all there is; the third has no holes."""
    nets = [
        f"net {name} {{\n input 12x12x3\n conv 1x1/{stride}, 3\n}}\n" for name, stride in zip("abc", "??2", strict=True)
    ]
    monkeypatch.setattr(Options, "elaboration", ElaborationOptions(work=Work(5)))
    compilation = compile_text("".join(nets))
    first, second = compilation.diagnostics
    assert [first.code, second.code] == ["search-exhausted"] * 2
    assert second.span is not None
    assert (second.span.text, second.span.line) == ("?", 7)
    assert compilation.nets[2].graph is not None


def test_a_net_that_gives_up_leaves_its_holes_open(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of 5 shapes after the block in one net, there is one in the other."""
    open_net, other = "net n {\n input 12x12x3\n b\n}\n", "net m {\n input 12x12x3\n b => 6x6\n}\n"
    source = f"block b {{ conv 1x1/?, 3 }}\n{open_net}{other}"
    for name, value in (("MAX_SITUATIONS", 4), ("MAX_TRIALS", 13)):
        with monkeypatch.context() as patch:
            patch.setattr(solve, name, value)
            compilation = compile_text(source)
        assert [d.code for d in compilation.diagnostics] == ["search-exhausted"]
        assert [value for _, value in compilation.nets[1].filled] == [2]


def test_the_reference_says_when_the_search_gives_up(root: Path) -> None:
    text = (root / "grammar" / "holes.md").read_text("utf-8")
    assert f"After {solve.MAX_TRIALS:,} candidates the search stops and says so." in text
