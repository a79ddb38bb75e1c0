"""`archc train`: from a net and a recipe to weights."""

# ruff: noqa: PLC0415  (what a command alone needs is imported when it runs)

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from archc.cli.options import InputSizes, Json, Param, Tensors, Weights


def train(
    target: Annotated[
        str | None, typer.Argument(metavar="FILE|NAME[::NET]", help="A source or a bundled name.", show_default=False)
    ] = None,
    data: Annotated[
        str | None, typer.Option("--data", "-d", metavar="NAME|PATH", help="digits, cifar10, …, a folder or an .npz.")
    ] = None,
    recipe: Annotated[
        Path | None, typer.Option("--recipe", "-r", metavar="FILE", help="A recipe. Default: NAME.train.toml.")
    ] = None,
    set_: Annotated[
        list[str] | None, typer.Option("--set", "-s", metavar="KEY=VALUE", help="A setting: optimizer.lr=0.01.")
    ] = None,
    param: Param = None,
    input: InputSizes = None,
    output: Annotated[
        Path | None, typer.Option("--out", "-o", metavar="FOLDER", help="The run's folder. Default: runs/NET-DATA-1, …")
    ] = None,
    resume: Annotated[
        Path | None, typer.Option("--resume", metavar="RUN", help="Continue a run from its newest checkpoint.")
    ] = None,
    weights: Weights = None,
    tensors: Tensors = None,
    gpu: Annotated[bool, typer.Option("--gpu", help="Train on the GPU: CUDA or MPS.")] = False,
    device: Annotated[str | None, typer.Option("--device", metavar="NAME", help="cpu, cuda:1, mps, …")] = None,
    threads: Annotated[int | None, typer.Option("--threads", metavar="N", min=1, help="CPU threads.")] = None,
    nproc: Annotated[int, typer.Option("--nproc", metavar="N", min=1, help="Processes on this machine.")] = 1,
    nnodes: Annotated[int, typer.Option("--nnodes", metavar="N", min=1, help="Machines; start archc on each.")] = 1,
    rdzv: Annotated[str | None, typer.Option("--rdzv", metavar="HOST:PORT", help="Where the machines meet.")] = None,
    tensorboard: Annotated[bool, typer.Option("--tensorboard", help="Write events for TensorBoard too.")] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print the cost and the full recipe; do not train.")
    ] = False,
    json_: Json = False,
    schema: Annotated[bool, typer.Option("--schema", help="Print the JSON Schema of recipes.")] = False,
) -> int:
    """Train a network by a recipe. --set overrides --recipe, which overrides the recipe beside the net."""
    import gc

    from archc.cli import terminal
    from archc.cli.nets import messages
    from archc.diagnostics import ArchError
    from archc.train import launch

    if schema:
        from archc.train.recipe import schema as published

        terminal.json(published(), indent=2)
        return 0
    if resume is None and target is None:
        raise typer.BadParameter("name a net, or continue a run with --resume")
    gc.enable()  # a long life: the command line switches it off for short ones
    from archc.cli.train_options import TrainOptions, prepare
    from archc.cli.train_run import dry, start

    settings = list(set_ or [])
    options = TrainOptions(target, data, recipe, settings, param, input, output, resume, weights, tensors)
    if (nproc > 1 or nnodes > 1) and not launch.inside() and not dry_run:
        prepared = prepare(options)
        if prepared is None:
            return 1
        own = options.command(prepared, nnodes)  # so that all ranks write to one folder
        with terminal.alone():  # the first of the processes shows the progress
            return launch.launch([*own, *_passed(gpu, device, threads, tensorboard, json_)], nproc, nnodes, rdzv)
    prepared = prepare(options)
    if prepared is None:
        return 1
    if dry_run:
        return dry(prepared, nproc * nnodes, json_, _likely(gpu, device))
    try:
        code = start(prepared, gpu=gpu, device=device, threads=threads, tensorboard=tensorboard, json_=json_)
    except ArchError as error:
        if not launch.inside():
            raise
        launch.wait_behind_first()
        messages(error.diagnostics)
        launch.leave(1)
    return launch.leave(code) if launch.inside() else code


def _likely(gpu: bool, device: str | None) -> Any:
    """The device of a dry run: `meta` if this machine does not have it."""
    import torch

    from archc.diagnostics import ArchError, Code
    from archc.train.device import choose

    try:
        return choose(gpu, device)
    except ArchError as error:
        if error.diagnostics[0].code != Code.NO_GPU:
            raise
        return torch.device("meta")


def _passed(gpu: bool, device: str | None, threads: int | None, tensorboard: bool, json_: bool) -> list[str]:
    flags = [("--gpu", gpu), ("--tensorboard", tensorboard), ("--json", json_)]
    values = [("--device", device), ("--threads", threads)]
    given = [text for name, value in values if value is not None for text in (name, str(value))]
    return [*(name for name, wanted in flags if wanted), *given]
