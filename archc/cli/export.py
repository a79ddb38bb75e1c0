"""`archc export`: a net as a Python file, an ONNX file or a file of weights."""

# ruff: noqa: PLC0415  (what a command alone needs is imported when it runs)

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from archc.cli.options import Classes, InputSizes, Param, PreprocessingText, Target, Tensors, Weights
from archc.cli.output_files import Force, check_free, kind

KINDS = (".py", ".onnx", ".safetensors")


def export(
    target: Target,
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="FILE", help="The file: .py (PyTorch), .onnx or .safetensors.")
    ],
    param: Param = None,
    input: InputSizes = None,
    weights: Weights = None,
    tensors: Tensors = None,
    init: Annotated[
        str, typer.Option("--init", metavar="NAME", help="The initialisation: torch, he_normal, constant=0.01, …")
    ] = "torch",
    seed: Annotated[int, typer.Option("--seed", metavar="N", help="The seed of the random weights.")] = 0,
    zero_gamma: Annotated[bool, typer.Option("--zero-gamma", help="Start residual branches at zero.")] = False,
    verify: Annotated[
        bool, typer.Option("--verify/--no-verify", help="ONNX: compare the file with PyTorch before it is kept.")
    ] = True,
    dynamic_size: Annotated[
        bool, typer.Option("--dynamic-size", help="ONNX: leave height and width open, if the net allows it.")
    ] = False,
    fp16: Annotated[bool, typer.Option("--fp16", help="ONNX: weights and values in half precision.")] = False,
    int8: Annotated[bool, typer.Option("--int8", help="ONNX: quantise to 8 bits; needs --calibrate.")] = False,
    calibrate: Annotated[
        Path | None,
        typer.Option("--calibrate", metavar="DATA", help="A folder of images, or inputs (.npz, .npy), for --int8."),
    ] = None,
    probabilities: Annotated[bool, typer.Option("--probabilities", help="ONNX: end in a softmax.")] = False,
    logits: Annotated[bool, typer.Option("--logits", help="ONNX: leave out a softmax at the end.")] = False,
    classes: Classes = None,
    preprocessing: PreprocessingText = None,
    with_preprocessing: Annotated[
        bool, typer.Option("--with-preprocessing", help="ONNX: take uint8 images of any size.")
    ] = False,
    external_data: Annotated[
        bool, typer.Option("--external-data", help="ONNX: weights in a second file; always so above 2 GB.")
    ] = False,
    force: Force = False,
) -> int:
    """Write a network as PyTorch, ONNX or safetensors."""
    from archc.cli.export_options import ExportOptions
    from archc.cli.exporting import write
    from archc.cli.nets import one_net

    kind(output, KINDS, "archc writes")
    beside = output.with_name(f"{output.name}.data")
    check_free([output, beside] if external_data else [output], force)
    options = ExportOptions(
        target=target,
        param=param,
        weights=weights,
        tensors=tensors,
        init=init,
        seed=seed,
        zero_gamma=zero_gamma,
        verify=verify,
        dynamic_size=dynamic_size,
        fp16=fp16,
        int8=int8,
        calibrate=calibrate,
        probabilities=probabilities,
        logits=logits,
        classes=classes,
        preprocessing=preprocessing,
        with_preprocessing=with_preprocessing,
        external_data=external_data,
    )
    net = one_net(target, param, input)
    return 1 if net is None else write(net, output, options)
