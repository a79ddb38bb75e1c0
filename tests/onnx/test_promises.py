"""What a file promises is held: open sizes, its error, that it is a classifier; and what needs no torch needs none."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from PIL import Image

import archc as library
from archc.backends.onnx.model import model
from archc.backends.torch.weights import save_weights
from archc.diagnostics import ArchError
from archc.serving.export import export
from archc.serving.onnx_options import OnnxOptions
from archc.serving.predictor import PredictorOptions, from_net, from_onnx
from archc.serving.sizes import Sizes, known_sizes, taken
from tests.cli.running import archc

UNET = """
net u {
  input 32x32x3
  a: conv 3x3, 4, pad=1 -> relu
  b: maxpool 2x2/2 -> conv 3x3, 6, pad=1 -> relu
  maxpool 2x2/2 -> conv 3x3, 8, pad=1 -> relu
  upsample 2 -> concat { | | @b } -> conv 3x3, 6, pad=1
  upsample 2 -> concat { | | @a } -> conv 3x3, 4, pad=1
  HEAD
}
"""
CLASSIFIER = "avgpool global -> flatten -> fc 3"


def dynamic(tmp_path: Path, head: str) -> Path:
    (tmp_path / "u.arch").write_text(UNET.replace("HEAD", head))
    ran = archc("export", tmp_path / "u.arch", "-o", tmp_path / "u.onnx", "--dynamic-size")
    assert ran.code == 0, ran.err
    assert "takes inputs of 4x4 and larger, by multiples of 4" in ran.err
    return tmp_path / "u.onnx"


def test_open_sizes_are_those_that_the_net_takes(tmp_path: Path) -> None:
    """Each size that the metadata allows gives PyTorch's values; one that it does not allow is no net."""
    path = dynamic(tmp_path, "")
    held = {entry.key: entry.value for entry in onnx.load(path).metadata_props}
    sizes = Sizes(tuple(json.loads(held["sizes"])["least"]), json.loads(held["sizes"])["step"])
    running = onnxruntime.InferenceSession(str(path))
    state = library.load(tmp_path / "u.arch").torch(seed=0).state_dict()
    for size in ((4, 4), (8, 12), (20, 36), (100, 64)):
        assert sizes.take(size)
        module = library.load(tmp_path / "u.arch", input=size).torch().eval()
        module.load_state_dict(state)
        x = torch.randn(2, 3, *size)
        (found,) = running.run(None, {"input": x.numpy()})
        torch.testing.assert_close(torch.from_numpy(found), module(x).detach(), rtol=1e-4, atol=1e-4)
    for size in ((3, 4), (6, 8), (30, 32)):
        assert not sizes.take(size)
        with pytest.raises(ArchError):
            library.load(tmp_path / "u.arch", input=size)


def test_predict_keeps_to_the_sizes(tmp_path: Path) -> None:
    path = dynamic(tmp_path, CLASSIFIER)
    Image.new("RGB", (50, 50), (10, 200, 30)).save(tmp_path / "p.png")
    refused = archc("predict", path, tmp_path / "p.png", "--input", "50x50")
    assert refused.code == 1
    assert "takes no inputs of 50x50" in refused.err
    assert "the nearest: --input 52x52" in refused.err
    assert archc("predict", path, tmp_path / "p.png", "--input", "48x52").code == 0
    assert archc("predict", path, tmp_path / "p.png").code == 0  # 224, a multiple of 4


def test_bench_keeps_to_the_sizes(tmp_path: Path) -> None:
    path = dynamic(tmp_path, CLASSIFIER)
    short = ("--seconds", "0", "--batch", "1", "--threads", "1")
    refused = archc("bench", path, "--input", "50x50", *short)
    assert refused.code == 1
    assert "takes no inputs of 50x50" in refused.err
    assert "the nearest: --input 52x52" in refused.err
    assert archc("bench", path, "--input", "48x52", *short).code == 0
    assert archc("bench", path, *short).code == 0


def test_bench_of_a_file_of_one_size_takes_no_other(tmp_path: Path) -> None:
    net = library.parse(UNET.replace("HEAD", CLASSIFIER))
    export(net.graph, {k: v.numpy() for k, v in net.torch(seed=0).state_dict().items()}, tmp_path / "u.onnx")
    refused = archc("bench", tmp_path / "u.onnx", "--input", "48x48", "--seconds", "0")
    assert (refused.code, refused.out) == (1, "")
    assert "takes inputs of 32x32" in refused.err


