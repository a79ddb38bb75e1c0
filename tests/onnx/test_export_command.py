"""`archc export … -o net.onnx` as a user runs it, and what the file then does in ONNX Runtime."""

import json
import os
import stat
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
from safetensors.torch import load_file, save_file

import archc as library
from archc.backends.onnx.model import model
from archc.backends.onnx.save import file_parts, with_data_beside
from tests.cli.running import archc


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("weights") / "cifar10net.safetensors"
    assert archc("export", "cifar10net", "-o", path).code == 0
    return path


def running(path: Path) -> Any:
    return onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])


def test_the_file(weights: Path, tmp_path: Path) -> None:
    path, names = tmp_path / "net.onnx", tmp_path / "names.txt"
    names.write_text("\n".join(f"class {number}" for number in range(10)))
    ran = archc("export", "cifar10net", "--weights", weights, "-o", path, "--classes", names)
    assert (ran.code, ran.out) == (0, "")
    assert "batch 3 of 32x32, against PyTorch in float64: max |Δ| / max |y| = " in ran.err
    assert "620,362 parameters" in ran.err  # FACTS of the course
    assert "not trained" not in ran.err
    made = onnx.load(path)
    onnx.checker.check_model(made, full_check=True)
    assert [one.version for one in made.opset_import] == [22]
    said = {entry.key: entry.value for entry in made.metadata_props}
    assert (said["params"], said["macs"]) == ("620362", "10848768")
    assert json.loads(said["classes"])[3] == "class 3"
    assert "net cifar10net" in said["source"]
    graph = library.load("cifar10net").graph
    assert [node.name for node in made.graph.node] == [node.name for node in graph if node.op.category != "input"]
    assert path.stat().st_size < 1.01 * 4 * 620_362
    module = library.load("cifar10net").torch(weights=weights).eval()
    x = torch.randn(5, 3, 32, 32)
    (found,) = running(path).run(None, {"input": x.numpy()})
    torch.testing.assert_close(torch.from_numpy(found), module(x).detach(), rtol=1e-4, atol=1e-4)


def test_neither_torch_nor_runtime_is_needed_to_write_it(weights: Path, tmp_path: Path) -> None:
    command = ["export", "cifar10net", "--weights", str(weights), "-o", str(tmp_path / "net.onnx"), "--no-verify"]
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "archc", *command], capture_output=True, text=True, check=True
    )
    imported = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines() if line.startswith("import time:")}
    assert "onnx" in imported
    assert not imported & {"torch", "onnxruntime", "matplotlib", "PIL"}


def test_weights_as_they_start_are_said_to_be(tmp_path: Path) -> None:
    ran = archc("export", "lenet5_modern", "-o", tmp_path / "a.onnx", "--seed", "4", "--init", "he_normal")
    assert ran.code == 0
    assert ran.err.splitlines()[-1].startswith("note: ")
    assert "untrained weights (he_normal, seed 4)" in ran.err
    again = archc("export", "lenet5_modern", "-o", tmp_path / "b.onnx", "--seed", "4", "--init", "he_normal")
    assert again.code == 0
    assert (tmp_path / "a.onnx").read_bytes() == (tmp_path / "b.onnx").read_bytes()


def test_a_file_that_differs_is_not_kept(weights: Path, tmp_path: Path) -> None:
    """Weights beyond float16 overflow there and nowhere else."""
    state = {name: tensor * 1e6 for name, tensor in load_file(weights).items()}
    large, path = tmp_path / "large.safetensors", tmp_path / "net.onnx"
    save_file(state, large)
    path.write_bytes(b"mine")
    ran = archc("export", "cifar10net", "--weights", large, "-o", path, "--fp16", "--force")
    assert ran.code == 1
    assert "differs from PyTorch" in ran.err
    assert path.read_bytes() == b"mine"
    assert sorted(one.name for one in tmp_path.iterdir()) == ["large.safetensors", "net.onnx"]


def test_a_classifier_that_says_no_is_no_difference(tmp_path: Path) -> None:
    """ONNX Runtime's sigmoid of -14 is 5 % off, which is 4e-8."""
    source, weights = tmp_path / "no.arch", tmp_path / "no.safetensors"
    source.write_text("net tumour {\n  input 8x8x1\n  flatten -> fc 1 -> sigmoid\n}\n", encoding="utf-8")
    rng = np.random.default_rng(0)
    weight = rng.uniform(-0.1, 0.1, (1, 64)).astype(np.float32)
    save_file({"fc1.weight": torch.from_numpy(weight), "fc1.bias": torch.tensor([-14.0])}, weights)
    for precision in ("--fp32", "--fp16"):
        path = tmp_path / f"no{precision}.onnx"
        ran = archc("export", source, "--weights", weights, "-o", path, *([precision] if precision != "--fp32" else []))
        assert ran.code == 0, ran.err
        assert precision == "--fp16" or "where max |Δ| = " in ran.err
    back = archc("import", tmp_path / "no--fp32.onnx", "-o", tmp_path / "back.arch")
    assert back.code == 0, back.err


