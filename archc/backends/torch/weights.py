"""The weights of a net: saved as safetensors with metadata, loaded from any file whose tensors fit."""

import warnings
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import torch
from safetensors.torch import save
from torch import Tensor, nn

from archc.analysis.fingerprint import fingerprint
from archc.backends.torch.match_weights import Match, match_weights
from archc.backends.torch.module import build
from archc.backends.torch.origin_fields import changes_text, differences
from archc.backends.torch.tensors import mismatch, read_tensors, tensor_errors
from archc.diagnostics import ArchWarning
from archc.files import write_bytes
from archc.graph import Graph, Rebuild
from archc.version import VERSION
from archc.weightfile import canonical_parts as in_order

MOST_TRIED = 4
UNSEEN = "eps of norms, padding, strides, activations and the rounding of pools are not in a file of weights"


def save_weights(
    state: Mapping[str, Tensor], graph: Graph, path: Path, source: str = "", more: Mapping[str, str] | None = None
) -> None:
    """Write safetensors, atomically.

    Its metadata: archc's version, the net's name and fingerprint, the source, and `more`. Raises OSError.
    """
    own = {"format": "pt", "archc": VERSION, "net": graph.name, "graph": fingerprint(graph), "source": source}
    metadata = {**own, **(more or {})}
    tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in state.items()}
    write_bytes(path, *in_order(save(tensors, metadata)))


def load_weights(
    module: nn.Module, graph: Graph, path: Path, asked: str | None = None, again: Rebuild | None = None
) -> Match:
    """Load a file into the module. If a tensor does not fit, nothing is loaded, and ArchError names each of them.

    asked: which of several state_dicts in the file. again: compiles the net under other parameters, to find those that
    the file fits. Assumptions of the match are warnings.
    """
    tensors, metadata = read_tensors(path, asked)
    found = find(module.state_dict(), tensors, path, metadata, graph, again)
    module.load_state_dict(renamed(found, tensors, module.state_dict()))
    for note in found.notes:
        warnings.warn(f"`{path.name}`: {note}", ArchWarning, stacklevel=3)
    return found


def find(
    ours: Mapping[str, Tensor],
    tensors: Mapping[str, Tensor],
    path: Path,
    metadata: Mapping[str, str],
    graph: Graph,
    again: Rebuild | None = None,
) -> Match:
    """The match of a file with a net. Raises ArchError."""
    shapes = {name: tuple(tensor.shape) for name, tensor in tensors.items()}
    ordered = path.suffix != ".safetensors"
    found = match_weights(_shapes(ours), shapes, ordered, graph.namings, graph)
    problems = found.problems or [
        f"{pair.ours} {fault}"
        for pair in found.pairs
        if (fault := _fault(pair.ours, ours[pair.ours], tensors[pair.theirs]))
    ]
    origin = next((naming for naming in graph.namings if naming.whose == found.how), None)
    different, near = differences(graph, origin) if origin is not None else ([], [])
    found = replace(found, notes=(*found.notes, *near))
    known = metadata.get("net")
    other = "graph" in metadata and metadata["graph"] != fingerprint(graph)
    if not problems and not different:
        unseen = [f"matched by {found.how}: {UNSEEN}"] if found.how in ("order", "structure") else []
        if other and known:
            unseen.append(f"saved for {known} with other layers, settings or sizes than this net has: its tensors fit")
        return replace(found, notes=(*found.notes, *unseen))
    saved = f"these weights were saved for {known}, as it then was" if other and known else None
    if origin is not None and different:
        message = f"of the net differ from those that `{path.name}` was trained with"
        raise mismatch(path, different, "setting", message, changes_text(graph, origin))
    helps = [help for help in (found.help, saved, _parameter(graph, shapes, ordered, again)) if help]
    raise tensor_errors(path, problems, "; ".join(helps) or None)


def _shapes(state: Mapping[str, Tensor]) -> dict[str, tuple[int, ...]]:
    return {name: tuple(tensor.shape) for name, tensor in state.items()}


def _parameter(graph: Graph, shapes: Mapping[str, tuple[int, ...]], ordered: bool, again: Rebuild | None) -> str | None:
    """The verified parameter of the net under which all tensors fit, such as another number of classes."""
    if again is None:
        return None
    sizes = {shape[0] for shape in shapes.values() if shape}
    own = {shape[0] for shape in _shapes(build(graph, device="meta").state_dict()).values() if shape}
    for name, _ in sorted(graph.parameters, key=lambda given: given[1] in sizes):  # first those that the file lacks
        for size in sorted(sizes - own)[:MOST_TRIED]:
            other = again({name: size})
            if other is not None:
                state = _shapes(build(other, device="meta").state_dict())
                if not match_weights(state, shapes, ordered, graph.namings, other).problems:
                    return f"the file is of {name}={size}: -p {name}={size}"
    return None


def _fault(name: str, ours: Tensor, theirs: Tensor) -> str | None:
    """Why the values of a tensor cannot be weights; None where they can. name: of the net's tensor."""
    if ours.is_floating_point() and not theirs.is_floating_point():
        return f"is {str(theirs.dtype).removeprefix('torch.')} in the file, and weights are floating-point numbers"
    if theirs.is_floating_point() and theirs.itemsize < 2:
        kind = str(theirs.dtype).removeprefix("torch.")
        return f"is {kind} in the file: quantised, with a scale that lies apart from it"
    if theirs.is_floating_point() and not bool(torch.isfinite(theirs).all()):
        return "holds NaN or infinity"
    if theirs.is_floating_point() and not bool(torch.isfinite(theirs.to(ours.dtype)).all()):
        kind = str(ours.dtype).removeprefix("torch.")
        return f"holds values that {kind} does not reach: {float(theirs.abs().max()):.3g}"
    if name.rpartition(".")[2] == "running_var" and bool((theirs < 0).any()):
        return f"is a variance, and the file has {float(theirs.min()):.3g} in it"
    return None


def renamed(found: Match, tensors: Mapping[str, Tensor], ours: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The file's tensors under the net's names. A counter that the file lacks keeps its value."""
    state = dict(ours)
    for pair in found.pairs:
        tensor = tensors[pair.theirs]
        tensor = tensor if pair.view is None else tensor.reshape(pair.view)
        tensor = tensor if pair.axes is None else tensor.permute(pair.axes)
        state[pair.ours] = tensor.reshape(pair.shape)
    return state
