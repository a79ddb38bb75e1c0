"""What is no source is told what it is, and which command takes it; what was typed is blamed, not the source."""

from pathlib import Path

import pytest

from archc.elaborate.values import Symbol, Value
from archc.notations import KINDS
from archc.program import Options, compile_path
from tests.cli.running import archc

TAKES = {".onnx": "archc import net.onnx", ".pt": "archc weights map NET net.pt", ".toml": "--recipe net.toml"}


@pytest.mark.parametrize("command", [["check"], ["draw", "-o", "out.svg"]])
def test_foreign_files_are_told_what_they_are(command: list[str], tmp_path: Path) -> None:
    names = [f"net{ending}" for ending in KINDS]
    for name in names:
        (tmp_path / name).write_bytes(b"\0 not a source")
    given = names if command == ["check"] else ["net.onnx"]
    done = archc(*command, *given, cwd=tmp_path)
    assert done.code == 1
    for name in given:
        ending = f".{name.split('.')[1]}"
        _, _, told = done.err.partition(
            f"error[foreign-file]: `{name}` is {KINDS[ending][0]}, not a source\n   = help: "
        )
        assert told
        assert TAKES.get(ending, "") in told.split("\n")[0]
    assert not (tmp_path / "out.svg").exists()


@pytest.mark.parametrize(
    ("begin", "what"),
    [
        (b"\x89HDF\r\n\x1a\n\0\0\0\0", "a model or weights of Keras"),
        (b"PK\x03\x04\0\0\0\0", "a file of PyTorch's weights"),
        (b"\x1c\0\0\0TFL3\0\0", "a TensorFlow Lite model"),
        (b"\x89PNG\r\n\x1a\n", "a picture"),
    ],
)
def test_a_file_without_an_ending_is_known_by_its_bytes(begin: bytes, what: str, tmp_path: Path) -> None:
    (tmp_path / "model").write_bytes(begin)
    (diagnostic,) = compile_path(str(tmp_path / "model")).diagnostics
    assert f"is {what}, not a source" in diagnostic.message


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        *(("resnet-18", "resnet18"), ("ResNet_18", "resnet18"), ("RESNET18", "resnet18"), ("resnet:18", "resnet18")),
        *(("VGG-16", "vgg16"), ("MobileNet-V2", "mobilenet_v2"), ("denseNet 121", "densenet121")),
    ],
)
def test_names_of_networks_in_other_spellings(typed: str, meant: str) -> None:
    (diagnostic,) = compile_path(typed).diagnostics
    assert (diagnostic.help or "").startswith(f"did you mean `{meant}`")


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (Symbol("abc"), "`classes=abc`: `classes` of net `alexnet` is a number, not the word `abc`"),
        (True, "`classes=yes`: `classes` of net `alexnet` is a number, not yes or no"),
        ("ten", '`classes="ten"`: `classes` of net `alexnet` is a number, not a text'),
    ],
)
def test_a_parameter_of_another_kind(given: Value, message: str) -> None:
    (diagnostic,) = compile_path("alexnet", Options(parameters={"classes": given})).diagnostics
    assert diagnostic.message == message
    assert diagnostic.help == "for example classes=1000, its default"


@pytest.mark.parametrize(
    ("sizes", "said"),
    [
        ((224,), "for example 224x224"),
        ((1, 2, 3, 4), "for example 227x227"),
        ((3, 224, 224), "height x width: 224x224"),
    ],
)
def test_sizes_of_another_input(sizes: tuple[int, ...], said: str) -> None:
    (diagnostic,) = compile_path("alexnet", Options(input_sizes=sizes)).diagnostics
    assert diagnostic.help == said
    assert diagnostic.span is None


def test_what_was_typed_is_blamed() -> None:
    done = archc("check", "alexnet", "--input", "224")
    assert done.code == 1
    assert "the sizes asked for, 224, are 1, and the input 227x227x3 has 2" in done.err