@pytest.mark.parametrize(
    ("least", "asked", "taken_as"),
    [((33, 33), None, (225, 225)), ((7, 4), None, (223, 224)), ((5, 5), (9, 13), (9, 13))],
)
def test_sizes_nobody_asked_for_are_the_nearest(least: Any, asked: Any, taken_as: Any) -> None:
    known = {"sizes": Sizes(least, 4).to_json()}
    assert taken(asked or (224, 224), known, Path("u.onnx"), asked=asked is not None) == taken_as


def test_one_size_for_pictures_is_not_open(tmp_path: Path) -> None:
    (tmp_path / "u.arch").write_text(UNET.replace("HEAD", CLASSIFIER))
    made = ("--with-preprocessing", "--preprocessing", "imagenet", "-o", tmp_path / "u.onnx")
    ran = archc("export", tmp_path / "u.arch", "--dynamic-size", *made)
    assert ran.code == 2
    assert "which resizes images to one size" in ran.err
    assert not (tmp_path / "u.onnx").exists()


@pytest.mark.parametrize(
    "command", ["export", *(pytest.param(one, marks=pytest.mark.nightly) for one in ("predict", "eval"))]
)
def test_weights_of_another_number_of_classes_are_answered_with_the_parameter(command: str, tmp_path: Path) -> None:
    text = "net n(classes=4) { input 16x16x3 -> conv 3x3, 4 -> relu -> avgpool global -> flatten -> fc classes }"
    (tmp_path / "n.arch").write_text(text)
    net = library.parse(text, classes=7)
    torch.save(net.torch(seed=0).state_dict(), tmp_path / "w.pt")
    save_weights(net.torch(seed=0).state_dict(), net.graph, tmp_path / "w.safetensors", net.text)
    for name in ("one", "two"):
        (tmp_path / "d" / name).mkdir(parents=True)
        Image.new("RGB", (16, 16)).save(tmp_path / "d" / name / "p.png")
    for weights in ("w.pt", "w.safetensors"):
        given: tuple[str, ...] = ("n.arch", *(() if command == "export" else ("d",)), "--weights", weights)
        given += ("-o", f"{weights}.onnx") if command == "export" else ()
        refused = archc(command, *given, cwd=tmp_path)
        assert refused.code == 1
        assert "-p classes=7" in refused.err
        if command != "eval":  # the set has two classes
            assert archc(command, *given, "-p", "classes=7", cwd=tmp_path).code == 0


@pytest.mark.parametrize(
    "broken", ["{", '{"least": [4], "step": 4}', '{"least": [4, 4], "step": 0}', '{"least": "44"}', "4"]
)
def test_sizes_that_cannot_be_read_are_refused(broken: str) -> None:
    with pytest.raises(ArchError, match=r"the metadata `sizes` of `u\.onnx` cannot be read"):
        known_sizes({"sizes": broken}, "u.onnx", 2)
    assert known_sizes({}, "u.onnx", 2) is None


@pytest.mark.parametrize(
    ("head", "said"),
    [
        ("", "32x32x4 for each picture"),
        ("avgpool global -> flatten -> fc 1", "one value for each picture"),
        ("avgpool to 2x2", "2x2x4 for each picture"),
    ],
)
def test_what_is_no_classifier_is_refused(head: str, said: str, tmp_path: Path) -> None:
    net = library.parse(UNET.replace("HEAD", head))
    module = net.torch(seed=0)
    export(net.graph, {k: v.numpy() for k, v in module.state_dict().items()}, tmp_path / "u.onnx")
    save_weights(module.state_dict(), net.graph, tmp_path / "u.safetensors", net.text)
    Image.new("RGB", (32, 32)).save(tmp_path / "p.png")
    with pytest.raises(ArchError, match=said):
        from_net(net.graph, tmp_path / "u.safetensors", PredictorOptions())
    model = from_onnx(tmp_path / "u.onnx", PredictorOptions())
    with pytest.raises(ArchError, match=said):
        model.probabilities([model.fitted(tmp_path / "p.png")])


def test_eval_refuses_what_is_no_classifier(tmp_path: Path) -> None:
    for name in "ab":
        (tmp_path / "d" / name).mkdir(parents=True)
        Image.new("RGB", (32, 32)).save(tmp_path / "d" / name / "p.png")
    ran = archc("eval", dynamic(tmp_path, ""), tmp_path / "d", "--json", "--input", "32x32")
    assert (ran.code, ran.out) == (1, "")
    assert "32x32x4 for each picture, and no score for each class" in ran.err


