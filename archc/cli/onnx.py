"""`archc export … -o net.onnx`: writing the ONNX file and reporting how far it differs from PyTorch."""

# ruff: noqa: PLC0415  (what a command alone needs is imported when it runs)

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from archc.cli import terminal
from archc.cli.export_options import untrained

if TYPE_CHECKING:
    from archc.api import Net
    from archc.cli.export_options import ExportOptions
    from archc.graph import Graph
    from archc.images import Values
    from archc.preprocessing import Preprocessing
    from archc.serving.export import Exported
    from archc.serving.onnx_options import OnnxOptions
    from archc.serving.sizes import Sizes

CALIBRATION_SAMPLES = 256


def write_onnx(net: Net, output: Path, options: ExportOptions) -> int:
    """Write the file and report its size and its differences from PyTorch. The exit code. Raises ArchError."""
    from archc.serving.export import export
    from archc.serving.onnx_options import OnnxOptions
    from archc.serving.sizes import KEY
    from archc.serving.state import fresh_state, read_state

    if (options.precision == "int8") != (options.calibrate is not None):
        raise typer.BadParameter("--int8 and --calibrate DATA go together")
    if options.dynamic_size and options.with_preprocessing:
        raise typer.BadParameter("choose --with-preprocessing, which resizes images to one size, or --dynamic-size")
    if options.precision == "int8" and (options.with_preprocessing or options.external_data):
        raise typer.BadParameter("--int8 works with neither --with-preprocessing nor --external-data")
    terminal.doing(f"preparing the weights of {net.name}")
    other, sizes = _other_size(net.graph, options) if options.dynamic_size else (None, None)
    if options.weights is None:
        state, known = fresh_state(net.graph, options.init, options.seed, options.zero_gamma), dict[str, str]()
    else:
        state, known = read_state(net.graph, options.weights, options.tensors, net.again)
    preprocessing = _preprocessing(net, options, known)
    settings = OnnxOptions(
        ending=options.ending,
        precision=options.precision,
        calibration=_calibration(net.graph, options.calibrate, preprocessing) if options.calibrate else None,
        other_size=other,
        verify=options.verify,
        external_data=options.external_data or None,
        source=net.text,
        classes=_classes(net, options, known),
        preprocessing=preprocessing,
        with_preprocessing=options.with_preprocessing,
        metadata={KEY: sizes.to_json()} if sizes is not None else {},
    )
    exported = export(net.graph, state, output, settings, terminal.doing)
    _report(net, output, exported, settings)
    if sizes is not None:
        terminal.note(f"{output}: takes inputs of {sizes.text()}, as its metadata says")
    if options.weights is None:
        terminal.note(f"note: {output} has {untrained(options)}: --weights")
    return 0


def _report(net: Net, output: Path, exported: Exported, settings: OnnxOptions) -> None:
    from archc.analysis.figures import human_bytes

    for one in exported.compared:
        sizes = f" of {'x'.join(map(str, one.sizes))}" if one.sizes else ""
        beside = f"{output}: {one.output}, batch {one.batch}{sizes}, against PyTorch in float64: "
        if settings.precision == "int8":
            terminal.note(f"{beside}cosine {one.cosine:.4f}, the same answer for {one.agreed:.1%}")
        else:
            terminal.note(f"{beside}{one.text(settings.precision)}")
    if not exported.compared:
        terminal.note(f"{output}: not verified")
    terminal.note(f"{output}: {human_bytes(exported.bytes)}, {net.params:,} parameters, {settings.precision}")


def _other_size(graph: Graph, options: ExportOptions) -> tuple[Graph, Sizes]:
    """The net at another input size, and the sizes that it takes. Raises ArchError, typer's error."""
    from archc.api import only
    from archc.cli.nets import compile_options
    from archc.diagnostics import ArchError
    from archc.serving.sizes import check_sizes

    def at(sizes: tuple[int, ...]) -> Graph | None:
        try:
            return only(options.target, compile_options("x".join(map(str, sizes)), options.param)).graph
        except ArchError:
            return None

    if options.target == "-":
        raise typer.BadParameter("--dynamic-size reads the source at several sizes: give it as a file")
    return check_sizes(graph, at)


def _preprocessing(net: Net, options: ExportOptions, known: Mapping[str, str]) -> Preprocessing | None:
    """The preprocessing of the command line, else that of the weights' file. Raises ArchError, typer's error."""
    from archc.cli.model import preprocessing_of
    from archc.diagnostics import ArchError
    from archc.preprocessing import Preprocessing
    from archc.serving.metadata import preprocessing

    try:
        own = preprocessing(known, str(options.weights), net.graph.inputs[0].shape[0])
    except ArchError:
        if options.preprocessing is None:
            raise
        own = None  # the file's cannot be read, and the command line has one
    if options.preprocessing is not None:
        return preprocessing_of(options.preprocessing, own)
    return own or (Preprocessing() if options.with_preprocessing else None)


def _classes(net: Net, options: ExportOptions, known: Mapping[str, str]) -> tuple[str, ...]:
    from archc.cli.model import class_names
    from archc.serving.metadata import classes

    count = net.graph[net.graph.outputs[0].node].shape[0]
    if options.classes is None:
        return classes(known, str(options.weights), count)
    names = class_names(options.classes) or ()
    if len(names) != count:
        raise typer.BadParameter(f"{options.classes} names {len(names)} classes, and the net has {count}")
    return names


def _calibration(graph: Graph, data: Path, preprocessing: Preprocessing | None) -> Values:
    from archc.serving.inputs import read_inputs

    return read_inputs(data, graph.inputs[0].shape, preprocessing, most=CALIBRATION_SAMPLES)
