"""The weights of an imported net as a safetensors file."""

from safetensors.numpy import save

from archc.analysis.fingerprint import fingerprint
from archc.decompile.source import Decompiled
from archc.files import Part
from archc.version import VERSION
from archc.weightfile import canonical_parts


def weights_parts(made: Decompiled) -> list[Part]:
    """The parts of the file, with the names of the source and metadata that identify the net."""
    metadata = {"format": "pt", "archc": VERSION, "net": made.graph.name, "graph": fingerprint(made.graph)}
    return canonical_parts(save(dict(made.state), {**metadata, "source": made.text}))
