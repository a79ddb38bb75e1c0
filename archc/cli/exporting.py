"""The options of `archc export`, and the files that it writes."""

# ruff: noqa: PLC0415  (what one kind of file alone needs is imported when it is written)

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from archc.cli import terminal
from archc.diagnostics.visible import visible

if TYPE_CHECKING:
    from archc.api import Net
    from archc.cli.export_options import ExportOptions


def write(net: Net, output: Path, options: ExportOptions) -> int:
    """Write the file in the format of its suffix and report what it holds. The exit code. Raises ArchError."""
    if output.suffix.lower() == ".py":
        return _write_python(net, output)
    terminal.doing("loading PyTorch")
    if options.weights is None:
        _check_scheme(options.init)
    if output.suffix.lower() == ".onnx":
        from archc.cli.onnx import write_onnx

        return write_onnx(net, output, options)
    return _write_weights(net, output, options)


def _write_python(net: Net, output: Path) -> int:
    from archc.files import write_text

    text = net.python()
    write_text(output, text)
    terminal.err(f"{visible(str(output))}: {len(text.splitlines())} lines, {net.params:,} parameters")
    return 0


def _check_scheme(init: str) -> None:
    """Raises typer's error if there is no such initialisation."""
    from archc.backends.torch.initialise import chosen

    try:
        chosen(init)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None


def _write_weights(net: Net, output: Path, options: ExportOptions) -> int:
    from archc.backends.torch.weights import save_weights

    module = net.torch(
        weights=options.weights,
        tensors=options.tensors,
        init=options.init,
        seed=options.seed,
        zero_gamma=options.zero_gamma,
    )
    save_weights(module.state_dict(), net.graph, output, net.text)
    if options.weights is None:
        from archc.cli.export_options import untrained

        terminal.note(f"note: {output} has {untrained(options)}")
    return 0
