"""What the commands that train share: the net, the recipe and the folder of a run, and running it."""

# ruff: noqa: PLC0415  (torch is imported once something is computed)

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from archc.cli import terminal
from archc.cli.one import one_net
from archc.diagnostics import ArchError, Diagnostic

if TYPE_CHECKING:
    from archc.api import Net
    from archc.diagnostics import Span
    from archc.train.recipe import Recipe
    from archc.train.runs import RunFolder


@dataclass(frozen=True)
class Asked:
    """The command line. resume: a run's folder or a checkpoint."""

    target: str | None
    data: str | None = None
    recipe: Path | None = None
    settings: list[str] = field(default_factory=list)
    param: list[str] | None = None
    input: str | None = None
    output: Path | None = None
    resume: Path | None = None
    weights: Path | None = None

    def settled(self, prepared: Prepared, nnodes: int) -> list[str]:
        """The same command for one of several processes, with its folder fixed."""
        from archc.train.runs import unused

        folder = prepared.folder().path if nnodes == 1 or self.resume is not None else unused(self.output)
        words = ["train", *([self.target] if self.target is not None else [])]
        options = [("--data", self.data), ("--recipe", self.recipe), ("--input", self.input)]
        options += [("--weights", self.weights), ("--resume", self.resume)]
        options += [("--out", folder)] if self.resume is None else []
        many = [("--set", self.settings), ("--param", self.param or [])]
        words += [text for name, value in options if value is not None for text in (name, str(value))]
        return words + [text for name, values in many for value in values for text in (name, value)]


@dataclass
class Prepared:
    """A run that is ready to be. go_on: the checkpoint that it begins with."""

    net: Net
    recipe: Recipe
    asked: Asked
    go_on: Path | None = None
    made: RunFolder | None = None

    def folder(self) -> RunFolder:
        """The run's folder, made when it is first wanted."""
        from archc.train.launch import inside
        from archc.train.runs import RunFolder, create, shared

        if self.made is None:
            if self.asked.resume is not None:
                place = self.asked.resume
                self.made = RunFolder(place if (place / "run.json").is_file() else place.parent.parent)
            elif inside():
                self.made = shared(self.asked.output)
            else:
                stem = f"{self.net.name}-{Path(self.recipe.data.name).stem}"
                self.made = create(self.asked.output, stem)
        return self.made


def prepare(asked: Asked) -> Prepared | None:
    """The net and its recipe, or None where the net does not check. Raises ArchError."""
    from archc.train.settings import assigned, merged, read_recipe, recipe_of

    go_on, state = None, {}
    if asked.resume is not None:
        from archc.train import checkpoint

        go_on = checkpoint.find(asked.resume)
        state = checkpoint.load(go_on)
    target = asked.target
    if target is None:
        folder = Prepared(None, None, asked).folder()  # type: ignore[arg-type]
        target = str(folder.net)
    net = one_net(target, asked.param, asked.input)
    if net is None:
        return None
    tables: dict[str, Any] = {}
    if asked.resume is not None:
        same_architecture(net, state["net"], asked.resume)
        tables = json.loads(state["recipe"])
    beside, inside = _beside(target), net.compiled.told
    own = asked.recipe is None and asked.resume is None  # what the net brings along counts
    if own and beside is not None and inside is not None:
        raise _two_recipes(inside.span, beside)
    if own and beside is not None:
        tables = read_recipe(beside)
    if own and inside is not None:
        recipe_of(inside.tables, place=inside.place)  # a mistake in it is shown where it stands
        tables = inside.tables
    if asked.recipe is not None:
        tables = merged(tables, read_recipe(asked.recipe))
    if asked.data is not None:
        tables = merged(tables, {"data": {"name": asked.data}})
    tables = merged(tables, assigned(asked.settings))
    return Prepared(net, recipe_of(tables, asked.recipe or beside), asked, go_on)


def _two_recipes(inside: Span, beside: Path) -> ArchError:
    message = f"the file has a recipe, and `{beside.name}` beside it is another"
    help_text = "keep one of them, or choose with --recipe FILE"
    return ArchError([Diagnostic("two-recipes", message, inside, help=help_text)])


