"""What passes a limit is said once and soon: no hang, no overflow of the stack, no memory without end.

Each group runs in a process of its own, whose time limit only guards against hanging.
`python tests/unit/test_limits.py GROUP` runs one and prints a JSON object for each source.
"""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.memory import most_memory

ROOT = Path(__file__).parents[2]
HANG = 600  # seconds: against a hang, on a machine however busy
MAX_MEMORY = 2**30
DEEP = 10_000
LONG = 100_000
OK: tuple[str, ...] = ()

Case = tuple[str, str, tuple[str, ...]]
"""(name, source, codes of the diagnostics that are to come)"""


def _net(body: str, before: str = "") -> str:
    return f"{before}net a {{\n input 8x8x3\n{body}\n}}\n"


def _doubling(first: str, call: str, parameters: str = "") -> str:
    """Forty blocks, each calling the one before it twice."""
    later = (f"block b{i}{parameters} {{ {call.format(i - 1)} -> {call.format(i - 1)} }}\n" for i in range(1, 41))
    return f"block b0{parameters} {{ {first} }}\n" + "".join(later)


def deep() -> Iterator[Case]:
    for name, opener, closer in (("parentheses", "(", ")"), ("brackets", "[", "]")):
        yield name, _net(f" conv 3x3, {opener * DEEP}1{closer * DEEP}"), ("limit-nesting",)
    yield "calls", _net(" conv 3x3, " + "max(" * DEEP + "1" + ")" * DEEP), ("limit-nesting",)
    yield "subscripts", _net(" conv 3x3, a" + "[0" * DEEP + "]" * DEEP), ("limit-nesting",)
    yield "joins", _net(" add {|" * DEEP + " relu" + "}" * DEEP), ("limit-nesting",)
    yield "groups", _net(" " + "(" * DEEP + "relu" + ")" * DEEP), ("limit-nesting",)
    yield "never closed", _net(" conv 3x3, " + "(" * DEEP), ("limit-nesting",)
    yield "65 with the net's own", _net(" conv 3x3, " + "(" * 64 + "1" + ")" * 64), ("limit-nesting",)
    yield "64 with the net's own", _net(" conv 3x3, " + "(" * 63 + "1" + ")" * 63), OK
    chain = "".join(f"block b{i} {{ b{i + 1} }}\n" for i in range(1_000))
    yield "blocks", _net(" b0", chain), ("limit-nesting",)
    yield "recursion", _net(" a -> a", "block a { a -> a }\n"), ("recursion",)


