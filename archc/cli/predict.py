"""`archc predict`: what a model takes pictures for."""

# ruff: noqa: PLC0415  (what a command alone needs is imported when it runs)

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from archc.cli import terminal
from archc.cli.options import Param, Tensors

if TYPE_CHECKING:
    from archc.serving.predictor import Predictor

Answer = list[tuple[int, float]]


def predict(
    model: Annotated[str, typer.Argument(metavar="MODEL", help="An .onnx file, or a source or bundled name.")],
    images: Annotated[list[str], typer.Argument(metavar="IMAGE", help="Files, folders, or - for one on stdin.")],
    weights: Annotated[Path | None, typer.Option("--weights", metavar="FILE", help="A net's weights.")] = None,
    tensors: Tensors = None,
    param: Param = None,
    top: Annotated[int, typer.Option("--top", metavar="N", min=1, help="How many classes are named.")] = 3,
    batch: Annotated[int, typer.Option("--batch", metavar="N", min=1, help="Images at a time.")] = 16,
    classes: Annotated[Path | None, typer.Option("--classes", metavar="FILE", help="Their names, a line each.")] = None,
    preprocessing: Annotated[
        str | None, typer.Option("--preprocessing", metavar="imagenet|MEAN/STD", help="In place of the model's own.")
    ] = None,
    input: Annotated[str | None, typer.Option("--input", metavar="HxW", help="The size, where it is open.")] = None,
    threads: Annotated[int, typer.Option("--threads", metavar="N", min=0, help="0: as many as there are cores.")] = 0,
    json_: Annotated[bool, typer.Option("--json", help="The answers as JSON.")] = False,
) -> int:
    """Name what is in pictures. The likeliest classes of each, with their probabilities."""
    terminal.doing(f"loading {model}")
    from archc.cli.model import predictor
    from archc.diagnostics.visible import visible

    asked = predictor(model, param or [], (weights, tensors), classes, preprocessing, input, threads)
    if asked is None:
        return 1
    answers: list[tuple[str, Answer]] = []
    failures: list[str] = []
    for name, answer in _answers(asked, images, top, batch, failures):
        answers.append((name, answer))
        if not json_:
            named = "  ".join(f"{asked.class_name(index)} {share:.1%}" for index, share in answer)
            terminal.out(visible(f"{name}  {named}"))
    if json_:
        listed = [
            {"file": name, "top": [{"class": asked.class_name(i), "index": i, "probability": p} for i, p in answer]}
            for name, answer in answers
        ]
        terminal.json({"schema": 1, "model": asked.name, "predictions": listed})
    return 1 if failures else 0


def _answers(
    asked: Predictor, images: list[str], top: int, batch: int, failures: list[str]
) -> Iterator[tuple[str, Answer]]:
    """Each image that can be read; what is wrong with the others is said, and they are passed over."""
    import numpy as np

    from archc.serving.predictor import in_batches

    done, sources = 0, list(_sources(images))
    terminal.doing("images", done, len(sources))
    for pairs in in_batches(_pictures(asked, sources, failures), batch):
        scores = asked.probabilities([picture for _, picture in pairs])
        for (name, _), row in zip(pairs, scores, strict=True):
            best = np.argsort(-row, kind="stable")[:top]
            yield name, [(int(index), float(row[index])) for index in best]
        done += len(pairs)
        terminal.doing("images", done, len(sources))


def _pictures(asked: Predictor, sources: list[str], failures: list[str]) -> Iterator[tuple[str, Any]]:
    import sys
    from io import BytesIO

    from archc.cli.one import messages
    from archc.diagnostics import ArchError

    for source in sources:
        try:
            if source == "-":
                yield "<stdin>", asked.fitted(BytesIO(sys.stdin.buffer.read()), "<stdin>")
            else:
                yield source, asked.fitted(Path(source))
        except ArchError as error:
            failures.append(source)
            messages(error.diagnostics)


def _sources(images: list[str]) -> Iterable[str]:
    from archc.images import image_files

    for image in images:
        yield from ["-"] if image == "-" else map(str, image_files([Path(image)]))
