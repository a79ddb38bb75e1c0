"""Verification of zip archives as torch.save writes them. PyTorch does not verify their checksums."""

import pickle
import struct
import zipfile
import zlib
from collections import Counter
from pathlib import Path

CHUNK = 1 << 20
MOST_TIMES = 20  # an archive unpacks to this many times its size at most; torch.save compresses nothing
ALWAYS = 64 << 20  # bytes that any archive may unpack to
DAMAGED = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    pickle.UnpicklingError,
    EOFError,
    OSError,
    ValueError,
    RuntimeError,
    LookupError,
    ArithmeticError,
    AttributeError,
    TypeError,
    ImportError,
    MemoryError,
)
"""The exceptions of zipfile, pickle and torch.load for a damaged file."""


def fault(path: Path) -> str | None:
    """What is wrong with an archive, as a clause after its name; None where every entry has its size and checksum.

    Nothing is unpacked before the sizes are known to be within reason. Memory: one chunk.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
            return _sizes(path, entries) or next((said for each in entries if (said := _entry(archive, each))), None)
    except DAMAGED as error:
        said = " ".join(str(error).split())[:120]
        return f"is damaged: {said or 'its directory cannot be read'}"


def _sizes(path: Path, entries: list[zipfile.ZipInfo]) -> str | None:
    twice = [name for name, count in Counter(entry.filename for entry in entries).items() if count > 1]
    if twice:
        return f"is damaged: it holds `{twice[0]}` twice"
    packed, unpacked = path.stat().st_size, sum(entry.file_size for entry in entries)
    if unpacked > max(ALWAYS, MOST_TIMES * packed):
        return (
            f"would unpack to {unpacked:,} bytes, {unpacked // max(packed, 1):,} times its {packed:,}; "
            f"{MOST_TIMES} times is the most"
        )
    for entry in entries:
        if entry.compress_type == zipfile.ZIP_STORED and entry.file_size != entry.compress_size:
            return f"is damaged: `{entry.filename}` has two sizes"
        if entry.flag_bits & 1:
            return f"is encrypted: `{entry.filename}` needs a password"
    return None


def _entry(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> str | None:
    count = 0
    with archive.open(entry) as file:
        while chunk := file.read(CHUNK):
            count += len(chunk)
    return None if count == entry.file_size else f"is damaged: `{entry.filename}` is cut off"
