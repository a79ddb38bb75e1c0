"""The model that a command runs: an ONNX file, or a net with its weights."""

# ruff: noqa: PLC0415  (what a command alone needs is imported when it runs)

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from collections.abc import Callable

    from archc.preprocessing import Preprocessing
    from archc.serving.predictor import Predictor


@dataclass(frozen=True, slots=True)
class ModelOptions:
    """The options of a command that runs a model, as typed."""

    weights: Path | None = None
    tensors: str | None = None
    param: list[str] | None = None
    classes: Path | None = None
    preprocessing: str | None = None
    input: str | None = None
    threads: int = 0


def predictor(model: str, options: ModelOptions) -> Predictor | None:
    """The model; None if its source does not check, after its errors were printed. Raises ArchError, typer's error."""
    from archc.cli.nets import one_net
    from archc.cli.option_values import sizes_option
    from archc.serving.predictor import PredictorOptions, from_net, from_onnx

    settings = PredictorOptions(
        classes=class_names(options.classes),
        preprocessing=_preprocessing(options.preprocessing),
        sizes=sizes_option(options.input),
        threads=options.threads,
    )
    if model.lower().endswith(".onnx"):
        if options.weights is not None:
            raise typer.BadParameter("--weights is for a net: an ONNX file contains its weights")
        if options.param:
            raise typer.BadParameter("-p is for a net: the parameters of an ONNX file are fixed")
        return _noted(from_onnx(Path(model), settings))
    if options.weights is None:
        raise typer.BadParameter(f"`{model}` is a net: its weights are missing, --weights FILE")
    net = one_net(model, options.param, options.input)
    if net is None:
        return None
    return _noted(from_net(net.graph, options.weights, settings, options.tensors, net.again))


def class_names(file: Path | None) -> tuple[str, ...] | None:
    """The lines of a file of class names; None without a file."""
    return tuple(file.read_text(encoding="utf-8").splitlines()) if file is not None else None


def _preprocessing(text: str | None) -> Callable[[Preprocessing], Preprocessing] | None:
    """From the model's own preprocessing to the one to use; None for the model's own. Raises typer's error."""
    if text is None:
        return None
    preprocessing_of(text)  # a mistake in it is found before the model is read
    return partial(preprocessing_of, text)


def _noted(model: Predictor) -> Predictor:
    """The model, after a note if neither its file nor the command line says how its inputs are normalised."""
    if not model.prepared:
        from archc.cli import terminal

        terminal.note(
            f"note: {model.name} does not say how images were prepared in training: they are resized to the input's "
            "size and scaled to 0 to 1; --preprocessing sets another way"
        )
    return model


def preprocessing_of(text: str, known: Preprocessing | None = None) -> Preprocessing:
    """The preprocessing of `imagenet`, MEAN/STD or MEAN/STD/FIT. Raises typer's error.

    known: the model's own, whose fit is kept if the text has none.
    """
    from archc.preprocessing import FITS, IMAGENET, Preprocessing

    if text == "imagenet":
        return IMAGENET
    own = known or Preprocessing()
    mean, _, rest = text.partition("/")
    std, _, fit = rest.partition("/")
    try:
        numbers = tuple(map(float, mean.split(","))), tuple(map(float, (std or "1").split(",")))
        fits = {one: one for one in FITS} | {"": own.fit}
        made = Preprocessing(*numbers, fits[fit], own.kept if fit in ("", own.fit) else (1.0, 1.0))
    except (ValueError, KeyError):
        raise typer.BadParameter(
            f"--preprocessing takes imagenet, or MEAN/STD as 0.5,0.5,0.5/0.5,0.5,0.5, or MEAN/STD/{'|'.join(FITS)}"
        ) from None
    if not all(made.std):
        raise typer.BadParameter("--preprocessing: a standard deviation cannot be 0")
    return made
