"""Input that is no network: one clear diagnostic, exit 1, nothing written."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.running import archc

NESTED = "net n { input 8x8x3\n" + "add { | " * 10_000 + "relu" + " }" * 10_000 + "\n}"


def huge(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(100_000_000)


def text(content: str) -> Callable[[Path], object]:
    return lambda path: path.write_text(content)


def data(content: bytes) -> Callable[[Path], object]:
    return lambda path: path.write_bytes(content)


CASES: dict[str, tuple[Callable[[Path], object], str]] = {
    "missing": (lambda path: None, "no-file"),
    "empty": (text(""), "no-net"),
    "blank": (text(" \n\n"), "no-net"),
    "binary": (data(bytes(range(256))), "not-text"),
    "latin-1": (data("net café {}".encode("latin-1")), "not-text"),
    "utf-16": (data("net n {}".encode("utf-16")), "not-text"),
    "100 MB": (huge, "limit-source"),
    "folder": (lambda path: path.mkdir(), "no-file"),
    "loop of links": (lambda path: path.symlink_to(path), "no-file"),
    "nested": (text(NESTED), "limit-nesting"),
    "repeat": (text("net n { input 8x8x3\n repeat 10**9 { relu }\n}"), "limit-nodes"),
    "long repeat": (text("net n { input 8x8x3\n repeat 1000000000 { relu }\n}"), "limit-nodes"),
    "digits": (text(f"net n {{ input 8x8x3\n conv 3x3, {'9' * 5000}\n}}"), "limit-digits"),
    "use outside": (text("use ../other\nnet n { input 8x8x3\n relu }"), ""),
    "itself": (text("use bad\nnet n { input 8x8x3\n relu }"), "use-cycle"),
}


@pytest.mark.parametrize("case", CASES)
def test_one_diagnostic(case: str, tmp_path: Path) -> None:
    make, code = CASES[case]
    path = tmp_path / "bad.arch"
    make(path)
    before = sorted(tmp_path.rglob("*"))
    ran = archc("check", path, cwd=tmp_path)
    assert (ran.code, ran.out) == (1, ""), ran.err
    heads = [line for line in ran.err.splitlines() if line.startswith(("error[", "warning["))]
    assert len(heads) == 1, ran.err
    assert code in heads[0]
    assert max(map(len, ran.err.splitlines())) < 400
    assert sorted(tmp_path.rglob("*")) == before


def test_a_link_out_of_the_folder_is_not_followed(tmp_path: Path) -> None:
    inside = tmp_path / "inside"
    inside.mkdir()
    (tmp_path / "secret.arch").write_text("block hidden { relu }")
    (inside / "link.arch").symlink_to(tmp_path / "secret.arch")
    (inside / "main.arch").write_text("use link\nnet n {\n  input 8x8x3\n  relu\n}\n")
    ran = archc("check", inside / "main.arch")
    assert ran.code == 1
    assert ran.err.count("error[") == 1
    assert "link" in ran.err


def test_binary_standard_input() -> None:
    ran = archc("check", "-", stdin=b"\x00\x01\x02")
    assert ran.code == 1
    assert "error[not-text]" in ran.err


def test_a_name_that_steers_the_terminal_is_shown_harmless(tmp_path: Path) -> None:
    ran = archc("check", "\x1b[31mred\u202e")
    assert ran.code == 1
    assert "\x1b" not in ran.err
    assert "\u202e" not in ran.err


def test_the_limit_can_be_raised(tmp_path: Path) -> None:
    path = tmp_path / "long.arch"
    path.write_text("net n {\n  input 8x8x3\n  repeat 200 { relu }\n}\n")
    assert archc("check", path, "--max-nodes", "100").code == 1
    assert archc("check", path, "--max-nodes", "1000").code == 0


@pytest.mark.parametrize(
    ("asked", "meant"),
    [("resnet34.arch", "resnet34"), ("vgg[D]", "vgg_D"), ("resnet[34]", "resnet34"), ("vgg16.arc", "vgg16")],
)
def test_a_bundled_network_by_the_name_of_a_file(asked: str, meant: str, tmp_path: Path) -> None:
    refused = archc("check", asked, cwd=tmp_path)
    said = f"error[no-file]: there is no file `{asked}`\n   = help: did you mean `{meant}`?\n"
    assert refused.err == f"{said}\n= archc explain no-file\n"
    assert archc("check", meant, cwd=tmp_path).code == 0
    assert "help" not in archc("fmt", asked, cwd=tmp_path).err  # which only takes files


def test_a_column_that_the_table_has_not(tmp_path: Path) -> None:
    said = archc("check", "vgg[Z]", cwd=tmp_path).err
    assert said == "error[no-file]: there is no file `vgg[Z]`\n\n= archc explain no-file\n"
