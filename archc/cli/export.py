"""`archc export`: a net as a Python file, an ONNX file, or its weights as they start."""

# ruff: noqa: PLC0415  (what a command alone needs is imported when it runs)

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from archc.cli.options import InputSizes, Param, Tensors
from archc.cli.writing import Force, check_free, kind

KINDS = (".py", ".onnx", ".safetensors")


def export(
    target: Annotated[str, typer.Argument(metavar="FILE|NAME[::NET]", help="A source, a bundled name, or -.")],
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="FILE", help="Where to: .py (PyTorch), .onnx or .safetensors.")
    ],
    param: Param = None,
    input: InputSizes = None,
    weights: Annotated[
        Path | None, typer.Option("--weights", metavar="FILE", help="Weights to write, of any file that fits.")
    ] = None,
    tensors: Tensors = None,
    init: Annotated[
        str, typer.Option("--init", metavar="NAME", help="How weights start: torch, he_normal, constant=0.01, …")
    ] = "torch",
    seed: Annotated[int, typer.Option("--seed", metavar="N", help="Of the weights that are drawn.")] = 0,
    zero_gamma: Annotated[bool, typer.Option("--zero-gamma", help="Residual branches start at zero.")] = False,
    verify: Annotated[
        bool, typer.Option("--verify/--no-verify", help="ONNX: hold the file against PyTorch before it is kept.")
    ] = True,
    dynamic_size: Annotated[
        bool, typer.Option("--dynamic-size", help="ONNX: heights and widths open, where the net allows it.")
    ] = False,
    fp16: Annotated[bool, typer.Option("--fp16", help="ONNX: weights and values in half precision.")] = False,
    int8: Annotated[bool, typer.Option("--int8", help="ONNX: in 8 bits; needs --calibrate.")] = False,
    calibrate: Annotated[
        Path | None,
        typer.Option("--calibrate", metavar="DATA", help="Images (a folder) or inputs (.npz, .npy) that set ranges."),
    ] = None,
    probabilities: Annotated[bool, typer.Option("--probabilities", help="ONNX: end in a softmax.")] = False,
    logits: Annotated[bool, typer.Option("--logits", help="ONNX: leave a last softmax out.")] = False,
    classes: Annotated[
        Path | None, typer.Option("--classes", metavar="FILE", help="ONNX: names of the classes, a line each.")
    ] = None,
    preprocessing: Annotated[
        str | None,
        typer.Option(
            "--preprocessing",
            metavar="imagenet|MEAN/STD",
            help="What inputs were trained with: 0.5,0.5,0.5/0.5,0.5,0.5",
        ),
    ] = None,
    with_preprocessing: Annotated[
        bool, typer.Option("--with-preprocessing", help="ONNX: take uint8 pictures of any size, and fit them inside.")
    ] = False,
    external_data: Annotated[
        bool, typer.Option("--external-data", help="ONNX: weights in a file beside; always so above 2 GB.")
    ] = False,
    force: Force = False,
) -> int:
    """Write a network as PyTorch, ONNX or safetensors."""
    from archc.cli.exporting import ExportOptions, write
    from archc.cli.one import one_net

    kind(output, KINDS, "archc writes")
    beside = output.with_name(f"{output.name}.data")
    check_free([output, beside] if external_data else [output], force)
    if fp16 and int8:
        raise typer.BadParameter("choose --fp16 or --int8")
    if probabilities and logits:
        raise typer.BadParameter("choose --probabilities or --logits")
    asked = ExportOptions(
        target,
        param or [],
        weights,
        tensors,
        init=(init, seed, zero_gamma),
        verify=verify,
        dynamic_size=dynamic_size,
        precision="fp16" if fp16 else "int8" if int8 else "fp32",
        calibrate=calibrate,
        ending="probabilities" if probabilities else "logits" if logits else "as it is",
        classes=classes,
        preprocessing=preprocessing,
        baked=with_preprocessing,
        external=external_data or None,
    )
    net = one_net(target, param, input)
    return 1 if net is None else write(net, output, asked)
