"""Opens files: the blocks, constants and nets of a file, and of the files that it uses."""

from collections.abc import Callable, Iterator
from functools import lru_cache
from pathlib import Path

from archc.diagnostics import MAX_REPORTS, Code, Diagnostic, Label, Source, Span, Trait
from archc.elaborate.duplicates import repeated_items
from archc.elaborate.env import BlockDefinition, Env, Failure, Lost, NetDefinition, Open, unsettled
from archc.elaborate.evaluate import evaluate
from archc.elaborate.settings import FileSettings, namings, read_settings
from archc.elaborate.tables import expand_table
from archc.elaborate.values import LOST, START
from archc.importers import parse
from archc.records import dataclass
from archc.renaming import Naming
from archc.syntax import ast

MAX_FILES = 64

Reader = Callable[[str, Source], Source]
"""(target of a `use`, the source it stands in) → the used source. Raises ValueError or Failure."""


@dataclass(frozen=True, slots=True, eq=False)
class Opened:
    """A file with its scope and its diagnostics, those inside its nets left out.

    gaps: the diagnostics after which a part of the tree is missing: a syntax error, a file that is not found. A `let`
    that fails is not one: its name is known, and what depends on it is not reported.
    """

    file: ast.File
    env: Env
    diagnostics: tuple[Diagnostic, ...]
    gaps: tuple[Diagnostic, ...]

    @property
    def training(self) -> FileSettings | None:
        """The settings of `train { … }`; None without it."""
        return next((read_settings(item) for item in self._tables("train")), None)

    @property
    def namings(self) -> tuple[Naming, ...]:
        """The namings of `weights { … }`: what other tools call the layers."""
        return tuple(naming for item in self._tables("weights") for naming in namings(read_settings(item))[0])

    def _tables(self, keyword: str) -> Iterator[ast.Train]:
        return (item for item in self.file.items if isinstance(item, ast.Train) and item.keyword == keyword)

    @property
    def own_nets(self) -> tuple[NetDefinition, ...]:
        """The nets defined in this file, in their order."""
        own = {definition: None for definition in self.env.nets.values() if definition.home is self.env}
        return tuple(sorted(own, key=lambda definition: definition.net.name_span.start))


@lru_cache(maxsize=1)
def _library(source: Source) -> tuple[ast.File, list[Diagnostic]]:
    """The parsed library, which every source needs."""
    return parse(source)


class Files:
    """Opens a file and, by `read`, the files that it uses, each once. Every file sees the blocks of the library."""

    def __init__(self, read: Reader, library: Source | None = None) -> None:
        self.read = read
        self._open: dict[Path, Opened] = {}
        self._opening: list[Source] = []
        self._library: Env | None = None
        if library is not None:
            self._library = self._gather(library, *_library(library)).env
            self._library.is_library = True

    def open(self, source: Source) -> Opened:
        """Parse a source and collect its names."""
        return self._gather(source, *parse(source))

    def _gather(self, source: Source, file: ast.File, errors: list[Diagnostic]) -> Opened:
        diagnostics = list(errors)
        values: list[Diagnostic] = []
        env = Env(self._library, has_holes=file.has_holes)
        self._opening.append(source)
        targets: set[str] = set()
        spoilt = {error.span.line for error in errors if error.span is not None}
        for item in file.items:
            if isinstance(item, ast.Use | ast.Let) and item.span.line in spoilt:
                continue  # what was read of it is not what was meant
            if isinstance(item, ast.Use):
                if item.target in targets:
                    continue
                targets.add(item.target)
            try:
                if isinstance(item, ast.Use) and len(targets) > MAX_FILES:
                    raise Failure(_too_many_files(item))
                diagnostics += self._item(item, env, source)
            except Failure as failure:
                (values if isinstance(item, ast.Let) else diagnostics).append(failure.diagnostic)
                if Trait.ENDS in failure.diagnostic.code.traits or len(diagnostics) + len(values) > MAX_REPORTS:
                    break
            except Open as met:
                (values if isinstance(item, ast.Let) else diagnostics).append(unsettled(met.hole))
            except Lost:
                continue
        self._opening.pop()
        diagnostics += repeated_items(file)
        gaps = tuple(one for one in diagnostics if Trait.WHOLE not in one.code.traits)
        return Opened(file, env, (*diagnostics, *values), gaps)

    def _item(self, item: ast.Item, env: Env, source: Source) -> tuple[Diagnostic, ...]:
        match item:
            case ast.Use():
                used = self._use(item, source)
                env.blocks = {**used.blocks, **env.blocks}
                env.values = {**used.values, **env.values}
                env.nets = {**used.nets, **env.nets}
                env.has_holes = env.has_holes or used.has_holes
            case ast.Let():
                try:
                    env.values[item.name] = evaluate(item.value, env, START)
                except (Failure, Lost, Open):
                    env.values[item.name] = LOST
                    raise
            case ast.Block():
                env.blocks[item.name] = BlockDefinition(item, env)
            case ast.Net():
                env.nets[item.name, None] = NetDefinition(item, env)
            case ast.Table():
                expanded = expand_table(item)
                for variant, net in expanded.nets.items():
                    definition = NetDefinition(net, env, variant)
                    env.nets[item.name, variant] = definition
                    env.nets.setdefault((net.name, None), definition)
                return expanded.diagnostics
        return ()

    def _use(self, use: ast.Use, source: Source) -> Env:
        try:
            used = self.read(use.target, source)
        except ValueError as error:
            raise Failure(
                Diagnostic(
                    Code.UNKNOWN_FILE, f"`{use.target}` cannot be used here", use.target_span, help=str(error) or None
                )
            ) from None
        except Failure as failure:
            raise Failure(_at(failure.diagnostic, use.target_span)) from None
        path = used.path.resolve() if used.path is not None else Path(used.name)
        for opening in self._opening:
            if opening.path is not None and opening.path.resolve() == path:
                names = [other.name for other in self._opening]
                raise Failure(
                    Diagnostic(
                        Code.USE_CYCLE,
                        f"`{use.target}` uses this file in its turn: {' → '.join([*names, used.name])}",
                        use.target_span,
                        help="move what both need into a third file",
                    )
                )
        if path not in self._open:
            if len(self._open) + len(self._opening) > MAX_FILES:
                raise Failure(_too_many_files(use))
            self._open[path] = self.open(used)
        opened = self._open[path]
        if opened.diagnostics:
            first = opened.diagnostics[0]
            raise Failure(_through(first, use))
        return opened.env


def _too_many_files(use: ast.Use) -> Diagnostic:
    return Diagnostic(Code.LIMIT_FILES, f"more than {MAX_FILES} files are used", use.target_span)


def _at(diagnostic: Diagnostic, span: Span) -> Diagnostic:
    return Diagnostic(diagnostic.code, diagnostic.message, span, help=diagnostic.help)


def _through(first: Diagnostic, use: ast.Use) -> Diagnostic:
    """The mistake of a used file at its own place, labelled with the `use`."""
    if first.span is None:
        return _at(first, use.target_span)
    return Diagnostic(
        first.code,
        first.message,
        first.span,
        labels=(*first.labels, Label(use.target_span, "used here")),
        notes=first.notes,
        help=first.help,
    )
