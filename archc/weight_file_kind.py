"""The kind of a file by its contents, whatever its name: for messages about files that have no readable weights."""

import json
import pickletools
import re
import zipfile
from dataclasses import dataclass
from pathlib import Path

HEAD = 4096
ZIP, SAFETENSORS, PICKLE = "zip", "safetensors", "pickle"
READS = "archc reads what torch.save and safetensors write"
SIGNS: tuple[tuple[bytes, str, str], ...] = (
    (b"\x1f\x8b", "is compressed (gzip)", "unpack it first: gunzip, or tar xzf"),
    (b"BZh", "is compressed (bzip2)", "unpack it first: bunzip2"),
    (b"\xfd7zXZ\0", "is compressed (xz)", "unpack it first: unxz"),
    (b"\x28\xb5\x2f\xfd", "is compressed (zstd)", "unpack it first: zstd -d"),
    (b"7z\xbc\xaf\x27\x1c", "is a 7z archive", "unpack it first"),
    (b"Rar!\x1a\x07", "is a RAR archive", "unpack it first"),
    (b"\x89HDF\r\n\x1a\n", "is an HDF5 file, as Keras writes it", READS),
    (b"GGUF", "is a GGUF file", READS),
    (b"\x93NUMPY", "is one NumPy array", READS),
    (b"\x89PNG\r\n\x1a\n", "is a picture (PNG)", ""),
    (b"\xff\xd8\xff", "is a picture (JPEG)", ""),
    (b"GIF8", "is a picture (GIF)", ""),
    (b"%PDF-", "is a PDF file", ""),
)
PAGE = re.compile(
    rb"(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html|head|body|script|title)\b", re.I | re.S
)
TITLE = re.compile(r"<title[^>]*>(.*?)</title>", re.I | re.S)
POINTER = b"version https://git-lfs.github.com/spec/"
ADDRESS_LEADS_TO_A_PAGE = "the address that it was downloaded from gives a page; fetch the file itself again"


@dataclass(frozen=True, slots=True)
class NotWeights:
    """A file without readable weights. message: what it is, a clause after its name. help: what to do."""

    message: str
    help: str | None = None


def file_kind(path: Path) -> str | None:
    """`zip`, `safetensors` or `pickle` by the first bytes; None where they are of neither. Raises OSError."""
    head = _head(path)
    if head[:4] == b"PK\3\4":
        return ZIP
    length = int.from_bytes(head[:8], "little")
    if len(head) > 9 and head[8:9] == b"{" and 8 + length <= path.stat().st_size:
        return SAFETENSORS
    return PICKLE if head[:1] == b"\x80" else None


def not_weights(path: Path) -> NotWeights | None:
    """What a file is, where it is no file of tensors; None where it may be one. Raises OSError."""
    head = _head(path)
    if not head:
        return NotWeights("is empty: 0 bytes", "the download or the copy was cut off; fetch it again")
    if head.startswith(POINTER):
        return _pointer(head)
    plain = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if PAGE.match(plain):
        title = TITLE.search(plain.decode("utf-8", "replace"))
        said = " ".join(title[1].split())[:80] if title else ""
        return NotWeights(f"is a web page{f', “{said}”' if said else ''}, not weights", ADDRESS_LEADS_TO_A_PAGE)
    for sign, message, help in SIGNS:
        if head.startswith(sign):
            return NotWeights(message, help or None)
    if head[257:262] == b"ustar":
        return NotWeights("is a tar archive, not what torch.save writes", "unpack it first: tar xf")
    if head[4:8] == b"TFL3":
        return NotWeights("is a TensorFlow Lite model", READS)
    if head[:4] in (b"PK\3\4", b"PK\5\6"):
        return _archive(path)
    return _text(path, head)


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(HEAD)


def _pointer(head: bytes) -> NotWeights:
    size = re.search(rb"^size (\d{1,18})\s*$", head, re.M)
    held = f" to a file of {int(size[1]):,} bytes" if size else ""
    return NotWeights(f"is a Git LFS pointer{held}, not the file", "`git lfs pull` in its repository fetches the file")


def _archive(path: Path) -> NotWeights | None:
    """What a zip archive is; None for one of torch.save and for a damaged one, whose fault the reader reports."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return None
    ends = {name.rpartition("/")[2] for name in names}
    if "constants.pkl" in ends and any("/code/" in name for name in names):
        return NotWeights(
            "is a TorchScript archive: a program with its weights",
            "save its weights alone: torch.save(torch.jit.load(path).state_dict(), path)",
        )
    if "data.pkl" in ends:
        return None
    if any(name.endswith("models/model.json") or name.endswith("archive_format") for name in names):
        return NotWeights(
            "is an exported program of torch.export",
            "save its weights alone: torch.save(torch.export.load(path).state_dict, path)",
        )
    if "model.weights.h5" in ends:
        return NotWeights("is a Keras model", READS)
    if names and all(name.endswith(".npy") for name in names):
        return NotWeights("is an archive of NumPy arrays (.npz)", READS)
    inside = [name for name in names if Path(name).suffix in (".pth", ".pt", ".bin", ".safetensors", ".tar", ".ckpt")]
    if inside:
        return NotWeights(f"is a zip archive that holds {', '.join(inside[:3])}", "unpack it first")
    return NotWeights("is a zip archive, and not one of torch.save", READS)


def _text(path: Path, head: bytes) -> NotWeights | None:
    """A text file, such as a server's message that was saved; None for others and for a pickle of protocol 0."""
    if len(head) < 8 or any(byte < 32 and byte not in (9, 10, 13) for byte in head) or 127 in head:
        return None
    try:
        head[: max(len(head) - 3, 1)].decode("utf-8")
    except UnicodeDecodeError:
        return None
    if path.stat().st_size <= HEAD:
        try:
            list(pickletools.genops(head))
            return None
        except Exception:
            pass
    elif head[:1] in (b"(", b"c", b"]", b"}", b"d"):
        return None
    first = " ".join(head.decode("utf-8", "replace").split())[:60]
    return NotWeights(f"is text, not weights: “{first}”", _json_help(head) or ADDRESS_LEADS_TO_A_PAGE)


def _json_help(head: bytes) -> str | None:
    try:
        held = json.loads(head)
    except (ValueError, RecursionError):
        return None
    if isinstance(held, dict) and "weight_map" in held:
        return "it is the index of weights in several files; archc reads one file"
    return None
