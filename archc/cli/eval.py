"""`archc eval`: the accuracy of a model on a labelled set."""

# ruff: noqa: PLC0415  (what a command alone needs is imported when it runs)

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from archc.cli import terminal
from archc.cli.options import Classes, Json, Model, OpenSizes, Param, PreprocessingText, Tensors, Threads, Weights
from archc.cli.output_files import check_place, kind

if TYPE_CHECKING:
    from archc.serving.evaluate import Evaluation, Labelled
    from archc.serving.predictor import Predictor


def eval(
    model: Model,
    data: Annotated[
        Path | None,
        typer.Argument(
            metavar="DATA",
            help="digits, cifar10, …, a folder of classes' folders, or an .npz of x and y.",
            show_default=False,
        ),
    ] = None,
    named: Annotated[
        Path | None, typer.Option("--data", "-d", metavar="DATA", help="DATA as an option, as in `archc train`.")
    ] = None,
    weights: Weights = None,
    tensors: Tensors = None,
    param: Param = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", help="The confusion matrix as a picture."),
    ] = None,
    batch: Annotated[int, typer.Option("--batch", metavar="N", min=1, help="Images at a time.")] = 32,
    classes: Classes = None,
    preprocessing: PreprocessingText = None,
    input: OpenSizes = None,
    threads: Threads = 0,
    layout: Annotated[
        str | None,
        typer.Option("--layout", metavar="NHWC", help="The axes of an .npz's images, where they are unclear."),
    ] = None,
    json_: Json = False,
) -> int:
    """Count how often a model is right. Top-1, top-5, each class, and which classes are taken for which."""
    given = data or named
    if given is None or (data and named):
        raise typer.BadParameter("name the set once: archc eval MODEL DATA")
    terminal.doing(f"loading {model}")
    from archc.cli.model import ModelOptions, predictor
    from archc.serving.evaluate import evaluate, labelled

    if output is not None:
        kind(output, (".png", ".svg", ".pdf"), "pictures are")
        check_place(output)
    options = ModelOptions(weights, tensors, param, classes, preprocessing, input, threads)
    running = predictor(model, options)
    if running is None:
        return 1
    images = _named_set(given, running, layout) or labelled(given, running, layout)
    for note in images.notes:
        terminal.note(f"note: {note}")
    found = evaluate(running, images, batch, lambda done: terminal.doing("images", done, images.count))
    if output is not None:
        from archc.serving.confusion import draw

        draw(found, output)
    _print(found, running.name, json_)
    return 0


def _named_set(name: Path, model: Predictor, layout: str | None) -> Labelled | None:
    """The test images of a set that `archc train` knows by its name; None for a path. Raises ArchError."""
    from archc.train.data.folder import ImageFiles
    from archc.train.data.open_sets import KNOWN, named_set
    from archc.train.recipe import Data

    known = str(name).lower()
    if known not in KNOWN or name.exists():
        return None
    if layout is not None:
        raise typer.BadParameter(f"--layout is for the arrays of an .npz, and `{name}` is a named set")
    from torch import Tensor

    from archc.serving.evaluate import Labelled, labelled_arrays
    from archc.sets.arrays import ArraySet, Pair

    found = named_set(Data(name=known), model.shape)
    images, labels = found.test.images, found.test.labels.numpy()
    if isinstance(images, Tensor):
        pair = Pair(images.permute(0, 2, 3, 1).numpy(), labels, ("images", "labels"))
        return labelled_arrays(ArraySet({"test": pair}), name, model, "NHWC")
    assert isinstance(images, ImageFiles)
    pairs = list(zip(images.paths, labels.tolist(), strict=True))
    return Labelled(
        len(pairs),
        model.classes or found.classes,
        lambda: ((model.fitted(file), label) for file, label in pairs),
    )


def _print(found: Evaluation, name: str, as_json: bool) -> None:
    import sys

    from archc.analysis import table
    from archc.diagnostics.visible import visible

    rows = list(zip(found.classes, found.confusion.sum(1).tolist(), found.recall(), found.precision(), strict=True))
    if as_json:
        each = [{"class": c, "count": n, "recall": r, "precision": p} for c, n, r, p in rows]
        figures = {"top1": found.top1, "top5": found.top5, "count": found.count}
        document = {"schema": 1, "model": name, **figures, "classes": each, "confusion": found.confusion.tolist()}
        terminal.json(document)
        return
    columns = [
        table.Column("class", [row[0] for row in rows], shrinks_to=12),
        table.Column("images", [f"{row[1]:,}" for row in rows], right=True),
        table.Column("found", [f"{row[2]:.1%}" for row in rows], right=True),
        table.Column("right", [f"{row[3]:.1%}" for row in rows], right=True),
        table.Column("taken for", _mistaken(found)),
    ]
    terminal.out("\n".join(table.lines(columns, terminal.width(sys.stdout), color=terminal.color(sys.stdout))))
    terminal.out(f"\n{visible(name)}: top-1 {found.top1:.2%}, top-5 {found.top5:.2%} of {found.count:,} images")


def _mistaken(found: Evaluation) -> list[str]:
    """For each class, the wrong class that was predicted most often, with its count."""
    result = []
    for number, row in enumerate(found.confusion):
        others = [(int(count), other) for other, count in enumerate(row) if other != number and count]
        most = max(others, default=None)
        result.append("" if most is None else f"{found.classes[most[1]]} ({most[0]})")
    return result