def test_half_precision(weights: Path, tmp_path: Path) -> None:
    path = tmp_path / "half.onnx"
    assert archc("export", "cifar10net", "--weights", weights, "-o", path, "--fp16").code == 0
    assert path.stat().st_size < 1.02 * 2 * 620_362
    assert running(path).get_inputs()[0].type == "tensor(float)"


def test_eight_bits(weights: Path, tmp_path: Path) -> None:
    path, data = tmp_path / "int8.onnx", tmp_path / "data.npz"
    np.savez(data, x=np.random.default_rng(0).standard_normal((40, 3, 32, 32)).astype(np.float32))
    ran = archc("export", "cifar10net", "--weights", weights, "-o", path, "--int8", "--calibrate", data)
    assert ran.code == 0
    cosine = float(ran.err.partition("cosine ")[2].partition(",")[0])
    assert cosine > 0.98
    assert path.stat().st_size < 1.1 * 620_362
    kinds = {node.op_type for node in onnx.load(path).graph.node}
    assert {"QuantizeLinear", "DequantizeLinear"} <= kinds
    assert {entry.key for entry in onnx.load(path).metadata_props} >= {"net", "source", "params"}
    assert sorted(one.name for one in tmp_path.iterdir()) == ["data.npz", "int8.onnx"]


def test_any_size(tmp_path: Path) -> None:
    path = tmp_path / "any.onnx"
    ran = archc("export", "mobilenet_v2", "-o", path, "--input", "64x64", "-p", "classes=5", "--dynamic-size")
    assert ran.code == 0, ran.err
    serving = running(path)
    state = library.load("mobilenet_v2", classes=5).torch(seed=0).state_dict()
    for sizes in ((64, 64), (65, 97), (128, 64)):
        module = library.load("mobilenet_v2", classes=5, input=sizes).torch().eval()
        module.load_state_dict(state)
        x = torch.randn(2, 3, *sizes)
        (found,) = serving.run(None, {"input": x.numpy()})
        torch.testing.assert_close(torch.from_numpy(found), module(x).detach(), rtol=1e-4, atol=1e-4)


def test_a_size_that_is_fixed_is_named(tmp_path: Path) -> None:
    ran = archc("export", "cifar10net", "-o", tmp_path / "a.onnx", "--dynamic-size")
    assert ran.code == 1
    assert "`fc1` (fc 256) is written for an input of 32x32x3" in ran.err
    assert not list(tmp_path.iterdir())


def test_pictures_of_any_size(weights: Path, tmp_path: Path) -> None:
    path = tmp_path / "picture.onnx"
    mean, std = (0.49, 0.48, 0.45), (0.25, 0.24, 0.26)
    given = ",".join(map(str, mean)) + "/" + ",".join(map(str, std))
    options = ("--with-preprocessing", "--preprocessing", given, "--probabilities")
    ran = archc("export", "cifar10net", "--weights", weights, "-o", path, *options)
    assert ran.code == 0, ran.err
    y, x = np.mgrid[0:90, 0:70]
    picture = np.stack([y * 2, x * 3, (x + y) % 256], -1).astype(np.uint8)
    resized = np.asarray(Image.fromarray(picture).resize((32, 32), Image.Resampling.BILINEAR), np.float32) / 255
    values = torch.from_numpy((resized - np.array(mean)) / np.array(std)).permute(2, 0, 1)[None].float()
    module = library.load("cifar10net").torch(weights=weights).eval()
    expected = module(values).softmax(1).detach()
    (found,) = running(path).run(None, {"image": picture[None]})
    torch.testing.assert_close(torch.from_numpy(found), expected, rtol=0, atol=2e-3)  # Pillow rounds to 8 bits


