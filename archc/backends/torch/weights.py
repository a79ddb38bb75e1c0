"""A net's weights: out as safetensors with what they belong to, in from any file whose tensors fit."""

from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors.torch import save
from torch import Tensor, nn

from archc.analysis.fingerprint import fingerprint
from archc.backends.torch.match import Match, match
from archc.backends.torch.tensors import failed, read_tensors
from archc.diagnostics import ArchError, Diagnostic
from archc.files import write_bytes
from archc.graph import Graph
from archc.version import VERSION

MOST_PROBLEMS = 20


def save_weights(
    state: Mapping[str, Tensor], graph: Graph, path: Path, source: str = "", more: Mapping[str, str] | None = None
) -> None:
    """Write safetensors, all at once or not at all.

    Its metadata: archc's version, the net's name and fingerprint, the source, and `more`. Raises OSError.
    """
    own = {"format": "pt", "archc": VERSION, "net": graph.name, "graph": fingerprint(graph), "source": source}
    metadata = {**own, **(more or {})}
    tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in state.items()}
    write_bytes(path, save(tensors, metadata))


def load_weights(module: nn.Module, graph: Graph, path: Path) -> Match:
    """Fill the module from a file. All of it fits, or nothing is loaded and ArchError names each tensor that does
    not."""
    tensors, metadata = read_tensors(path)
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
    if found.problems:
        raise ArchError(_complaints(found, path, metadata, graph))
    return found


def renamed(found: Match, tensors: Mapping[str, Tensor], ours: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The file's tensors under the net's names; a counter that the file lacks keeps its value."""
    state = dict(ours)
    for pair in found.pairs:
        state[pair.ours] = tensors[pair.theirs].reshape(pair.shape)
    return state


def _complaints(found: Match, path: Path, metadata: Mapping[str, str], graph: Graph) -> list[Diagnostic]:
    known = metadata.get("net")
    other = "graph" in metadata and metadata["graph"] != fingerprint(graph)
    help = f"these weights were saved for {known}, as it then was" if other and known else None
    shown = [
        Diagnostic("weights-mismatch", problem, file=str(path), help=help if number == 0 else None)
        for number, problem in enumerate(found.problems[:MOST_PROBLEMS])
    ]
    more = len(found.problems) - MOST_PROBLEMS
    if more > 0:
        shown.append(Diagnostic("weights-mismatch", f"and {more} more tensors", file=str(path)))
    return shown


def finite(state: Mapping[str, Tensor], path: Path) -> None:
    """Raises ArchError where a weight is no number."""
    for name, tensor in state.items():
        if tensor.is_floating_point() and not bool(torch.isfinite(tensor).all()):
            raise failed(path, f"holds values that are no numbers in {name}")
