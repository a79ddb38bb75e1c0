"""Files of timm and of Keras, by the names that the bundled sources say are theirs."""

import json
import re
import sys
import warnings
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file

import archc
from archc.backends.torch.match_weights import match_weights

NAMES: dict[str, Any] = json.loads((Path(__file__).parent / "oracle" / "origins.json").read_text("utf-8"))
"""For each origin and net the origin's name of each tensor of the net, in the net's order, and its shape there. The
nightly tests prove them: these files give the origin's outputs."""
TIMM = {
    **{"vgg16": "vgg16", "resnet50": "resnet50", "densenet121": "densenet121", "inception_v3": "inception_v3"},
    **{"efficientnet_b0": "efficientnet_b0", "efficientnet_b5": "efficientnet_b5", "convnext_tiny": "convnext_tiny"},
    **{"efficientnet_v2_s": "efficientnetv2_s", "mobilenet_v1_1_0": "mobilenetv1_100", "mnasnet1_0": "mnasnet_100"},
    **{"mobilenet_v2": "mobilenetv2_100", "mobilenet_v3_large": "mobilenetv3_large_100", "se_resnet50": "seresnet50"},
    **{"mobilenet_v3_small": "mobilenetv3_small_100", "regnet_y_400mf": "regnety_004"},
    **{"vit_b_16": "vit_base_patch16_224", "se_resnet101": "seresnet101", "efficientnet_v2_m": "efficientnetv2_m"},
}
OTHERWISE = {  # what the bundled source says, and what timm's net is
    **dict.fromkeys(("mobilenet_v3_large", "mobilenet_v3_small", "efficientnet_v2_s"), ("eps=1e-3", "eps=1e-5")),
    **{"mobilenet_v1_1_0": ("-> relu", "-> relu6"), "efficientnet_v2_m": ("eps=1e-3", "eps=1e-5")},
    "efficientnet_b5": ("1e-3            |", "1e-5            |"),
}


@pytest.mark.parametrize(("origin", "name"), [(origin, name) for origin, nets in NAMES.items() for name in nets])
def test_the_names_are_in_the_source(origin: str, name: str) -> None:
    net = archc.load(name)
    ours = {key: tuple(tensor.shape) for key, tensor in net.torch(device="meta").state_dict().items()}
    tensors = [key for key in ours if not key.endswith("num_batches_tracked")]
    theirs = {key: tuple(shape) for key, shape in NAMES[origin][name]}
    found = match_weights(ours, dict(sorted(theirs.items())), ordered=False, namings=net.graph.namings, graph=net.graph)
    assert (found.how.partition("_")[0], found.problems) == (origin, ())
    assert {(pair.ours, pair.theirs) for pair in found.pairs} == set(zip(tensors, theirs, strict=True))


def test_a_setting_that_differs_there_is_named(tmp_path: Path) -> None:
    """timm's MobileNetV3 has eps 1e-5 where torchvision's has 1e-3; names and shapes agree."""
    path = tmp_path / "timm.safetensors"
    save_file({key: torch.ones(shape) for key, shape in NAMES["timm"]["mobilenet_v3_small"]}, path)
    net = archc.load("mobilenet_v3_small")
    with pytest.raises(archc.ArchError) as raised:
        net.torch(weights=path)
    (diagnostic,) = raised.value.diagnostics
    assert diagnostic.message.startswith("timm_small has `bn eps=1e-05`, and norm1.bn1, bneck1.norm1.bn1")
    assert "have eps=0.001" in diagnostic.message
    assert diagnostic.help == "a copy of mobilenet_v3_small that says `bn eps=1e-05` loads the file"
    source = tmp_path / "mine.arch"
    source.write_text(net.text.replace("eps=1e-3", "eps=1e-5"))
    module = archc.load(source, "mobilenet_v3_small").torch(weights=path)
    assert float(module.get_parameter("conv1.weight").detach().mean()) == 1


FIELDS = """weights { theirs {
  names = ["^conv1 -> c", "^bn1 -> b"]
  SETTING
} }
net t { input INPUT -> conv 3x3/2, 4, pad=1 -> bn -> relu -> maxpool 2x2/2 }"""


