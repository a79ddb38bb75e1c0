"""The cost of a prepared training run, and running it."""

# ruff: noqa: PLC0415  (torch is imported once something is computed)

from __future__ import annotations

import json
from contextlib import nullcontext
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from archc.cli import terminal
from archc.cli.train_options import identity
from archc.diagnostics import ArchError, Code, Diagnostic
from archc.diagnostics.visible import visible
from archc.shapes import hwc

if TYPE_CHECKING:
    from archc.api import Net
    from archc.cli.train_options import Prepared
    from archc.train.recipe import Recipe
    from archc.train.runs import RunFolder


def outputs(net: Net) -> tuple[str, tuple[str, ...], tuple[int, ...]]:
    """The name of the main output, the names of the outputs for training alone, and the shape of the main one."""
    main = next(output for output in net.graph.outputs if not output.train_only)
    heads = tuple(output.name for output in net.graph.outputs if output.train_only)
    return main.name, heads, net.graph[main.node].shape


def _resolved(recipe: Recipe, sets: Any, device: Any) -> Recipe:
    """The recipe with defaults filled in that depend on the set, the optimiser and the device."""
    from archc.train.precision import resolve

    return recipe.model_copy(
        update={
            "augment": recipe.augment or sets.augment,
            "optimizer": recipe.optimizer.resolved(),
            "precision": resolve(recipe.precision, device),
        }
    )


def dry(prepared: Prepared, world: int, json_: bool, device: Any) -> int:
    """Print the cost of a run and its recipe with all defaults. The exit code. Raises ArchError."""
    from archc.analysis.cost import totals
    from archc.analysis.memory import training_bytes
    from archc.train.report import cost, lines
    from archc.train.settings import to_toml

    net, recipe = prepared.net, prepared.recipe
    shape = net.graph.inputs[0].shape
    sets = _sets(prepared, fetch=False)
    import torch

    from archc.analysis.batch_norms import single_valued
    from archc.train.batches import Batches, held_bytes, stays
    from archc.train.checks import check, check_norms
    from archc.train.data.open_sets import RESIDENT_BYTES
    from archc.train.distributed import Ranks
    from archc.train.run_length import length

    ranks = Ranks(world=world)
    check(recipe, sets, shape, ranks)
    check_norms(recipe, single_valued(net.graph) if not recipe.freeze else (), ranks)
    splits = {id(one): one for one in (sets.train, sets.validation, sets.test)}.values()
    here = [one for one in splits if device.type == "cpu" and isinstance(one.images, torch.Tensor)]
    resident = here + [
        one for one in splits if one not in here and stays(one, shape, RESIDENT_BYTES, recipe.data.resident)
    ]
    batches = Batches(sets.train, recipe.batch, recipe.accumulate, recipe.seed, ranks, torch.device("cpu"))
    steps = len(batches.sizes)
    if not steps:
        raise ArchError([Diagnostic(Code.BAD_RUN, f"{len(sets.train)} images make no batch")])
    recipe = _resolved(recipe, sets, device)
    figures = cost(
        recipe,
        params=net.params,
        flops=totals(net.graph).flops,
        activation_bytes=training_bytes(net.graph),
        image_bytes=sum(held_bytes(one, shape) for one in resident),
        per_epoch=steps,
        length=length(recipe, steps),
        world=world,
    )
    if json_:
        resolved = recipe.model_dump(mode="json")
        terminal.json({"schema": 1, "net": net.name, "cost": figures.record(), "recipe": resolved})
        return 0
    held = f"{len(sets.validation):,} validation, " if sets.judged == "validation" else ""
    split = f"{len(sets.train):,} to train, {held}{len(sets.test):,} test"
    facts = [("data", "; ".join([f"{sets.name}: {split}", *sets.notes]))]
    told = [f"# {line}".rstrip() for line in lines(figures, f"{net.name} on {sets.name}", facts)]
    terminal.out("\n".join(told) + "\n\n" + to_toml(recipe))  # all of it is a recipe that can be kept as a file
    return 0


def _sets(prepared: Prepared, fetch: bool = True) -> Any:
    from math import prod

    from archc.train.data.open_sets import open_sets

    recipe = prepared.recipe
    *_, out = outputs(prepared.net)
    values = prod(out)
    if len(prepared.net.graph.inputs) != 1:
        raise ArchError([Diagnostic(Code.BAD_RUN, f"{prepared.net.name} has several inputs, and a set has one")])
    shape = prepared.net.graph.inputs[0].shape
    terminal.doing(f"reading {recipe.data.name}")
    data = recipe.data if fetch else recipe.data.model_copy(update={"download": False})
    return open_sets(data, shape, values, recipe.seed, terminal.note, out)


