"""`archc export`: a net as a Python file, or its weights as they start."""

# ruff: noqa: PLC0415  (what a command alone needs is imported when it runs)

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

KINDS = (".py", ".safetensors")


def export(
    target: Annotated[str, typer.Argument(metavar="FILE|NAME[::NET]", help="A source, a bundled name, or -.")],
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="FILE", help="Where to: .py (PyTorch source) or .safetensors.")
    ],
    param: Annotated[
        list[str] | None, typer.Option("--param", "-p", metavar="NAME=VALUE", help="A parameter of the net.")
    ] = None,
    input: Annotated[
        str | None, typer.Option("--input", metavar="HxW", help="Input sizes in place of those written.")
    ] = None,
    weights: Annotated[
        Path | None, typer.Option("--weights", metavar="FILE", help="Weights to write, of any file that fits.")
    ] = None,
    init: Annotated[str, typer.Option("--init", help="How weights start: torch, he_normal, …")] = "torch",
    seed: Annotated[int, typer.Option("--seed", help="Of the weights that are drawn.")] = 0,
    zero_gamma: Annotated[bool, typer.Option("--zero-gamma", help="Residual branches start at zero.")] = False,
) -> int:
    """Write a network as a standalone PyTorch file, or its weights as safetensors."""
    from archc.cli import terminal
    from archc.cli.one import one_net
    from archc.files import write_text

    if output.suffix not in KINDS:
        raise typer.BadParameter(f"archc writes {' and '.join(KINDS)}, not `{output.suffix or output.name}`")
    net = one_net(target, param, input)
    if net is None:
        return 1
    if output.suffix == ".py":
        text = net.python()
        write_text(output, text)
        terminal.err(f"{output}: {len(text.splitlines())} lines, {net.params:,} parameters")
        return 0
    from archc.backends.torch.initialise import SCHEMES
    from archc.backends.torch.weights import save_weights

    if init not in SCHEMES:
        raise typer.BadParameter(f"there is no initialisation `{init}`; there are {', '.join(SCHEMES)}")
    module = net.torch(weights=weights, init=init, seed=seed, zero_gamma=zero_gamma)
    save_weights(module.state_dict(), net.graph, output, net.text)
    if weights is None:
        terminal.err(f"note: {output} holds weights as they start ({init}, seed {seed}), not trained ones")
    return 0
