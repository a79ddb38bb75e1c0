"""`archc import`: a net in another notation as `.arch`."""

# ruff: noqa: PLC0415  (what a command alone needs is imported when it runs)

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from archc.cli.options import OpenSizes
from archc.cli.output_files import Force, check_free, kind


def import_(
    source: Annotated[
        str, typer.Argument(metavar="FILE", help="ONNX (.onnx), or ConvNetJS's layer_defs (.js, .json, or -).")
    ],
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", help="Where to; weights or a trainer go beside it."),
    ] = None,
    input: OpenSizes = None,
    learnt: Annotated[
        list[str] | None,
        typer.Option("--learnt", metavar="NAME", help="ONNX: an initialiser that is learnt, where the file is silent."),
    ] = None,
    fixed: Annotated[
        list[str] | None, typer.Option("--fixed", metavar="NAME", help="ONNX: one that is a constant.")
    ] = None,
    force: Force = False,
) -> int:
    """Print a network of another notation as .arch. ONNX and ConvNetJS; only once both were seen to be the same."""
    if output is not None:
        kind(output, [".arch"], "a source is written as")
        check_free([output], force)
    if source.lower().endswith(".onnx"):
        settled = {**dict.fromkeys(learnt or (), True), **dict.fromkeys(fixed or (), False)}
        if len(settled) < len(learnt or ()) + len(fixed or ()):
            raise typer.BadParameter("an initialiser is named twice by --learnt and --fixed")
        return _onnx(Path(source), output, input, settled, force)
    return _convnetjs(source, output, force)


def _onnx(source: Path, output: Path | None, input: str | None, settled: dict[str, bool], force: bool) -> int:
    from archc.cli import terminal

    terminal.doing(f"reading {source}")
    from archc.analysis.cost import totals
    from archc.cli.nets import messages
    from archc.cli.option_values import sizes_option
    from archc.decompile.compare import compare
    from archc.decompile.source import decompile
    from archc.decompile.weights import weights_parts
    from archc.files import write_bytes, write_text

    given = sizes_option(input)
    if output is not None:
        check_free([output.with_suffix(".safetensors")], force)
    terminal.doing("turning nodes into layers")
    made = decompile(source, given, settled)
    terminal.doing("comparing the outputs with the file's")
    differs = compare(source, made)
    messages(made.notes)
    if output is None:
        terminal.out(made.text.rstrip("\n"))
    else:
        write_bytes(output.with_suffix(".safetensors"), *weights_parts(made))
        write_text(output, made.text)
    cost = totals(made.graph)
    terminal.note(f"{source}: {cost.params:,} parameters, {cost.macs:,} MACs, max |Δ| / max |y| = {differs:.1e}")
    return 0


def _convnetjs(source: str, output: Path | None, force: bool) -> int:
    import sys

    from archc.cli import terminal
    from archc.cli.nets import messages
    from archc.elaborate.env import Failure
    from archc.files import write_text
    from archc.importers import is_convnetjs
    from archc.rewrite import rewritten
    from archc.sources import find_text

    try:
        text = find_text(source, sys.stdin)
    except Failure as failure:
        messages([failure.diagnostic])
        return 1
    if not is_convnetjs(text):
        raise typer.BadParameter(f"archc reads ONNX's .onnx and ConvNetJS's .js and .json, and `{source}` is neither")
    made = rewritten(text)
    messages(made.diagnostics)
    if made.text is None:
        return 1
    if output is None:
        recipe = "".join(f"# {line}\n" if line else "#\n" for line in (made.recipe or "").splitlines())
        terminal.out((f"{made.text}\n# The trainer, as a recipe:\n#\n{recipe}" if recipe else made.text).rstrip("\n"))
        return 0
    beside = output.with_suffix(".train.toml")
    check_free([output, beside] if made.recipe else [output], force)
    write_text(output, made.text)
    if made.recipe:
        write_text(beside, made.recipe)
    return 0
