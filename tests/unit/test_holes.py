"""Holes: the search is exact and complete, checked against plain loops over the size formula."""

import re
from itertools import product

import pytest

import archc
from archc.diagnostics import Source
from archc.elaborate.solve.holes import DOMAINS
from archc.expand import expand
from archc.fill import fill
from archc.program import Compilation, compile_text


def out(size: int, kernel: int, stride: int, pad: int) -> int:
    """Dumoulin and Visin 2016, relationship 6."""
    return (size + 2 * pad - kernel) // stride + 1


def solved(source: str) -> str:
    compilation = compile_text(source)
    assert compilation.ok, compilation.diagnostics
    assert compilation.source is not None
    text, clashes = fill(compilation.source, compilation.nets)
    assert not clashes
    assert compile_text(text).ok
    return text


def count(compilation: Compilation) -> int:
    [diagnostic] = compilation.diagnostics
    assert diagnostic.code == "several-solutions"
    return int(diagnostic.message.split()[0].replace(",", ""))


@pytest.mark.parametrize("size", [7, 32, 57, 224])
@pytest.mark.parametrize("kernel", [1, 3, 7, 11])
def test_every_stride_and_padding_is_found(size: int, kernel: int) -> None:
    pairs = [(s, p) for s, p in product(range(1, 9), range(16)) if p < kernel and size + 2 * p >= kernel]
    results = {pair: out(size, kernel, *pair) for pair in pairs}
    for want in sorted(set(results.values()))[:12]:
        fitting = [pair for pair, result in results.items() if result == want]
        source = f"net n {{\n input {size}x{size}x3\n conv {kernel}x{kernel}/?, 4, pad=? => {want}x{want}\n}}\n"
        compilation = compile_text(source)
        if len(fitting) == 1:
            stride, pad = fitting[0]
            assert f"conv {kernel}x{kernel}/{stride}, 4, pad={pad}" in solved(source)
        else:
            assert count(compilation) == len(fitting)


def test_kernel_and_padding() -> None:
    fitting = [(k, p) for k, p in product(range(1, 16), range(16)) if p < k and out(224, k, 2, p) == 112]
    compilation = compile_text("net n {\n input 224x224x3\n conv ?/2, 64, pad=? => 112x112\n}\n")
    assert count(compilation) == len(fitting)


def test_nothing_fits() -> None:
    assert all(out(54, 3, stride, 0) != 30 for stride in range(1, 9))
    compilation = compile_text("net n {\n input 54x54x3\n maxpool 3x3/? => 30x30\n}\n")
    assert [d.code for d in compilation.diagnostics] == ["no-solution"]
    for stride in range(1, 9):
        assert f"stride={stride}: {out(54, 3, stride, 0)}x{out(54, 3, stride, 0)}x3" in compilation.diagnostics[0].notes


def test_the_input_of_alexnet() -> None:
    """Its 11x11/4 makes 55 of 227 to 230; the next pool and the channels leave them all open."""
    fitting = [size for size in range(1, 1025) if size >= 11 and out(size, 11, 4, 0) == 55]
    assert fitting == [227, 228, 229, 230]
    assert count(compile_text("net n {\n input ?x?x3\n conv 11x11/4, 96 => 55x55\n}\n")) == len(fitting)


def test_holes_are_solved_together() -> None:
    text = solved(
        "net n {\n input 32x32x3\n a: conv 3x3/?, 8, pad=1\n conv 3x3/?, 8, pad=1 => 8x8\n add { | | @a }\n}\n"
    )
    assert "a: conv 3x3/4, 8" in text
    assert "\n conv 3x3/1, 8" in text


def test_a_figure_of_the_whole_net_settles_a_width() -> None:
    # 3·3·3·c + c = 28·c, and 64 gives 1,792
    assert "conv 3x3, 64, pad=1" in solved("net n {\n input 32x32x3\n conv 3x3, ?, pad=1\n expect params = 1_792\n}\n")


def test_a_hole_inside_a_block_has_one_value() -> None:
    text = solved(
        "block b(n) { conv 3x3, n, pad=? -> relu }\nnet n {\n input 16x16x3\n b(4) => 16x16\n b(8) x 3 => 16x16\n}\n"
    )
    assert "pad=1" in text


