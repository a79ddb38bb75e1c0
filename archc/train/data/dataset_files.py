"""Where the files of a set lie: a folder, its subfolders by their published names, or an archive as it was fetched."""

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
    """How a set is published. archives: alternatives, each of which holds all. files: without an archive.

    Each as (name, MD5, address). folders: what archives unpack to.
    """

    name: str
    archives: Sequence[tuple[str, str, str]] = ()
    files: Sequence[tuple[str, str, str]] = ()
    folders: Sequence[str] = ()

    @property
    def can_be_fetched(self) -> bool:
        """Whether it is known what the files have to be."""
        return all(md5 for _, md5, _ in (*self.archives, *self.files))

    @property
    def wanted(self) -> str:
        names = [name for name, _, _ in (*self.archives, *self.files)]
        return (" or " if self.archives else ", ").join(names)


def places(data: Data) -> list[Path]:
    """The folders where the set may be, the first of them the likeliest."""
    if data.path is not None:
        return [Path(data.path)]
    found = [Path(root) / data.name for root in (os.environ.get("ARCHC_DATA"),) if root]
    cache = cache_folder()
    return [*found, Path("data") / data.name, *([cache / "data" / data.name] if cache is not None else [])]


def missing(publication: Publication, looked: Sequence[Path]) -> ArchError:
    """The error that says which files to put where."""
    where = ", ".join(f"`{place}`" for place in looked)
    fetch = ", or let archc fetch it with --set data.download=yes" if publication.can_be_fetched else ""
    help_text = f"{by_hand(publication, looked[0])}{fetch}"
    return failed(Code.NO_DATA, f"{publication.name} is not in {where}", help=help_text)


def by_hand(publication: Publication, folder: Path) -> str:
    """How to get a set without archc."""
    addresses = dict.fromkeys(address.rpartition("/")[0] for *_, address in (*publication.archives, *publication.files))
    found = f"{publication.wanted} of {' or '.join(addresses)}"
    return f"put {found} into `{folder}`, or say where it is with --set data.path=FOLDER"


def fetched_to(data: Data) -> Path:
    """Where a download goes: among one's own sets, or into the cache."""
    return places(data)[0 if data.path is not None or os.environ.get("ARCHC_DATA") else -1]


def find(names: Sequence[str], publication: Publication, roots: Sequence[Path]) -> bytes | None:
    """The bytes of the first file that is there under one of the names, unpacked. Raises ArchError."""
    for root in roots:
        for folder in (root, *(root / name for name in publication.folders)):
            for name in names:
                if (folder / name).is_file():
                    return unpacked(folder / name)
        archives = [root] if root.is_file() else [root / name for name, *_ in publication.archives]
        for archive in archives:
            if archive.is_file():
                held = _member(archive, names)
                if held is not None:
                    return held
    return None


def unpacked(path: Path) -> bytes:
    """A file's bytes, without their gzip where they have one. Raises ArchError."""
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
    """One file out of a .tar.gz, by the last part of its name; nothing is unpacked onto the disk."""
    held = _members(archive, archive.stat().st_mtime_ns)
    return next((held[name] for name in names if name in held), None)


@lru_cache(maxsize=1)
def _members(archive: Path, changed: int) -> dict[str, bytes]:
    """All of an archive: a set asks for several files of it, and each way through takes a second or two."""
    found: dict[str, bytes] = {}
    total = 0
    try:
        with tarfile.open(archive) as held:
            for member in held:
                total += member.size
                if total > MOST_BYTES:
                    raise damaged(archive, f"holds more than {MOST_BYTES:,} bytes, which no set does")
                file = held.extractfile(member) if member.isfile() else None
                if file is not None:
                    found[member.name.rpartition("/")[2]] = file.read()
    except (tarfile.TarError, EOFError, zlib.error, OSError) as error:
        raise damaged(archive, f"is cut off or no archive: {error}") from None
    return found


def forget() -> None:
    """Let go of the archive, once a set was read."""
    _members.cache_clear()