def _beside(target: str) -> Path | None:
    """NAME.train.toml beside a file, or beside a bundled net's."""
    from archc.resources import specs_folder

    path = Path(target.partition("::")[0])
    if not path.suffix and not path.exists():
        path = specs_folder() / f"{path.name}.arch"
    recipe = path.with_suffix(".train.toml")
    return recipe if recipe.is_file() else None


def identity(net: Net) -> dict[str, str]:
    """What a checkpoint says of the net that it belongs to."""
    from archc.analysis.fingerprint import fingerprint
    from archc.expand import expand

    return {"graph": fingerprint(net.graph), "name": net.name, "text": expand(net.graph)}


def same_architecture(net: Net, saved: dict[str, str], path: Path) -> None:
    """Raises ArchError with the difference where a checkpoint is of another net."""
    from archc.analysis.diff import diff, text
    from archc.analysis.fingerprint import fingerprint
    from archc.api import parse

    if saved.get("graph") == fingerprint(net.graph):
        return
    try:
        shown = text(diff(parse(saved["text"]).graph, net.graph), 100)
    except (ArchError, KeyError):
        shown = "its source cannot be read"
    raise ArchError(
        [
            Diagnostic(
                "other-architecture",
                f"`{path}` is a checkpoint of another architecture: {saved.get('name')} there, {net.name} here",
                notes=tuple(shown.rstrip().splitlines()),
                help="resume without naming a net, or start anew with --weights for what fits",
            )
        ]
    )


def outputs(net: Net) -> tuple[str, tuple[str, ...], int]:
    """The main output's name, those of the heads for training, and the values of the main one."""
    from math import prod

    main = next(output for output in net.graph.outputs if not output.train_only)
    heads = tuple(output.name for output in net.graph.outputs if output.train_only)
    return main.name, heads, prod(net.graph[main.node].shape)


def dry(prepared: Prepared, world: int, json_: bool) -> int:
    """What a run will cost, and its recipe as it was resolved."""
    from archc.analysis.cost import totals
    from archc.analysis.memory import training_bytes
    from archc.train.report import cost, lines
    from archc.train.settings import to_toml

    net, recipe = prepared.net, prepared.recipe
    shape = net.graph.inputs[0].shape
    sets = _sets(prepared)
    from math import prod

    import torch

    from archc.train.batches import Batches
    from archc.train.distributed import Ranks
    from archc.train.training import length

    batches = Batches(sets.train, recipe.batch, recipe.accumulate, recipe.seed, Ranks(world=world), torch.device("cpu"))
    steps = len(batches.sizes)
    if not steps:
        raise ArchError([Diagnostic("bad-run", f"{len(sets.train)} images make no batch")])
    recipe = recipe.model_copy(update={"augment": recipe.augment or sets.augment})
    figures = cost(
        recipe,
        params=net.params,
        flops=totals(net.graph).flops,
        activation_bytes=training_bytes(net.graph),
        image_bytes=(len(sets.train) + len(sets.validation) + len(sets.test)) * prod(shape),
        per_epoch=steps,
        length=length(recipe, steps),
        world=world,
    )
    if json_:
        resolved = recipe.model_dump(mode="json")
        terminal.out(json.dumps({"schema": 1, "net": net.name, "cost": figures.record(), "recipe": resolved}))
        return 0
    held = f"{len(sets.validation):,} validation, " if sets.judged == "validation" else ""
    split = f"{len(sets.train):,} to train, {held}{len(sets.test):,} test"
    facts = [("data", "; ".join([f"{sets.name}: {split}", *sets.notes]))]
    terminal.out("\n".join(lines(figures, f"{net.name} on {sets.name}", facts)) + "\n\n" + to_toml(recipe))
    return 0


def _sets(prepared: Prepared) -> Any:
    from archc.train.data.opening import open_sets

    recipe = prepared.recipe
    *_, values = outputs(prepared.net)
    if len(prepared.net.graph.inputs) != 1:
        raise ArchError([Diagnostic("bad-run", f"{prepared.net.name} has several inputs, and a set has one")])
    shape = prepared.net.graph.inputs[0].shape
    return open_sets(recipe.data, shape, values, recipe.seed, terminal.err)


