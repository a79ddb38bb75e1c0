"""Where the files of a set are: a folder, its subfolders by their published names, or an archive."""

import gzip
import os
import tarfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from archc.diagnostics import ArchError, Code
from archc.resources import cache_folder
from archc.train.data.image_set import damaged, failed
from archc.train.recipe import Data

MOST_BYTES = 1 << 30


@dataclass(frozen=True, slots=True)
class Publication:
    """How a set is published.

    archives: alternatives, each of which has the whole set. files: without an archive. Each as (name, MD5, address).
    folders: what archives unpack to.
    """

    name: str
    archives: Sequence[tuple[str, str, str]] = ()
    files: Sequence[tuple[str, str, str]] = ()
    folders: Sequence[str] = ()

    @property
    def can_be_fetched(self) -> bool:
        """Whether the checksums of the files are known."""
        return all(md5 for _, md5, _ in (*self.archives, *self.files))

    @property
    def wanted(self) -> str:
        names = [name for name, _, _ in (*self.archives, *self.files)]
        return (" or " if self.archives else ", ").join(names)


def places(data: Data) -> list[Path]:
    """The folders where the set may be, the most likely one first."""
    if data.path is not None:
        return [Path(data.path)]
    found = [Path(root) / data.name for root in (os.environ.get("ARCHC_DATA"),) if root]
    cache = cache_folder()
    return [*found, Path("data") / data.name, *([cache / "data" / data.name] if cache is not None else [])]


def missing(publication: Publication, looked: Sequence[Path]) -> ArchError:
    """The error for missing files; it says which files to put where."""
    where = ", ".join(f"`{place}`" for place in looked)
    fetch = ", or let archc fetch it with --set data.download=yes" if publication.can_be_fetched else ""
    help_text = f"{manual_download(publication, looked[0])}{fetch}"
    return failed(Code.NO_DATA, f"{publication.name} is not in {where}", help=help_text)


def manual_download(publication: Publication, folder: Path) -> str:
    """How to download a set without archc."""
    addresses = dict.fromkeys(address.rpartition("/")[0] for *_, address in (*publication.archives, *publication.files))
    found = f"{publication.wanted} of {' or '.join(addresses)}"
    return f"put {found} into `{folder}`, or say where it is with --set data.path=FOLDER"


def download_folder(data: Data) -> Path:
    """The folder for a download: the user's folder of sets, or the cache."""
    return places(data)[0 if data.path is not None or os.environ.get("ARCHC_DATA") else -1]


def find(names: Sequence[str], publication: Publication, roots: Sequence[Path]) -> bytes | None:
    """The uncompressed bytes of the first file that exists under one of the names, or None. Raises ArchError."""
    for root in roots:
        for folder in (root, *(root / name for name in publication.folders)):
            for name in names:
                if (folder / name).is_file():
                    return unpacked(folder / name)
        archives = [root] if root.is_file() else [root / name for name, *_ in publication.archives]
        for archive in archives:
            if archive.is_file():
                found = _member(archive, names)
                if found is not None:
                    return found
    return None


def unpacked(path: Path) -> bytes:
    """The bytes of a file, decompressed if it is a gzip file. Raises ArchError."""
    try:
        with path.open("rb") as raw:
            packed = raw.read(2) == b"\x1f\x8b"
            raw.seek(0)
            with gzip.open(raw) if packed else raw as file:
                content = file.read(MOST_BYTES + 1)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise damaged(path, f"is cut off or damaged: {error}") from None
    except OSError as error:
        raise failed(Code.BAD_DATA, f"`{path}` cannot be read: {error.strerror}", path) from None
    if len(content) > MOST_BYTES:
        raise damaged(path, f"holds more than {MOST_BYTES:,} bytes, which no set's file does")
    return content


def _member(archive: Path, names: Sequence[str]) -> bytes | None:
    """One file of a .tar.gz, by the last part of its name; nothing is written to the disk."""
    members = _members(archive, archive.stat().st_mtime_ns)
    return next((members[name] for name in names if name in members), None)


@lru_cache(maxsize=1)
def _members(archive: Path, changed: int) -> dict[str, bytes]:
    """All files of an archive. Cached: a set reads several of them, and decompressing takes a second or two."""
    found: dict[str, bytes] = {}
    total = 0
    try:
        with tarfile.open(archive) as opened:
            for member in opened:
                total += member.size
                if total > MOST_BYTES:
                    raise damaged(archive, f"holds more than {MOST_BYTES:,} bytes, which no set does")
                file = opened.extractfile(member) if member.isfile() else None
                if file is not None:
                    found[member.name.rpartition("/")[2]] = file.read()
    except (tarfile.TarError, EOFError, zlib.error, OSError) as error:
        raise damaged(archive, f"is cut off or no archive: {error}") from None
    return found


def forget() -> None:
    """Free the cached archive, once a set was read."""
    _members.cache_clear()
