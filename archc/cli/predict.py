"""`archc predict`: the classes that a model gives for images."""

# ruff: noqa: PLC0415  (what a command alone needs is imported when it runs)

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from archc.cli import terminal
from archc.cli.options import Classes, Json, Model, OpenSizes, Param, PreprocessingText, Tensors, Threads, Weights

if TYPE_CHECKING:
    from archc.serving.predictor import Predictor

Answer = list[tuple[int, float]]


def predict(
    model: Model,
    images: Annotated[list[str], typer.Argument(metavar="IMAGE", help="Files, folders, or - for one on stdin.")],
    weights: Weights = None,
    tensors: Tensors = None,
    param: Param = None,
    top: Annotated[int, typer.Option("--top", metavar="N", min=1, help="How many classes are named.")] = 3,
    batch: Annotated[int, typer.Option("--batch", metavar="N", min=1, help="Images at a time.")] = 16,
    classes: Classes = None,
    preprocessing: PreprocessingText = None,
    input: OpenSizes = None,
    threads: Threads = 0,
    json_: Json = False,
) -> int:
    """Name what is in pictures. The likeliest classes of each, with their probabilities."""
    terminal.doing(f"loading {model}")
    from archc.cli.model import ModelOptions, predictor
    from archc.diagnostics.visible import visible

    options = ModelOptions(weights, tensors, param, classes, preprocessing, input, threads)
    running = predictor(model, options)
    if running is None:
        return 1
    answers: list[tuple[str, Answer]] = []
    failures: list[str] = []
    for name, answer in _answers(running, images, top, batch, failures):
        answers.append((name, answer))
        if not json_:
            named = "  ".join(f"{running.class_name(index)} {share:.1%}" for index, share in answer)
            terminal.out(visible(f"{name}  {named}"))
    if json_:
        listed = [
            {"file": name, "top": [{"class": running.class_name(i), "index": i, "probability": p} for i, p in answer]}
            for name, answer in answers
        ]
        terminal.json({"schema": 1, "model": running.name, "predictions": listed})
    return 1 if failures else 0


def _answers(
    model: Predictor, images: list[str], top: int, batch: int, failures: list[str]
) -> Iterator[tuple[str, Answer]]:
    """The name of each image that can be read, with its `top` likeliest classes: (index, probability).

    The errors of the others are printed, and their names are added to `failures`.
    """
    import numpy as np

    from archc.serving.predictor import in_batches

    done, sources = 0, list(_sources(images))
    terminal.doing("images", done, len(sources))
    for pairs in in_batches(_pictures(model, sources, failures), batch):
        scores = model.probabilities([picture for _, picture in pairs])
        for (name, _), row in zip(pairs, scores, strict=True):
            best = np.argsort(-row, kind="stable")[:top]
            yield name, [(int(index), float(row[index])) for index in best]
        done += len(pairs)
        terminal.doing("images", done, len(sources))


def _pictures(model: Predictor, sources: list[str], failures: list[str]) -> Iterator[tuple[str, Any]]:
    import sys
    from io import BytesIO

    from archc.cli.nets import messages
    from archc.diagnostics import ArchError

    for source in sources:
        try:
            if source == "-":
                yield "<stdin>", model.fitted(BytesIO(sys.stdin.buffer.read()), "<stdin>")
            else:
                yield source, model.fitted(Path(source))
        except ArchError as error:
            failures.append(source)
            messages(error.diagnostics)


def _sources(images: list[str]) -> Iterable[str]:
    from archc.images import image_files

    for image in images:
        yield from ["-"] if image == "-" else map(str, image_files([Path(image)]))
