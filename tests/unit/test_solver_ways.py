"""Which ways to fill holes are found, how many and in what order: against loops over the size formula, or by hand."""

from itertools import product
from pathlib import Path

import pytest

from archc.diagnostics import Diagnostic
from archc.elaborate.solve.holes import DOMAINS
from archc.fill import fill
from archc.program import Options, compile_path, compile_text


def out(size: int, kernel: int, stride: int, pad: int = 0) -> int:
    """Dumoulin and Visin 2016, relationship 6."""
    return (size + 2 * pad - kernel) // stride + 1


def said(source: str, options: Options | None = None) -> Diagnostic:
    (diagnostic,) = compile_text(source, options=options).diagnostics
    return diagnostic


def solved(source: str, options: Options | None = None) -> str:
    compilation = compile_text(source, options=options)
    assert compilation.ok, compilation.diagnostics
    assert compilation.source is not None
    return fill(compilation.source, compilation.nets)[0]


def ways(source: str) -> int:
    diagnostic = said(source)
    assert diagnostic.code == "several-solutions"
    return int(diagnostic.message.split()[0].replace(",", ""))


def fitting(source: str, *domains: range) -> int:
    """How many combinations of numbers for the holes check."""
    found = 0
    for values in product(*domains):
        text = source
        for value in values:
            text = text.replace("?", str(value), 1)
        found += compile_text(text).ok
    return found


# ---- counted, listed


def test_more_ways_than_could_be_looked_at() -> None:
    """On one pixel a 1x1 has the same output whatever its stride: 8 ways for each of 20 layers."""
    body = "\n".join([" conv 1x1/?, 3"] * 20)
    diagnostic = said(f"net n {{\n input 1x1x3\n{body}\n}}\n")
    assert diagnostic.message.startswith(f"{8**20:,} ways ")
    assert len(diagnostic.notes) == 12 + 1
    assert diagnostic.notes[-1] == f"… {8**20:,} solutions in all"


@pytest.mark.parametrize("window", [11, 12, 13])
def test_twelve_are_listed(window: int) -> None:
    """Side by side, w by w windows cover a side 4 times from 4w to 5w - 1 pixels: w ways."""
    diagnostic = said(f"net n {{\n input ?x?x1\n avgpool {window}x{window}/{window} => 4x4\n}}\n")
    assert diagnostic.message.startswith(f"{window} ways ")
    sizes = range(4 * window, 5 * window)
    assert [size for size in range(window, 1025) if out(size, window, window) == 4] == list(sizes)
    listed = [f"input={size}x{size}" for size in sizes][:12]
    assert list(diagnostic.notes) == listed + ["… 13 solutions in all"] * (window == 13)


def test_ways_to_several_shapes_are_listed_together(monkeypatch: pytest.MonkeyPatch) -> None:
    """7 … 13 pixels make one window of 7x7/7, 14 … 20 make two."""
    monkeypatch.setitem(DOMAINS, "input", range(1, 21))
    diagnostic = said("net n {\n input ?x?x1\n avgpool 7x7/7\n}\n")
    sizes = [f"input={size}x{size}" for size in range(7, 19)]
    assert list(diagnostic.notes) == [*sizes, "… 14 solutions in all"]


def test_each_way_of_two_is_a_way_of_both() -> None:
    """Three strides take 12 pixels to 2, and seven take 2 to 1."""
    firsts = [s for s in range(1, 9) if out(12, 1, s) == 2]
    seconds = [s for s in range(1, 9) if out(2, 1, s) == 1]
    assert (firsts, seconds) == ([6, 7, 8], [2, 3, 4, 5, 6, 7, 8])
    source = "net n {\n input 12x12x3\n conv 1x1/?, 3 => 2x2\n conv 1x1/?, 3 => 1x1\n}\n"
    diagnostic = said(source)
    assert diagnostic.message.startswith("21 ways ")
    pairs = [f"stride={a} (line 3), stride={b} (line 4)" for a, b in product(firsts, seconds)]
    assert set(diagnostic.notes[:12]) <= set(pairs)
    assert len(set(diagnostic.notes)) == 13