def test_scores_that_are_no_numbers_are_refused(tmp_path: Path) -> None:
    """Never NaN as JSON."""
    (tmp_path / "u.arch").write_text(UNET.replace("HEAD", CLASSIFIER))
    net = library.load(tmp_path / "u.arch")
    state = {name: value.numpy().copy() for name, value in net.torch(seed=0).state_dict().items()}
    state["fc1.bias"][1] = np.nan
    export(net.graph, state, tmp_path / "u.onnx", OnnxOptions(verify=False))
    Image.new("RGB", (32, 32)).save(tmp_path / "p.png")
    ran = archc("predict", tmp_path / "u.onnx", tmp_path / "p.png", "--json")
    assert (ran.code, ran.out) == (1, "")
    assert "no finite numbers" in ran.err


def test_names_for_another_number_of_classes_are_refused(tmp_path: Path) -> None:
    net = library.parse(UNET.replace("HEAD", CLASSIFIER))
    export(net.graph, {k: v.numpy() for k, v in net.torch(seed=0).state_dict().items()}, tmp_path / "u.onnx")
    Image.new("RGB", (32, 32)).save(tmp_path / "p.png")
    model = from_onnx(tmp_path / "u.onnx", PredictorOptions(classes=("a", "b")))
    with pytest.raises(ArchError, match="2 names of classes, and gives 3 scores"):
        model.probabilities([model.fitted(tmp_path / "p.png")])


ILL = "net ill { input 64\n a: fc 64\n b: fc 64\n c: fc 4 }"


def ill_conditioned(by: float) -> tuple[library.Net, dict[str, np.ndarray]]:
    """Large values whose difference is what counts: a float32 keeps some 1e-7 of them."""
    net = library.parse(ILL)
    state = {name: value.numpy().copy() for name, value in net.torch(seed=0).state_dict().items()}
    state["b.weight"][1::2] = state["b.weight"][::2] * (1 + by)
    state["b.bias"][:] = 0
    state["c.weight"] *= 1e4
    state["c.weight"][:, 1::2] = -state["c.weight"][:, ::2]
    state["c.bias"][:] = 0
    return net, state


def test_a_net_is_held_to_its_own_rounding(tmp_path: Path) -> None:
    net, state = ill_conditioned(1e-4)
    (one, *_) = export(net.graph, state, tmp_path / "ill.onnx").compared
    assert one.rounding > 1e-4
    assert one.error <= 10 * one.rounding
    assert "PyTorch's own float32 is" in one.text("fp32")
    well, ordinary = library.parse(ILL), library.parse(ILL).torch(seed=0).state_dict()
    (two, *_) = export(well.graph, {k: v.numpy() for k, v in ordinary.items()}, tmp_path / "well.onnx").compared
    assert (two.rounding, "own float32" in two.text("fp32")) == (0.0, False)


def test_another_net_is_refused_whatever_its_rounding(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that computes something else: the ill-conditioned net with a weight changed on its way into the file."""
    net, state = ill_conditioned(1e-4)
    made = model

    def other(graph: object, given: dict[str, np.ndarray], **how: object) -> object:
        changed = {**given, "c.weight": given["c.weight"] * 1.5}
        return made(graph, changed, **how)  # type: ignore[arg-type]

    monkeypatch.setattr("archc.serving.export.model", other)
    with pytest.raises(ArchError, match="differs from PyTorch"):
        export(net.graph, state, tmp_path / "ill.onnx")
    assert not list(tmp_path.iterdir())


WITHOUT = "import sys; sys.modules['torch'] = None; sys.argv = ['archc', *sys.argv[1:]]\n"


@pytest.mark.parametrize("name", ["lenet5", "vit_b_32"])
def test_python_is_written_without_torch(name: str, tmp_path: Path) -> None:
    """In a process that cannot import torch: the same file as where it can."""
    command = WITHOUT + "from archc.cli.app import main; sys.exit(main())"
    ran = subprocess.run([sys.executable, "-c", command, "export", name, "-o", "n.py"], cwd=tmp_path, check=False)
    assert ran.returncode == 0
    text = (tmp_path / "n.py").read_text(encoding="utf-8")
    assert text == library.load(name).python()
    code = WITHOUT + f"import archc; sys.stdout.buffer.write(archc.load({name!r}).python().encode())"
    again = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    assert again.stdout.decode() == text
    scope: dict[str, object] = {}
    exec(compile(text, "n.py", "exec"), scope)
