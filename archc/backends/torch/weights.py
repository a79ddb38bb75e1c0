"""A net's weights: out as safetensors with what they belong to, in from any file whose tensors fit."""

from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors.torch import save
from torch import Tensor, nn

from archc.analysis.fingerprint import fingerprint
from archc.backends.torch.match import Match, match
from archc.backends.torch.tensors import each_failed, read_tensors
from archc.files import write_bytes
from archc.graph import Graph
from archc.version import VERSION
from archc.weightfile import ordered


def save_weights(
    state: Mapping[str, Tensor], graph: Graph, path: Path, source: str = "", more: Mapping[str, str] | None = None
) -> None:
    """Write safetensors, all at once or not at all.

    Its metadata: archc's version, the net's name and fingerprint, the source, and `more`. Raises OSError.
    """
    own = {"format": "pt", "archc": VERSION, "net": graph.name, "graph": fingerprint(graph), "source": source}
    metadata = {**own, **(more or {})}
    tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in state.items()}
    write_bytes(path, *ordered(save(tensors, metadata)))


def load_weights(module: nn.Module, graph: Graph, path: Path, asked: str | None = None) -> Match:
    """Fill the module from a file. All of it fits, or nothing is loaded and ArchError names each tensor that does not.

    asked: which of several state_dicts in the file.
    """
    tensors, metadata = read_tensors(path, asked)
    found = find(module.state_dict(), tensors, path, metadata, graph)
    module.load_state_dict(renamed(found, tensors, module.state_dict()))
    return found


def find(
    ours: Mapping[str, Tensor], tensors: Mapping[str, Tensor], path: Path, metadata: Mapping[str, str], graph: Graph
) -> Match:
    """The match of a file with a net. Raises ArchError."""
    found = match(
        {name: tuple(tensor.shape) for name, tensor in ours.items()},
        {name: tuple(tensor.shape) for name, tensor in tensors.items()},
        ordered=path.suffix != ".safetensors",
        namings=graph.namings,
    )
    problems = found.problems or [
        f"{pair.ours} {fault}" for pair in found.pairs if (fault := _fault(ours[pair.ours], tensors[pair.theirs]))
    ]
    if problems:
        known = metadata.get("net")
        other = "graph" in metadata and metadata["graph"] != fingerprint(graph)
        help = f"these weights were saved for {known}, as it then was" if other and known else None
        raise each_failed(path, problems, help)
    return found


def _fault(ours: Tensor, theirs: Tensor) -> str | None:
    """Why the values of a tensor that fits are no weights."""
    if ours.is_floating_point() and not theirs.is_floating_point():
        return f"is {str(theirs.dtype).removeprefix('torch.')} in the file, and weights are floating-point numbers"
    if theirs.is_floating_point() and theirs.itemsize < 2:
        kind = str(theirs.dtype).removeprefix("torch.")
        return f"is {kind} in the file: quantised, with a scale that lies apart from it"
    if theirs.is_floating_point() and not bool(torch.isfinite(theirs).all()):
        return "holds values that are no numbers (nan or infinity)"
    return None


def renamed(found: Match, tensors: Mapping[str, Tensor], ours: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The file's tensors under the net's names; a counter that the file lacks keeps its value."""
    state = dict(ours)
    for pair in found.pairs:
        state[pair.ours] = tensors[pair.theirs].reshape(pair.shape)
    return state
