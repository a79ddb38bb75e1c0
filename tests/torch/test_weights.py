"""Weights in and out: what fits is carried over by name or by order, what does not is named, nothing runs."""

import json
import os
import pickle
import re
import warnings
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from torch import Tensor

import archc
from archc.analysis.fingerprint import fingerprint
from archc.api import Net
from archc.backends.torch.match_weights import match_weights
from archc.backends.torch.weight_layers import squeezed
from archc.backends.torch.weights import save_weights
from archc.diagnostics import ArchWarning

ORACLE: dict[str, Any] = json.loads((Path(__file__).parent / "oracle" / "torchvision.json").read_text("utf-8"))
TEXT = "net n(classes=4) { input 8x8x3\n conv 3x3, 6 -> bn -> relu\n conv 3x3, 6 -> bn -> relu\n fc classes }"


@pytest.fixture(name="net")
def _net() -> Net:
    return archc.parse(TEXT)


def complaints(net: Net, path: Path) -> list[str]:
    """What is said of each tensor, in one diagnostic; the module must stand as it was."""
    module = net.torch(seed=5)
    before = {name: tensor.clone() for name, tensor in module.state_dict().items()}
    from archc.backends.torch.weights import load_weights  # noqa: PLC0415

    with pytest.raises(archc.ArchError) as raised:
        load_weights(module, net.graph, path)
    assert all(torch.equal(before[name], tensor) for name, tensor in module.state_dict().items()), "half loaded"
    (diagnostic,) = raised.value.diagnostics
    return [*diagnostic.notes] or [diagnostic.message]


def test_there_and_back(net: Net, tmp_path: Path) -> None:
    module = net.torch(seed=1)
    save_weights(module.state_dict(), net.graph, tmp_path / "n.safetensors", net.text)
    loaded = net.torch(seed=2, weights=tmp_path / "n.safetensors")
    assert all(
        torch.equal(a, b) for a, b in zip(module.state_dict().values(), loaded.state_dict().values(), strict=True)
    )
    with safe_open(tmp_path / "n.safetensors", framework="pt") as file:
        metadata = file.metadata()
    assert metadata["graph"] == fingerprint(net.graph)
    assert archc.parse(metadata["source"]).graph.name == "n"
    assert set(load_file(tmp_path / "n.safetensors")) == set(module.state_dict())


def test_equal_weights_are_equal_files(tmp_path: Path) -> None:
    """safetensors itself gives its metadata another order each time."""
    net = archc.parse("net n {\n  input 8x8x1\n  flatten -> fc 10  # zehn Ziffern, ≤ 10\n}\n")
    state = net.torch(seed=0).state_dict()
    paths = [tmp_path / f"{number}.safetensors" for number in range(6)]
    for path in paths:
        save_weights(state, net.graph, path, net.text, {"one": "1", "two": "2"})
    assert len({path.read_bytes() for path in paths}) == 1
    with safe_open(paths[0], "pt") as file:
        assert file.metadata()["source"] == net.text
        assert all(torch.equal(file.get_tensor(name), tensor) for name, tensor in state.items())


def test_the_fingerprint_is_of_the_net_and_not_of_its_text() -> None:
    spaced = archc.parse(TEXT.replace(" -> ", "   ->   ") + "\n# a comment")
    assert fingerprint(spaced.graph) == fingerprint(archc.parse(TEXT).graph)
    assert fingerprint(archc.parse(TEXT, classes=5).graph) != fingerprint(archc.parse(TEXT).graph)
    other = archc.parse(TEXT.replace("-> bn", "-> bn(eps=0.001)"))
    assert fingerprint(other.graph) != fingerprint(archc.parse(TEXT).graph)


@pytest.mark.parametrize("suffix", [".pt", ".pth"])
@pytest.mark.parametrize("wrapper", [None, "state_dict", "model"])
def test_pytorch_files(net: Net, tmp_path: Path, suffix: str, wrapper: str | None) -> None:
    state = net.torch(seed=1).state_dict()
    torch.save({wrapper: state, "epoch": 3} if wrapper else state, tmp_path / f"w{suffix}")
    loaded = net.torch(weights=tmp_path / f"w{suffix}").state_dict()
    assert all(torch.equal(state[name], loaded[name]) for name in state)


