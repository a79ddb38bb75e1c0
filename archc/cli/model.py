"""A command that asks a model: an ONNX file, or a net with its weights."""

# ruff: noqa: PLC0415  (what a command alone needs is imported when it runs)

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from archc.preprocessing import Preprocessing
    from archc.serving.predictor import Predictor


def predictor(
    model: str, weights: Path | None, classes: Path | None, preprocessing: str | None, input: str | None, threads: int
) -> Predictor | None:
    """The model that is meant; None where its source does not check, once that was said. Raises ArchError."""
    from archc.cli.one import one_net
    from archc.cli.values import sizes
    from archc.serving.predictor import Told, from_net, from_onnx

    try:
        given = sizes(input) if input is not None else None
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None
    names = tuple(classes.read_text(encoding="utf-8").splitlines()) if classes is not None else None
    told = Told(names, preprocessing_of(preprocessing) if preprocessing is not None else None, given, threads)
    if model.endswith(".onnx"):
        if weights is not None:
            raise typer.BadParameter("an ONNX file has its weights in it")
        return from_onnx(Path(model), told)
    if weights is None:
        raise typer.BadParameter(f"`{model}` is a net: its weights are missing, --weights FILE")
    net = one_net(model, None, input)
    return None if net is None else from_net(net.graph, weights, told)


def preprocessing_of(text: str) -> Preprocessing:
    """`imagenet`, or MEAN/STD. Raises typer's error."""
    from archc.preprocessing import IMAGENET, Preprocessing

    if text == "imagenet":
        return IMAGENET
    mean, _, std = text.partition("/")
    try:
        made = Preprocessing(tuple(map(float, mean.split(","))), tuple(map(float, (std or "1").split(","))))
    except ValueError:
        raise typer.BadParameter("--preprocessing takes imagenet, or MEAN/STD as 0.5,0.5,0.5/0.5,0.5,0.5") from None
    if not all(made.std):
        raise typer.BadParameter("a standard deviation of 0 divides by nothing")
    return made
