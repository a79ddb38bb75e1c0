"""What is no source is told what it is, and which command takes it; what was typed is blamed, not the source."""

import json
from pathlib import Path

import pytest

from archc.elaborate.values import Symbol, Value
from archc.foreign_files import KINDS
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


JSON = {
    "keras": ({"class_name": "Sequential", "config": {"layers": []}, "keras_version": "3.5"}, "a Keras model without"),
    "tfjs": ({"format": "layers-model", "modelTopology": {}, "weightsManifest": []}, "a TensorFlow.js model"),
    "hf": ({"architectures": ["ResNetForImageClassification"], "model_type": "resnet"}, "Hugging Face's transformers"),
    "timm": ({"architecture": "resnet50", "num_classes": 1000, "pretrained_cfg": {}}, "a configuration of timm"),
    "index": ({"metadata": {}, "weight_map": {"conv1.weight": "model-1.safetensors"}}, "an index of weights"),
    "mxnet": ({"nodes": [], "arg_nodes": [], "heads": []}, "an MXNet net"),
    "convnetjs": ({"layers": [{"layer_type": "input", "out_sx": 8}]}, "a net that ConvNetJS has trained"),
    "run": ({"net": {}, "versions": {}, "state": "finished"}, "the record of a run"),
    "coco": ({"images": [], "annotations": [], "categories": []}, "a list of annotated pictures"),
}


@pytest.mark.parametrize("name", JSON)
def test_json_that_is_no_layer_defs_is_told_what_it_is(name: str, tmp_path: Path) -> None:
    held, what = JSON[name]
    (tmp_path / "net.json").write_text(json.dumps(held), encoding="utf-8")
    (diagnostic,) = compile_path(str(tmp_path / "net.json")).diagnostics
    assert diagnostic.code == "foreign-file"
    assert what in diagnostic.message
    assert diagnostic.help


def test_json_of_our_own_and_json_of_nobody(tmp_path: Path) -> None:
    checked = archc("check", "lenet5", "--json").out
    (tmp_path / "checked.json").write_text(checked, encoding="utf-8")
    (tmp_path / "other.json").write_text('{"a": 1}', encoding="utf-8")
    layers = [{"type": "input", "out_sx": 8, "out_sy": 8, "out_depth": 1}, {"type": "softmax", "num_classes": 3}]
    (tmp_path / "net.json").write_text(json.dumps({"layer_defs": layers, "images": [], "annotations": []}))
    assert "what `archc check --json` prints" in compile_path(str(tmp_path / "checked.json")).diagnostics[0].message
    assert "holds no layer_defs" in compile_path(str(tmp_path / "other.json")).diagnostics[0].message
    assert compile_path(str(tmp_path / "net.json")).ok


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
