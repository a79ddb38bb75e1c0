"""What `archc draw` does: find the nets, make the picture, write it whole or not at all."""

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
from archc.cli.one import messages
from archc.cli.writing import check_place, kind
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
class Asked:
    """The options. output: `-` is standard output, None a file called as the net. down: the net flows downwards."""

    output: Path | None
    style: str
    level: str | None
    depth: int | None
    unfold: bool
    wanted: BoxOptions
    down: bool
    theme: str
    title: str | None
    legend: bool
    engine: str
    scale: float
    against: str | None

    @property
    def choice(self) -> DrawOptions:
        return DrawOptions(self.level, self.depth, self.unfold, self.title, self.wanted)


def drawn(targets: Sequence[str], options: Options, asked: Asked) -> int:
    """Write the picture. The exit code: 1 where a net does not check, also when it was drawn up to the mistake."""
    suffix = _suffix(targets, asked)
    found = [compile_path(target, options, sys.stdin) for target in targets]
    for compilation in found:
        messages(compilation.diagnostics)
    clean = all(compilation.ok for compilation in found)
    nets = [net for compilation in found for net in compilation.nets if len(net.partial)]
    if not nets:
        if clean:
            terminal.note(f"archc: there is nothing to draw in `{targets[0]}`")
        return 1
    if asked.style not in SEVERAL and len(nets) > 1:
        terminal.note(f"archc: `{targets[0]}` holds {len(nets)} nets: add ::NAME of {', '.join(n.name for n in nets)}")
        return 1
    if asked.style != "graph" and not clean:
        return 1
    try:
        content = _content(nets, asked, suffix, options, found[0].diagnostics)
    except (TooManyBoxes, TooLarge, EngineError) as error:
        terminal.note(f"archc: {error}")
        return 1
    if content is None:
        return 1
    if asked.output == STDOUT:
        sys.stdout.flush()
        sys.stdout.buffer.write(content)
    elif asked.output is not None:
        write_bytes(asked.output, content)
    else:
        name = Path(f"{nets[0].name if len(nets) == 1 else _called(targets[0])}.svg")
        write_bytes(name, content)
        terminal.note(f"{name}: drawn{'' if clean else _up_to(found)}")
    if not clean and asked.output is not None:
        where = "standard output" if asked.output == STDOUT else asked.output
        terminal.note(f"{where}: drawn{_up_to(found)}")
    return 0 if clean else 1


def _up_to(found: Sequence[Compilation]) -> str:
    """What a picture of a net that does not check lacks."""
    errors = sum(one.severity == "error" for compilation in found for one in compilation.diagnostics)
    return f" as far as it checks: the net has {errors} error{'s' * (errors != 1)}"


def _called(target: str) -> str:
    """`vgg` for `vgg`, `some/vgg.arch` and `vgg.arch::D`; `picture` for standard input."""
    return Path(target.partition("::")[0]).stem.strip("-") or "picture"


def _suffix(targets: Sequence[str], asked: Asked) -> str:
    """The kind of file, once all is seen to fit together. Raises typer's error."""
    suffix = ".svg"
    if asked.output is not None and asked.output != STDOUT:
        suffix = kind(asked.output, SUFFIXES[asked.style], f"--style {asked.style} is written as")
        check_place(asked.output)
    if asked.against is not None and (asked.style != "graph" or suffix not in PICTURES):
        raise typer.BadParameter(f"--against draws a graph as {' '.join(PICTURES)}")
    if len(targets) > 1 and asked.style not in SEVERAL:
        raise typer.BadParameter(f"--style {asked.style} draws one net, not {len(targets)}")
    if asked.level is not None and asked.depth is not None:
        raise typer.BadParameter("choose --level or --depth")
    return suffix


def _content(
    nets: Sequence[CompiledNet], asked: Asked, suffix: str, options: Options, problems: Sequence[Diagnostic]
) -> bytes | None:
    theme = THEMES[asked.theme]
    if asked.style != "graph":
        of_one = len({net.file for net in nets}) == 1 and len(nets) > 1  # the columns of one table
        listed = _without_names_of_variants(nets) if of_one else nets
        named = [(net.variant if of_one and net.variant else net.name, net.partial) for net in listed]
        return _styled(named, asked, suffix)
    net = nets[0]
    if asked.against is not None:
        return _against(net, asked, suffix, options)
    if suffix in (".dot", ".mmd"):
        drawing = draw(net.partial, asked.choice, problems=problems)
        if suffix == ".mmd":
            return mermaid(drawing, theme, down=asked.down).encode("utf-8")
        from archc.backends.diagram.dot import dot

        return dot(drawing, theme, down=asked.down).encode("utf-8")
    if suffix == ".html":
        from archc.backends.diagram.html import page

        return page(net.partial, asked.choice, asked.theme, asked.engine, asked.down, problems).encode("utf-8")
    drawing, scene = graph_picture(
        net.partial, asked.choice, down=asked.down, engine=asked.engine, legend=asked.legend, problems=problems
    )
    if asked.level is None and asked.depth is None and drawing.level != "layer":
        terminal.err(f"note: drawn by {drawing.level}s, {drawing.layers:,} layers in all; --level layer opens them")
    return picture(scene, theme, suffix, asked.scale)


def _without_names_of_variants(nets: Sequence[CompiledNet]) -> list[CompiledNet]:
    """`net vgg16 { vgg[D] }` is column D once more."""
    columns = {_layers(net.partial) for net in nets if net.variant}
    return [net for net in nets if net.variant or _layers(net.partial) not in columns]


def _layers(graph: Graph) -> tuple[object, ...]:
    return tuple((node.op.words(), node.shape) for node in graph.nodes)


def _styled(named: list[tuple[str, Graph]], asked: Asked, suffix: str) -> bytes:
    theme = THEMES[asked.theme]
    if asked.style == "table":
        from archc.backends.diagram.table import table
        from archc.backends.diagram.table_output import latex, table_scene

        made = table(named, asked.title)
        return (
            latex(made).encode("utf-8") if suffix == ".tex" else picture(table_scene(made), theme, suffix, asked.scale)
        )
    if asked.style == "volumes":
        from archc.backends.diagram.volumes import volumes_scene

        return picture(volumes_scene(named[0][1], asked.choice, asked.legend), theme, suffix, asked.scale)
    from archc.backends.diagram.bars import bars_scene

    return picture(bars_scene(named, asked.title, asked.legend), theme, suffix, asked.scale)


def _against(net: CompiledNet, asked: Asked, suffix: str, options: Options) -> bytes | None:
    """`net` is what there is now, the other what it is held against."""
    from archc.backends.diagram.side_by_side import side_by_side

    assert asked.against is not None
    compilation = compile_path(asked.against, options, sys.stdin)
    messages(compilation.diagnostics)
    others = [one for one in compilation.nets if len(one.partial)]
    if len(others) != 1:
        if compilation.ok:
            terminal.note(f"archc: `{asked.against}` holds {len(others)} nets: add ::NAME of the one that is meant")
        return None
    before, after = others[0].partial, net.partial
    title = asked.title if asked.title is not None else f"{before.name} → {after.name}"
    choice = replace(asked.choice, title=None)
    scene = side_by_side(before, after, choice, title, down=asked.down, engine=asked.engine)
    return picture(scene, THEMES[asked.theme], suffix, asked.scale)
