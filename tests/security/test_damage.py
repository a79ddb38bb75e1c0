"""A file that was damaged on its way: it is refused, or its tensors are exactly those that were saved."""

import json
import random
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.numpy import save_file as save_arrays
from safetensors.torch import save_file
from torch import Tensor

import archc
from archc import archive, weightfile
from archc.api import Net
from archc.backends.torch.tensors import read_tensors
from archc.backends.torch.weights import save_weights
from archc.diagnostics import ArchError
from archc.preprocessing import Preprocessing
from archc.serving.predictor import PredictorOptions, from_net
from archc.serving.state import read_state
from archc.train import checkpoint
from tests.cli.running import archc as run
from tests.train.helping import same

TEXT = "net n(classes=4) { input 8x8x3\n conv 3x3, 6 -> bn -> relu\n conv 3x3, 6 -> bn -> relu\n fc classes }"
TIMES = 400


@pytest.fixture(name="net", scope="module")
def _net() -> Net:
    return archc.parse(TEXT)


@pytest.fixture(name="state", scope="module")
def _state(net: Net) -> dict[str, Tensor]:
    return dict(net.torch(seed=1).state_dict())


def code(path: Path, asked: str | None = None) -> str:
    with pytest.raises(ArchError) as raised:
        read_tensors(path, asked)
    return raised.value.diagnostics[0].code


def said(path: Path, asked: str | None = None) -> str:
    with pytest.raises(ArchError) as raised:
        read_tensors(path, asked)
    (first, *_) = raised.value.diagnostics
    return f"{first.message} | {first.help}"


def damaged(content: bytes, number: int, chance: random.Random) -> bytes:
    """One bit flipped, some bytes of zeros as a lost block leaves them, or an end that is missing."""
    kind = number % 8
    if kind == 0:
        return content[: chance.randrange(len(content))]
    made = bytearray(content)
    place = chance.randrange(len(made))
    if kind == 1:
        made[place : place + 64] = bytes(len(made[place : place + 64]))
    else:
        made[place] ^= 1 << chance.randrange(8)
    return bytes(made)


def outcomes(
    content: bytes, path: Path, read: Callable[[Path], bool], seed: int, times: int = TIMES
) -> dict[bool, int]:
    """How many damages were refused (False) and how many did no harm (True). `read` says whether all is equal."""
    chance = random.Random(seed)
    counts = {False: 0, True: 0}
    for number in range(times):
        path.write_bytes(damaged(content, number, chance))
        try:
            assert read(path), f"damage {number} was loaded as if it were none"
            counts[True] += 1
        except ArchError as error:
            assert error.diagnostics[0].code in ("bad-weights", "bad-checkpoint", "unsafe-weights", "weights-mismatch")
            counts[False] += 1
    return counts


def test_damage_to_a_pth(net: Net, state: dict[str, Tensor], tmp_path: Path) -> None:
    path = tmp_path / "w.pth"
    torch.save({"state_dict": state, "epoch": 3}, path)
    found = outcomes(path.read_bytes(), path, lambda path: same(read_tensors(path)[0], state), 1)
    assert found[False] > TIMES // 2


def test_damage_to_a_safetensors_file_of_ours(net: Net, state: dict[str, Tensor], tmp_path: Path) -> None:
    path = tmp_path / "w.safetensors"
    save_weights(state, net.graph, path, net.text, {"classes": '["a", "b", "c", "d"]'})
    content, known = path.read_bytes(), read_tensors(path)[1]

    def both(path: Path) -> bool:
        tensors, metadata = read_tensors(path)
        return same(tensors, state) and metadata["classes"] == known["classes"]

    assert outcomes(content, path, both, 2)[False] > TIMES * 0.97

    def arrays(path: Path) -> bool:  # the way of `archc export`, without PyTorch where the file is whole
        return all(np.array_equal(array, state[name].numpy()) for name, array in read_state(net.graph, path)[0].items())

    assert outcomes(content, path, arrays, 3, 60)[False] > 50


