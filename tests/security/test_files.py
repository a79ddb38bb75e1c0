"""Files that somebody else wrote: nothing in them runs, and their headers are believed only as far as they hold."""

import gzip
import io
import json
import os
import pickle
import struct
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import save_file

import archc
from archc.backends.torch.tensors import read_tensors
from archc.diagnostics import ArchError
from archc.images import read_pixels
from archc.train.data.cifar import parse_pickle
from archc.train.data.idx import parse
from archc.train.data.open_sets import open_sets
from archc.train.data.pickles import plain
from archc.train.recipe import Data

NET = "net n { input 2x2x1 -> fc 2 }"

# ---- pickles: each would make a file called `ran`


class Call:
    """Calls something when it is unpickled."""

    def __init__(self, function: Any, *arguments: Any) -> None:
        self.function, self.arguments = function, arguments

    def __reduce__(self) -> Any:
        return self.function, self.arguments


class State(Call):
    """Calls as its state is set."""

    def __reduce__(self) -> Any:
        return dict, (), None, None, iter([("a", Call(self.function, *self.arguments))])


def written(module: str, name: str, argument: str) -> bytes:
    """By hand, in the first protocol: module.name(argument)."""
    return f"c{module}\n{name}\n(V{argument}\ntR.".encode()


def pickles(ran: Path) -> dict[str, bytes]:
    shell = f"touch {ran}"
    code = f"open({str(ran)!r}, 'w')"
    wrapped = Call(os.system, shell)
    content = {
        "os.system": wrapped,
        "eval": Call(eval, code),
        "exec": Call(exec, code),
        "open": Call(open, str(ran), "w"),
        "in a list": [1, [2, (wrapped,)]],
        "as a key": {"weight": torch.zeros(2, 4), "more": {"deep": wrapped}},
        "as an item": State(os.system, shell),
        "in another": Call(list, Call(map, Call(getattr, Call(__import__, "os"), "system"), [shell])),
        "an attribute": Call(getattr, Call(__import__, "os"), "system"),
        "an array of objects": np.array([wrapped], dtype=object),
        "a path": Call(Path(ran).touch),
        "in a metadata": {"data": np.zeros((1, 3072), np.uint8), "labels": [wrapped]},
        "loads": Call(pickle.loads, pickle.dumps(wrapped)),
        "torch.load": Call(torch.load, str(ran)),
    }
    made = {name: pickle.dumps(one, 2) for name, one in content.items()}
    made |= {f"protocol {number}": pickle.dumps(wrapped, number) for number in (0, 1, 4, 5)}
    made |= {
        "posix by hand": written("posix", "system", shell),
        "dotted": b"\x80\x04\x8c\x02os\x8c\x0bsystem.real\x93" + b"\x8c\x01a\x85R.",
        "dotted through numpy": b"\x80\x04\x8c\x05numpy\x8c\x15ndarray.__class__.mro\x93.",
        "instance": f"(V{shell}\nios\nsystem\n.".encode(),
        "obj": b"(cos\nsystem\nV" + shell.encode() + b"\no.",
        "a persistent name": b"Pos.system\n.",
        "an extension": b"\x80\x02\x82\x01.",
        "memory": b"\x80\x04\x8e" + struct.pack("<Q", 1 << 60) + b"a",
        "memo": b"\x80\x04r\xff\xff\xff\x7f.",
    }
    return made


NAMES = sorted(pickles(Path("/nowhere")))


def test_there_are_enough() -> None:
    assert len(NAMES) >= 25


@pytest.mark.parametrize("name", NAMES)
def test_pickles(name: str, tmp_path: Path) -> None:
    ran = tmp_path / "ran"
    content = pickles(ran)[name]
    for read in (plain, parse_pickle):
        with pytest.raises(ArchError):
            read(content, Path("data_batch_1"))
    path = tmp_path / "w.pth"
    legacy = pickle.dumps(0x1950A86A20F9469CFC6C, 2) + pickle.dumps(1001, 2) + pickle.dumps({"little_endian": True}, 2)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("archive/data.pkl", content)
        archive.writestr("archive/version", "3\n")
    for form in (content, legacy + content, packed.getvalue()):
        path.write_bytes(form)
        with pytest.raises(ArchError) as caught:
            read_tensors(path)
        assert caught.value.diagnostics[0].code in ("bad-weights", "unsafe-weights")
    with pytest.raises(ArchError):
        archc.parse(NET).torch(weights=str(path))
    assert not ran.exists()


# ---- safetensors


def forged(header: object, data: bytes = b"\0" * 64, length: int | None = None) -> bytes:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text) if length is None else length) + text + data


