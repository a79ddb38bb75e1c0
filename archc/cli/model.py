"""A command that asks a model: an ONNX file, or a net with its weights."""

# ruff: noqa: PLC0415  (what a command alone needs is imported when it runs)

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from archc.preprocessing import Preprocessing
    from archc.serving.predictor import Predictor


def predictor(
    model: str,
    param: list[str],
    given: tuple[Path | None, str | None],
    classes: Path | None,
    preprocessing: str | None,
    input: str | None,
    threads: int,
) -> Predictor | None:
    """The model that is meant; None where its source does not check, once that was said.

    given: the file of its weights, and which in it. Raises ArchError."""
    from archc.cli.one import one_net
    from archc.cli.values import sizes
    from archc.serving.predictor import Told, from_net, from_onnx

    weights, tensors = given
    try:
        wanted = sizes(input) if input is not None else None
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None
    names = tuple(classes.read_text(encoding="utf-8").splitlines()) if classes is not None else None
    how = None
    if preprocessing is not None:
        preprocessing_of(preprocessing)  # a mistake in it is found before the model is read
        how = partial(preprocessing_of, preprocessing)
    told = Told(names, how, wanted, threads)
    if model.lower().endswith(".onnx"):
        if weights is not None:
            raise typer.BadParameter("an ONNX file has its weights in it")
        if param:
            raise typer.BadParameter("an ONNX file was written for its parameters: -p is for a net")
        return _noted(from_onnx(Path(model), told))
    if weights is None:
        raise typer.BadParameter(f"`{model}` is a net: its weights are missing, --weights FILE")
    net = one_net(model, param, input)
    return None if net is None else _noted(from_net(net.graph, weights, told, tensors, net.again))


def _noted(model: Predictor) -> Predictor:
    """Said where nothing says how inputs were prepared in training: nothing else would show that it was otherwise."""
    if not model.told:
        from archc.cli import terminal

        terminal.note(
            f"note: {model.name} does not say how pictures were prepared in training: they go in squeezed, 0 to 1; "
            "--preprocessing says otherwise"
        )
    return model


def preprocessing_of(text: str, known: Preprocessing | None = None) -> Preprocessing:
    """`imagenet`, MEAN/STD or MEAN/STD/FIT. known: the model's own, whose fit holds where none is said. Raises typer's
    error."""
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
        raise typer.BadParameter("a standard deviation of 0 divides by nothing")
    return made