def test_damage_to_a_checkpoint(state: dict[str, Tensor], tmp_path: Path) -> None:
    held = {"module": state, "position": (3, 4, 5), "best": (1, 0.5), "random": [torch.arange(9)], "recipe": "{}"}
    path = checkpoint.save(tmp_path, 7, held, keep=2)
    assert checkpoint.load(path).keys() == held.keys()

    def read(path: Path) -> bool:
        found = checkpoint.load(path)
        return same(found["module"], state) and {k: found[k] for k in ("position", "best")} == {
            "position": (3, 4, 5),
            "best": (1, 0.5),
        }

    assert outcomes(path.read_bytes(), path, read, 4)[False] > TIMES // 2


def test_what_was_changed_and_sealed_again_is_seen_by_the_digest(state: dict[str, Tensor], tmp_path: Path) -> None:
    """Checksums hold in each of these: only what the file says of itself as a whole does not."""
    path = checkpoint.save(tmp_path, 7, {"module": state}, keep=2)
    held = torch.load(path, weights_only=True)
    held["module"]["conv1.weight"][0] += 1
    torch.save(held, path)
    with pytest.raises(ArchError, match="not the one that was saved"):
        checkpoint.load(path)


# ---- archives


def repacked(source: Path, target: Path, change: Callable[[str, bytes], bytes], kind: int = zipfile.ZIP_STORED) -> None:
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w", kind) as new:
        for entry in old.infolist():
            new.writestr(entry.filename, change(entry.filename, old.read(entry)))


def test_an_archive_that_grows_beyond_reason(state: dict[str, Tensor], tmp_path: Path) -> None:
    """Refused by the sizes alone: not a byte of it is unpacked."""
    torch.save(state, tmp_path / "w.pth")
    grown = bytes(archive.ALWAYS + 1)
    repacked(
        tmp_path / "w.pth",
        tmp_path / "bomb.pth",
        lambda name, held: grown if name.endswith("data/0") else held,
        zipfile.ZIP_DEFLATED,
    )
    assert (tmp_path / "bomb.pth").stat().st_size < 100_000
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(zipfile.ZipFile, "open", lambda *_: pytest.fail("it was read"))
        assert "would unpack to 67," in said(tmp_path / "bomb.pth")
    repacked(tmp_path / "w.pth", tmp_path / "packed.pth", lambda _, held: held, zipfile.ZIP_DEFLATED)
    assert same(read_tensors(tmp_path / "packed.pth")[0], state), "packed within reason"


def patched(content: bytes, sign: bytes, offset: int, value: bytes, which: int = 0) -> bytes:
    """Another value at an offset from the n-th place of a sign."""
    place = -1
    for _ in range(which + 1):
        place = content.index(sign, place + 1)
    return content[: place + offset] + value + content[place + offset + len(value) :]


def test_archives_that_lie(state: dict[str, Tensor], tmp_path: Path) -> None:
    torch.save(state, tmp_path / "w.pth")
    content, path = (tmp_path / "w.pth").read_bytes(), tmp_path / "lie.pth"
    central = b"PK\1\2"
    last = content.count(central) - 1
    lies = {
        "a smaller size": patched(content, central, 20, struct.pack("<II", 8, 8), last),
        "two sizes": patched(content, central, 24, struct.pack("<I", 1 << 20), 0),
        "4 GB": patched(content, central, 20, struct.pack("<II", 0xFFFFFFF0, 0xFFFFFFF0), 0),
        "zip64 without its field": patched(content, central, 20, b"\xff" * 8, last),
        "a checksum of another": patched(content, central, 16, b"\0\0\0\0", last),
        "an unknown method": patched(content, central, 10, b"\x63\0", 0),
        "encrypted": patched(content, central, 8, b"\x09\x08", 0),
        "no directory": content[: content.rindex(b"PK\5\6")],
        "a directory alone": content[content.index(central) :],
    }
    for name, made in lies.items():
        path.write_bytes(made)
        assert code(path) == "bad-weights", name
    with zipfile.ZipFile(path, "w") as packed, zipfile.ZipFile(tmp_path / "w.pth") as held:
        for entry in held.infolist():
            packed.writestr(entry.filename, held.read(entry))
        with pytest.warns(UserWarning, match="Duplicate name"):
            packed.writestr(held.namelist()[-1], b"another")
    assert "twice" in said(path)
    for number, change in enumerate((lambda held: held[:-4], lambda held: held + b"\0" * 4)):
        repacked(tmp_path / "w.pth", path, lambda name, held, c=change: c(held) if name.endswith("data/0") else held)  # type: ignore[misc]
        assert code(path) == "bad-weights", number