def tensor(start: int, end: int, shape: tuple[int, ...] = (16,), dtype: str = "F32") -> dict[str, object]:
    return {"dtype": dtype, "shape": list(shape), "data_offsets": [start, end]}


FORGED = {
    "empty": b"",
    "short": b"\1\2\3",
    "no header": struct.pack("<Q", 0),
    "a header past the end": forged({}, b"", 1 << 20),
    "a header of 16 EB": forged({}, b"", (1 << 64) - 1),
    "no JSON": forged(b"{{{{"),
    "nested JSON": forged(b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}"),
    "a list": forged([]),
    "past the end": forged({"a": tensor(0, 1 << 40, (1 << 38,))}),
    "beyond any number": forged({"a": tensor(0, 1 << 70, (1 << 68,))}),
    "negative": forged({"a": tensor(-64, 0)}),
    "backwards": forged({"a": tensor(64, 0)}),
    "negative shape": forged({"a": tensor(0, 64, (-4, -4))}),
    "a shape that overflows": forged({"a": tensor(0, 64, (1 << 32, 1 << 32, 16))}),
    "overlapping": forged({"a": tensor(0, 64), "b": tensor(32, 64, (8,))}),
    "a gap": forged({"a": tensor(0, 16, (4,)), "b": tensor(32, 64, (8,))}),
    "another length": forged({"a": tensor(0, 64, (15,))}),
    "no such dtype": forged({"a": tensor(0, 64, dtype="F99")}),
    "wrong dtype": forged({"a": tensor(0, 64, dtype="F64")}),
    "twice": forged(
        b'{"a":{"dtype":"F32","shape":[8],"data_offsets":[0,32]},"a":{"dtype":"F32","shape":[8],"data_offsets":[32,64]}}'
    ),
    "no UTF-8": forged(b'{"\xff\xfe":{"dtype":"F32","shape":[16],"data_offsets":[0,64]}}'),
    "metadata of numbers": forged({"__metadata__": {"a": 1}, "a": tensor(0, 64)}),
    "more data": forged({"a": tensor(0, 64)}, b"\0" * 100),
}


@pytest.mark.parametrize("name", FORGED)
def test_safetensors(name: str, tmp_path: Path) -> None:
    path = tmp_path / "w.safetensors"
    path.write_bytes(FORGED[name])
    with pytest.raises(ArchError) as caught:
        archc.parse(NET).torch(weights=str(path))
    assert caught.value.diagnostics[0].code in ("bad-weights", "no-file", "weights-mismatch")


def test_infinite_and_hostile_names_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "w.safetensors"
    save_file({"\x1b[31m\u202efc1.weight": torch.zeros(2, 3), "../../etc/passwd": torch.zeros(2)}, path)
    with pytest.raises(ArchError):
        archc.parse(NET).torch(weights=str(path))


# ---- images and sets whose headers lie


def png(width: int, height: int) -> bytes:
    head = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    crc = struct.pack(">I", __import__("zlib").crc32(head))
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + head + crc


IMAGES = {
    "a huge PNG": png(2_000_000_000, 2_000_000_000),
    "a large PNG": png(60_000, 60_000),
    "a PNG without data": png(8, 8),
    "a PNG of no width": png(0, 8),
    "a huge PGM": b"P5 999999999 999999999 255\n\0",
    "a negative PGM": b"P5 -8 8 255\n\0",
    "a huge BMP": b"BM" + struct.pack("<IHHIIiiHHIIiiII", 99, 0, 0, 54, 40, 1 << 30, 1 << 30, 1, 24, 0, 0, 0, 0, 0, 0),
    "a GIF of no frame": b"GIF89a\xff\xff\xff\xff\0\0\0;",
    "a TIFF that goes round": b"II*\0\x08\0\0\0\0\0\x08\0\0\0",
    "a WebP past the end": b"RIFF\xff\xff\xff\xffWEBPVP8L\xff\xff\xff\xff/",
    "EPS": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n(%pipe%touch ran) (w) file\n",
    "SVG": b"<svg xmlns='http://www.w3.org/2000/svg'><image href='file:///etc/passwd'/></svg>",
    "empty": b"",
}


