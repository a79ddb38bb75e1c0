"""The work of `archc draw`: find the nets, make the picture, write it whole or not at all."""

# ruff: noqa: PLC0415  (what a style alone needs is imported when it is drawn)

import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import typer

from archc.backends.diagram.draw import DrawOptions, TooManyBoxes, draw
from archc.backends.diagram.encode import picture
from archc.backends.diagram.engine import EngineError
from archc.backends.diagram.mermaid import mermaid
from archc.backends.diagram.picture import graph_picture
from archc.backends.diagram.place import BoxOptions
from archc.backends.diagram.png import TooLarge
from archc.backends.diagram.theme import THEMES
from archc.cli import terminal
from archc.cli.nets import messages
from archc.cli.output_files import check_place, kind
from archc.diagnostics import Diagnostic
from archc.files import write_bytes
from archc.graph import Graph
from archc.program import Compilation, CompiledNet, Options, compile_path

PICTURES = (".svg", ".png", ".pdf")
SUFFIXES = {
    "graph": (*PICTURES, ".dot", ".mmd", ".html"),
    "table": (".svg", ".png", ".pdf", ".tex"),
    "volumes": PICTURES,
    "vgg": PICTURES,
}
SEVERAL = ("table", "vgg")
STDOUT = Path("-")


@dataclass(frozen=True, slots=True)
class PictureOptions:
    """The options of `archc draw`. output: `-` is standard output, None a file named after the net."""

    output: Path | None
    style: str
    level: str | None
    depth: int | None
    unfold: bool
    boxes: BoxOptions
    down: bool
    theme: str
    title: str | None
    legend: bool
    engine: str
    scale: float
    against: str | None

    @property
    def drawing(self) -> DrawOptions:
        return DrawOptions(self.level, self.depth, self.unfold, self.title, self.boxes)


def drawn(targets: Sequence[str], compiling: Options, options: PictureOptions) -> int:
    """Write the picture. The exit code: 1 if a net has errors, even if it was drawn up to the first one."""
    suffix = _suffix(targets, options)
    found = [compile_path(target, compiling, sys.stdin) for target in targets]
    for compilation in found:
        messages(compilation.diagnostics)
    clean = all(compilation.ok for compilation in found)
    nets = [net for compilation in found for net in compilation.nets if len(net.partial)]
    if not nets:
        if clean:
            terminal.note(f"archc: there is nothing to draw in `{targets[0]}`")
        return 1
    if options.style not in SEVERAL and len(nets) > 1:
        terminal.note(f"archc: `{targets[0]}` holds {len(nets)} nets: add ::NAME of {', '.join(n.name for n in nets)}")
        return 1
    if options.style != "graph" and not clean:
        return 1
    try:
        content = _content(nets, options, suffix, compiling, found[0].diagnostics)
    except (TooManyBoxes, TooLarge, EngineError) as error:
        terminal.note(f"archc: {error}")
        return 1
    if content is None:
        return 1
    if options.output == STDOUT:
        sys.stdout.flush()
        sys.stdout.buffer.write(content)
    elif options.output is not None:
        write_bytes(options.output, content)
    else:
        name = Path(f"{nets[0].name if len(nets) == 1 else _called(targets[0])}.svg")
        write_bytes(name, content)
        terminal.note(f"{name}: drawn{'' if clean else _up_to(found)}")
    if not clean and options.output is not None:
        where = "standard output" if options.output == STDOUT else options.output
        terminal.note(f"{where}: drawn{_up_to(found)}")
    return 0 if clean else 1


def _up_to(found: Sequence[Compilation]) -> str:
    """What a message says of a picture of a net with errors."""
    errors = sum(one.severity == "error" for compilation in found for one in compilation.diagnostics)
    return f" as far as it checks: the net has {errors} error{'s' * (errors != 1)}"


def _called(target: str) -> str:
    """`vgg` for `vgg`, `some/vgg.arch` and `vgg.arch::D`; `picture` for standard input."""
    return Path(target.partition("::")[0]).stem.strip("-") or "picture"