# ---- what is no file of weights


OTHERS = {
    "empty": (b"", "is empty: 0 bytes"),
    "HTML": (b"<!DOCTYPE html>\n<html><head><title>Google Drive - Virus\nscan</title>", "“Google Drive - Virus scan"),
    "HTML after a mark": (b"\xef\xbb\xbf\r\n  <HTML><body>404", "is a web page"),
    "XHTML": (b"<?xml version='1.0'?>\n<!doctype HTML><html xmlns=''>", "is a web page"),
    "LFS": (
        b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 102540417\n",
        "is a Git LFS pointer to a file of 102,540,417 bytes",
    ),
    "a message": (b"Entry not found", "is text, not weights: “Entry not found”"),
    "JSON": (b'{"error": "Repository not found"}', "is text, not weights"),
    "an index": (b'{"metadata": {}, "weight_map": {"a": "model-00001-of-00002.safetensors"}}', "archc reads one file"),
    "gzip": (b"\x1f\x8b\x08\0\0\0\0\0\0\3" + bytes(40), "is compressed (gzip)"),
    "xz": (b"\xfd7zXZ\0\0\4" + bytes(40), "is compressed (xz)"),
    "HDF5": (b"\x89HDF\r\n\x1a\n" + bytes(40), "is an HDF5 file"),
    "GGUF": (b"GGUF\3\0\0\0" + bytes(40), "is a GGUF file"),
    "PNG": (b"\x89PNG\r\n\x1a\n" + bytes(40), "is a picture"),
    "tar": (b"weights/a.pth".ljust(257, b"\0") + b"ustar\x0000" + bytes(300), "is a tar archive"),
}


@pytest.mark.parametrize("suffix", [".pth", ".safetensors", ".pth.tar"])
@pytest.mark.parametrize("name", OTHERS)
def test_files_of_another_kind(name: str, suffix: str, tmp_path: Path) -> None:
    content, message = OTHERS[name]
    path = tmp_path / f"w{suffix}"
    path.write_bytes(content)
    assert message in said(path)


def test_archives_of_another_kind(state: dict[str, Tensor], tmp_path: Path) -> None:
    path = tmp_path / "w.pt"
    np.savez(tmp_path / "w.npz", a=np.zeros(3))
    path.write_bytes((tmp_path / "w.npz").read_bytes())
    assert "NumPy arrays" in said(path)
    with zipfile.ZipFile(path, "w") as held:
        held.writestr("config.json", "{}")
        held.writestr("model.weights.h5", b"\x89HDF\r\n\x1a\n")
    assert "Keras model" in said(path)
    with zipfile.ZipFile(path, "w") as held:
        held.writestr("download/resnet.pth", b"?")
    assert "zip archive that holds download/resnet.pth" in said(path)


@pytest.mark.nightly
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_programs_of_torch(tmp_path: Path) -> None:
    path = tmp_path / "w.pt"
    torch.jit.save(torch.jit.script(torch.nn.Linear(2, 2)), str(path))
    assert "TorchScript" in said(path)
    torch.export.save(torch.export.export(torch.nn.Linear(2, 2), (torch.zeros(1, 2),)), path)
    assert "exported program" in said(path)


