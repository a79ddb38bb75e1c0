"""`archc look`: pictures of a net at work."""

# ruff: noqa: PLC0415  (what a command alone needs is imported when it runs)

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from archc.cli.options import Param, Target, Tensors, Weights
from archc.cli.output_files import check_place, kind


class What(StrEnum):
    """What is shown."""

    maps = "maps"
    filters = "filters"
    gradients = "gradients"


def look(
    target: Target,
    output: Annotated[Path, typer.Option("--output", "-o", metavar="FILE", help="Where to: .png, .svg or .pdf.")],
    weights: Weights = None,
    tensors: Tensors = None,
    image: Annotated[Path | None, typer.Option("--image", metavar="FILE", help="What goes in.")] = None,
    what: Annotated[
        What,
        typer.Option(
            "--what",
            case_sensitive=False,
            help="maps: what layers give; filters: their kernels; gradients: their norms.",
        ),
    ] = What.maps,
    layer: Annotated[
        list[str] | None, typer.Option("--layer", metavar="NAME", help="Only layers of this name or block.")
    ] = None,
    param: Param = None,
) -> int:
    """Draw feature maps, filters or gradient norms of a network."""
    from archc.cli import terminal
    from archc.cli.nets import one_net

    form = kind(output, (".png", ".svg", ".pdf"), "pictures are")
    check_place(output, [image])
    if image is None and what is not What.filters:
        raise typer.BadParameter(f"--what {what.value} needs an --image")
    net = one_net(target, param)
    if net is None:
        return 1

    terminal.doing("loading PyTorch")
    from archc.backends.torch.tensors import read_tensors
    from archc.files import write_bytes
    from archc.look.activations import feature_maps, filters, gradient_norms
    from archc.look.figures import filters_figure, gradients_figure, maps_figure
    from archc.look.image import read_image
    from archc.plotting import render
    from archc.serving.predictor import preprocessing_of

    module = net.torch(weights=weights, tensors=tensors, logits=True, seed=0)
    known = read_tensors(weights, tensors)[1] if weights is not None else {}
    how = preprocessing_of(known, weights.name if weights is not None else "")
    x = read_image(image, net.graph.inputs[0].shape, how) if image is not None else None
    wanted = tuple(layer or ())

    def asked(name: str) -> bool:
        return not wanted or any(name == one or name.startswith(f"{one}.") for one in wanted)

    terminal.doing("drawing")
    title = net.name if weights is not None else f"{net.name}, not trained"
    if what is What.filters or x is None:
        kernels = {name: values for name, values in filters(module).items() if asked(name)}
        figure = filters_figure(title, kernels) if kernels else None
    elif what is What.gradients:
        norms = {name: norm for name, norm in gradient_norms(module, x).items() if asked(name)}
        figure = gradients_figure(title, norms) if norms else None
    else:
        maps = {name: values for name, values in feature_maps(module, x).items() if asked(name)}
        figure = maps_figure(title, maps) if maps else None
    if figure is None:
        raise typer.BadParameter(f"there is nothing to show of {' and '.join(wanted) or net.name}")
    write_bytes(output, render(figure, form[1:], 150))
    if weights is None:
        terminal.err("note: without --weights the weights are untrained")
    return 0
