"""Downloads of published sets. An interrupted download is resumed, and a file is kept only if its checksum is right."""

import hashlib
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.client import HTTPException
from pathlib import Path

from archc.diagnostics import Code
from archc.train.data.dataset_files import Publication, manual_download
from archc.train.data.image_set import failed

CHUNK, TIMEOUT = 1 << 20, 20
SAY_EVERY = 5.0  # seconds

Say = Callable[[str], None]


def fetch(publication: Publication, folder: Path, say: Say) -> None:
    """Download the missing files of a set into a folder. Only one of several processes downloads. Raises ArchError."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with _file_lock(folder):
            for name, md5, address in publication.files or publication.archives[:1]:
                if not (folder / name).is_file():
                    _fetch_one(publication, folder, address, folder / name, md5, say)
    except OSError as error:
        raise failed(Code.CANNOT_SAVE, f"`{folder}` cannot be written: {error.strerror}", folder) from None


def _fetch_one(publication: Publication, folder: Path, address: str, path: Path, md5: str, say: Say) -> None:
    say(f"fetching {address} into {folder}")
    try:
        download(address, path, md5, say)
    except (OSError, HTTPException) as error:
        reason = getattr(error, "reason", None) or getattr(error, "strerror", None) or error
        message = f"{address} cannot be fetched: {reason}"
        raise failed(Code.NO_NETWORK, message, help=manual_download(publication, folder)) from None


@contextmanager
def _file_lock(folder: Path) -> Iterator[None]:
    """A file lock: the ranks of a run open the same set at the same time."""
    try:
        import fcntl  # noqa: PLC0415 - Windows has none, and no ranks either
    except ImportError:
        yield
        return
    with (folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def download(address: str, path: Path, md5: str, say: Say = print) -> None:
    """One file; an incomplete download is kept as `path`.part. Raises OSError, or ArchError if the checksum differs."""
    part = path.with_name(f"{path.name}.part")
    begun = part.stat().st_size if part.is_file() else 0
    request = urllib.request.Request(address, headers={"Range": f"bytes={begun}-"} if begun else {})
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT) as answer:
            goes_on = answer.status == 206
            done, reported = begun if goes_on else 0, time.monotonic()
            total = done + int(answer.headers.get("Content-Length") or 0)
            with part.open("ab" if goes_on else "wb") as file:
                while block := answer.read(CHUNK):
                    file.write(block)
                    done += len(block)
                    if time.monotonic() - reported > SAY_EVERY:
                        reported = time.monotonic()
                        say(f"  {done / 1e6:.0f} of {total / 1e6:.0f} MB")
            if done < total:
                raise ConnectionError(f"it broke off after {done:,} of {total:,} bytes; what there is of it is kept")
    except urllib.error.HTTPError as error:
        if error.code != 416:  # the part is complete
            raise
    digest = hashlib.md5(part.read_bytes(), usedforsecurity=False).hexdigest()
    if digest != md5:
        part.unlink()
        raise failed(Code.BAD_DOWNLOAD, f"{address} gave another file than the published one: MD5 {digest}, not {md5}")
    part.replace(path)