def test_a_name_that_says_another_format(state: dict[str, Tensor], tmp_path: Path) -> None:
    save_file(state, tmp_path / "w.pth")
    assert "safetensors file by its contents | rename it: `w.safetensors`" in said(tmp_path / "w.pth")
    torch.save(state, tmp_path / "w.safetensors")
    assert "what torch.save writes by its contents | rename it: `w.pth`" in said(tmp_path / "w.safetensors")
    (tmp_path / "folder").mkdir()
    save_file(state, tmp_path / "folder" / "model.safetensors")
    assert "is not a file | it is a folder, which holds model.safetensors" in said(tmp_path / "folder")


@pytest.mark.parametrize("name", ["w.pth.tar", "w.tar", "w.pyth", "w.bin"])
@pytest.mark.parametrize("old", [False, True], ids=["archive", "old"])
def test_other_suffixes_of_torch_save(state: dict[str, Tensor], name: str, old: bool, tmp_path: Path) -> None:
    held = {"state_dict": {f"module.{key}": tensor for key, tensor in state.items()}, "best_acc1": torch.tensor(1.0)}
    torch.save(held, tmp_path / name, _use_new_zipfile_serialization=not old)
    found = archc.parse(TEXT).torch(weights=tmp_path / name).state_dict()
    assert same(dict(found), state)


# ---- which of several


def averaged(state: dict[str, Tensor], prefix: str = "") -> dict[str, Tensor]:
    return {prefix + name: tensor + 1 for name, tensor in state.items()}


def test_an_average_is_named_and_asked_for(net: Net, state: dict[str, Tensor], tmp_path: Path) -> None:
    path, other = tmp_path / "w.pth", averaged(state)
    wrapped = {"n_averaged": torch.tensor(5), **averaged(state, "module.")}
    moments = {"state": {0: {"exp_avg": torch.ones(2)}}}
    center = {"center": torch.ones(1, 9)}
    flat = {**averaged(state, "ema_model."), **{f"model.{n}": t for n, t in state.items()}}
    both: dict[str, tuple[dict[str, object], str, str]] = {
        "timm": ({"state_dict": state, "state_dict_ema": other}, "state_dict", "state_dict_ema"),
        "the other way round": ({"state_dict_ema": other, "state_dict": state}, "state_dict", "state_dict_ema"),
        "torchvision": ({"model": state, "model_ema": wrapped, "optimizer": moments}, "model", "model_ema"),
        "Lightning": ({"state_dict": state, "callbacks": {"EMA": {"s": other}}}, "state_dict", "callbacks.EMA.s"),
        "a teacher": ({"student": state, "teacher": other, "dino_loss": center}, "student", "teacher"),
        "in one state_dict": (dict(flat), "model", "ema_model"),
        "beside bare names": ({**state, **averaged(state, "ema.")}, "(the top)", "ema"),
        "each wrapped": (
            {**{f"module.{n}": t for n, t in state.items()}, **averaged(state, "ema.module.")},
            "module",
            "ema",
        ),
        "within a module": (
            {**{f"model.net.{n}": t for n, t in state.items()}, **averaged(state, "model.ema.")},
            "model.net",
            "model.ema",
        ),
        "under a word of optimisers": ({"model": state, "optim_ema": other}, "model", "optim_ema"),
    }
    for name, (held, plain, average) in both.items():
        torch.save(held, path)
        message = said(path)
        assert "holds more than one state_dict: " in message, name
        assert plain.partition(".")[0] in message, name
        assert f"`--tensors {average}` takes the average" in message, name
        assert same(read_tensors(path, plain)[0], state), name
        given = net.torch(weights=path, tensors=average).state_dict()
        assert all(torch.equal(given[key], other[key].to(given[key].dtype)) for key in other), name
        assert "holds no tensors `nothing`" in said(path, "nothing"), name
    save_file(flat, tmp_path / "w.safetensors")
    assert "`--tensors ema_model`" in said(tmp_path / "w.safetensors")
    assert same(read_tensors(tmp_path / "w.safetensors", "model")[0], state)