def test_a_wrapped_models_prefix_and_missing_counters(net: Net, tmp_path: Path) -> None:
    state = net.torch(seed=1).state_dict()
    kept = {f"module.{name}": tensor for name, tensor in state.items() if "num_batches" not in name}
    torch.save(kept, tmp_path / "w.pt")
    loaded = net.torch(weights=tmp_path / "w.pt").state_dict()
    assert all(torch.equal(state[name], loaded[name]) for name in state)


def test_another_ones_names_in_order(net: Net, tmp_path: Path) -> None:
    state = net.torch(seed=1).state_dict()
    theirs = {f"layer{number}.{name.rpartition('.')[2]}": tensor for number, (name, tensor) in enumerate(state.items())}
    torch.save(theirs, tmp_path / "w.pt")
    with pytest.raises(archc.ArchError):  # every tensor a layer of its own, so the counters stand between
        net.torch(weights=tmp_path / "w.pt")
    named = {"conv1": "features.0", "bn1": "features.1", "conv2": "features.3", "bn2": "features.4", "fc1": "head"}
    theirs = {f"{named[name.partition('.')[0]]}.{name.partition('.')[2]}": t for name, t in state.items()}
    torch.save(theirs, tmp_path / "w.pt")
    loaded = net.torch(weights=tmp_path / "w.pt").state_dict()
    assert all(torch.equal(state[name], loaded[name]) for name in state)


def test_what_shapes_do_not_tell_apart_is_refused(net: Net, tmp_path: Path) -> None:
    ours = {name: tuple(tensor.shape) for name, tensor in net.torch(device="meta").state_dict().items()}
    swapped = ["conv1", "conv2", "bn1", "bn2", "fc1"]
    theirs = {f"t.{name}": shape for part in swapped for name, shape in ours.items() if name.startswith(part)}
    assert match_weights(ours, theirs).problems == (), "conv1 and conv2 differ in shape, so order tells the norms apart"
    twins = {"a.weight": (4, 4), "b.weight": (4,), "c.weight": (4, 4), "d.weight": (4,)}
    for names in ("wxyz", "yxwz"):
        shapes = {"w": (4, 4), "x": (4,), "y": (4, 4), "z": (4,)}
        found = match_weights(twins, {f"{name}.weight": shapes[name] for name in names})
        assert found.pairs == ()
        assert "do not tell" in found.problems[0]


@pytest.mark.parametrize("theirs", ["resnet50", "densenet121", "vgg16", "googlenet", "alexnet"])
def test_torchvisions_files(theirs: str, tmp_path: Path) -> None:
    """Whose tensor is whose: the last part of the name agrees, and what it lies in comes in the same order."""
    ours = {"alexnet": "alexnet_torchvision", "googlenet": "googlenet_bn"}.get(theirs, theirs)
    shapes = {key: tuple(tensor.shape) for key, tensor in archc.load(ours).torch(device="meta").state_dict().items()}
    given = {key: tuple(shape) for key, shape in ORACLE[theirs]["state_dict"]}
    graph = archc.load(ours).graph
    found = match_weights(shapes, given, namings=graph.namings, graph=graph)
    assert (found.how.partition("_")[0], found.problems) == ("torchvision", ())
    assert sorted(pair.theirs for pair in found.pairs) == sorted(given)
    assert all(pair.ours.rpartition(".")[2] == pair.theirs.rpartition(".")[2] for pair in found.pairs)


NAMES: dict[str, Any] = json.loads((Path(__file__).parent / "oracle" / "names.json").read_text("utf-8"))
NAMED = {  # ours → the names, in their order, and shapes of torchvision's parameters
    **{ours: ORACLE[theirs]["state_dict"] for ours, theirs in (("googlenet_bn", "googlenet"),)},
    **{name: ORACLE[name]["state_dict"] for name in ORACLE if name.startswith(("resnet", "densenet", "inception"))},
    **NAMES,
}


