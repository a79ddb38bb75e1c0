"""What `archc export` was asked for, and the files that it writes."""

# ruff: noqa: PLC0415  (what one kind of file alone needs is imported when it is written)

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from archc.cli import terminal
from archc.diagnostics.visible import visible

if TYPE_CHECKING:
    from archc.api import Net
    from archc.serving.export import Ending, Precision


@dataclass(frozen=True, slots=True)
class ExportOptions:
    """The options of the command line. init: scheme, seed, zero_gamma. baked: preprocessing goes into the file."""

    target: str
    param: list[str]
    weights: Path | None
    tensors: str | None
    init: tuple[str, int, bool]
    verify: bool
    dynamic_size: bool
    precision: Precision
    calibrate: Path | None
    ending: Ending
    classes: Path | None
    preprocessing: str | None
    baked: bool
    external: bool | None


def write(net: Net, output: Path, asked: ExportOptions) -> int:
    """Write the file of the kind that its name says, and tell what it holds."""
    if output.suffix.lower() == ".py":
        return _write_python(net, output)
    terminal.doing("loading PyTorch")
    if asked.weights is None:
        _check_scheme(asked.init[0])
    if output.suffix.lower() == ".onnx":
        from archc.cli.onnx import write_onnx

        return write_onnx(net, output, asked)
    return _write_weights(net, output, asked)


def _write_python(net: Net, output: Path) -> int:
    from archc.files import write_text

    text = net.python()
    write_text(output, text)
    terminal.err(f"{visible(str(output))}: {len(text.splitlines())} lines, {net.params:,} parameters")
    return 0


def _check_scheme(init: str) -> None:
    """Raises typer's error for a way that weights do not start in."""
    from archc.backends.torch.initialise import chosen

    try:
        chosen(init)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None


def _write_weights(net: Net, output: Path, asked: ExportOptions) -> int:
    from archc.backends.torch.weights import save_weights

    init, seed, zero_gamma = asked.init
    module = net.torch(weights=asked.weights, tensors=asked.tensors, init=init, seed=seed, zero_gamma=zero_gamma)
    save_weights(module.state_dict(), net.graph, output, net.text)
    if asked.weights is None:
        place = visible(str(output))
        terminal.err(f"note: {place} holds weights as they start ({init}, seed {seed}), not trained ones")
    return 0