def test_an_average_without_names_is_told(net: Net, state: dict[str, Tensor], tmp_path: Path) -> None:
    """torch_ema keeps a list. An average may also be of the parameters alone."""
    path = tmp_path / "w.pth"
    shadow = {"decay": 0.9, "num_updates": 3, "shadow_params": list(averaged(state).values())}
    torch.save({"model": state, "ema": shadow}, path)
    assert "holds more than one state_dict: model, ema.shadow_params" in said(path)
    assert "has `ema.shadow_params` as a list, without names" in said(path, "ema.shadow_params")
    assert same(read_tensors(path, "model")[0], state)
    torch.save({**{f"model.{n}": t for n, t in state.items()}, "ema.conv1.weight": state["conv1.weight"]}, path)
    assert "holds more than one state_dict: ema, model" in said(path)


def test_what_lies_beside_weights_is_none(state: dict[str, Tensor], tmp_path: Path) -> None:
    path = tmp_path / "w.pth"
    moments = {"state": {"conv1.weight": {"exp_avg": torch.ones(2)}}, "param_groups": [{"lr": torch.tensor(0.1)}]}
    held = {"net": state, "optimizer": moments, "rng_state": torch.arange(9), "scaler": {"scale": torch.ones(1)}}
    torch.save(held, path)
    assert same(read_tensors(path)[0], state)


def test_the_command_asks_which(tmp_path: Path, state: dict[str, Tensor]) -> None:
    (tmp_path / "n.arch").write_text(TEXT)
    torch.save({"state_dict": state, "state_dict_ema": averaged(state)}, tmp_path / "w.pth.tar")
    asked = run("weights", "map", "n.arch", "w.pth.tar", "-o", "o.safetensors", cwd=tmp_path)
    assert (asked.code, "which-tensors" in asked.err) == (1, True)
    assert not (tmp_path / "o.safetensors").exists()
    done = run(
        "weights", "map", "n.arch", "w.pth.tar", "-o", "o.safetensors", "--tensors", "state_dict_ema", cwd=tmp_path
    )
    assert done.code == 0, done.err
    assert torch.equal(read_tensors(tmp_path / "o.safetensors")[0]["fc1.bias"], state["fc1.bias"] + 1)


# ---- values and metadata


def test_values_that_are_no_weights(net: Net, state: dict[str, Tensor], tmp_path: Path) -> None:
    path = tmp_path / "w.safetensors"
    bad = {
        "float8_e4m3fn": torch.zeros(4).to(torch.float8_e4m3fn),
        "float8_e5m2": torch.zeros(4).to(torch.float8_e5m2),
        "complex64": torch.zeros(4, dtype=torch.complex64),
        "int8": torch.zeros(4, dtype=torch.int8),
        "NaN": torch.full((4,), float("nan")),
        "infinity": torch.full((4,), float("-inf"), dtype=torch.bfloat16),
    }
    for word, tensor in bad.items():
        save_file({**state, "fc1.bias": tensor}, path)
        for read in (lambda: net.torch(weights=path), lambda: read_state(net.graph, path)):
            with pytest.raises(ArchError) as raised:
                read()
            assert "fc1.bias" in raised.value.diagnostics[0].message
            assert word in raised.value.diagnostics[0].message
    exact = {name: tensor.bfloat16() if tensor.is_floating_point() else tensor for name, tensor in state.items()}
    save_file(exact, path)
    found = net.torch(weights=path).state_dict()
    assert all(torch.equal(tensor, exact[name].to(tensor.dtype)) for name, tensor in found.items())


METADATA = {
    "classes": ["[1, 2", '{"a": 1}', "[1, 2, 3, 4]", '["a", "b"]', "[" * 9_999],
    "preprocessing": [
        *("{", "[]", '{"mean": [0.5]}', '{"mean": "0.5", "std": [1]}', '{"mean": [NaN], "std": [1]}'),
        *('{"mean": [0, 0], "std": [1, 1]}', '{"mean": [0], "std": [0]}', '{"mean": [0], "std": [1], "fit": "tile"}'),
        '{"mean": [1e999], "std": [1]}',
    ],
}