def long() -> Iterator[Case]:
    yield "minus", _net(" conv 3x3, " + "-" * LONG + "8"), OK
    yield "not", _net(" if " + "not " * LONG + "yes { relu }"), OK
    yield "plus", _net(" conv 3x3, " + "+".join(["1"] * LONG)), OK
    yield "and", _net(" if " + " and ".join(["yes"] * LONG) + " { relu }"), OK
    yield "else if", _net(" if no { relu }" + " else if no { relu }" * (LONG // 10) + " else { relu }"), OK
    yield "choice", _net(" conv 3x3, " + "1 if no else " * (LONG // 10) + "8"), OK
    yield "arrows", _net(" " + " -> ".join(["relu"] * (LONG // 5))), OK
    yield "powers", _net(" conv 3x3, " + "**".join(["2"] * (LONG // 10))), ("limit-number",)


def expanding() -> Iterator[Case]:
    yield "repeat", _net(" repeat 10**9 { relu }"), ("limit-nodes",)
    yield "repeat nothing", _net(" repeat 10**9 { }"), ("limit-nodes",)
    yield "times", _net(" relu x 1000000000"), ("limit-nodes",)
    yield "nested", _net(" repeat 2 {" * 30 + " relu " + "}" * 30), ("limit-nodes",)
    yield "nested, empty", _net(" repeat 2 {" * 30 + "}" * 30), ("limit-nodes",)
    yield "nested, index", _net(" repeat 2 { if index == 0 {" * 30 + " relu " + "} }" * 30), OK
    yield "nested, index named", _net(" repeat 2 {" * 30 + " let n = index " + "}" * 30), ("limit-nodes",)
    yield "doubling", _net(" b40", _doubling("relu", "b{}")), ("limit-nodes",)
    yield "doubling nothing", _net(" b40", _doubling("", "b{}")), ("limit-nodes",)
    yield "doubling, arguments", _net(" b40(1)", _doubling("relu", "b{}(2*n)", "(n)")), ("limit-nodes",)
    yield "doubling, inflow", _net(" b40(1)", _doubling("relu", "b{}(in.channels)", "(n)")), ("limit-nodes",)
    yield "doubling, local", f"net a {{\n input 8x8x3\n{_doubling('relu', 'b{}')} b40\n}}\n", ("limit-nodes",)
    ranges = "for i in range(10**6) { for j in range(10**6) { relu } }"
    yield "for", _net(f" {ranges}"), ("limit-nodes",)
    yield "range", _net(" for i in range(10**9) { relu }"), ("wrong-arguments",)


def values() -> Iterator[Case]:
    yield "digits", _net(" conv 3x3, " + "9" * 5_000), ("limit-digits",)
    yield "digits of a size", _net(" conv 3x" + "9" * 200 + ", 8"), ("limit-digits",)
    yield "exponent", _net(" conv 3x3, 1e" + "9" * 5_000), ("limit-digits",)
    yield "power", _net(" conv 3x3, 2**2**2**2**2**2"), ("limit-number",)
    yield "huge power", _net(" conv 3x3, (10**18)**(10**18)"), ("limit-number",)
    yield "small power", _net(" conv 3x3, 0.5**(0-10**18)"), ("limit-number",)
    yield "product", _net(" conv 3x3, " + "*".join(["999999999"] * 1_000)), ("limit-number",)
    yield "text", _net(' lrn "' + "a" * 10**6 + '"'), ("limit-name",)
    yield "name", _net(" " + "a" * 10**6), ("limit-name",)
    yield "label", _net(" " + "a" * 10**6 + ": relu"), ("limit-name",)
    yield "reference", _net(" @" + "a" * 10**6), ("limit-name",)
    yield "sizes", _net(" conv 3" + "x3" * LONG + ", 8"), ("limit-name",)
    yield "map", "net a { input 1000000000000x1000000000000x8 -> relu }", ("limit-number",)
    grown = "let a0 = [1, 1]\n" + "".join(f"let a{i} = [a{i - 1}, a{i - 1}]\n" for i in range(1, 60))
    yield "list", _net(" relu", grown), ("limit-values",)
    yield "ranges", _net("\n".join(f" let r{i} = range(10**6)" for i in range(1_000))), ("limit-values",)


def many_errors() -> Iterator[Case]:
    lines = 10_000
    yield "commas", _net("\n".join([" conv 3x3 8"] * lines)), ("missing-comma",)
    yield "names", _net("\n".join([" rleu"] * lines)), ("unknown-layer",)
    yield "closers", _net("\n".join([" relu }"] * lines)), ("stray-bracket",)
    yield "quotes", _net("\n".join([" “relu”"] * lines)), ("foreign-character",)
    yield "outside", "relu\n" * lines, ("outside-net",)
    yield "bars", _net("|" * lines), ("wrong-sign",)
    yield "claims", _net("\n".join([" relu => 9x9x3"] * 2_000)), ("shape-refuted",)
    yield "nets", "".join(f"net n{i} {{ input 8x8x1 -> rleu }}\n" for i in range(2_000)), ("unknown-layer",)
    yield "labels", _net(" s: relu\n" + "\n".join(f" l{i}: @s" for i in range(lines))), ("unused-label",)
    yield "dead", _net(" s: relu\n" + "\n".join(" @s -> relu" for _ in range(2_000))), ("dead-branch",)


def large() -> Iterator[Case]:
    yield "lines", _net("\n".join([" relu"] * LONG)), OK
    yield "labels", _net("\n".join(f" l{i}: relu" for i in range(10_000))), OK
    yield "blanks", _net("\n" * 3_000_000), ("empty-net",)
    yield "spaces", _net(" " * 3_000_000), ("empty-net",)
    yield "letters", "".join(chr(0x4E00 + i % 20_000) for i in range(10**6)), ("foreign-character",)
    yield "returns", _net(" relu" + "\r" * 10**6), ("foreign-character",)
    yield "too large", " " * (4 * 2**20 + 1), ("limit-source",)


GROUPS: dict[str, Callable[[], Iterator[Case]]] = {
    group.__name__: group for group in (deep, long, expanding, values, many_errors, large)
}


def _measure(group: str) -> None:
    """In the process of its own."""
    from archc.diagnostics.text import render_all  # noqa: PLC0415
    from archc.program import compile_text  # noqa: PLC0415

    for name, text, _ in GROUPS[group]():
        diagnostics = compile_text(text).diagnostics
        shown = render_all(diagnostics, color=False, width=100)
        record = {
            "name": name,
            "codes": sorted({diagnostic.code for diagnostic in diagnostics}),
            "count": len(diagnostics),
            "located": all(d.span is not None or d.code in ("limit-source", "no-net") for d in diagnostics),
            "longest": max(map(len, shown.splitlines()), default=0),
            "memory": most_memory(),
        }
        print(json.dumps(record), flush=True)


def _run(*arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(
        [sys.executable, *arguments], capture_output=True, text=True, timeout=HANG, env=environment, check=False
    )


@pytest.mark.parametrize("group", GROUPS)
def test_sources(group: str) -> None:
    done = _run(__file__, group)
    assert done.returncode == 0, done.stderr[-2_000:]
    records: list[dict[str, Any]] = [json.loads(line) for line in done.stdout.splitlines()]
    for record, (name, _, codes) in zip(records, GROUPS[group](), strict=True):
        assert record["name"] == name
        assert tuple(record["codes"]) == codes, record
        assert record["located"], record
        assert record["count"] <= (50 if group == "many_errors" else 1), record
        assert record["longest"] < 400, record
        assert record["memory"] < MAX_MEMORY, record


CHECK = """
import sys
from archc.program import compile_path
diagnostics = compile_path(sys.argv[1]).diagnostics
print(*(f"{d.code} {d.message}" for d in diagnostics), sep="\\n")
"""


def _told(path: Path) -> str:
    """The only diagnostic of a file."""
    done = _run("-c", CHECK, str(path))
    assert done.returncode == 0, done.stderr[-2_000:]
    (line,) = done.stdout.splitlines()
    return line


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"", "no-net"),
        (b"net a { input 8x8x1 -> relu }\0", "not-text"),
        (b"\x7fELF\x02\x01\x01\0\0\0", "not-text"),
        (b"net \xe9 { }\n", "not-text"),
        ("net a { input 8x8x1 -> relu }".encode("utf-16"), "not-text"),
        ("net a { input 8x8x1 -> relu }".encode("utf-16-be"), "not-text"),
        (b" " * (4 * 2**20 + 1), "limit-source"),
    ],
)
def test_files_that_are_no_sources(data: bytes, told: str, tmp_path: Path) -> None:
    path = tmp_path / "a.arch"
    path.write_bytes(data)
    assert _told(path).startswith(told)


def test_a_file_of_100_megabytes_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "a.arch"
    with path.open("wb") as file:
        file.truncate(100 * 2**20)
    assert _told(path).startswith("limit-source")


def test_what_is_not_a_file(tmp_path: Path) -> None:
    assert _told(tmp_path).endswith("is a folder")
    assert _told(tmp_path / "none.arch").startswith("no-file")
    assert _told(tmp_path / ("a" * 5_000)).startswith("no-file")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no fifos here")
def test_a_fifo_is_not_waited_for(tmp_path: Path) -> None:
    path = tmp_path / "a.arch"
    os.mkfifo(path)
    assert _told(path).endswith("is not a regular file")


NET = "net a {\n  input 8x8x1\n  relu\n}\n"


def _linked(link: Path, target: Path) -> None:
    try:
        link.symlink_to(target)
    except OSError:
        pytest.skip("no links here")


def test_a_link_out_of_the_folder_is_not_used(tmp_path: Path) -> None:
    inside = tmp_path / "inside"
    inside.mkdir()
    (tmp_path / "secret.arch").write_text("block secret { relu }\n")
    _linked(inside / "outside.arch", tmp_path / "secret.arch")
    _linked(inside / "folder", tmp_path)
    for target in ("outside", '"folder/secret"', '"../secret"', '"/etc/passwd"', '"folder/../../secret"'):
        (inside / "a.arch").write_text(f"use {target}\n{NET}")
        assert _told(inside / "a.arch").startswith("unknown-file")


def test_a_link_that_goes_round_is_not_followed(tmp_path: Path) -> None:
    _linked(tmp_path / "round.arch", tmp_path / "round.arch")
    (tmp_path / "a.arch").write_text(f"use round\n{NET}")
    assert _told(tmp_path / "a.arch").startswith(("unknown-file", "no-file"))
    assert _told(tmp_path / "round.arch").startswith("no-file")


def test_use_of_what_is_not_a_source(tmp_path: Path) -> None:
    (tmp_path / "binary.arch").write_bytes(b"\0\1\2")
    (tmp_path / "folder.arch").mkdir()
    for target in ("binary", "folder"):
        (tmp_path / "a.arch").write_text(f"use {target}\n{NET}")
        assert _told(tmp_path / "a.arch").startswith(("not-text", "no-file"))


def test_use_cycles(tmp_path: Path) -> None:
    size = 40
    for number in range(size):
        (tmp_path / f"f{number}.arch").write_text(f"use f{(number + 1) % size}\n{NET}")
    assert _told(tmp_path / "f0.arch").startswith("use-cycle")


def test_a_long_chain_of_uses(tmp_path: Path) -> None:
    for number in range(2_000):
        (tmp_path / f"f{number}.arch").write_text(f"use f{number + 1}\n{NET}")
    assert _told(tmp_path / "f0.arch").startswith("limit-files")


def test_many_uses(tmp_path: Path) -> None:
    for number in range(100):
        (tmp_path / f"f{number}.arch").write_text(f"block b{number} {{ relu }}\n")
    (tmp_path / "a.arch").write_text("".join(f"use f{number}\n" for number in range(100)) + NET)
    assert _told(tmp_path / "a.arch").startswith("limit-files")


if __name__ == "__main__":
    _measure(sys.argv[1])