def start(
    prepared: Prepared,
    *,
    gpu: bool = False,
    device: str | None = None,
    threads: int | None = None,
    tensorboard: bool = False,
    json_: bool = False,
) -> int:
    """Train, and print the result. The exit code. Raises ArchError."""
    terminal.doing("loading PyTorch")
    import torch

    from archc.train.device import choose
    from archc.train.distributed import process_group

    if tensorboard:
        from torch.utils.tensorboard import SummaryWriter  # noqa: F401 - an extra: its absence is reported before a folder is made
    if threads is not None:
        torch.set_num_threads(threads)
    chosen = choose(gpu, device)
    with process_group(chosen) as ranks:
        sets = _sets(prepared)
        ending, folder = trained(prepared, sets, chosen, ranks, tensorboard=tensorboard)
    if not ranks.first:
        return 128 + ending.signal if ending.signal else 0
    if ending.how == "stopped":
        terminal.note(f"stopped and saved: archc train --resume {folder.path} goes on")
        return 128 + int(ending.signal)
    if json_:
        terminal.json({"schema": 1, "run": str(folder.path), **folder.facts()["result"]})
        return 0
    assert ending.test is not None
    figures = f"test accuracy {ending.test.accuracy:.2%}" if sets.classes else f"test loss {ending.test.loss:.4f}"
    why = ", ended early" if ending.how == "early" else ""
    best = folder.facts()["result"]["best_epoch"]
    terminal.out(visible(f"{prepared.net.name} on {sets.name}: {figures}{why} (best epoch {best}); {folder.path}"))
    return 0


def _serving(training: Any) -> dict[str, str]:
    """Metadata of the weights for serving: class names and preprocessing. `archc export` copies them."""
    sets = training.sets
    known = {"classes": json.dumps(sets.classes, ensure_ascii=False)} if sets.classes else {}
    unit = 255 if sets.how.of == "pictures" else 1
    mean, std = (
        tuple(value / unit for value in one.flatten().tolist())
        for one in (training.normalise.mean, training.normalise.std)
    )
    return {**known, "preprocessing": replace(sets.how, mean=mean, std=std).to_json()}


def trained(prepared: Prepared, sets: Any, device: Any, ranks: Any, *, tensorboard: bool) -> Any:
    """Train a prepared run: its ending and its folder. Raises ArchError."""
    import torch

    from archc.analysis.batch_norms import single_valued
    from archc.train import lock
    from archc.train.parameter_patterns import start as start_at
    from archc.train.training import Net as Known
    from archc.train.training import Training

    net, recipe = prepared.net, prepared.recipe
    recipe = _resolved(recipe, sets, device)
    torch.manual_seed(recipe.seed + ranks.rank)
    module = net.torch(
        weights=prepared.options.weights,
        tensors=prepared.options.tensors,
        logits=recipe.loss.name in ("cross_entropy", "multi_margin"),
        init=recipe.init.scheme,
        seed=recipe.seed,
        zero_gamma=recipe.init.zero_gamma,
    )
    if prepared.options.weights is None:
        start_at(module, recipe.init.biases)
    main, heads, _ = outputs(net)
    known = Known(net.graph.inputs[0].shape, main, heads, identity(net), single_valued(net.graph))
    training = Training(module, recipe, sets, known, device, ranks)
    folder = prepared.folder()
    with lock.locked(folder.path) if ranks.first else nullcontext():
        ending = _executed(prepared, training, folder, tensorboard)
    return ending, folder


def _executed(prepared: Prepared, training: Any, folder: RunFolder, tensorboard: bool) -> Any:
    """Train in the run's folder: its ending."""
    from archc.backends.torch.tensors import read_tensors
    from archc.backends.torch.weights import save_weights
    from archc.expand import expand
    from archc.train.run import execute

    net, known, sets = prepared.net, training.net, training.sets
    if training.ranks.first and prepared.start is None:
        folder.write("net.arch", expand(net.graph))
        folder.write("source.arch", net.text)
    shape = hwc(known.shape)
    given = dict(one.split("=", 1) for one in prepared.options.param or [])
    if prepared.start is not None:
        given = folder.facts().get("net", {}).get("given", given)
    facts = {"net": {"name": net.name, "params": net.params, "macs": net.macs, "input": shape, "given": given}}
    for note in sets.notes if training.ranks.first else ():
        terminal.note(f"note: {note}")
    return execute(
        training,
        folder,
        lambda state, path: save_weights(state, net.graph, path, folder.source, _serving(training)),
        lambda path: read_tensors(path)[0],
        facts=facts,
        go_on=prepared.start,
        screen=terminal if terminal.LINES and training.ranks.first else None,
        tensorboard=tensorboard,
        say=terminal.note,
    )
