"""`archc bench`: the speed of a net in ONNX Runtime."""

# ruff: noqa: PLC0415  (what a command alone needs is imported when it runs)

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from archc.cli import terminal
from archc.cli.options import Json, Model, OpenSizes

if TYPE_CHECKING:
    from archc.serving.benchmark import Measured


def bench(
    model: Model,
    batch: Annotated[str, typer.Option("--batch", metavar="N,N…", help="Samples at a time.")] = "1,8",
    threads: Annotated[str, typer.Option("--threads", metavar="N,N…", help="Threads; 0: all cores.")] = "1,2",
    seconds: Annotated[float, typer.Option("--seconds", metavar="N", min=0.0, help="Seconds for each row.")] = 1.0,
    input: OpenSizes = None,
    json_: Json = False,
) -> int:
    """Time a network in ONNX Runtime. By batch and threads: time a call, samples and operations a second."""
    import tempfile

    from archc.cli.nets import one_net
    from archc.cli.option_values import sizes_option
    from archc.serving.benchmark import macs_of, measure

    try:
        batches, counts = _numbers(batch, 1), _numbers(threads, 0)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None
    with tempfile.TemporaryDirectory() as folder:
        path = Path(model)
        if path.suffix.lower() != ".onnx":
            net = one_net(model, None, input)
            if net is None:
                return 1
            terminal.doing(f"writing {model} as ONNX")
            from archc.serving.export import export
            from archc.serving.onnx_options import OnnxOptions
            from archc.serving.state import fresh_state

            path = Path(folder) / "net.onnx"
            export(net.graph, fresh_state(net.graph, "torch", 0), path, OnnxOptions(verify=False))
        macs = macs_of(path)
        plan = [f"batch {size}, {count or 'all'} thread{'s' * (count != 1)}" for count in counts for size in batches]
        measured = measure(path, batches, counts, seconds, sizes_option(input))
        rows = []
        for done, said in enumerate(plan):
            terminal.doing(said, done, len(plan))
            rows.append(next(measured))
    if json_:
        listed = [_record(row, macs) for row in rows]
        terminal.json({"schema": 1, "model": model, "macs": macs, "rows": listed})
    else:
        _print(rows, macs)
    return 0


def _record(row: Measured, macs: int | None) -> dict[str, float | int | None]:
    return {
        "batch": row.batch,
        "threads": row.threads,
        "runs": row.runs,
        "median_s": row.median,
        "p95_s": row.p95,
        "per_second": row.per_second,
        "flops_per_second": None if macs is None else row.flops(macs),
    }


def _print(rows: list[Measured], macs: int | None) -> None:
    import sys

    from archc.analysis import table

    columns = [
        table.Column("batch", [str(row.batch) for row in rows], right=True),
        table.Column("threads", [str(row.threads) if row.threads else "all" for row in rows], right=True),
        table.Column("median", [f"{row.median * 1e3:.2f} ms" for row in rows], right=True),
        table.Column("p95", [f"{row.p95 * 1e3:.2f} ms" for row in rows], right=True),
        table.Column("samples/s", [f"{row.per_second:,.1f}" for row in rows], right=True),
        table.Column("GFLOP/s", [f"{row.flops(macs) / 1e9:,.1f}" if macs else "" for row in rows], right=True),
    ]
    terminal.out("\n".join(table.lines(columns, terminal.width(sys.stdout), color=terminal.color(sys.stdout))))


def _numbers(text: str, least: int) -> list[int]:
    parts = text.split(",")
    if not all(part.strip().isdecimal() and int(part) >= least for part in parts):
        raise ValueError(f"whole numbers from {least} with commas between, not {text!r}")
    return [int(part) for part in parts]
