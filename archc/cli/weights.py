"""`archc weights map`: whose tensor is whose."""

# ruff: noqa: PLC0415  (what a command alone needs is imported when it runs)

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from archc.cli.options import Json, Param, Target, Tensors
from archc.cli.output_files import Force, check_free, kind


class Action(StrEnum):
    """What `archc weights` does."""

    map = "map"


def weights(
    action: Annotated[
        Action, typer.Argument(case_sensitive=False, metavar="map", help="map: match a file's tensors with the net's.")
    ],
    target: Target,
    file: Annotated[Path, typer.Argument(metavar="WEIGHTS", help="A .safetensors, .pt or .pth file.")],
    tensors: Tensors = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="Write them as this net's .safetensors.")
    ] = None,
    param: Param = None,
    json_: Json = False,
    force: Force = False,
) -> int:
    """Match the weights of a file with a network: by names, or else where shapes leave one way. Each pair is shown."""
    import sys

    from archc.analysis import table
    from archc.cli import terminal
    from archc.cli.nets import one_net

    if output is not None:
        kind(output, [".safetensors"], "weights are written as")
        check_free([output], force)
    net = one_net(target, param)
    if net is None:
        return 1
    terminal.doing("loading PyTorch")
    from archc.backends.torch.tensors import read_tensors
    from archc.backends.torch.weights import find, renamed, save_weights

    ours = net.torch(device="meta").state_dict()
    terminal.doing(f"reading {file}")
    given, metadata = read_tensors(file, tensors)
    terminal.doing(f"matching {len(given)} tensors")
    found = find(ours, given, file, metadata, net.graph, net.again)
    if json_:
        pairs = [{"ours": pair.ours, "theirs": pair.theirs, "shape": list(pair.shape)} for pair in found.pairs]
        terminal.json({"schema": 1, "net": net.name, "matched_by": found.how, "pairs": pairs})
    else:
        columns = [
            table.Column(net.name, [pair.ours for pair in found.pairs], shrinks_to=16),
            table.Column("file", [pair.theirs for pair in found.pairs], shrinks_to=16),
            table.Column("shape", ["x".join(map(str, pair.shape)) or "1" for pair in found.pairs]),
            table.Column(
                "", ["transposed" if pair.axes else "reshaped" if pair.reshaped else "" for pair in found.pairs]
            ),
        ]
        said = found.how if found.how in ("name", "order", "structure") else f"the names of {found.how}"
        terminal.out("\n".join(table.lines(columns, terminal.width(sys.stdout), color=terminal.color(sys.stdout))))
        terminal.out(f"\n{net.name}: {len(found.pairs)} tensors matched by {said}")
    for note in found.notes:
        terminal.note(f"note: {note}")
    if output is not None:
        terminal.doing(f"writing {output}")
        fresh = net.torch().state_dict()  # for the counters that a file may lack
        save_weights(renamed(found, given, fresh), net.graph, output, net.text)
    return 0
