"""Small sources that ask for much: each is refused with its place, in little memory, and ends."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from archc.program import compile_text
from tests.security.forked import MEMORY, run_all

pytestmark = pytest.mark.skipif(not hasattr(os, "memfd_create"), reason="limits of a process are Linux's here")

LEVELS = 60
SLOW = ("holes in one layer", "holes of counts", "holes")  # the solver's whole budget


def net(body: str, before: str = "") -> str:
    return f"{before}net n {{\n input 8x8x4\n{body}\n}}\n"


def doubling(step: str) -> str:
    """Blocks that each use the one before twice."""
    first = "block b0 { relu }\n"
    return first + "".join(f"block b{i} {{ {step.format(f'b{i - 1}')} }}\n" for i in range(1, LEVELS))


def bombs(scale: int = 1) -> Iterator[tuple[str, str]]:  # noqa: PLR0915 - a list
    """Name and source, with the long ones shorter by `scale`."""

    def k(count: int) -> int:
        return max(count // scale, 70)

    yield "blocks that double", net(f" b{LEVELS - 1}", doubling("{0} -> {0}"))
    yield "branches that double", net(f" b{LEVELS - 1}", doubling("add {{ | {0} | {0} }}"))
    yield "repeats in blocks", net(f" b{LEVELS - 1}", doubling("repeat 9 {{ {0} }}"))
    yield "counts in blocks", net(f" b{LEVELS - 1}", doubling("{0}() x 9"))
    yield "loops in blocks", net(f" b{LEVELS - 1}", doubling("for i in range(9) {{ {0} }}"))
    yield (
        "blocks of nothing",
        net(" b59", "block b0 { }\n" + "".join(f"block b{i} {{ b{i - 1} -> b{i - 1} }}\n" for i in range(1, LEVELS))),
    )
    yield (
        "conditions that double",
        net(
            " b59(1)",
            "block b0(n) { relu }\n"
            + "".join(f"block b{i}(n) {{ if n > 0 {{ b{i - 1}(n) -> b{i - 1}(n) }} }}\n" for i in range(1, LEVELS)),
        ),
    )
    yield "a block in itself", net(" b", "block b { b -> b }\n")
    yield "blocks in each other", net(" a", "block a { b -> b }\nblock b { a -> a }\n")
    yield "loops in loops", net(" " + "for i in range(999) { " * 30 + "relu" + " }" * 30)
    yield "empty loops in loops", net(" " + "for i in range(999) { " * 30 + " }" * 30)
    yield "repeats of nothing", net(" " + "repeat 999999 { " * 8 + " }" * 8)
    yield "repeats of a value", net(" repeat 999999999 { let a = 1 }")
    yield (
        "a name that doubles",
        net(f" conv 3x3, a{LEVELS}", "let a0 = 2\n" + "".join(f"let a{i} = a{i - 1}*a{i - 1}\n" for i in range(1, 61))),
    )
    yield "channels that double", net("\n".join([" concat { | | }"] * 70))
    yield "sizes that double", net("\n".join([" upsample 2"] * 70))
    yield "parentheses", net(" conv 3x3, " + "(" * k(100_000) + "1" + ")" * k(100_000))
    yield "groups", net(" " + "(" * k(100_000) + "relu" + ")" * k(100_000))
    yield "tuples", net(" conv 3x3, " + "(1, " * k(3_000) + "1" + ")" * k(3_000))
    yield "lists", net(" conv 3x3, " + "[" * k(50_000) + "]" * k(50_000))
    yield "calls", net(" conv 3x3, " + "min(1, " * k(20_000) + "1" + ")" * k(20_000))
    yield "choices", net(" conv 3x3, " + "1 if 1 else " * k(100_000) + "1, 2, 3, 4, 5, 6, 7")
    yield "choices in choices", net(" conv 3x3, " + "(1 if " * k(30_000) + "1" + " else 2)" * k(30_000))
    yield "minuses", net(" conv 3x3, " + "-" * (2 * k(150_000) + 1) + "8")
    yield "nots", net(" conv 3x3, 8, bias=" + "not " * k(300_000) + "8")
    yield "powers", net(" conv 3x3, 2" + "**2" * k(100_000))
    yield "subscripts", net(" conv 3x3, a" + "[0]" * k(100_000), "let a = [1]\n")
    yield "comparisons", net(" if 1" + " < 1" * k(200_000) + " { relu }\n conv")
    yield "an open string", net(' lrn "' + "(" * k(2_000_000))
    yield "else if", net(" if no { relu }" + " else if no { relu }" * k(50_000) + "\n conv")
    yield "bars", net(" add { " + "| relu " * k(100_000) + "}\n conv 99x99, 1")
    yield "joins in joins", net(" " + "concat { | | " * k(5_000) + "}" * k(5_000))
    yield "arguments", net(" conv " + ", ".join(["1"] * k(300_000)))
    yield "keywords", net(" conv " + ", ".join(f"a{i}=1" for i in range(k(100_000))))
    yield "parameters", f"net n({', '.join(f'a{i}=1' for i in range(k(100_000)))}) {{ input 8x8x4 -> conv }}"
    yield "parameters of one name", f"net n({', '.join(['a=1'] * k(100_000))}) {{ input 8x8x4 -> relu }}"
    yield "a wide table", "table t {\n input 8x8x4\n" + ("| a " * k(30_000) + "|\n") * 3 + "}\n"
    yield "a table of variants", (
        "table t {\n input 8x8x4\n| output |" + "".join(f" c{i} |" for i in range(k(3_000))) + "\n"
        + ("| 8x8 |" + " rleu |" * k(3_000) + "\n") * 3 + "}\n"
    )  # fmt: skip
    yield (
        "a long table",
        "table t {\n input 8x8x4\n| output | A | B |\n" + "| 8x8 | rleu | rleu |\n" * k(30_000) + "}\n",
    )
    yield "uneven rows", "table t {\n" + "".join("|" + " a |" * (i % 90) + "\n" for i in range(k(20_000))) + "}\n"
    yield "one file used often", "use resnet\n" * k(50_000) + net(" conv")
    yield "all files", "use densenet\nuse resnet\nuse vgg\nuse vit\n" * k(2_000) + net(" conv")
    yield "files that are not there", "".join(f"use none{i}\n" for i in range(k(20_000))) + net(" relu")
    yield "holes", net("\n".join([" conv ?x?/?, ?, pad=?"] * 200) + " => 4x4x4")
    yield "holes in one layer", net(" conv ?x?/?, ?, pad=?, dilation=?, groups=? => 4x4x9\n conv")
    yield "holes of counts", net("\n".join([" relu x ?"] * 30) + "\n expect params = 7")
    yield "holes in lists", net(" conv 3x3, [" + "?, " * k(50_000) + "?]")
    yield "labels of one name", net("\n".join([" a: relu"] * k(50_000)))
    yield "a label with dots", net(" " + ".".join(["a"] * k(100_000)) + ": relu")
    yield "references to nothing", net("\n".join(f" add @a{i}" for i in range(k(50_000))))
    yield "claims", net(" relu" + " => 8x8x4" * k(100_000))
    yield "expectations", net(" relu\n" + "\n".join(f" expect params = {i + 1}" for i in range(k(50_000))))
    yield "nets of one name", "net n { input 8x8x4 -> relu }\n" * k(50_000)
    yield "unknown words", net("\n".join(f" resnext_basic_block_{i}" for i in range(k(50_000))))
    yield "digits", net(" conv 3x3, " + "1_" * k(1_000_000) + "1")
    yield "an exponent", net(" conv 3x3, 1e999999999")
    yield "a suffix", net(" conv 3x3, 999999999999999999T")
    yield "a huge kernel", net(" conv 999999999x999999999, 999999999, pad=999999999")
    yield "huge groups", net(" conv 3x3, 999999999999, groups=999999999999")
    yield "divided by nothing", net(" conv 3x3, 1 // 0")
    yield "carriage returns", net("\r" * k(1_000_000) + " conv")
    yield "dollars", net(" $" * k(1_900_000))
    yield "lines of comments", "#\n" * k(2_000_000) + net(" conv")
    yield "comments", "#" * k(3_000_000) + "\n" + net(" conv")
    yield "spaces in a line", net(" conv" + " " * k(3_000_000) + "3x3 8")
    yield "a name of many parts", net(f" {'nn.' * k(1_000_000)}x")
    yield "lines of Python", net("x = F.relu(x)\n" * k(40_000))
    yield "lines that end with commas", net("conv 3x3, 8,\n" * k(40_000))


def scripts(scale: int = 1) -> Iterator[tuple[str, str]]:
    """The same in ConvNetJS's notation."""

    def k(count: int) -> int:
        return max(count // scale, 70)

    layer = "{type:'input', out_sx:8, out_sy:8, out_depth:1}"
    yield "brackets", "layer_defs = " + "[" * k(100_000)
    yield "objects", "layer_defs.push(" + "{a:" * k(100_000) + "1" + "}" * k(100_000) + ");"
    yield "comments", "/*" * k(500_000)
    yield "escapes", "layer_defs.push({type:'" + "\\u0041" * k(300_000) + "'});"
    yield "an open string", "layer_defs.push({type:'" + "a" * k(2_000_000)
    yield "slashes", "layer_defs.push(" + "/" * k(1_000_000)
    yield "many layers", "layer_defs = [];\n" + f"layer_defs.push({layer});\n" * k(30_000)
    yield "a huge size", "layer_defs.push({type:'input', out_sx:" + "9" * k(100_000) + ", out_sy:8, out_depth:1});"


def _refused(texts: dict[str, str], suffix: str, cwd: Path) -> None:
    commands = []
    for number, text in enumerate(texts.values()):
        (cwd / f"b{number}{suffix}").write_text(text, encoding="utf-8")
        commands.append(["check", f"b{number}{suffix}"])
    wrong = []
    for name, ended in zip(texts, run_all(commands, cwd), strict=True):
        if ended.crashed or ended.code != 1 or not ended.heads or "--> " not in ended.err:
            wrong.append(f"{name}: exit {ended.code}: {ended.err[:300]!r}")
        elif ended.memory > MEMORY:
            wrong.append(f"{name}: {ended.memory / 1e6:.0f} MB")
        elif max(map(len, ended.err.splitlines())) > 400 or len(ended.heads) > 60:
            wrong.append(f"{name}: says too much: {len(ended.err):,} characters, {len(ended.heads)} diagnostics")
    assert not wrong, "\n".join(wrong)


def test_sources(tmp_path: Path) -> None:
    _refused({name: text for name, text in bombs(40) if name not in SLOW}, ".arch", tmp_path)


@pytest.mark.parametrize("text", ["relu\n" * 2_000, "#\n" * 2_000, "$ " * 2_000])
def test_too_many_tokens(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("archc.syntax.parser.MAX_TOKENS", 1_000)
    (diagnostic,) = compile_text(text).diagnostics
    assert diagnostic.code == "limit-tokens"
    assert diagnostic.span is not None


def test_scripts(tmp_path: Path) -> None:
    _refused(dict(scripts(20)), ".js", tmp_path)


@pytest.mark.nightly
def test_large_sources(tmp_path: Path) -> None:
    _refused(dict(bombs()), ".arch", tmp_path)


@pytest.mark.nightly
def test_large_scripts(tmp_path: Path) -> None:
    _refused(dict(scripts()), ".js", tmp_path)
