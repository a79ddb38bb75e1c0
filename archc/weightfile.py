"""A safetensors file of which equal weights give equal bytes: the library writes metadata in another order each time.

Source: the format's description, 8 bytes of length, a header of JSON padded with spaces, the tensors.
"""

import json


def ordered(saved: bytes) -> list[bytes | memoryview]:
    """The parts of the file, its metadata in the order of their names."""
    start = 8 + int.from_bytes(saved[:8], "little")
    header = json.loads(saved[8:start])
    header["__metadata__"] = dict(sorted(header["__metadata__"].items()))
    text = json.dumps(header, separators=(",", ":"), ensure_ascii=False).encode()
    text += b" " * (-len(text) % 8)
    return [len(text).to_bytes(8, "little"), text, memoryview(saved)[start:]]