@pytest.mark.parametrize("name", NAMED)
def test_the_names_that_a_source_says_are_torchvisions(name: str) -> None:
    """safetensors keeps no order: by these names alone each tensor gets the partner that the order gives it."""
    net = archc.load(name)
    given = {key: tuple(shape) for key, shape in NAMED[name]}
    running = ("running_mean", "running_var")
    ours = {key: tuple(tensor.shape) for key, tensor in net.torch(device="meta").state_dict().items()}
    if name in NAMES:  # parameters alone
        ours = {key: shape for key, shape in ours.items() if not key.endswith((*running, "num_batches_tracked"))}
    shuffled = {key: given[key] for key in sorted(given)}
    found = match_weights(ours, shuffled, ordered=False, namings=net.graph.namings)
    assert (found.how.partition("_")[0], found.problems) == ("torchvision", ())
    waiting: dict[object, list[str]] = {}  # those of one shape and one use come in one order
    for key, shape in given.items():
        waiting.setdefault((squeezed(shape), use(key)), []).append(key)
    for pair in found.pairs:
        assert waiting[squeezed(ours[pair.ours]), use(pair.ours)].pop(0) == pair.theirs


def use(key: str) -> str:
    """What a tensor is for, by words that both have for it."""
    words = ("layer_scale", "class_token", "pos", "running_mean", "running_var", "bias")
    return next((word for word in words if word in key), "weight")


def test_what_is_wrong_with_a_file_of_others_is_said_by_both_names(tmp_path: Path) -> None:
    state = {key: torch.zeros(shape) for key, shape in ORACLE["resnet18"]["state_dict"]}
    del state["layer2.0.downsample.0.weight"]
    state["fc.weight"] = torch.zeros(10, 512)
    state["head.bias"] = torch.zeros(3)
    for path in (tmp_path / "w.safetensors", tmp_path / "w.pth"):
        save_file(state, path) if path.suffix == ".safetensors" else torch.save(state, path)
        assert complaints(archc.load("resnet18"), path) == [
            "conv3_x.0.shortcut1.conv1.weight (layer2.0.downsample.0.weight) (128, 64, 1, 1) is missing",
            "fc1.weight (fc.weight) is (1000, 512) in the net and (10, 512) in the file",
            "head.bias (3) is not in the net",
        ]


OTHERS = """
weights {
  theirs = ["conv{n} -> layers.{n-1}", "fc1 -> fc"]
  twice = ["conv{n} -> c"]
}
net n { input 8x8x3 -> conv 3x3, 6 -> relu -> conv 3x3, 6 -> fc 4 }
"""


def test_a_source_of_ones_own_says_names(tmp_path: Path) -> None:
    net = archc.parse(OTHERS)
    state = net.torch(seed=1).state_dict()
    names = {"conv1": "layers.0", "conv2": "layers.1", "fc1": "fc"}
    theirs = {f"module.{names[name.partition('.')[0]]}.{name.rpartition('.')[2]}": t for name, t in state.items()}
    save_file(theirs, tmp_path / "w.safetensors")
    loaded = net.torch(seed=2, weights=tmp_path / "w.safetensors").state_dict()
    assert all(torch.equal(state[name], loaded[name]) for name in state)
    kept = {name: tensor for name, tensor in state.items() if name.startswith("fc1")}
    save_file({"c.weight": torch.zeros(6, 6, 3, 3), "c.bias": torch.zeros(6), **kept}, tmp_path / "w.safetensors")
    assert "c.weight would be 2 tensors of the net" in complaints(net, tmp_path / "w.safetensors")


def test_a_spec_by_torchvisions_names_loads(tmp_path: Path) -> None:
    state = {key: torch.rand(shape) for key, shape in ORACLE["resnet18"]["state_dict"]}
    torch.save(state, tmp_path / "resnet18.pth")
    module = archc.load("resnet18").torch(weights=tmp_path / "resnet18.pth")
    assert torch.equal(module.get_parameter("conv3_x.0.shortcut1.conv1.weight"), state["layer2.0.downsample.0.weight"])
    assert torch.equal(module.get_parameter("fc1.bias"), state["fc.bias"])