def test_comments_and_layout_stay() -> None:
    source = "net n {   # a net\n  input 32x32x3\n\n  conv 3x3,  ?,pad=1   => 32x32x8   # eight\n}\n"
    assert solved(source) == source.replace("?", "8")


def test_variants_have_answers_of_their_own() -> None:
    source = Source("t", "table t {\n input 32x32x3\n | A | B |\n | conv 3x3/?, 8, pad=1 | conv 3x3/2, 8, pad=1 |\n}\n")
    compilation = compile_text(
        source.text.replace(" | A", " | output | A").replace(" | conv 3x3/?", " | 16x16 | conv 3x3/?")
    )
    assert compilation.ok


def test_two_hundred_holes_in_resnet_152() -> None:
    """Half of them a width and half what surrounds it; each has one answer, the one that was taken out."""
    text = expand(archc.load("resnet152").graph)
    opened, holes = [], 0
    for line in text.split("\n"):
        if "conv " in line and holes < 200:
            line = re.sub(r"(conv \d+x\d+(?:/\d+)?), \d+", r"\1, ?", line)  # noqa: PLW2901
            line = re.sub(r"pad=\d|(?<=conv 1x1/)2", lambda found: "pad=?" if "pad" in found[0] else "?", line)  # noqa: PLW2901
            holes += line.count("?")
        opened.append(line)
    assert holes >= 200
    assert solved("\n".join(opened)) == text


def test_a_long_net_does_not_exhaust_the_stack() -> None:
    lines = [" conv 3x3, 8, pad=1"] * 1500
    assert "pad=1\n maxpool 2x2/2 =>" in solved(
        "net long {\n input 8x8x8\n" + "\n".join(lines) + "\n maxpool 2x2/? => 4x4\n}\n"
    )


def test_too_much_left_open_is_said() -> None:
    holes = "\n".join(" conv ?x?/?, ?, pad=?" for _ in range(6))
    compilation = compile_text(f"net n {{\n input ?x?x3\n{holes}\n}}\n")
    assert [d.code for d in compilation.diagnostics] == ["search-exhausted"]


BLOCKS = """# blocks that a width decides in
block basic(width, stride=1) {
  add {
    | conv 3x3/stride, width, pad=1, bias=no -> bn -> relu -> conv 3x3, width, pad=1, bias=no -> bn
    | if stride != 1 or in.channels != width { conv 1x1/stride, width, bias=no -> bn }
  }
}
block halved(width) { conv 3x3, width//2 + 1, pad=1 }
block thin(width) { if width > 20 { maxpool 2x2/2 } else if width == 7 { avgpool 4x4/4 }
 conv 1x1, 3*width }
block split_in(width) { conv 1x1, width -> split 2 }
block wide(width) { let all = max(width, 12)
 conv 1x1, all }
block near(width) { if width*width > 400 { conv 1x1, 2*width } else { conv 1x1, 40 } }
block grown(width) { repeat 3 { concat { | | conv 1x1, width } } }
block deep(rows_of) { for kernel, width in rows_of { conv kernel, width, pad=half } }
block many(width) { conv 1x1, width, groups=4 }
block last_of(width) { add { | conv 1x1, width | conv 1x1, 2*width - 10 } }
"""
STATEMENTS = [
    "conv 3x3, ?, pad=1 => 8x8x8",
    "conv 3x3, ?//2 + 1, pad=1 => 8x8x8",
    "conv 3x3, ?**2, pad=1 => 8x8x9",
    "conv 3x3, 2*? - 3, pad=1 => 8x8x9",
    "conv 3x3, ? % 5 + 3, pad=1 => 8x8x6",
    "basic(?) => 8x8x16",
    "basic(?, stride=2) => 4x4x24",
    "basic(?, stride=2) => 5x5x24",
    "basic(?) x 2 => 8x8x4",
    "halved(?) => 8x8x9",
    "thin(?) => 4x4x63",
    "thin(?) => 2x2x21",
    "thin(?) => 8x8x24",
    "thin(?) => 8x8x63",
    "split_in(?) => 8x8x8",
    "wide(?) => 8x8x12",
    "wide(?) => 8x8x13",
    "near(?) => 8x8x42",
    "near(?) => 8x8x40",
    "grown(?) => 8x8x19",
    "deep([3x3, 5; 1x1, ?]) => 8x8x11",
    "residual [1x1, 5; 3x3, 5; 1x1, ?] x 2 /2 => 4x4x20",
    "many(?) => 8x8x12",
    "last_of(?) => 8x8x10",
    "add { | conv 1x1, ? | }",
    "mul { | | avgpool global -> conv 1x1, ? }",
    "concat { | conv 1x1, ? | conv 1x1, 2*? } => 8x8x12",
    "conv 1x1, ? -> fc 3",
    "conv 1x1, ? -> flatten => 640",
    "conv 1x1, ? -> slice 3, 7 => 8x8x4",
    "let w = ?\n conv 1x1, w -> conv 1x1, 2*w => 8x8x14",
]