@pytest.mark.parametrize(
    ("setting", "input", "said"),
    [
        ("conv.pad = same", "8x8x3", "theirs has `conv pad=same`, and conv1 has pad=1, written in line 5"),
        ("conv.pad = same", "9x9x3", None),  # which is 1 and 1 there
        ("conv.pad = half", "8x8x3", None),
        ("bn.eps = 1e-3", "8x8x3", "theirs has `bn eps=0.001`, and bn1 has eps=1e-05, written in line 5"),
        ("bn.eps = 1.001e-5", "8x8x3", None),
        ("maxpool.ceil = yes", "8x8x3", "theirs has `maxpool ceil=yes`, and maxpool1 has ceil=no, written in line 5"),
        ("relu = relu6", "8x8x3", "theirs has `relu6` where this net has `relu`: relu1"),
        ("silu = relu6", "8x8x3", None),  # which this net has none of
        ("conv.bias = no", "8x8x3", "theirs has `conv bias=no`, and conv1 has bias=yes, written in line 5"),
    ],
)
def test_settings_of_an_origin(setting: str, input: str, said: str | None, tmp_path: Path) -> None:
    net = archc.parse(FIELDS.replace("SETTING", setting).replace("INPUT", input))
    state = net.torch(seed=1).state_dict()
    theirs = {name.replace("conv1", "c").replace("bn1", "b"): tensor for name, tensor in state.items()}
    save_file(theirs, tmp_path / "w.safetensors")
    if said is None:
        loaded = net.torch(weights=tmp_path / "w.safetensors").state_dict()
        assert torch.equal(loaded["conv1.weight"], state["conv1.weight"])
        return
    with pytest.raises(archc.ArchError) as raised:
        net.torch(weights=tmp_path / "w.safetensors")
    assert raised.value.diagnostics[0].message.startswith(said)


def written(state: dict[str, torch.Tensor], path: Path) -> None:
    save_file({name: tensor.detach().cpu().contiguous() for name, tensor in state.items()}, path)


OPERATORS: list[object] = []


def import_torchvision() -> None:
    """timm imports it. A wheel for GPUs lacks its operators beside a PyTorch for CPUs, and timm's models use none."""
    try:
        pytest.importorskip("torchvision")
    except RuntimeError:
        library = torch.library.Library("torchvision", "DEF")  # type: ignore[no-untyped-call]
        for name in ("nms", "qnms"):
            signature = f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor"
            library.define(signature)  # type: ignore[no-untyped-call]
        OPERATORS.append(library)  # they go with it
        for name in [name for name in sys.modules if name.partition(".")[0] == "torchvision"]:
            del sys.modules[name]


@pytest.mark.nightly
@pytest.mark.parametrize("name", TIMM)
def test_timms_files_give_its_outputs(name: str, tmp_path: Path) -> None:
    import_torchvision()
    timm = pytest.importorskip("timm")
    module = timm.create_model(TIMM[name]).eval()
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for tensor in module.state_dict().values():
            if tensor.is_floating_point() and tensor.dim() == 1:
                tensor.uniform_(0.5, 1.5, generator=generator)
    written(module.state_dict(), tmp_path / "w.safetensors")
    net = archc.load(name)
    if name in OTHERWISE:
        with pytest.raises(archc.ArchError, match="the net would compute something else"):
            net.torch(weights=tmp_path / "w.safetensors")
        (tmp_path / "mine.arch").write_text(net.text.replace(*OTHERWISE[name]))
        net = archc.load(tmp_path / "mine.arch", name)
    with warnings.catch_warnings(action="ignore"):
        loaded = net.torch(weights=tmp_path / "w.safetensors", logits=True).eval()
    x = torch.randn(1, *net.graph.nodes[0].shape)
    with torch.no_grad():
        expected, given = module(x), loaded(x)
    assert float((expected - given).abs().max() / expected.abs().max()) < 1e-5


KERAS = {"vgg16": "VGG16", "densenet121": "DenseNet121", "mobilenet_v1_1_0": "MobileNet", "mobilenet_v2": "MobileNetV2"}


@pytest.mark.nightly
@pytest.mark.parametrize("name", KERAS)
def test_keras_files_give_its_outputs(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its kernels are height × width × in × out, and what it flattens has the channels last."""
    monkeypatch.setenv("KERAS_BACKEND", "torch")
    keras = pytest.importorskip("keras")
    module = getattr(keras.applications, KERAS[name])(weights=None, classifier_activation=None)
    generator = torch.Generator().manual_seed(1)
    for weight in module.weights:
        if len(weight.shape) == 1:
            weight.assign(torch.empty(tuple(weight.shape)).uniform_(0.5, 1.5, generator=generator))
    written({weight.path: weight.value for weight in module.weights}, tmp_path / "w.safetensors")
    net = archc.load(name)
    if name.startswith("mobilenet"):
        with pytest.raises(archc.ArchError) as raised:
            net.torch(weights=tmp_path / "w.safetensors")
        (refused,) = raised.value.diagnostics
        said = " ".join((refused.message, *refused.notes))
        assert "keras has `bn eps=0.001`" in said
        assert "keras has `dwconv pad=same`" in said
        source = re.sub(r"-> bn(?=\s)", "-> bn(eps=1e-3)", net.text.replace("pad=1", "pad=same"))
        (tmp_path / "mine.arch").write_text(re.sub(r"-> relu(?=\s)", "-> relu6", source))
        net = archc.load(tmp_path / "mine.arch", name)
    with warnings.catch_warnings(action="ignore"):
        loaded = net.torch(weights=tmp_path / "w.safetensors", logits=True).eval()
    x = torch.randn(1, *net.graph.nodes[0].shape)
    with torch.no_grad():
        expected = torch.as_tensor(module(x.permute(0, 2, 3, 1), training=False))
        given = loaded(x)
    assert float((expected - given).abs().max() / expected.abs().max()) < 1e-5