def test_missing_extra_and_misshapen_tensors_are_named(net: Net, tmp_path: Path) -> None:
    state = dict(net.torch().state_dict())
    del state["bn1.bias"]
    state["fc1.weight"] = torch.zeros(4, 7)
    state["more"] = torch.zeros(2)
    save_file(state, tmp_path / "w.safetensors")
    assert complaints(net, tmp_path / "w.safetensors") == [
        "bn1.bias (6) is missing",
        "fc1.weight is (4, 96) in the net and (4, 7) in the file",
        "more (2) is not in the net",
    ]


def test_of_many_tensors_the_first_are_named_and_all_counted(tmp_path: Path) -> None:
    save_file({"a": torch.zeros(1)}, tmp_path / "w.safetensors")
    said = complaints(archc.load("resnet18"), tmp_path / "w.safetensors")
    assert len(said) == 9
    assert re.fullmatch(r"and \d+ more tensors", said[-1])


def test_weights_of_another_net_say_so(net: Net, tmp_path: Path) -> None:
    other = archc.parse(TEXT.replace("net n", "net other").replace("classes=4", "classes=9"))
    save_weights(other.torch().state_dict(), other.graph, tmp_path / "w.safetensors")
    with pytest.raises(archc.ArchError) as raised:
        net.torch(weights=tmp_path / "w.safetensors")
    assert "saved for other" in str(raised.value)


class Malicious:
    """Runs on unpickling."""

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.system, ("touch ran-me",)


@pytest.mark.parametrize("protocol", [0, 2, 4])
@pytest.mark.parametrize("wrapped", [False, True])
def test_a_pickle_with_code_is_refused(
    net: Net, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, protocol: int, wrapped: bool
) -> None:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "w.pth"
    held: object = {"state_dict": Malicious(), "conv1.weight": torch.zeros(2)} if wrapped else Malicious()
    if wrapped:
        torch.save(held, path)
    else:
        path.write_bytes(pickle.dumps(held, protocol))
    (message,) = complaints(net, path)
    assert "weights_only" not in message, "torch's advice is to switch the protection off"
    if wrapped or protocol == 0:
        assert "holds `posix.system`" in message or "holds `nt.system`" in message
    assert not (tmp_path / "ran-me").exists()


def other(tensor: Tensor) -> dict[str, tuple[Tensor, str]]:
    return {
        "sparse": (tensor.to_sparse(), "is a sparse tensor, and weights are dense"),
        "meta": (tensor.to("meta"), "has no data: it was saved from the meta device"),
        "complex": (tensor.to(torch.complex64), "is complex64 in the file, and weights are floating-point numbers"),
        "whole": (tensor.long(), "is int64 in the file, and weights are floating-point numbers"),
        "nan": (tensor * float("nan"), "holds NaN or infinity"),
        "infinite": (tensor.fill_(float("inf")), "holds NaN or infinity"),
    }


@pytest.mark.parametrize("kind", other(torch.zeros(2)))
def test_tensors_that_are_no_weights(net: Net, tmp_path: Path, kind: str) -> None:
    state = dict(net.torch(seed=1).state_dict())
    for name in ("conv2.weight", "fc1.bias"):
        state[name], said = other(state[name].clone())[kind]
    torch.save(state, tmp_path / "w.pth")
    assert complaints(net, tmp_path / "w.pth") == [f"conv2.weight {said}", f"fc1.bias {said}"]
    if kind not in ("sparse", "meta"):
        save_file(state, tmp_path / "w.safetensors")
        assert complaints(net, tmp_path / "w.safetensors") == [f"conv2.weight {said}", f"fc1.bias {said}"]


def test_half_precision_is_read_and_kept_apart_from_the_dtype_of_the_net(net: Net, tmp_path: Path) -> None:
    state = {name: tensor.half() for name, tensor in net.torch(seed=1).state_dict().items() if "num_" not in name}
    save_file(state, tmp_path / "w.safetensors")
    loaded = net.torch(weights=tmp_path / "w.safetensors").state_dict()
    assert loaded["fc1.weight"].dtype == torch.float32
    assert torch.equal(loaded["fc1.weight"], state["fc1.weight"].float())


