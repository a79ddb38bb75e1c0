"""`archc export`, `archc weights map` and `archc look` as a user runs them."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors import safe_open

import archc as library
from tests.cli.running import archc


def test_a_python_file(tmp_path: Path) -> None:
    ran = archc("export", "resnet18", "-o", str(tmp_path / "net.py"), "-p", "classes=10")
    assert (ran.code, ran.out) == (0, "")
    assert "11,181,642 parameters" in ran.err  # torchvision.models.resnet18(num_classes=10)
    script = "import torch, net; print(tuple(net.Resnet18()(torch.zeros(2, 3, 64, 64)).shape))"
    done = subprocess.run([sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout == "(2, 10)\n"


def test_a_file_of_ones_own(tmp_path: Path) -> None:
    (tmp_path / "mine.arch").write_text("net mine(width=4) { input 8x8x1\n conv 3x3, width -> relu\n fc 2 }")
    ran = archc("export", str(tmp_path / "mine.arch"), "-o", str(tmp_path / "mine.py"))
    assert ran.code == 0
    assert "def __init__(self, width: int = 4) -> None:" in (tmp_path / "mine.py").read_text()


def test_weights_as_they_start(tmp_path: Path) -> None:
    path = tmp_path / "w.safetensors"
    ran = archc("export", "cifar10net", "-o", str(path), "--init", "he_normal", "--seed", "3")
    assert ran.code == 0
    assert "untrained weights (he_normal, seed 3)" in ran.err
    expected = library.load("cifar10net").torch(init="he_normal", seed=3)
    loaded = library.load("cifar10net").torch(weights=path)
    assert torch.equal(expected.get_parameter("fc2.weight"), loaded.get_parameter("fc2.weight"))
    with safe_open(path, framework="pt") as file:
        assert "net cifar10net" in file.metadata()["source"]


def test_what_it_cannot_write_it_says(tmp_path: Path) -> None:
    for name in ("net.txt", "net"):
        ran = archc("export", "lenet5", "-o", str(tmp_path / name))
        assert ran.code == 2
        assert ".py, .onnx or .safetensors" in ran.err
    assert archc("export", "lenet5", "-o", str(tmp_path / "no" / "net.py")).code == 2
    assert archc("export", "lenet", "-o", str(tmp_path / "net.py")).code == 1
    assert archc("export", "resnet", "-o", str(tmp_path / "net.py")).code == 1, "five nets"
    assert archc("export", "lenet5", "-o", str(tmp_path / "w.safetensors"), "--init", "kaiming").code == 2
    assert "constant=0.01" in archc("export", "lenet5", "-o", str(tmp_path / "w.onnx"), "--init", "constant").err
    assert list(tmp_path.iterdir()) == []


def test_bad_input_costs_no_file(tmp_path: Path) -> None:
    path = tmp_path / "net.py"
    path.write_text("mine")
    (tmp_path / "bad.arch").write_text("net n { input 8x8x3\n rleu }")
    assert archc("export", str(tmp_path / "bad.arch"), "-o", str(path), "--force").code == 1
    assert path.read_text() == "mine"
    (tmp_path / "bad.pth").write_bytes(b"junk")
    ran = archc("export", "lenet5", "-o", str(tmp_path / "w.safetensors"), "--weights", str(tmp_path / "bad.pth"))
    assert ran.code == 1
    assert ran.err.startswith("error[bad-weights]: `bad.pth` is damaged")
    assert not (tmp_path / "w.safetensors").exists()


def test_weights_map(tmp_path: Path) -> None:
    state = library.load("lenet5_modern").torch(seed=1).state_dict()
    theirs = {f"features.{name.replace('conv', 'c').replace('fc', 'f')}": tensor for name, tensor in state.items()}
    torch.save(theirs, tmp_path / "theirs.pth")
    ran = archc(
        "weights", "map", "lenet5_modern", str(tmp_path / "theirs.pth"), "-o", str(tmp_path / "ours.safetensors")
    )
    assert ran.code == 0
    assert ran.out.splitlines()[-1] == f"lenet5_modern: {len(state)} tensors matched by order"
    assert any(line.split()[:2] == ["conv1.weight", "features.c1.weight"] for line in ran.out.splitlines())
    loaded = library.load("lenet5_modern").torch(weights=tmp_path / "ours.safetensors").state_dict()
    assert all(torch.equal(state[name], loaded[name]) for name in state)
    ran = archc("weights", "map", "lenet5_modern", str(tmp_path / "theirs.pth"), "--json")
    document = json.loads(ran.out)
    assert document["matched_by"] == "order"
    assert document["pairs"][0] == {"ours": "conv1.weight", "theirs": "features.c1.weight", "shape": [6, 1, 5, 5]}


def test_weights_map_refuses_what_does_not_fit(tmp_path: Path) -> None:
    torch.save(library.load("cifar10net").torch().state_dict(), tmp_path / "w.pth")
    ran = archc("weights", "map", "lenet5_modern", str(tmp_path / "w.pth"), "-o", str(tmp_path / "o.safetensors"))
    assert ran.code == 1
    assert "one.conv1.weight (32, 3, 3, 3) of the file is left over" in ran.err
    assert "conv1.weight (6, 1, 5, 5) has no partner in the file" in ran.err
    assert "Traceback" not in ran.err
    assert not (tmp_path / "o.safetensors").exists()


@pytest.fixture(name="image")
def _image(tmp_path: Path) -> Path:
    wave = np.add.outer(np.arange(40), np.arange(60)) % 256
    Image.fromarray(wave.astype(np.uint8)).save(tmp_path / "in.png")
    return tmp_path / "in.png"


@pytest.mark.parametrize("what", ["maps", "filters", "gradients"])
def test_look(image: Path, tmp_path: Path, what: str) -> None:
    path = tmp_path / "maps.png"
    ran = archc("look", "cifar10net_bn", "--image", str(image), "--what", what, "-o", str(path))
    assert (ran.code, ran.out) == (0, "")
    with Image.open(path) as drawn:
        assert drawn.width > 400
        assert len(drawn.convert("L").getcolors(1 << 16) or []) > 8, "there is something in it"


def test_look_at_some_layers_and_as_svg(image: Path, tmp_path: Path) -> None:
    path = tmp_path / "one.svg"
    assert archc("look", "cifar10net", "--image", str(image), "--layer", "one", "-o", str(path)).code == 0
    assert path.read_text("utf-8").startswith("<?xml")
    ran = archc("look", "cifar10net", "--image", str(image), "--layer", "conv9", "-o", str(tmp_path / "no.png"))
    assert ran.code == 2
    assert "conv9" in ran.err
    assert not (tmp_path / "no.png").exists()


def test_look_says_what_it_needs(image: Path, tmp_path: Path) -> None:
    out = str(tmp_path / "maps.png")
    assert "--image" in archc("look", "cifar10net", "-o", out).err
    (tmp_path / "no.png").write_bytes(b"no image")
    for name in ("no.png", "nowhere.png"):
        ran = archc("look", "cifar10net", "--image", str(tmp_path / name), "-o", out)
        assert ran.code == 1
        assert ran.err.startswith("error[bad-image]: ")
    ran = archc("look", "d2l_resnext_block", "--image", str(image), "-o", out)
    assert ran.code == 1
    assert "other than 1 or 3 channels" in ran.err
    assert not Path(out).exists()
