"""The table of slips: each row and each function is shown by a case of tests/cases/error, and how a window is read."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from archc.diagnostics import Code, Diagnostic, Source
from archc.syntax import parse
from archc.syntax.advice import slips
from archc.syntax.advice.unexpected import Unexpected
from archc.syntax.advice.window import Slip
from archc.syntax.tokens import Token

CASES = Path(__file__).parents[1] / "cases" / "error"


def name_of(look: Callable[[Unexpected], Diagnostic | None]) -> str:
    return look.window if isinstance(look, Slip) else getattr(look, "__name__", "")


def test_each_slip_has_a_case(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where two rows would report the same token, the first does: each is seen to be the first somewhere."""
    parse(Source("any", "net {"))
    shown: set[str] = set()

    def recording(look: Callable[[Unexpected], Diagnostic | None]) -> Callable[[Unexpected], Diagnostic | None]:
        def recorded(at: Unexpected) -> Diagnostic | None:
            report = look(at)
            shown.update({name_of(look)} if report is not None else ())
            return report

        return recorded

    every = slips.SLIPS
    monkeypatch.setattr("archc.syntax.advice.slips.SLIPS", tuple(map(recording, every)))
    for case in sorted(CASES.glob("*.arch")):
        parse(Source(case.name, case.read_text(encoding="utf-8")))
    missing = [name for look in every if (name := name_of(look)) not in shown]
    assert not missing, "\n".join(missing)


@pytest.mark.parametrize(
    ("window", "marked"),
    [
        ("NAME ^NAME", "b"),
        ("a:NAME ^.", "a"),
        ("a:NAME+ ^'b'", "x a"),
        ("a:!RSQB* ^'b'", "x a"),
        ("a:LSQB() NAME+ ^'b'", "["),
        ("^NAME a:NAME… COMMA", "c (d , e)"),
        ("^NAME a:/[c-d]/ LPAR", "c"),
        ("<'[' . . NAME NAME ^a:.", "b"),
        ("^NAME ~NAME", None),
        ("^NAME !NAME", None),
        ("NAME+ COMMA ^.", None),
    ],
)
def test_a_window(window: str, marked: str | None) -> None:
    source = Source("any", "[1] x a b c (d , e) , f")
    kinds = {"[": "LSQB", "]": "RSQB", "(": "LPAR", ")": "RPAR", ",": "COMMA", "1": "NUMBER"}
    stream = [
        Token(kinds.get(text, "NAME"), text, place, place + 1)
        for place, text in enumerate(source.text)
        if not text.isspace()
    ]
    at = Unexpected(stream, [*map(str, stream)].index("b"), (), source)
    report = Slip(window, Code.SYNTAX, "", at="a" if "a:" in window else "it")(at)
    assert (report.span.text if report and report.span else None) == marked


PASTED = {
    "texts in single quotes": " Dense({0}, activation='relu')\n",
    "functions": " def f{0}(x):\n   return x\n relu\n",
    "containers": " nn.Sequential(nn.ReLU(), nn.ReLU())\n",
    "computed values": " self.x = torch.foo('a')(b)\n relu\n",
    "signs at line ends": " relu;\n relu,\n",
    "slips": " conv 3x3 8\n",
}


@pytest.mark.parametrize("line", PASTED.values(), ids=PASTED)
def test_pasted_text_is_read_in_proportion(line: str) -> None:
    """Functions and generators entered, for a text and for one of twice its length."""

    def entered(count: int) -> int:
        source = Source("any", "net n {\n input 8x8x3\n" + "".join(map(line.format, range(count))) + "}\n")
        calls = 0

        def profile(frame: object, event: str, argument: object) -> None:
            nonlocal calls
            calls += event == "call"

        sys.setprofile(profile)
        try:
            parse(source)
        finally:
            sys.setprofile(None)
        return calls

    entered(1)
    assert entered(400) < 2.2 * entered(200)
