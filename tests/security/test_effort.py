"""Sources that ask for much work without layers, and numbers, names and settings that once ended in a traceback.

What bounds them is counted: nothing here looks at a clock.
"""

import math
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

import archc
from archc.diagnostics import ArchError
from archc.elaborate import effort
from archc.program import Compilation, Options, compile_text
from archc.train.recipe_errors import MOST
from archc.train.runs import RunFolder
from archc.train.settings import recipe_of
from tests.security.forked import MEMORY, run_all

LIMIT = 20_000
LOOP = "for i in range(100000)"


def net(body: str, before: str = "") -> str:
    return f"{before}net n {{\n input 8x8x4\n{body}\n relu\n}}\n"


def work() -> Iterator[tuple[str, str]]:
    """Work in loops that makes no layers: each of these is some 10^9 steps or more."""
    yield "sums", net(f" let r = range(100000)\n {LOOP} {{ let a = sum(r) }}")
    yield "least ones", net(f" let r = range(100000)\n {LOOP} {{ let a = min(r) + max(r) }}")
    yield "lengths", net(f" let r = range(100000)\n {LOOP} {{ let a = len(rows(r)) }}")
    yield "lists compared", net(f" let r = range(100000)\n {LOOP} {{ let a = r == r }}")
    yield "lists of lists compared", net(f" let r = [range(90000), range(90000)]\n {LOOP} {{ if r != r {{ }} }}")
    yield "many values", net(f" {LOOP} {{ " + "\n".join(f"let a{j} = i" for j in range(1000)) + " }")
    yield "many blocks", net(f" {LOOP} {{ " + "\n".join(f"block a{j} {{ relu }}" for j in range(1000)) + " }")
    yield "lists given to blocks", net(f" let r = range(100000)\n {LOOP} {{ b(r) }}", "block b(r) { identity }\n")
    yield "loops in loops", net(" for i in range(1000) { for j in range(1000) { let a = i*j + i*j - i*j } }")
    yield "conditions", net(f" {LOOP} {{ if " + "i < 0 or " * 500 + "no { relu } }")
    yield "arms not taken", net(f" {LOOP} {{ if in.channels == 3 {{ " + "relu -> " * 5000 + "relu } }")
    yield "in a block", net(f" {LOOP} {{ b }}", "block b { let r = range(1000)\n let s = sum(r) }\n")
    yield "at the top", "let r = range(1000000)\nlet s = sum(r) + sum(r) + sum(r)\n" + net("")