@pytest.mark.parametrize("name", IMAGES)
def test_images(name: str, tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(IMAGES[name])
    with pytest.raises(ArchError):
        read_pixels(path, (3, 8, 8))


def test_a_net_that_takes_a_huge_picture_is_refused(tmp_path: Path) -> None:
    Image.new("RGB", (8, 8)).save(tmp_path / "small.png")
    for shape in ((3, 10_001, 10_000), (3, 10**6, 10**6), (1, 10**12, 10**12)):
        with pytest.raises(ArchError, match="100,000,000 pixels are the most"):
            read_pixels(tmp_path / "small.png", shape)


IDX = {
    "sizes beyond the file": b"\0\0\x08\x03" + struct.pack(">III", 60_000, 28, 28),
    "sizes beyond memory": b"\0\0\x08\x04" + b"\xff" * 16,
    "255 dimensions": b"\0\0\x08\xff" + b"\xff" * 1020,
    "255 dimensions of one": b"\0\0\x08\xff" + b"\0\0\0\1" * 255 + b"a",
    "no dimensions": b"\0\0\x08\0",
    "floats": b"\0\0\x0d\1\0\0\0\1\0\0\0\0",
    "a size of nothing": b"\0\0\x08\x03" + struct.pack(">III", 0, 1 << 31, 1 << 31),
}


@pytest.mark.parametrize("name", IDX)
def test_idx(name: str) -> None:
    with pytest.raises(ArchError):
        parse(IDX[name], Path("train-images-idx3-ubyte"))


def opened(name: str, path: Path) -> str:
    with pytest.raises(ArchError) as caught:
        open_sets(Data(name=name, path=str(path)), (1, 28, 28), 10)
    return str(caught.value)


def test_a_gzip_that_grows_a_thousandfold(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("archc.train.data.dataset_files.MOST_BYTES", 1_000_000)
    (tmp_path / "train-images-idx3-ubyte.gz").write_bytes(gzip.compress(b"\0" * 2_000_000))
    assert "more than" in opened("mnist", tmp_path).replace("\n", " ")


def archive(path: Path, *members: tuple[tarfile.TarInfo, bytes]) -> None:
    with tarfile.open(path, "w:gz") as held:
        for member, content in members:
            member.size = len(content)
            held.addfile(member, io.BytesIO(content))


def member(name: str, kind: bytes = tarfile.REGTYPE, target: str = "") -> tarfile.TarInfo:
    made = tarfile.TarInfo(name)
    made.type, made.linkname = kind, target
    return made


@pytest.mark.parametrize("name", ["../../data_batch_1.bin", "/etc/data_batch_1.bin", "a/../../../data_batch_1.bin"])
@pytest.mark.parametrize(
    ("kind", "target"),
    [
        (tarfile.REGTYPE, ""),
        (tarfile.SYMTYPE, "/etc/passwd"),
        (tarfile.LNKTYPE, "../../etc/passwd"),
        (tarfile.LNKTYPE, "data_batch_1.bin"),
        (tarfile.CHRTYPE, ""),
        (tarfile.FIFOTYPE, ""),
        (tarfile.DIRTYPE, ""),
    ],
)
def test_archives(name: str, kind: bytes, target: str, tmp_path: Path) -> None:
    inside = tmp_path / "a" / "b"
    inside.mkdir(parents=True)
    archive(inside / "cifar-10-binary.tar.gz", (member(name, kind, target), b"\0" * 3073 if kind == b"0" else b""))
    opened("cifar10", inside)
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["a", "b", "cifar-10-binary.tar.gz"]


def test_an_archive_whose_file_is_too_large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("archc.train.data.dataset_files.MOST_BYTES", 1_000_000)
    archive(tmp_path / "cifar-10-binary.tar.gz", (member("data_batch_1.bin"), b"\0" * 2_000_000))
    assert "more than" in opened("cifar10", tmp_path)


def npy(shape: str, data: bytes = b"", descr: str = "'|u1'") -> bytes:
    head = f"{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}, }}".encode()
    head += b" " * (-len(head) - 11 & 63) + b"\n"
    return b"\x93NUMPY\1\0" + struct.pack("<H", len(head)) + head + data


ARRAYS: dict[str, Callable[[], bytes]] = {
    "objects": lambda: npy("(1,)", pickle.dumps([Call(os.system, "touch ran")]), "'|O'"),
    "beyond the file": lambda: npy("(1000, 28, 28)"),
    "beyond memory": lambda: npy("(999999999999, 999999)"),
    "negative": lambda: npy("(-1, 28)"),
    "code": lambda: npy("__import__('os').system('touch ran')"),
    "nested": lambda: npy("(" * 5_000 + ")" * 5_000),
    "no array": lambda: b"\x93NUMPY",
}


@pytest.mark.parametrize("name", ARRAYS)
def test_npz(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with zipfile.ZipFile("a.npz", "w") as held:
        for array in ("x", "y"):
            held.writestr(f"{array}.npy", ARRAYS[name]())
    opened(str(tmp_path / "a.npz"), tmp_path / "a.npz")
    assert [path.name for path in tmp_path.iterdir()] == ["a.npz"]
