"""Each format as it is published, and what is said of files that are cut off, damaged, missing or hostile."""

import gzip
import hashlib
import io
import pickle
import struct
import tarfile
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from archc.diagnostics import ArchError
from archc.train.batches import read, resident, statistics
from archc.train.data.dataset_files import Publication
from archc.train.data.download import download, fetch
from archc.train.data.image_set import Split
from archc.train.data.open_sets import Sets, open_sets
from archc.train.data.shapes import SHAPES
from archc.train.recipe import Data

RANDOM = np.random.default_rng(0)


def opened(
    name: str, path: Path | None = None, shape: tuple[int, ...] = (3, 32, 32), outputs: int = 10, **more: Any
) -> Sets:
    return open_sets(
        Data(name=name, path=str(path) if path is not None else None, validation=0, **{"download": False, **more}),
        shape,
        outputs,
    )


def refused(name: str, path: Path | None = None, shape: tuple[int, ...] = (3, 32, 32), outputs: int = 10) -> str:
    with pytest.raises(ArchError) as caught:
        opened(name, path, shape, outputs)
    return str(caught.value)


# ---- IDX


def idx(array: np.ndarray) -> bytes:
    return b"\0\0\x08" + bytes([array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape) + array.tobytes()


@pytest.fixture(name="mnist")
def _mnist(tmp_path: Path) -> Path:
    for part, count in (("train", 30), ("t10k", 12)):
        images = RANDOM.integers(0, 256, (count, 28, 28), dtype=np.uint8)
        labels = (np.arange(count) % 10).astype(np.uint8)
        (tmp_path / f"{part}-images-idx3-ubyte.gz").write_bytes(gzip.compress(idx(images)))
        (tmp_path / f"{part}-labels-idx1-ubyte").write_bytes(idx(labels))
    return tmp_path


@pytest.mark.parametrize("name", ["mnist", "fashion_mnist"])
def test_idx(mnist: Path, name: str) -> None:
    sets = opened(name, mnist, (1, 28, 28))
    assert (len(sets.train), len(sets.test), len(sets.classes)) == (30, 12, 10)
    content = gzip.decompress((mnist / "train-images-idx3-ubyte.gz").read_bytes())
    assert isinstance(sets.train.images, torch.Tensor)
    assert sets.train.images[3, 0].numpy().tobytes() == content[16 + 3 * 784 : 16 + 4 * 784]
    assert sets.train.labels.tolist() == [n % 10 for n in range(30)]


def test_idx_that_is_cut_off(mnist: Path) -> None:
    path = mnist / "t10k-labels-idx1-ubyte"
    path.write_bytes(path.read_bytes()[:-3])
    assert "`t10k-labels-idx1-ubyte` should have 20 bytes and has 17: it is cut off" in refused("mnist", mnist)
    packed = mnist / "train-images-idx3-ubyte.gz"
    whole = packed.read_bytes()
    packed.write_bytes(whole[: len(whole) // 2])
    assert "`train-images-idx3-ubyte.gz` is cut off or damaged" in refused("mnist", mnist)
    packed.write_bytes(b"no idx")
    assert "is no IDX file" in refused("mnist", mnist)


# ---- CIFAR


def cifar10(folder: Path, python: bool) -> dict[str, np.ndarray]:
    held = {}
    for name in [*(f"data_batch_{n}" for n in range(1, 6)), "test_batch"]:
        data, labels = RANDOM.integers(0, 256, (8, 3072), dtype=np.uint8), RANDOM.integers(0, 10, 8)
        held[name] = data
        if python:
            content = pickle.dumps({b"data": data, b"labels": labels.tolist(), b"batch_label": b"x"}, protocol=2)
            (folder / name).write_bytes(content)
        else:
            (folder / f"{name}.bin").write_bytes(np.c_[labels.astype(np.uint8), data].tobytes())
    return held


@pytest.mark.parametrize("python", [False, True])
@pytest.mark.parametrize("where", ["here", "below", "archive"])
def test_cifar10(tmp_path: Path, python: bool, where: str) -> None:
    folder = tmp_path / ("cifar-10-batches-py" if python else "cifar-10-batches-bin") if where != "here" else tmp_path
    folder.mkdir(exist_ok=True)
    held = cifar10(folder, python)
    root = tmp_path
    if where == "archive":
        root = tmp_path / "packed"
        root.mkdir()
        with tarfile.open(root / f"cifar-10-{'python' if python else 'binary'}.tar.gz", "w:gz") as archive:
            archive.add(folder, folder.name)
    sets = opened("cifar10", root)
    assert (len(sets.train), len(sets.test)) == (40, 8)
    assert isinstance(sets.train.images, torch.Tensor)
    assert sets.train.images[9].numpy().tobytes() == held["data_batch_2"][1].tobytes()
    assert sets.augment.flip and sets.augment.shift == 4


def test_cifar100(tmp_path: Path) -> None:
    for name in ("train", "test"):
        records = RANDOM.integers(0, 100, (6, 3074), dtype=np.uint8)
        (tmp_path / f"{name}.bin").write_bytes(records.tobytes())
    (tmp_path / "fine_label_names.txt").write_text("\n".join(f"class{n}" for n in range(100)))
    sets = opened("cifar100", tmp_path, outputs=100)
    assert sets.test.labels.tolist() == records[:, 1].tolist()
    assert sets.classes[99] == "class99"
    assert "cifar100 has 100 classes, and the net gives 10" in (told := refused("cifar100", tmp_path))
    assert "-p classes=100" in told


def test_cifar_that_is_cut_off(tmp_path: Path) -> None:
    cifar10(tmp_path, python=False)
    path = tmp_path / "data_batch_3.bin"
    path.write_bytes(path.read_bytes()[:-1])
    assert "`data_batch_3.bin` has 24,583 bytes, which is no number of records" in refused("cifar10", tmp_path)


class Hostile:
    def __reduce__(self) -> tuple[Callable[..., Any], tuple[str]]:
        return print, ("this ran",)


def test_a_pickle_never_runs_code(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    cifar10(tmp_path, python=True)
    (tmp_path / "data_batch_4").write_bytes(pickle.dumps({b"data": Hostile(), b"labels": []}))
    told = refused("cifar10", tmp_path)
    assert "`data_batch_4` has `builtins.print` besides arrays; reading that would run code" in told
    objects = np.array([Hostile()], dtype=object)
    (tmp_path / "data_batch_4").write_bytes(pickle.dumps({b"data": objects, b"labels": [1]}))
    assert "would run code" in refused("cifar10", tmp_path)
    assert "this ran" not in capsys.readouterr().out


@pytest.mark.parametrize("cut", [0, 1, 40, -1, -40])
def test_a_pickle_that_is_cut_off(tmp_path: Path, cut: int) -> None:
    cifar10(tmp_path, python=True)
    path = tmp_path / "data_batch_1"
    path.write_bytes(path.read_bytes()[:cut])
    assert "`data_batch_1`" in refused("cifar10", tmp_path)


def test_an_archive_that_is_cut_off(tmp_path: Path) -> None:
    (tmp_path / "cifar-10-binary.tar.gz").write_bytes(gzip.compress(b"x" * 9999)[:-20])
    assert "`cifar-10-binary.tar.gz` is cut off or no archive" in refused("cifar10", tmp_path)


# ---- npz


def test_npz(tmp_path: Path) -> None:
    images = RANDOM.integers(0, 256, (20, 8, 8, 3), dtype=np.uint8)
    labels = np.arange(20) % 4
    path = tmp_path / "mine.npz"
    np.savez(path, x_train=images[:15], y_train=labels[:15], x_test=images[15:], y_test=labels[15:])
    sets = opened(str(path), shape=(3, 8, 8), outputs=4)
    assert isinstance(sets.train.images, torch.Tensor)
    assert np.array_equal(sets.train.images.permute(0, 2, 3, 1).numpy(), images[:15])
    np.savez(path, images=images, labels=labels)
    sets = opened(str(path), shape=(3, 8, 8), outputs=4)
    assert (len(sets.train), len(sets.test)) == (16, 4)
    np.savez(path, x=RANDOM.normal(size=(20, 2)), y=RANDOM.normal(size=(20, 3)))
    sets = opened(str(path), shape=(2,), outputs=3)
    assert sets.classes == () and sets.train.labels.shape == (16, 3)


def test_npz_that_is_none(tmp_path: Path) -> None:
    path = tmp_path / "mine.npz"
    assert "there is no" in refused(str(path))
    np.savez(path, pictures=np.zeros(3))
    assert "`mine.npz` holds pictures" in refused(str(path))
    np.savez(path, images=np.array([Hostile()], dtype=object), labels=np.zeros(1))
    assert "no .npz of plain arrays" in refused(str(path))
    buffer = io.BytesIO()
    np.savez(buffer, images=np.zeros((9, 8, 8), np.uint8), labels=np.zeros(9, np.int64))
    path.write_bytes(buffer.getvalue()[:300])
    assert "`mine.npz` is cut off" in refused(str(path))


# ---- folders of images


def picture(path: Path, size: tuple[int, int] = (40, 30)) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(RANDOM.integers(0, 256, (size[1], size[0], 3), dtype=np.uint8)).save(path)


@pytest.fixture(name="folder")
def _folder(tmp_path: Path) -> Path:
    for part, count in (("train", 6), ("test", 2)):
        for kind in ("cat", "dog"):
            for number in range(count):
                picture(tmp_path / "set" / part / kind / f"{number}.{'png' if number % 2 else 'jpg'}")
    return tmp_path / "set"


def test_folders(folder: Path) -> None:
    sets = opened(str(folder), shape=(3, 16, 20), outputs=2)
    assert (len(sets.train), len(sets.test), sets.classes) == (12, 4, ("cat", "dog"))
    assert not isinstance(sets.train.images, torch.Tensor)
    at_once = resident(sets.train, (3, 16, 20), torch.device("cpu"), 1 << 30, None)
    assert isinstance(at_once.images, torch.Tensor)
    for workers in (0, 2):
        parts = list(read(sets.train, torch.split(torch.arange(12), 5), torch.device("cpu"), workers))
        assert [tuple(images.shape) for images, _ in parts] == [(5, 3, 16, 20), (5, 3, 16, 20), (2, 3, 16, 20)]
        assert torch.equal(torch.cat([images for images, _ in parts]), at_once.images)
    alone = opened(str(folder / "train"), shape=(1, 16, 16), outputs=2)
    assert (len(alone.train), len(alone.test)) == (10, 2)


@pytest.mark.parametrize("workers", [0, 1])
def test_an_image_that_is_damaged_is_named(folder: Path, workers: int) -> None:
    path = folder / "train" / "dog" / "3.png"
    path.write_bytes(path.read_bytes()[:100])
    sets = opened(str(folder), shape=(3, 16, 16), outputs=2)
    with pytest.raises(ArchError, match=r"`3\.png` (cannot be read|is no image)"):
        list(read(sets.train, torch.split(torch.arange(12), 4), torch.device("cpu"), workers))


def test_folders_that_are_none(tmp_path: Path) -> None:
    assert "holds no images in folders" in refused(str(tmp_path))
    (tmp_path / "cat").mkdir()
    assert "holds no images" in refused(str(tmp_path), outputs=1)


def test_tiny_imagenet(tmp_path: Path) -> None:
    root = tmp_path / "tiny-imagenet-200"
    for kind in ("n01", "n02"):
        for number in range(3):
            picture(root / "train" / kind / "images" / f"{kind}_{number}.JPEG", (64, 64))
    for number in range(2):
        picture(root / "val" / "images" / f"val_{number}.JPEG", (64, 64))
    (root / "wnids.txt").write_text("n02\nn01\n")
    (root / "words.txt").write_text("n01\tgoldfish, Carassius\nn02\tbee\n")
    (root / "val" / "val_annotations.txt").write_text("val_0.JPEG\tn01\t0\t0\t9\t9\nval_1.JPEG\tn02\t0\t0\t9\t9\n")
    sets = opened(str(root), shape=(3, 64, 64), outputs=2)
    assert sets.classes == ("bee", "goldfish")
    assert sets.test.labels.tolist() == [1, 0]
    assert sorted(sets.train.labels.tolist()) == [0, 0, 0, 1, 1, 1]
    (root / "val" / "val_annotations.txt").write_text("val_0.JPEG\tn09\n")
    assert "line 1 of `val_annotations.txt` names no class" in refused(str(root), shape=(3, 64, 64), outputs=2)


# ---- what ships and what is generated


def test_digits() -> None:
    sets = opened("digits", shape=(1, 8, 8))
    assert (len(sets.train), len(sets.test)) == (1438, 359)
    assert sets.train.images.max() == 255  # type: ignore[union-attr]
    counts = torch.bincount(torch.cat([sets.train.labels, sets.test.labels])).tolist()
    assert counts == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]  # of sklearn.datasets.load_digits


def test_shapes() -> None:
    sets = opened("shapes", shape=(3, 24, 20), train_size=50, test_size=20)
    again = opened("shapes", shape=(3, 24, 20), train_size=50, test_size=20)
    assert isinstance(sets.train.images, torch.Tensor) and isinstance(again.train.images, torch.Tensor)
    assert sets.train.images.shape == (50, 3, 24, 20)
    assert torch.equal(sets.train.images, again.train.images)
    assert sets.classes == tuple(SHAPES)
    assert torch.bincount(sets.train.labels).tolist() == [5] * 10


# ---- fitting and parting


def test_images_come_to_the_nets_input() -> None:
    sets = opened("digits", shape=(3, 32, 32))
    assert sets.train.images.shape[1:] == (3, 32, 32)  # type: ignore[union-attr]
    assert sets.notes == ("8x8x1 resized to 32x32x3",)
    assert opened("digits", shape=(1, 6, 6), fit="crop").notes == ("8x8x1 cropped to 6x6x1",)
    assert "other than" in refused("digits", shape=(2, 8, 8)) or "1 channels" in refused("digits", shape=(2, 8, 8))
    assert "the net takes 7" in refused("digits", shape=(7,))


def test_what_is_held_out_is_not_trained_on() -> None:
    sets = open_sets(Data(validation=0.25), (1, 8, 8), 10, seed=4)
    assert (len(sets.train), len(sets.validation), sets.judged) == (1078, 360, "validation")
    rows = {bytes(image.numpy().tobytes()) for image in sets.train.images}  # type: ignore[union-attr]
    held = {bytes(image.numpy().tobytes()) for image in sets.validation.images}  # type: ignore[union-attr]
    assert not rows & held


def test_statistics_are_over_all_pixels() -> None:
    images = torch.from_numpy(RANDOM.integers(0, 256, (50, 3, 5, 7), dtype=np.uint8))
    mean, std = statistics(Split(images, torch.zeros(50, dtype=torch.int64)))
    pixels = images.double().transpose(0, 1).flatten(1)
    torch.testing.assert_close(mean.double(), pixels.mean(1), rtol=1e-6, atol=0)
    torch.testing.assert_close(std.double(), pixels.std(1, correction=0), rtol=1e-6, atol=0)


# ---- what is not there


def test_what_is_missing_is_said_with_where_to_put_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ARCHC_DATA", str(tmp_path / "sets"))
    told = refused("cifar10")
    assert f"cifar10 is not in `{tmp_path}/sets/cifar10`, `data/cifar10`" in told
    assert "put cifar-10-binary.tar.gz or cifar-10-python.tar.gz of https://www.cs.toronto.edu/~kriz into `" in told
    assert "train-images-idx3-ubyte.gz" in refused("mnist")
    assert "tiny-imagenet-200" in refused("tiny_imagenet")
    assert "did you mean `cifar10`?" in refused("cifar1O")
    (tmp_path / "sets" / "cifar10").mkdir(parents=True)
    cifar10(tmp_path / "sets" / "cifar10", python=False)
    assert len(opened("cifar10").train) == 40


FILE = RANDOM.integers(0, 256, 3 << 20, dtype=np.uint8).tobytes()


class Server(BaseHTTPRequestHandler):
    """Answers ranges, and breaks off in the middle of what is asked for from the start."""

    def do_GET(self) -> None:
        asked = self.headers.get("Range")
        begin = int(asked.removeprefix("bytes=").removesuffix("-")) if asked else 0
        self.send_response(206 if asked else 200)
        self.send_header("Content-Length", str(len(FILE) - begin))
        self.end_headers()
        self.wfile.write(FILE[begin:] if asked or self.path == "/whole" else FILE[: len(FILE) // 2])

    def log_message(self, format: str, *args: object) -> None:
        """Nothing."""


@pytest.fixture(name="address")
def _address() -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), Server)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_a_download_goes_on_where_it_broke_off(address: str, tmp_path: Path) -> None:
    md5 = hashlib.md5(FILE, usedforsecurity=False).hexdigest()
    path = tmp_path / "file.gz"
    with pytest.raises(ConnectionError, match="it broke off after 1,572,864 of 3,145,728 bytes"):
        download(f"{address}/cut", path, md5)
    assert [one.name for one in tmp_path.iterdir()] == ["file.gz.part"]
    download(f"{address}/cut", path, md5)
    assert path.read_bytes() == FILE
    assert [one.name for one in tmp_path.iterdir()] == ["file.gz"]
    with pytest.raises(ArchError, match="another file than the published one"):
        download(f"{address}/whole", tmp_path / "other", "0" * 32)
    assert not (tmp_path / "other").exists()


def test_a_set_is_fetched_where_it_is_not_there(address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And once, whoever else asks; where there is no network, what to put where is said."""
    md5 = hashlib.md5(FILE, usedforsecurity=False).hexdigest()
    here = Publication("cifar10", archives=[("cifar-10-binary.tar.gz", md5, f"{address}/whole")])
    told: list[str] = []
    askers = [threading.Thread(target=fetch, args=(here, tmp_path / "sets", told.append)) for _ in range(3)]
    for one in askers:
        one.start()
    for one in askers:
        one.join()
    assert (tmp_path / "sets" / "cifar-10-binary.tar.gz").read_bytes() == FILE
    assert len(told) == 1

    nowhere = Publication("cifar10", archives=[("cifar-10-binary.tar.gz", md5, "http://127.0.0.1:9/nothing")])
    monkeypatch.setattr("archc.train.data.open_sets.PUBLISHED", {"cifar10": nowhere})
    monkeypatch.setenv("ARCHC_DATA", str(tmp_path / "mine"))
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ArchError) as caught:
        opened("cifar10", download=None)
    assert "error[no-network]: http://127.0.0.1:9/nothing cannot be fetched: [Errno 111]" in str(caught.value)
    assert f"into `{tmp_path}/mine/cifar10`, or say where it is with --set data.path=FOLDER" in str(caught.value)
    assert "error[no-data]" in refused("cifar10", tmp_path), "a path that is given is no wish to fetch"

    monkeypatch.setattr("archc.train.data.open_sets.PUBLISHED", {})
    with pytest.raises(ArchError, match="no-data"):
        opened("cifar10", download=True)  # a set that is not published anywhere
