"""The net, the recipe and the folder of a training run, from the command line."""

# ruff: noqa: PLC0415  (torch is imported once something is computed)

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from archc.cli import terminal
from archc.cli.nets import messages, one_net
from archc.diagnostics import ArchError, Code, Diagnostic

if TYPE_CHECKING:
    from archc.api import Net
    from archc.diagnostics import Span
    from archc.train.recipe import Recipe
    from archc.train.runs import RunFolder


@dataclass(frozen=True)
class TrainOptions:
    """The options of `archc train` that choose what is trained. resume: a run's folder or a checkpoint."""

    target: str | None
    data: str | None = None
    recipe: Path | None = None
    settings: list[str] = field(default_factory=list)
    param: list[str] | None = None
    input: str | None = None
    output: Path | None = None
    resume: Path | None = None
    weights: Path | None = None
    tensors: str | None = None

    def command(self, prepared: Prepared, nnodes: int) -> list[str]:
        """The arguments of the same command for each of several processes, with the run's folder as an option."""
        from archc.train.runs import unused

        folder = prepared.folder().path if nnodes == 1 or self.resume is not None else unused(self.output)
        words = ["train", *([self.target] if self.target is not None else [])]
        single = [("--data", self.data), ("--recipe", self.recipe), ("--input", self.input)]
        single += [("--weights", self.weights), ("--tensors", self.tensors), ("--resume", self.resume)]
        single += [("--out", folder)] if self.resume is None else []
        many = [("--set", self.settings), ("--param", self.param or [])]
        words += [text for name, value in single if value is not None for text in (name, str(value))]
        return words + [text for name, values in many for value in values for text in (name, value)]


@dataclass
class Prepared:
    """A run that can be started. start: the checkpoint that it continues from."""

    net: Net
    recipe: Recipe
    options: TrainOptions
    start: Path | None = None
    made: RunFolder | None = None

    def folder(self) -> RunFolder:
        """The run's folder; it is made when it is first needed."""
        from archc.sets.folders import name_of
        from archc.train.launch import inside
        from archc.train.runs import RunFolder, create, shared

        if self.made is None:
            if self.options.resume is not None:
                place = self.options.resume
                self.made = RunFolder(place if (place / "run.json").is_file() else place.parent.parent)
            elif inside():
                self.made = shared(self.options.output)
            else:
                stem = f"{self.net.name}-{name_of(Path(self.recipe.data.name))}"
                self.made = create(self.options.output, stem)
        return self.made


def prepare(options: TrainOptions) -> Prepared | None:
    """The net and its recipe; None, after its errors are printed, if the net has errors. Raises ArchError."""
    from archc.train.settings import assigned, merged, recipe_of
    from archc.train.toml import RecipeFile

    start: Path | None = None
    state: dict[str, Any] = {}
    if options.resume is not None:
        from archc.train import checkpoint

        _check_free(options)
        start, state, damaged = checkpoint.newest(options.resume)
        messages(damaged)
    target = options.target
    if target is None:
        folder = Prepared(None, None, options).folder()  # type: ignore[arg-type]
        target = str(folder.net)
    net = one_net(target, options.param, options.input)
    if net is None:
        return None
    tables: dict[str, Any] = {}
    if options.resume is not None:
        same_architecture(net, state["net"], options.resume)
        tables = json.loads(state["recipe"])
    beside, inside = _beside(target), net.compiled.training
    own = options.recipe is None and options.resume is None  # the recipe in the source or beside it is used
    if own and beside is not None and inside is not None and RecipeFile(beside).tables != inside.tables:
        raise _two_recipes(inside.span, beside)
    named = options.recipe or (beside if own else None)
    written = RecipeFile(named) if named is not None else inside if own else None
    if written is not None:
        recipe_of(written.tables, named, written.place)  # a mistake in it is shown where it stands
        tables = merged(tables, written.tables)
    if options.data is not None:
        tables = merged(tables, {"data": {"name": options.data}})
    tables = merged(tables, assigned(options.settings))
    recipe = recipe_of(tables)
    if "name" not in recipe.data.model_fields_set:
        yours = "--data FOLDER or --data x.npz names images of your own"
        terminal.note(f"note: no data is named: archc trains on the handwritten digits that come with it; {yours}")
    return Prepared(net, recipe, options, start)


def _check_free(options: TrainOptions) -> None:
    """Raises ArchError if another process is training in the run's folder."""
    from archc.train import lock
    from archc.train.launch import inside

    folder = Prepared(None, None, options).folder().path  # type: ignore[arg-type]
    who = lock.holder(folder) if not inside() else None  # of several processes the first one has it already
    if who:
        raise lock.busy(folder, who)


def _two_recipes(inside: Span, beside: Path) -> ArchError:
    message = f"the source has a recipe, and `{beside.name}` beside it is different"
    help_text = "keep one of them, or choose one with --recipe FILE"
    return ArchError([Diagnostic(Code.TWO_RECIPES, message, inside, help=help_text)])


def _beside(target: str) -> Path | None:
    """NAME.train.toml in the folder of the source, of a bundled net too; None if there is none."""
    from archc.resources import specs_folder

    path = Path(target.partition("::")[0])
    if not path.suffix and not path.exists():
        path = specs_folder() / f"{path.name}.arch"
    recipe = path.with_suffix(".train.toml")
    return recipe if recipe.is_file() else None


def identity(net: Net) -> dict[str, str]:
    """The fields of a checkpoint that identify its net."""
    from archc.analysis.fingerprint import fingerprint
    from archc.expand import expand

    return {"graph": fingerprint(net.graph), "name": net.name, "text": expand(net.graph)}


def same_architecture(net: Net, saved: dict[str, str], path: Path) -> None:
    """Raises ArchError, which shows the difference, if a checkpoint belongs to another net."""
    from archc.analysis.diff import diff
    from archc.analysis.diff_report import text
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
                Code.OTHER_ARCHITECTURE,
                f"`{path}` is a checkpoint of another architecture: {saved.get('name')}, not {net.name}",
                notes=tuple(shown.rstrip().splitlines()),
                help="resume without naming a net, or start a new run with --weights",
            )
        ]
    )