def test_probabilities_and_logits(tmp_path: Path) -> None:
    assert archc("export", "convnetjs_mnist", "-o", tmp_path / "p.onnx").code == 0
    assert archc("export", "convnetjs_mnist", "-o", tmp_path / "l.onnx", "--logits").code == 0
    x = np.random.default_rng(0).standard_normal((2, 1, 24, 24)).astype(np.float32)
    (probabilities,) = running(tmp_path / "p.onnx").run(None, {"input": x})
    (logits,) = running(tmp_path / "l.onnx").run(None, {"input": x})
    np.testing.assert_allclose(probabilities.sum(1), 1, rtol=1e-5)
    np.testing.assert_allclose(probabilities, torch.from_numpy(logits).softmax(1).numpy(), rtol=1e-4, atol=1e-7)


def test_weights_beside_the_file(weights: Path, tmp_path: Path) -> None:
    path = tmp_path / "net.onnx"
    assert archc("export", "cifar10net", "--weights", weights, "-o", path, "--external-data").code == 0
    assert sorted(one.name for one in tmp_path.iterdir()) == ["net.onnx", "net.onnx.data"]
    assert path.stat().st_size < 20_000
    x = np.zeros((1, 3, 32, 32), np.float32)
    module = library.load("cifar10net").torch(weights=weights).eval()
    (found,) = running(path).run(None, {"input": x})
    np.testing.assert_allclose(found, module(torch.from_numpy(x)).detach().numpy(), rtol=1e-4, atol=1e-5)


def test_data_lies_beside_the_file_and_nowhere_else() -> None:
    made = model(library.load("lenet5_modern").graph, {}, weights=False)
    for name in ("../net.data", "/tmp/net.data", "a/b", "", "..", "."):
        with pytest.raises(ValueError, match="beside"):
            with_data_beside(made, name)


def test_the_file_is_what_protobuf_would_write() -> None:
    net = library.load("lenet5_modern")
    state = {name: value.numpy() for name, value in net.torch(seed=0).state_dict().items()}
    made = model(net.graph, state)
    content = b"".join(bytes(part) for part in file_parts(made))
    assert onnx.load_from_string(content) == made.whole()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--int8"], "--calibrate"),
        (["--fp16", "--int8", "--calibrate", "x.npz"], "choose --fp16 or --int8"),
        (["--logits", "--probabilities"], "choose --probabilities or --logits"),
        (["--preprocessing", "nonsense"], "MEAN/STD"),
        (["--preprocessing", "0.5/0"], "a standard deviation cannot be 0"),
        (["--init", "magic"], "no initialisation `magic`"),
        (["--classes", "two.txt"], "names 2 classes, and the net has 10"),
        (["--int8", "--calibrate", "absent.npz"], "is not there"),
        (["--int8", "--calibrate", "two.txt"], "no image that can be read"),
        (["--int8", "--calibrate", "wrong.npz"], "holds arrays of 3x8x8, and the net takes 32x32x3"),
        (["--int8", "--calibrate", "object.npz"], "no array that can be read"),
        (["--weights", "torn.safetensors"], "damaged"),
        (["--weights", "absent.safetensors"], "is not there"),
    ],
)
def test_bad_input_costs_no_file(options: list[str], said: str, tmp_path: Path) -> None:
    (tmp_path / "two.txt").write_text("a\nb\n")
    (tmp_path / "torn.safetensors").write_bytes(b"\x10" + b"\0" * 7 + b'{"a": 1')
    np.savez(tmp_path / "wrong.npz", x=np.zeros((4, 3, 8, 8), np.float32))
    np.savez(tmp_path / "object.npz", x=np.array([{}], object))
    (tmp_path / "net.onnx").write_bytes(b"mine")
    before = sorted(one.name for one in tmp_path.iterdir())
    ran = archc("export", "cifar10net", "-o", "net.onnx", "--force", *options, cwd=tmp_path)
    assert ran.code in (1, 2)
    assert said in ran.err
    assert "internal error" not in ran.err
    assert (tmp_path / "net.onnx").read_bytes() == b"mine"
    assert sorted(one.name for one in tmp_path.iterdir()) == before


def test_places_that_cannot_be_written(weights: Path, tmp_path: Path) -> None:
    options = ("--weights", weights, "--no-verify", "-o")
    (tmp_path / "folder.onnx").mkdir()
    for target in (tmp_path / "absent" / "a.onnx", tmp_path / "folder.onnx"):
        ran = archc("export", "cifar10net", *options, target)
        assert ran.code == 2
        assert str(target) in ran.err
        assert "internal" not in ran.err
    locked = tmp_path / "locked"
    locked.mkdir()
    locked.chmod(stat.S_IRUSR | stat.S_IXUSR)
    if os.geteuid() != 0:  # the superuser writes everywhere
        assert archc("export", "cifar10net", *options, locked / "a.onnx").code == 2