@pytest.mark.parametrize("key", METADATA)
def test_broken_metadata(key: str, net: Net, state: dict[str, Tensor], tmp_path: Path) -> None:
    from archc.serving import metadata  # noqa: PLC0415

    for text in METADATA[key]:
        with pytest.raises(ArchError) as raised:
            if key == "classes":
                metadata.classes({key: text}, "w.safetensors", 4)
            else:
                metadata.preprocessing({key: text}, "w.safetensors", 3)
        (diagnostic,) = raised.value.diagnostics
        assert diagnostic.code == "bad-metadata"
        assert f"--{key}" in (diagnostic.help or "")


def test_the_command_refuses_broken_metadata(state: dict[str, Tensor], tmp_path: Path) -> None:
    (tmp_path / "n.arch").write_text(TEXT)
    save_file(state, tmp_path / "w.safetensors", {"classes": "[1, 2", "preprocessing": "{"})
    done = run("export", "n.arch", "-o", "n.onnx", "--weights", "w.safetensors", "--no-verify", cwd=tmp_path)
    assert (done.code, "bad-metadata" in done.err, "Traceback" in done.err) == (1, True, False)
    assert not (tmp_path / "n.onnx").exists()
    net, path = archc.parse(TEXT), tmp_path / "w.safetensors"
    for told in (PredictorOptions(), PredictorOptions(classes=tuple("abcd"))):
        with pytest.raises(ArchError, match="metadata"):
            from_net(net.graph, path, told)
    said = PredictorOptions(tuple("abcd"), lambda known: Preprocessing((0.5,), (0.5,)))
    assert from_net(net.graph, path, said).classes == tuple("abcd")


def test_the_digest_of_others_is_none_of_ours(net: Net, state: dict[str, Tensor], tmp_path: Path) -> None:
    save_weights(state, net.graph, tmp_path / "w.safetensors", net.text)
    assert weightfile.fault(tmp_path / "w.safetensors") is None
    header = (tmp_path / "w.safetensors").read_bytes()
    known = json.loads(header[8 : 8 + int.from_bytes(header[:8], "little")])["__metadata__"]
    assert known["digest"].startswith("sha256:")
    save_arrays({"a": np.zeros(3, np.float32)}, tmp_path / "theirs.safetensors", {"digest": "of their own"})
    assert weightfile.fault(tmp_path / "theirs.safetensors") is None


# ---- a run whose newest checkpoint is damaged


def test_the_newest_whole_checkpoint(state: dict[str, Tensor], tmp_path: Path) -> None:
    paths = [checkpoint.save(tmp_path, number, {"module": state, "number": number}, keep=3) for number in (1, 2, 3)]
    assert checkpoint.newest(tmp_path)[::2] == (paths[2], [])
    flipped = bytearray(paths[2].read_bytes())
    flipped[len(flipped) // 2] ^= 8
    paths[2].write_bytes(flipped)
    path, held, warnings = checkpoint.newest(tmp_path)
    assert (path, held["number"]) == (paths[1], 2)
    assert [(one.severity, one.code) for one in warnings] == [("warning", "bad-checkpoint")]
    assert "step-000000002.pt" in (warnings[0].help or "")
    with pytest.raises(ArchError):
        checkpoint.newest(paths[2])  # the one that was named, and no other
    paths[1].write_bytes(paths[1].read_bytes()[:-99])
    assert checkpoint.newest(tmp_path)[1]["number"] == 1
    assert len(checkpoint.newest(tmp_path)[2]) == 2
    paths[0].write_bytes(b"")
    with pytest.raises(ArchError) as raised:
        checkpoint.newest(tmp_path)
    assert len(raised.value.diagnostics) == 3
