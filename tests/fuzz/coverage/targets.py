"""The readers that are fuzzed: a module of this folder each, with `seeds()`, valid inputs, and `one(data)`.

`one` reads the bytes as its reader does. What is refused with a diagnostic is well; whatever else is raised is a
mistake of archc's.
"""

from collections.abc import Callable, Iterator
from importlib import import_module

TARGETS = ("parser", "convnetjs", "onnx_bytes", "onnx_nodes", "idx", "cifar", "npz", "images")

One = Callable[[bytes], None]


def target(name: str) -> tuple[One, Iterator[bytes]]:
    """What reads, and what it should be able to read."""
    module = import_module(f"tests.fuzz.coverage.{name}")
    return module.one, module.seeds()
