"""In a notebook: a net shows itself, and a cell is a source."""

from collections.abc import Callable
from typing import Any
from xml.etree import ElementTree

import pytest

import archc


class Shell:
    """What is used of IPython."""

    def __init__(self) -> None:
        self.user_ns: dict[str, Any] = {}
        self.magics: dict[str, Callable[[str, str], Any]] = {}

    def register_magic_function(self, func: Any, magic_kind: str = "line", magic_name: str | None = None) -> None:
        self.magics[f"{'%%' if magic_kind == 'cell' else '%'}{magic_name}"] = func


@pytest.fixture(name="shell")
def _shell() -> Shell:
    shell = Shell()
    archc.load_ipython_extension(shell)
    return shell


def test_a_net_shows_itself() -> None:
    net = archc.load("lenet5")
    bundle = net._repr_mimebundle_()
    ElementTree.fromstring(bundle["image/svg+xml"])
    assert bundle["text/plain"] == net.summary()
    assert bundle["text/html"].startswith("<div><svg ")
    assert "60,000" in bundle["text/html"]
    assert "<script" not in bundle["text/html"]


def test_a_net_with_too_much_to_draw_shows_its_table() -> None:
    net = archc.parse("net n { input 8x8x3\n" + "conv 3x3, 4, pad=1\n" * 2_100 + "}")
    bundle = net._repr_mimebundle_()
    assert set(bundle) == {"text/plain", "text/html"}
    assert "at most 2,000 can be laid out" in bundle["text/html"]
    with pytest.raises(ValueError, match="at most 2,000"):
        net.svg()


def test_a_picture_as_text() -> None:
    assert "#14171b" in archc.load("lenet5").svg(level="stage", theme="dark")


def test_pictures_take_what_the_command_takes() -> None:
    net = archc.parse("net n { input 8x8x3\n repeat 3 { conv 3x3, 3, pad=1 -> bn\n maxpool 3x3/1, pad=1 } }")
    plain = net.svg("layer")
    assert "84 params" in net.svg("layer", params=True)
    assert "84 params" not in plain
    assert (net.svg("layer", unfold=True).count(">3×3 conv, 3<"), plain.count(">3×3 conv, 3<")) == (3, 1)
    assert "A title" in net.svg(title="A title")
    assert net.svg(depth=1) != plain


def test_a_cell_is_a_source(shell: Shell) -> None:
    net = shell.magics["%%arch"]("mine", "net mine { input 8x8x3\n conv 3x3, 4 }")
    assert shell.user_ns == {"mine": net}
    assert net.params == 112
    both = shell.magics["%%arch"]("", "net a { input 8x8x3\n fc 2 }\nnet b { input 8x8x3\n fc 3 }")
    assert [one.name for one in both] == ["a", "b"]
    with pytest.raises(Exception, match="takes a name"):
        shell.magics["%%arch"]("no name", "net a { input 8x8x3\n fc 2 }")


def test_a_mistake_is_shown_and_drawn(shell: Shell) -> None:
    broken = shell.magics["%%arch"]("", "net n { input 8x8x3\n conv 33x33, 4 }")
    assert repr(broken).startswith("error[window-too-large]")
    bundle = broken._repr_mimebundle_()
    assert "window-too-large (line 2)" in bundle["image/svg+xml"]
    assert set(shell.magics["%%arch"]("", "")._repr_mimebundle_()) == {"text/plain"}


def test_in_ipython(capsys: pytest.CaptureFixture[str]) -> None:
    shells = pytest.importorskip("IPython.core.interactiveshell", reason="IPython is not installed")
    shell = shells.InteractiveShell()
    shell.run_line_magic("load_ext", "archc")
    assert shell.run_cell_magic("arch", "n", "net n { input 8x8x3\n conv 3x3, 4 }").params == 112
    assert "image/svg+xml" in shell.display_formatter.format(shell.user_ns["n"])[0]
    shell.run_cell("%%arch no name\nnet a { input 8x8x3 -> fc 2 }")
    said = capsys.readouterr()
    assert "UsageError: %%arch takes a name for the net, not `no name`" in said.err + said.out
    assert "Traceback" not in said.err + said.out
    shell.run_cell("%%arch\nnet a { input 8x8x3 -> conv 33x33, 2 }")
    assert "error[window-too-large]" in capsys.readouterr().out
