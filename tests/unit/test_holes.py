"""Holes: the search is exact and complete, checked against plain loops over the size formula."""

from itertools import product

import pytest

from archc.diagnostics import Source
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


def test_two_hundred_holes() -> None:
    lines = [f" conv 3x3/?, ?, pad=1 => 64x64x{8 + number % 5}" for number in range(100)]
    text = solved("net deep {\n input 64x64x8\n" + "\n".join(lines) + "\n}\n")
    assert text.count("conv 3x3/1, ") == 100


def test_a_long_net_does_not_exhaust_the_stack() -> None:
    lines = [" conv 3x3, 8, pad=1"] * 1500
    assert "pad=1\n maxpool 2x2/2 =>" in solved(
        "net long {\n input 8x8x8\n" + "\n".join(lines) + "\n maxpool 2x2/? => 4x4\n}\n"
    )


def test_too_much_left_open_is_said() -> None:
    holes = "\n".join(" conv ?x?/?, ?, pad=?" for _ in range(6))
    compilation = compile_text(f"net n {{\n input ?x?x3\n{holes}\n}}\n")
    assert [d.code for d in compilation.diagnostics] == ["search-exhausted"]