def test_a_checkpoint_with_one_state_dict_in_it_under_any_name(net: Net, tmp_path: Path) -> None:
    state = net.torch(seed=1).state_dict()
    torch.save({"epoch": 3, "optimizer": {"lr": 0.1}, "weights_of_mine": state}, tmp_path / "w.pth")
    loaded = net.torch(weights=tmp_path / "w.pth").state_dict()
    assert torch.equal(loaded["fc1.weight"], state["fc1.weight"])
    torch.save({"one": state, "two": state}, tmp_path / "w.pth")
    assert complaints(net, tmp_path / "w.pth") == ["`w.pth` holds more than one state_dict: one, two"]


def damaged(content: bytes) -> dict[str, bytes]:
    return {
        "empty": b"",
        "truncated": content[: len(content) // 2],
        "header of a petabyte": (1 << 50).to_bytes(8, "little") + content[8:],
        "header beyond the file": (1 << 20).to_bytes(8, "little") + b"{}",
        "no json": (8).to_bytes(8, "little") + b"not json" + content,
        "text": b"hello, this is no file of weights\n" * 9,
        "zeros": bytes(4096),
    }


@pytest.mark.parametrize("how", damaged(b"x" * 64))
@pytest.mark.parametrize("suffix", [".safetensors", ".pth"])
def test_damaged_files(net: Net, tmp_path: Path, how: str, suffix: str) -> None:
    good = tmp_path / f"good{suffix}"
    state = net.torch().state_dict()
    if suffix == ".pth":
        torch.save(state, good)
    else:
        save_file(state, good)
    path = tmp_path / f"w{suffix}"
    path.write_bytes(damaged(good.read_bytes())[how])
    (message,) = complaints(net, path)
    assert "`w" in message
    assert "\n" not in message


def test_offsets_that_overlap_or_leave_the_file(net: Net, tmp_path: Path) -> None:
    for offsets in ([0, 4000], [-4, 0], [4, 0]):
        header = json.dumps({"fc1.bias": {"dtype": "F32", "shape": [4], "data_offsets": offsets}}).encode()
        path = tmp_path / "w.safetensors"
        path.write_bytes(len(header).to_bytes(8, "little") + header + bytes(16))
        assert len(complaints(net, path)) == 1


def test_files_that_are_none(net: Net, tmp_path: Path) -> None:
    assert complaints(net, tmp_path / "none.pth") == ["`none.pth` is not there"]
    (tmp_path / "folder.pth").mkdir()
    assert complaints(net, tmp_path / "folder.pth") == ["`folder.pth` is not a file"]
    (tmp_path / "w.npz").write_bytes(b"PK")
    assert complaints(net, tmp_path / "w.npz") == ["`w.npz` is no file of weights that archc reads"]
    for held in ([1, 2], {}, {"a": 1}, torch.zeros(3)):
        torch.save(held, tmp_path / "w.pt")
        assert len(complaints(net, tmp_path / "w.pt")) == 1


def test_a_failed_save_leaves_the_old_file(net: Net, tmp_path: Path) -> None:
    path = tmp_path / "w.safetensors"
    path.write_bytes(b"old")

    class Broken(Tensor):
        def detach(self) -> Tensor:
            raise RuntimeError("no")

    with pytest.raises(RuntimeError):
        save_weights({"a": torch.zeros(1).as_subclass(Broken)}, net.graph, path)
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("change", [("relu", "sigmoid"), ("pad=1", "pad=same, dilation=1"), ("8x8x3", "8x8x3 -> relu")])
def test_weights_of_another_net_that_fit_are_told(change: tuple[str, str], tmp_path: Path) -> None:
    """A file of archc's knows its net: the same tensors are no proof that it is this one."""
    source = "net n { input 8x8x3 -> conv 3x3, 4, pad=1 -> relu -> fc 2 }"
    net = archc.parse(source)
    path = tmp_path / "w.safetensors"
    save_weights(net.torch().state_dict(), net.graph, path, source)
    other = archc.parse(source.replace(*change))
    with pytest.warns(ArchWarning, match="saved for n with other layers, settings or sizes than this net has"):
        other.torch(weights=path)
    with warnings.catch_warnings(action="error"):
        archc.parse(f"# as it was\n{source}").torch(weights=path)