def start(
    prepared: Prepared,
    *,
    gpu: bool = False,
    device: str | None = None,
    threads: int | None = None,
    tensorboard: bool = False,
    live: bool = False,
    json_: bool = False,
) -> int:
    """Run it, and say what came of it. The exit code."""
    import torch

    from archc.train.device import choose
    from archc.train.distributed import process_group

    if threads is not None:
        torch.set_num_threads(threads)
    chosen = choose(gpu, device)
    with process_group(chosen) as ranks:
        sets = _sets(prepared)
        ending, folder = trained(prepared, sets, chosen, ranks, tensorboard=tensorboard, live=live and ranks.first)
    if not ranks.first:
        return 128 + ending.signal if ending.signal else 0
    if ending.how == "stopped":
        terminal.err(f"stopped and saved: archc train --resume {folder.path} goes on")
        return 128 + int(ending.signal)
    if json_:
        terminal.out(json.dumps({"schema": 1, "run": str(folder.path), **folder.facts()["result"]}))
        return 0
    assert ending.test is not None
    figures = f"test accuracy {ending.test.accuracy:.2%}" if sets.classes else f"test loss {ending.test.loss:.4f}"
    why = ", ended early" if ending.how == "early" else ""
    best = folder.facts()["result"]["best_epoch"]
    terminal.out(f"{prepared.net.name} on {sets.name}: {figures}{why} (best epoch {best}); {folder.path}")
    return 0


def _serving(training: Any) -> dict[str, str]:
    """What whoever serves the weights must know of their training, as `archc export` hands it on."""
    from archc.preprocessing import Preprocessing

    classes = training.sets.classes
    known = {"classes": json.dumps(classes, ensure_ascii=False)} if classes else {}
    stored = getattr(training.train.images, "dtype", None)
    if stored is not None and stored.is_floating_point:  # arrays of values, which no picture is
        return known
    mean, std = (
        tuple(value / 255 for value in one.flatten().tolist())
        for one in (training.normalise.mean, training.normalise.std)
    )
    return {**known, "preprocessing": Preprocessing(mean, std).to_json()}


def trained(prepared: Prepared, sets: Any, device: Any, ranks: Any, *, tensorboard: bool, live: bool) -> Any:
    """The run itself: its ending and its folder."""
    import torch

    from archc.backends.torch.tensors import read_tensors
    from archc.backends.torch.weights import save_weights
    from archc.expand import expand
    from archc.train.run import execute
    from archc.train.training import Net as Known
    from archc.train.training import Training

    net, recipe = prepared.net, prepared.recipe
    recipe = recipe.model_copy(update={"augment": recipe.augment or sets.augment})
    torch.manual_seed(recipe.seed + ranks.rank)
    module = net.torch(
        weights=prepared.asked.weights,
        logits=recipe.loss.name in ("cross_entropy", "multi_margin"),
        init=recipe.init.name,
        seed=recipe.seed,
        zero_gamma=recipe.init.zero_gamma,
    )
    main, heads, _ = outputs(net)
    known = Known(net.graph.inputs[0].shape, main, heads, identity(net))
    training = Training(module, recipe, sets, known, device, ranks)
    folder = prepared.folder()
    if ranks.first and prepared.go_on is None:
        folder.write("net.arch", expand(net.graph))
        folder.write("source.arch", net.text)
    shape = "x".join(map(str, (*known.shape[1:], known.shape[0])))
    facts = {"net": {"name": net.name, "params": net.params, "macs": net.macs, "input": shape}}
    for note in sets.notes if ranks.first else ():
        terminal.err(f"note: {note}")
    ending = execute(
        training,
        folder,
        lambda state, path: save_weights(state, net.graph, path, folder.source, _serving(training)),
        lambda path: read_tensors(path)[0],
        facts=facts,
        go_on=prepared.go_on,
        live=live,
        tensorboard=tensorboard,
        say=terminal.err,
    )
    return ending, folder