@pytest.mark.parametrize("statement", STATEMENTS)
def test_the_search_finds_what_trying_each_value_finds(statement: str, monkeypatch: pytest.MonkeyPatch) -> None:
    holes = statement.count("?")
    domain = range(1, 45 if holes == 1 else 13)
    monkeypatch.setitem(DOMAINS, "channels", domain)
    called = statement.partition("(")[0]
    block = next((block for block in BLOCKS.split("\nblock ") if block.startswith(called)), "")
    source = f"{'block ' if block else ''}{block}\nnet n {{\n input 8x8x4\n {statement}\n}}\n"
    fitting = []
    for values in product(domain, repeat=holes):
        filled = source
        for value in values:
            filled = filled.replace("?", str(value), 1)
        if compile_text(filled).ok:
            fitting.append(filled)
    compilation = compile_text(source)
    if len(fitting) == 1:
        assert solved(source) == fitting[0]
    elif not fitting:
        assert "no-solution" in {d.code for d in compilation.diagnostics}
    else:
        assert count(compilation) == len(fitting)


def test_a_net_of_blocks_whose_arguments_are_all_open() -> None:
    """He et al. 2015, table 1: the widths and strides of ResNet-18 follow from the output column."""
    body = "\n".join(
        [" input 56x56x64"]
        + [f" basic(?) x 2 /? => {size}x{size}x{width}" for size, width in ((56, 64), (28, 128), (14, 256), (7, 512))]
    )
    text = solved(f"{BLOCKS}\nnet n {{\n{body}\n}}\n")
    for stride, width in ((1, 64), (2, 128), (2, 256), (2, 512)):
        assert f" basic({width}) x 2 /{stride} =>" in text


def test_what_a_block_is_given_need_not_be_a_width() -> None:
    text = solved(
        "block unit(act, window, step, border, width) { conv window/step, width, pad=border -> act }\n"
        "block twice(w, p) { unit(relu, 3x3, 1, p, w) -> unit(silu, 3x3, 1, p, w) }\n"
        "net n {\n input 32x32x3\n unit(relu, 5x5, ?, 2, 8) => 8x8x8\n twice(?, ?) => 8x8x12\n"
        " unit(relu, ?x?, 1, 0, 4) => 1x1x4\n}\n"
    )
    assert "unit(relu, 5x5, 4, 2, 8)" in text
    assert "twice(12, 1)" in text
    assert "unit(relu, 8x8, 1, 0, 4)" in text


def test_blocks_that_call_each_other_a_thousand_deep() -> None:
    chain = [f"block b{n}(w) {{ b{n + 1}(w) }}" for n in range(1000)]
    end, net = "block b1000(w) { conv 1x1, w }", "net n {\n input 8x8x3\n b0(?) => 8x8x4\n}\n"
    for blocks in ([*chain, end], [end, *reversed(chain)]):
        assert {d.severity for d in compile_text("\n".join([*blocks, net])).diagnostics} == {"error"}


def test_heads_for_training_are_in_no_figure() -> None:
    # 3·3·3·8 + 8 = 224 and 3·3·8·4 + 4 = 292
    source = "a: conv 3x3, ?, pad=1 -> relu\n output aux(train_only=yes): @a -> fc 5\n conv 3x3, 4, pad=1"
    assert "conv 3x3, 8" in solved(f"net n {{\n input 32x32x3\n {source}\n expect params = 516\n}}\n")


def test_depth_is_of_one_path_also_where_a_path_begins_anew() -> None:
    source = "a: conv 3x3, ?, pad=1 => 32x32x8\n b: conv 3x3, 8, pad=1\n @a -> conv 3x3, 8, pad=1 -> add @b"
    assert "conv 3x3, 8" in solved(f"net n {{\n input 32x32x3\n {source}\n expect depth = 2\n}}\n")