def _suffix(targets: Sequence[str], options: PictureOptions) -> str:
    """The suffix of the file. Raises typer's error for options that do not go together."""
    suffix = ".svg"
    if options.output is not None and options.output != STDOUT:
        suffix = kind(options.output, SUFFIXES[options.style], f"--style {options.style} is written as")
        check_place(options.output)
    if options.against is not None and (options.style != "graph" or suffix not in PICTURES):
        raise typer.BadParameter(f"--against draws a graph as {' '.join(PICTURES)}")
    if len(targets) > 1 and options.style not in SEVERAL:
        raise typer.BadParameter(f"--style {options.style} draws one net, not {len(targets)}")
    if options.level is not None and options.depth is not None:
        raise typer.BadParameter("choose --level or --depth")
    return suffix


def _content(
    nets: Sequence[CompiledNet],
    options: PictureOptions,
    suffix: str,
    compiling: Options,
    problems: Sequence[Diagnostic],
) -> bytes | None:
    theme = THEMES[options.theme]
    if options.style != "graph":
        of_one = len({net.file for net in nets}) == 1 and len(nets) > 1  # the columns of one table
        listed = _without_names_of_variants(nets) if of_one else nets
        named = [(net.variant if of_one and net.variant else net.name, net.partial) for net in listed]
        return _styled(named, options, suffix)
    net = nets[0]
    if options.against is not None:
        return _against(net, options, suffix, compiling)
    if suffix in (".dot", ".mmd"):
        drawing = draw(net.partial, options.drawing, problems=problems)
        if suffix == ".mmd":
            return mermaid(drawing, theme, down=options.down).encode("utf-8")
        from archc.backends.diagram.dot import dot

        return dot(drawing, theme, down=options.down).encode("utf-8")
    if suffix == ".html":
        from archc.backends.diagram.html import page

        return page(net.partial, options.drawing, options.theme, options.engine, options.down, problems).encode("utf-8")
    drawing, scene = graph_picture(
        net.partial, options.drawing, down=options.down, engine=options.engine, legend=options.legend, problems=problems
    )
    if options.level is None and options.depth is None and drawing.level != "layer":
        terminal.err(f"note: drawn by {drawing.level}s, {drawing.layers:,} layers in all; --level layer opens them")
    return picture(scene, theme, suffix, options.scale)


def _without_names_of_variants(nets: Sequence[CompiledNet]) -> list[CompiledNet]:
    """The nets without those that repeat a column of the table, as `net vgg16 { vgg[D] }` does."""
    columns = {_layers(net.partial) for net in nets if net.variant}
    return [net for net in nets if net.variant or _layers(net.partial) not in columns]


def _layers(graph: Graph) -> tuple[object, ...]:
    return tuple((node.op.words(), node.shape) for node in graph.nodes)


def _styled(named: list[tuple[str, Graph]], options: PictureOptions, suffix: str) -> bytes:
    theme = THEMES[options.theme]
    if options.style == "table":
        from archc.backends.diagram.table import table
        from archc.backends.diagram.table_output import latex, table_scene

        made = table(named, options.title)
        return (
            latex(made).encode("utf-8")
            if suffix == ".tex"
            else picture(table_scene(made), theme, suffix, options.scale)
        )
    if options.style == "volumes":
        from archc.backends.diagram.volumes import volumes_scene

        return picture(volumes_scene(named[0][1], options.drawing, options.legend), theme, suffix, options.scale)
    from archc.backends.diagram.bars import bars_scene

    return picture(bars_scene(named, options.title, options.legend), theme, suffix, options.scale)


def _against(net: CompiledNet, options: PictureOptions, suffix: str, compiling: Options) -> bytes | None:
    """The picture of the differences between the net of `--against` and `net`; None after an error was printed."""
    from archc.backends.diagram.side_by_side import side_by_side

    assert options.against is not None
    compilation = compile_path(options.against, compiling, sys.stdin)
    messages(compilation.diagnostics)
    others = [one for one in compilation.nets if len(one.partial)]
    if len(others) != 1:
        if compilation.ok:
            terminal.note(f"archc: `{options.against}` holds {len(others)} nets: add ::NAME to choose one")
        return None
    before, after = others[0].partial, net.partial
    title = options.title if options.title is not None else f"{before.name} → {after.name}"
    drawing = replace(options.drawing, title=None)
    scene = side_by_side(before, after, drawing, title, down=options.down, engine=options.engine)
    return picture(scene, THEMES[options.theme], suffix, options.scale)
