"""Fetching a published set: what broke off goes on where it stopped, and nothing is kept that is not the file."""

import hashlib
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

from archc.train.data.places import Publication, missing
from archc.train.data.sets import failed

CHUNK, TIMEOUT = 1 << 20, 60


def fetch(publication: Publication, folder: Path, say: Callable[[str], None]) -> None:
    """The set's files into a folder, those that are not there. Raises ArchError."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, md5, address in publication.files or publication.archives[:1]:
        if not (folder / name).is_file():
            say(f"fetching {address}")
            try:
                download(address, folder / name, md5)
            except OSError as error:
                reason = getattr(error, "reason", None) or error.strerror or error
                help_text = missing(publication, [folder]).diagnostics[0].help
                raise failed("no-network", f"{address} cannot be fetched: {reason}", help=help_text) from None


def download(address: str, path: Path, md5: str) -> None:
    """One file; its beginning is kept as `path`.part. Raises OSError, or ArchError where the sum is another."""
    part = path.with_name(f"{path.name}.part")
    begun = part.stat().st_size if part.is_file() else 0
    request = urllib.request.Request(address, headers={"Range": f"bytes={begun}-"} if begun else {})
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT) as answer:
            goes_on = answer.status == 206
            with part.open("ab" if goes_on else "wb") as file:
                while block := answer.read(CHUNK):
                    file.write(block)
    except urllib.error.HTTPError as error:
        if error.code != 416:  # the part is whole already
            raise
    digest = hashlib.md5(part.read_bytes(), usedforsecurity=False).hexdigest()
    if digest != md5:
        part.unlink()
        raise failed("bad-download", f"{address} gave another file than the published one: MD5 {digest}, not {md5}")
    part.replace(path)
