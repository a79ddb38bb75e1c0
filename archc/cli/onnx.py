"""`archc export … -o net.onnx`: what was asked for, done and told."""

# ruff: noqa: PLC0415  (what a command alone needs is imported when it runs)

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from archc.cli import terminal

if TYPE_CHECKING:
    from archc.api import Net
    from archc.cli.exporting import ExportOptions
    from archc.graph import Graph
    from archc.images import Values
    from archc.preprocessing import Preprocessing
    from archc.serving.export import Export, Exported
    from archc.serving.sizes import Sizes

CALIBRATION_SAMPLES = 256


def write_onnx(net: Net, output: Path, asked: ExportOptions) -> int:
    """Write the file and say what it was held against."""
    from archc.serving.export import Export, export
    from archc.serving.sizes import KEY
    from archc.serving.state import fresh_state, read_state

    if (asked.precision == "int8") != (asked.calibrate is not None):
        raise typer.BadParameter("--int8 and --calibrate DATA go together")
    if asked.dynamic_size and asked.baked:
        raise typer.BadParameter("--with-preprocessing brings every picture to one size, and --dynamic-size opens it")
    if asked.precision == "int8" and (asked.baked or asked.external):
        raise typer.BadParameter("--int8 takes neither --with-preprocessing nor --external-data")
    terminal.doing(f"preparing the weights of {net.name}")
    other, sizes = _other_size(net.graph, asked) if asked.dynamic_size else (None, None)
    if asked.weights is None:
        state, known = fresh_state(net.graph, *asked.init), dict[str, str]()
    else:
        state, known = read_state(net.graph, asked.weights, asked.tensors, net.again)
    how_made = _preprocessing(net, asked, known)
    how = Export(
        ending=asked.ending,
        precision=asked.precision,
        calibration=_calibration(net.graph, asked.calibrate, how_made) if asked.calibrate else None,
        other_size=other,
        verify=asked.verify,
        external=asked.external,
        source=net.text,
        classes=_classes(net, asked, known),
        preprocessing=how_made,
        baked=asked.baked,
        metadata={KEY: sizes.to_json()} if sizes is not None else {},
    )
    exported = export(net.graph, state, output, how, terminal.doing)
    _tell(net, output, exported, how)
    if sizes is not None:
        terminal.note(f"{output}: takes inputs of {sizes.said()}, as its metadata says")
    if asked.weights is None:
        scheme, seed, _ = asked.init
        terminal.note(
            f"note: {output} holds weights as they start ({scheme}, seed {seed}), not trained ones: --weights"
        )
    return 0


def _tell(net: Net, output: Path, exported: Exported, how: Export) -> None:
    from archc.analysis.figures import human_bytes

    for one in exported.compared:
        sizes = f" of {'x'.join(map(str, one.sizes))}" if one.sizes else ""
        beside = f"{output}: {one.output}, batch {one.batch}{sizes}, against PyTorch in float64: "
        if how.precision == "int8":
            terminal.note(f"{beside}cosine {one.cosine:.4f}, the same answer for {one.agreed:.1%}")
        else:
            terminal.note(f"{beside}{one.said(how.precision)}")
    if not exported.compared:
        terminal.note(f"{output}: not verified")
    terminal.note(f"{output}: {human_bytes(exported.bytes)}, {net.params:,} parameters, {how.precision}")


def _other_size(graph: Graph, asked: ExportOptions) -> tuple[Graph, Sizes]:
    from archc.api import only
    from archc.cli.check import options
    from archc.diagnostics import ArchError
    from archc.serving.sizes import check_sizes

    def at(sizes: tuple[int, ...]) -> Graph | None:
        try:
            return only(asked.target, options("x".join(map(str, sizes)), asked.param, 1_000_000)).graph
        except ArchError:
            return None

    if asked.target == "-":
        raise typer.BadParameter("--dynamic-size reads the source at several sizes: give it as a file")
    return check_sizes(graph, at)


def _preprocessing(net: Net, asked: ExportOptions, known: Mapping[str, str]) -> Preprocessing | None:
    """What was said, else what the weights' file says of their training."""
    from archc.cli.model import preprocessing_of
    from archc.diagnostics import ArchError
    from archc.preprocessing import Preprocessing
    from archc.serving.known import preprocessing

    try:
        own = preprocessing(known, str(asked.weights), net.graph.inputs[0].shape[0])
    except ArchError:
        if asked.preprocessing is None:
            raise
        own = None  # broken, and another is said
    if asked.preprocessing is not None:
        return preprocessing_of(asked.preprocessing, own)
    return own or (Preprocessing() if asked.baked else None)


def _classes(net: Net, asked: ExportOptions, known: Mapping[str, str]) -> tuple[str, ...]:
    from archc.serving.known import classes

    count = net.graph[net.graph.outputs[0].node].shape[0]
    if asked.classes is None:
        return classes(known, str(asked.weights), count)
    names = tuple(asked.classes.read_text(encoding="utf-8").splitlines())
    if len(names) != count:
        raise typer.BadParameter(f"{asked.classes} names {len(names)} classes, and the net has {count}")
    return names


def _calibration(graph: Graph, data: Path, how_made: Preprocessing | None) -> Values:
    from archc.serving.inputs import read_inputs

    return read_inputs(data, graph.inputs[0].shape, how_made, most=CALIBRATION_SAMPLES)