def test_fixes_are_the_first_three() -> None:
    diagnostic = said("net n {\n input 12x12x3\n conv 1x1/?, 3 => 2x2\n}\n")
    assert [fix.message for fix in diagnostic.fixes] == ["stride=6", "stride=7", "stride=8"]


# ---- blocks


@pytest.mark.parametrize("inside", [False, True])
def test_a_hole_in_a_block_holds_one_number_wherever_the_block_stands(inside: bool) -> None:
    both = [
        (k, s)
        for k, s in product(range(1, 16), range(1, 9))
        if out(32, k, s) == 8 and k <= 8 and out(out(32, k, s), k, s) == 2
    ]
    block = "block b(n) { conv ?x?/?, n }\n"
    source = (
        f"{'' if inside else block}net n {{\n input 32x32x3\n {block if inside else ''}b(4) => 8x8\n b(4) => 2x2\n}}\n"
    )
    assert ways(source) == len(both) == 4


def test_a_hole_in_a_block_of_another_file(tmp_path: Path) -> None:
    """3x3/2 with a pad takes 32 to 16 and 16 to 8; without one to 15 and to 7."""
    (tmp_path / "parts.arch").write_text("block half(n) { conv 3x3/?, n, pad=? -> relu }\n", "utf-8")
    for sizes, text in (((16, 8), None), ((15, 7), None), ((16, 9), "no-solution")):
        fits = [
            (s, p)
            for s, p in product(range(1, 9), range(3))
            if out(32, 3, s, p) == sizes[0] and out(sizes[0], 3, s, p) == sizes[1]
        ]
        path = tmp_path / "net.arch"
        path.write_text(
            f'use "parts.arch"\nnet n {{\n input 32x32x3\n half(4) => {sizes[0]}x{sizes[0]}\n'
            f" half(4) => {sizes[1]}x{sizes[1]}\n}}\n",
            "utf-8",
        )
        compilation = compile_path(str(path))
        if text is None and len(fits) == 1:
            assert compilation.ok
            assert {value for _, value in compilation.nets[0].filled} == set(fits[0])
        elif text is None:
            assert compilation.diagnostics[0].message.startswith(f"{len(fits)} ways ")
        else:
            assert not fits
            assert compilation.diagnostics[0].code == text


