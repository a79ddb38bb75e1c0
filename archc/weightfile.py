"""archc's safetensors files: canonical bytes, and a digest that detects damage.

The library writes metadata in arbitrary order, and the format has no checksum. The format is: 8 bytes with the length
of the header, the header as JSON padded with spaces, the tensors.
"""

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

CHUNK = 1 << 20
METADATA, DIGEST = "__metadata__", "digest"


def canonical_parts(saved: bytes) -> list[bytes | memoryview]:
    """The parts of the file in canonical form: metadata sorted by name, with the digest of everything else."""
    start = 8 + int.from_bytes(saved[:8], "little")
    header = json.loads(saved[8:start])
    data = memoryview(saved)[start:]
    header[METADATA] = dict(sorted({**header[METADATA], DIGEST: _digest(header, [data])}.items()))
    text = json.dumps(header, separators=(",", ":"), ensure_ascii=False).encode()
    text += b" " * (-len(text) % 8)
    return [len(text).to_bytes(8, "little"), text, data]


def fault(path: Path) -> str | None:
    """The damage of a file, as a clause after its name; None if its digest holds or it has none. Raises OSError."""
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        if length > path.stat().st_size:
            return "is damaged: its header is longer than the file"
        try:
            header = json.loads(file.read(length))
            said = header.get(METADATA, {}).get(DIGEST)
            if said is None or "archc" not in header[METADATA]:
                return None
            found = _digest(header, iter(lambda: file.read(CHUNK), b""))
        except (ValueError, AttributeError, TypeError, RecursionError):
            return "is damaged: its header is no JSON of tensors"
    return None if found == said else "is damaged: its tensors or metadata are not those that were saved"


def _digest(header: dict[str, Any], data: Iterable[bytes | memoryview]) -> str:
    """SHA-256 of the header without the digest, and of all tensors."""
    known = {name: value for name, value in header[METADATA].items() if name != DIGEST}
    text = json.dumps({**header, METADATA: known}, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    made = hashlib.sha256(text.encode("utf-8", "surrogatepass"))
    for part in data:
        made.update(part)
    return f"sha256:{made.hexdigest()}"