@pytest.mark.parametrize("name", dict(work()))
def test_work_in_loops(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(effort, "MOST", LIMIT)
    found = compile_text(dict(work())[name])
    assert [one.code for one in found.diagnostics] == ["limit-values"]
    assert found.diagnostics[0].span is not None
    assert found.effort < LIMIT + 1_000_001  # the count goes past its limit by one list at most


def multiplied() -> Iterator[tuple[str, str]]:
    """Layers that multiply where they were not counted before."""
    chain = "".join(f"net n{i} {{ input 8x8x4 -> n{i - 1} -> n{i - 1} }}\n" for i in range(1, 60))
    yield "nets that call nets", f"net n0 {{ input 8x8x4 -> relu }}\n{chain}"
    chain = "".join(f"net n{i} {{ n{i - 1} x 3 }}\n" for i in range(1, 60))
    yield "nets that repeat nets", f"net n0 {{ input 8x8x4 -> relu }}\n{chain}"
    chain = "".join(f"net n{i} {{ add {{ | n{i - 1} | n{i - 1} }} }}\n" for i in range(1, 60))
    yield "nets in branches", f"net n0 {{ input 8x8x4 -> relu }}\n{chain}"
    table = "table t {\n input 8x8x4\n| output | A | B |\n| 8x8 | relu | relu |\n}\nnet n0 { t[A] -> t[B] }\n"
    yield "variants", table + "".join(f"net n{i} {{ n{i - 1} -> n{i - 1} }}\n" for i in range(1, 60))
    chain = "".join(
        f"block b{i} {{ n{i - 1} -> n{i - 1} }}\nnet n{i} {{ input 8x8x4 -> b{i} }}\n" for i in range(1, 60)
    )
    yield "nets in blocks", f"net n0 {{ input 8x8x4 -> relu }}\n{chain}"
    yield "what flows repeats", net(" let c = in.channels\n" + " repeat c {" * 12 + " identity " + "}" * 12)
    chain = "".join(f"block b{i} {{ repeat in.channels {{ b{i - 1} }} }}\n" for i in range(1, 20))
    yield "what flows repeats blocks", net(" b19", "block b0 { identity }\n" + chain)
    yield "many nets", "".join(f"net n{i} {{ input 8x8x4 -> relu x 1500 }}\n" for i in range(60))


@pytest.mark.parametrize("name", dict(multiplied()))
def test_layers_that_multiply(name: str) -> None:
    found = compile_text(dict(multiplied())[name], options=Options(max_nodes=LIMIT))
    assert [one.code for one in found.diagnostics] == ["limit-nodes"]
    assert "--max-nodes raises the limit" in (found.diagnostics[0].help or "")
    assert sum(len(one.partial) for one in found.nets) <= LIMIT


def test_what_is_no_bomb_checks() -> None:
    chain = "".join(f"net n{i} {{ n{i - 1} -> n{i - 1} }}\n" for i in range(1, 8))
    assert compile_text(f"net n0 {{ input 8x8x4 -> relu }}\n{chain}").ok
    repeated = compile_text(net(" let c = in.channels\n repeat c { repeat c { repeat c { identity } } }"))
    assert (repeated.ok, len(repeated.nets[0].partial)) == (True, 1 + 4**3 + 1)
    long = compile_text(net("\n".join(f" conv 3x3, {4 + i % 3}, pad=1" for i in range(5_000))))
    assert (long.ok, len(long.nets[0].partial)) == (True, 5_002)
    values = " for i in range(5000) { let a = i % 3 + 1\n let b = 2*a\n conv 1x1, b }"
    assert compile_text(net(values), options=Options(max_nodes=12_000)).ok


def test_fixes_are_not_tried_on_what_takes_long(monkeypatch: pytest.MonkeyPatch) -> None:
    from archc import trials  # noqa: PLC0415

    text = net(" for i in range(2000) { let a = i }\n rleu")
    found = compile_text(text)
    assert found.diagnostics[0].fixes
    monkeypatch.setattr(trials, "MAX_TRIAL_EFFORT", found.effort - 1)
    assert not compile_text(text).diagnostics[0].fixes


# ---- holes


def rows(count: int, row: str = "| 64x64 | conv 3x3, {0}, pad=? |\n") -> str:
    return "table t {\n input 64x64x4\n| output | A |\n" + "".join(row.format(4 + i % 5) for i in range(count)) + "}\n"


HOLED: Mapping[str, tuple[str, list[int]]] = {
    "pads": (rows(300), [1] * 300),
    "strides": (rows(60, "| 64x64 | conv 1x1/?, {0} |\n"), [1] * 60),
    "kernels": (rows(60, "| 64x64 | conv ?x?, {0}, pad=half |\n"), []),
    "lines of a net": (
        "net n {\n input 64x64x4\n" + " conv 3x3, 4, pad=?  => 64x64x4\n" * 300 + "}\n",
        [1] * 300,
    ),
    "two in turn": (
        "net n {\n input 64x64x4\n" + " conv 3x3, 4, pad=? => 64x64x4\n conv 5x5, 4, pad=? => 64x64x4\n" * 60 + "}\n",
        [1, 2] * 60,
    ),
}


@pytest.mark.parametrize("name", HOLED)
def test_holes_that_do_not_bear_on_each_other(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each is solved by itself: the candidates that may be tried in one search are few for all of them together."""
    from archc.elaborate.solve import search as solve  # noqa: PLC0415

    text, values = HOLED[name]
    monkeypatch.setattr(solve, "MAX_TRIALS", 600)
    found = compile_text(text)
    if values:
        assert found.ok, found.diagnostics[0]
        assert [value for _, value in found.nets[0].filled] == values
    else:
        assert [one.code for one in found.diagnostics] in (["several-solutions"], ["search-exhausted"])


def test_equal_rows_with_other_sizes_are_not_taken_for_one() -> None:
    """The words of a row are the same, what is stated of it is not: 1 from 32 to 32, 0 from 32 to 30, 1 again."""
    text = "table t {\n input 32x32x4\n| output | A |\n| 32x32 | conv 3x3, 4, pad=? |\n| 30x30 | conv 3x3, 4, pad=? |\n"
    text += "| 30x30 | conv 3x3, 4, pad=? |\n| 34x34 | conv 3x3, 4, pad=? |\n}\n"
    found = compile_text(text)
    assert [value for _, value in found.nets[0].filled] == [1, 0, 1, 3] or not found.ok
    ok = compile_text(text.replace("| 34x34 | conv 3x3, 4, pad=? |\n", ""))
    assert (ok.ok, [value for _, value in ok.nets[0].filled]) == (True, [1, 0, 1])


# ---- numbers


def code(found: Compilation) -> list[str]:
    return [one.code for one in found.diagnostics]


NUMBERS = {
    **dict.fromkeys(("1e999", "~1e999", "1e" + "9" * 5000, "1e" + "0" * 5000, "1e-" + "9" * 5000), "limit-digits"),
    **dict.fromkeys(("9" * 400, "9" * 400 + ".5", "1e19"), "limit-digits"),
    **dict.fromkeys(("1e18T", "~1e18T", "999999999999999999T", "1e-999", "0." + "0" * 5000 + "1"), "figure-refuted"),
}


@pytest.mark.parametrize("number", NUMBERS, ids=[number[:12] for number in NUMBERS])
def test_numbers_without_end(number: str) -> None:
    found = compile_text(f"net n {{ input 8x8x4 -> conv 3x3, 4\n expect params = {number} }}")
    assert NUMBERS[number] in code(found)


@pytest.mark.parametrize("value", [math.inf, -math.inf, math.nan, 10**9999, 1e300, [3, [math.nan]]], ids=range(6))
def test_parameters_without_end(value: Any) -> None:
    with pytest.raises(ArchError) as raised:
        archc.parse("net n(c=4) { input 8x8x4 -> conv 3x3, c }", c=value)
    assert raised.value.diagnostics[0].code == "limit-number"


# ---- names of Python


NAMED = """
block b(__class__, __init__=1) {{ conv 3x3, __class__, pad=1 -> conv 3x3, __class__*2, pad=__init__ }}
net n({0}=4, other=3) {{ input 8x8x4 -> b({0}) -> b(other) -> conv 1x1, {0} }}
"""


@pytest.mark.parametrize(
    "name",
    [
        *("__class__", "__init__", "__dict__", "__x", "_", "self", "super", "nn", "torch", "F", "int", "range", "max"),
        *("N", "B", "Tensor", "lambda", "None", "print"),
    ],
)
def test_parameters_with_names_of_python(name: str) -> None:
    import torch  # noqa: PLC0415

    given: dict[str, Any] = {name: 5}
    made = archc.parse(NAMED.format(name), **given)
    space: dict[str, Any] = {}
    exec(compile(made.python(), "made", "exec"), space)
    y = space["N"]()(torch.zeros(1, 4, 8, 8))
    assert tuple(y.shape) == (1, 5, 8, 8)
    assert sum(p.numel() for p in made.torch().parameters()) == made.params


# ---- settings


@pytest.mark.parametrize("table", ["{0}", "optimizer.{0}", "data.{0}"])
def test_many_settings_that_there_are_not(table: str) -> None:
    tables: dict[str, Any] = {}
    for number in range(3_000):
        *outer, last = table.format(f"a{number}").split(".")
        inner = tables
        for key in outer:
            inner = inner.setdefault(key, {})
        inner[last] = 1
    with pytest.raises(ArchError) as raised:
        recipe_of(tables)
    told = raised.value.diagnostics
    assert len(told) == MOST + 1
    assert told[-1].message == f"and {3_000 - MOST:,} more settings that are wrong"


# ---- files of a run


def test_a_damaged_source_beside_a_run(tmp_path: Path) -> None:
    (tmp_path / "source.arch").write_bytes(b"net n { \xff\xfe")
    assert RunFolder(tmp_path).source == ""
    (tmp_path / "run.json").write_bytes(b'{"net": \xff')
    (tmp_path / "metrics.csv").write_bytes(b"\xff\n\xfe")
    assert (RunFolder(tmp_path).facts(), RunFolder(tmp_path).history()) == ({}, [])
    (tmp_path / "source.arch").unlink()
    (tmp_path / "source.arch").mkdir()
    assert RunFolder(tmp_path).source == ""


# ---- whole sizes


@pytest.mark.nightly
@pytest.mark.skipif(not hasattr(os, "memfd_create"), reason="limits of a process are Linux's here")
def test_at_full_size(tmp_path: Path) -> None:
    texts = {**dict(work()), **dict(multiplied()), "3,000 rows": rows(3_000).replace("{", "{")}
    texts["50,000 settings"] = (
        "net n { input 8x8x4 -> relu }\ntrain {\n" + "".join(f" a{i} = 1\n" for i in range(50_000)) + "}\n"
    )
    commands = []
    for number, text in enumerate(texts.values()):
        (tmp_path / f"b{number}.arch").write_text(text)
        commands.append(["check", f"b{number}.arch"])
    for name, ended in zip(texts, run_all(commands, tmp_path), strict=True):
        assert not ended.crashed, f"{name}: {ended.err[:300]}"
        assert ended.code == (0 if name in ("3,000 rows", "many nets") else 1), f"{name}: {ended.err[:300]}"
        assert ended.memory < MEMORY, name
