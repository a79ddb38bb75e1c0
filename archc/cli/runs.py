"""`archc runs`: trained runs side by side."""

# ruff: noqa: PLC0415  (what a command alone needs is imported when it runs)

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from archc.cli.options import Json
from archc.cli.output_files import check_place, kind

if TYPE_CHECKING:
    from archc.train.runs import RunFolder


def runs(
    folders: Annotated[
        list[Path] | None, typer.Argument(metavar="FOLDER", help="Runs, or folders of runs; else runs.")
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="Draw their curves into a .png.")
    ] = None,
    json_: Json = False,
) -> int:
    """Compare runs of training. What differs in their recipes, how long they took, and how well they did."""
    import sys

    from archc.cli import terminal
    from archc.files import write_bytes
    from archc.train.runs import find_runs

    if output is not None:
        kind(output, [".png"], "curves are drawn as")
        check_place(output)
    found = find_runs(folders or [Path("runs")])
    if json_:
        listed = [{"run": str(run.path), **run.seen(), "metrics": run.history()} for run in found]
        terminal.json({"schema": 1, "runs": listed})
    elif found:
        terminal.out(_table(found, terminal.width(sys.stdout), color=terminal.color(sys.stdout)))
    else:
        terminal.err("archc: there are no runs here yet")
    if output is not None:
        from archc.train.curves import curves

        histories = {run.path.name: run.history() for run in found if run.history()}
        if not histories:
            raise typer.BadParameter("there is no run with an epoch to draw")
        write_bytes(output, curves(histories))
    return 0


def _table(found: list[RunFolder], width: int, color: bool) -> str:
    from archc.analysis.table import Column, lines

    facts = [run.seen() for run in found]
    told = _differences(found)

    def cells(*path: str, share: bool = False) -> list[str]:
        return [_cell(one, path, share) for one in facts]

    columns = [
        Column("run", [run.path.name for run in found], shrinks_to=12),
        Column("net", cells("net", "name"), drop=3, shrinks_to=10),
        Column("data", cells("data", "name"), drop=4),
        Column("recipe", told, drop=2, shrinks_to=20),
        Column("params", cells("net", "params"), right=True, drop=5),
        Column("epochs", cells("result", "epochs"), right=True, drop=6),
        Column("best", cells("result", "best_accuracy", share=True), right=True),
        Column("test", cells("result", "test_accuracy", share=True), right=True),
        Column("time", [_seconds(one) for one in facts], right=True, drop=7),
        Column("state", [str(one.get("state", "")) for one in facts], drop=1),
    ]
    tests = [(one.get("result") or {}).get("test_accuracy") or -1.0 for one in facts]
    best = frozenset({tests.index(max(tests))}) if max(tests) >= 0 and len(tests) > 1 else frozenset[int]()
    return "\n".join(lines(columns, width, color=color, bold=best))


def _cell(facts: dict[str, Any], path: tuple[str, ...], share: bool) -> str:
    value: Any = facts
    for key in path:
        value = value.get(key) if isinstance(value, dict) else None
    if value is None:
        return ""
    if share:
        return f"{value:.2%}"
    return f"{value:,}" if isinstance(value, int) else str(value)


def _seconds(facts: dict[str, Any]) -> str:
    seconds = (facts.get("result") or {}).get("seconds")
    return f"{seconds:.0f} s" if seconds is not None else ""


def _differences(found: list[RunFolder]) -> list[str]:
    """What is peculiar to each run: parameters of its net and settings of its recipe that most others have not."""
    from archc.train.settings import flat
    from archc.train.toml import read_recipe

    told, first = [], dict[str, None]()
    for run in found:
        given = (run.facts().get("net") or {}).get("given") or {}
        first |= dict.fromkeys(given)
        settings = flat(read_recipe(run.recipe)) if run.recipe.is_file() else {}
        told.append({**given, **{key: value for key, value in settings.items() if not key.startswith("data.name")}})
    keys = list(first | dict.fromkeys(key for one in told for key in one))
    counts = {key: Counter(repr(one.get(key)) for one in told) for key in keys}
    rare = {key: {value for value, count in held.items() if count * 2 <= len(told)} for key, held in counts.items()}
    shown = [{key: one[key] for key in keys if key in one and repr(one[key]) in rare[key]} for one in told]
    return [", ".join(f"{key}={_plain(value)}" for key, value in one.items()) for one in shown]


def _plain(value: object) -> object:
    return f"{value:.4g}" if isinstance(value, float) else value