@pytest.mark.parametrize(
    ("condition", "stated"), [("width > 20", "16x16x30"), ("width <= 20", "32x32x30"), ("width <= 20", "16x16x5")]
)
def test_a_hole_that_some_widths_alone_meet(condition: str, stated: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(DOMAINS, "channels", range(1, 41))
    source = (
        f"block b(width) {{ if {condition} {{ conv 3x3/?, width, pad=1 }} else {{ conv 3x3, width, pad=1 }} }}\n"
        f"net n {{\n input 32x32x3\n b(?) => {stated}\n}}\n"
    )
    number = fitting(source, range(1, 9), range(1, 41))
    if number == 1:
        assert f"b({stated.split('x')[2]})" in solved(source)
    else:
        assert ways(source) == number == 8


def test_a_hole_that_one_width_alone_meets(monkeypatch: pytest.MonkeyPatch) -> None:
    """4·c + (9·c·37 + 37) = 337·c + 37 parameters: 9,473 where c is 28."""
    monkeypatch.setitem(DOMAINS, "channels", range(1, 41))
    text = solved(
        "block b(width) { if width == 37 { conv 3x3, width, pad=? } else { conv 5x5, width } }\n"
        "net n {\n input 32x32x3\n conv 1x1, ? -> b(?) => 32x32x37\n expect params = 9_473\n}\n"
    )
    assert "pad=1" in text
    assert "conv 1x1, 28 -> b(37)" in text


# ---- widths


@pytest.mark.parametrize(
    ("body", "stated", "widths"),
    [
        ("conv 1x1, width\n if in.channels % 2 == 0 { maxpool 2x2/2 }", "4x4x6", [6]),
        ("conv 1x1, width\n if (in.channels + 2) // 4 > 0 { maxpool 2x2/2 }", "4x4x6", [6]),
        ("conv 1x1, width\n if in.channels // 3 == 1 { maxpool 2x2/2 }", "4x4x5", [5]),
        ("conv 1x1, width\n if (in.channels + 4) // 8 == 1 { maxpool 2x2/2 }", "4x4x4", [4]),
        ("conv 1x1, width\n if in.channels // 8 > 0 { maxpool 2x2/2 }", "4x4x16", [16]),
        ("conv 1x1, width\n if in.channels // 8 > 0 { maxpool 2x2/2 }", "4x4x7", []),
        ("conv 1x1, width\n if in.channels == 1 { maxpool 2x2/2 }", "4x4x1", [1]),
        ("conv 1x1, width\n if in.channels == 1 { conv 1x1, 9 } else { maxpool 2x2/2 -> conv 1x1, 9 }", "8x8x9", [1]),
    ],
)
def test_a_width_that_decides_what_follows(body: str, stated: str, widths: list[int]) -> None:
    source = f"block thin(width) {{ {body} }}\nnet n {{\n input 8x8x3\n thin(?) => {stated}\n}}\n"
    assert [width for width in range(1, 25) if compile_text(source.replace("?", str(width))).ok] == widths
    if widths:
        assert f"thin({widths[0]})" in solved(source)
    else:
        assert said(source).code == "no-solution"


@pytest.mark.parametrize(
    "statement",
    [
        "concat { | conv 1x1, ? | conv 1x1, ? } => 8x8x6",
        "concat { | conv 1x1, ? | conv 1x1, 2*? } => 8x8x8",
        "add { | conv 1x1, ? | conv 1x1, 2*? }",
        "conv 1x1, ? -> concat { | | conv 1x1, ? } => 8x8x7",
        "conv 1x1, ?, groups=? => 8x8x6",
        "conv 1x1/?, ? -> conv 3x3, ?, pad=1 => 4x4x3",
    ],
)
def test_widths_together(statement: str, monkeypatch: pytest.MonkeyPatch) -> None:
    few = range(1, 9)
    for role in ("channels", "groups", "stride"):
        monkeypatch.setitem(DOMAINS, role, few)
    source = f"net n {{\n input 8x8x4\n {statement}\n}}\n"
    assert ways(source) == fitting(source, *[few] * statement.count("?"))


def test_a_width_of_one_layer_does_not_stand_in_for_the_next() -> None:
    """3·3·3·c + c = 28·c of the first, 9·c·d + d of the second."""
    pairs = [(c, d) for c, d in product(range(1, 65), repeat=2) if 28 * c + 9 * c * d + d == 516]
    source = "net n {\n input 8x8x3\n conv 3x3, ?, pad=1\n conv 3x3, {}, pad=1\n expect params = 516\n}\n"
    for c, d in pairs:
        assert f"conv 3x3, {c}, pad=1\n" in solved(source.replace("{}", str(d)))
    assert (8, 4) in pairs


# ---- padding


@pytest.mark.parametrize(
    ("layer", "stated", "pads"),
    [
        ("conv 3x3, 4, pad=?", "10x10", [2]),
        ("conv 3x3, 4, pad=?", "12x12", []),  # 3: the first window would lie in the padding
        ("conv 3x3, 4, dilation=2, pad=?", "10x10", [3]),
        ("conv 3x3, 4, dilation=2, pad=?", "12x12", [4]),
        ("conv 3x3, 4, dilation=2, pad=?", "14x14", []),
        ("conv 1x1, 4, pad=?", "8x8", [0]),
        ("conv 1x1, 4, pad=?", "10x10", []),
        ("conv 3x3, 4, pad=(?, 0, 0, 0)", "8x6", [2]),
        ("conv 3x3, 4, pad=(?, 0, 0, 0)", "9x6", []),
        ("conv 3x3, 4, pad=(0, ?, 0, 0)", "8x6", [2]),
        ("conv 3x3, 4, pad=(0, ?, 0, 0)", "9x6", []),
        ("conv 3x3, 4, pad=(0, 0, ?, 0)", "6x9", []),
        ("conv 3x3, 4, pad=(0, 0, 0, ?)", "6x9", []),
        ("conv 3x3, 4, pad=(0, 0, 0, ?)", "6x8", [2]),
    ],
)
@pytest.mark.parametrize("way", ["", "block", "let", "relu"])
def test_a_pad_is_less_than_the_window(layer: str, stated: str, pads: list[int], way: str) -> None:
    given = layer.replace("?", "border")
    source = {
        "": f"net n {{\n input 8x8x3\n {layer} => {stated}\n}}\n",
        "relu": f"net n {{\n input 8x8x3\n {layer} -> relu => {stated}\n}}\n",
        "block": f"block b(border) {{ {given} -> relu }}\nnet n {{\n input 8x8x3\n b(?) => {stated}\n}}\n",
        "let": f"net n {{\n let border = ?\n input 8x8x3\n {given} -> relu => {stated}\n}}\n",
    }[way]
    if pads:
        assert solved(source) == source.replace("?", str(pads[0]))
    else:
        assert said(source).code == "no-solution"


@pytest.mark.parametrize(
    "body",
    [
        "conv 1x1, ?, pad=1 => 10x10x8",
        "conv 3x3, ?, pad=? -> conv 1x1, 8, pad=1 => 10x10x8\n expect params = 296",  # 28·c + 8·c + 8
        "conv 3x3, 8, pad=?\n conv 1x1, 8, pad=1 => 10x10x8",
        "conv 1x1, 8, pad=1 -> conv 3x3, 8, pad=? => 10x10x8",
        "conv 3x3, 8, pad=? => 8x8\n wide(2) => 12x12",
        "conv 3x3, 8, pad=? -> wide(2) => 12x12",
    ],
)
def test_a_pad_that_is_written_may_be_as_large_as_it_likes(body: str) -> None:
    """8 + 2·1 pixels of a 1x1 with a pad are 10, whatever reads the frame of zeros."""
    text = solved(f"block wide(border) {{ conv 1x1, 8, pad=border }}\nnet n {{\n input 8x8x3\n {body}\n}}\n")
    assert text.count("?") == 0


def test_one_of_two_pads_in_a_window() -> None:
    source = "net n {\n input 8x8x3\n conv 3x3, 4, pad=? => 8x8\n conv 3x3, 4, pad=? => {}\n}\n"
    assert "pad=2 => 10x10" in solved(source.replace("{}", "10x10"))
    assert said(source.replace("{}", "12x12")).code == "no-solution"


# ---- asked for in another size


def test_holes_follow_from_the_net_as_it_is_written() -> None:
    """3·9·c multiply-accumulates for each of 64 values, and 64·c·10 of the fc: 9,472 where c is 4."""
    source = (
        "net n(classes=10) {\n input 8x8x3\n conv 3x3, ?, pad=? => 8x8\n flatten -> fc classes\n"
        " expect macs = 9472\n}\n"
    )
    assert [c for c in range(1, 4097) if 64 * 27 * c + 64 * c * 10 == 9472] == [4]
    for options in (None, Options(input_sizes=(16, 16)), Options(parameters={"classes": 5})):
        text = solved(source, options)
        assert "conv 3x3, 4, pad=1" in text


def test_a_hole_of_what_is_written_that_another_size_does_not_meet() -> None:
    source = "net n(deep=yes) {\n input 8x8x3\n if deep { conv 3x3, ?, pad=1 }\n relu\n}\n"
    assert said(source).code == "several-solutions"
    assert compile_text(source, options=Options(parameters={"deep": False})).ok
    other = source.replace("yes", "no")
    assert compile_text(other).ok
    assert said(other, Options(parameters={"deep": True})).code == "several-solutions"


def test_holes_of_a_net_that_is_given_what_it_needs() -> None:
    source = "net n(size) {\n input 8x8x3\n conv 1x1/?, 3 -> flatten -> fc size => 10\n}\n"
    assert said(source).code == "missing-argument"
    assert said(source, Options(parameters={"size": 10})).code == "several-solutions"
