"""Starting several processes of a run with torch's launcher, and what their exit codes mean."""

import logging
import os
import sys
import time
import uuid
from collections.abc import Sequence
from typing import NoReturn

from archc.diagnostics import ArchError, Code, Diagnostic

PATIENCE = 3.0
SHUTDOWN = 25  # seconds in which ranks can save before they are killed


def inside() -> bool:
    """Whether this process is one of those that a launcher started."""
    return "RANK" in os.environ and "WORLD_SIZE" in os.environ


def wait_behind_first() -> None:
    """If all ranks fail alike, the first reports it, and the launcher ends the others before they repeat it."""
    if os.environ.get("RANK") != "0":
        time.sleep(PATIENCE)


def leave(code: int) -> NoReturn:
    """End a rank without finalising the interpreter, which sometimes aborts the process in gloo's threads."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def launch(arguments: Sequence[str], nproc: int, nnodes: int, rendezvous: str | None) -> int:
    """The exit code of `archc ARGUMENTS`, run in nproc processes here; with several nodes, start it on each.

    Ranks are not restarted: what was lost is in the newest checkpoint, and --resume goes on from it.
    """
    from torch.distributed.elastic.multiprocessing.api import SignalException  # noqa: PLC0415
    from torch.distributed.elastic.multiprocessing.errors import ChildFailedError  # noqa: PLC0415
    from torch.distributed.launcher.api import LaunchConfig, elastic_launch  # noqa: PLC0415

    if nnodes > 1 and rendezvous is None:
        message = f"{nnodes} nodes need a place to meet: --rdzv HOST:PORT, the same on each"
        raise ArchError([Diagnostic(Code.BAD_SETTING, message)])
    for name in list(logging.root.manager.loggerDict):
        if name.startswith("torch.distributed"):  # each has its own level; the report is below
            logging.getLogger(name).setLevel(logging.CRITICAL)
    os.environ.setdefault("OMP_NUM_THREADS", str(max(1, (os.cpu_count() or 1) // nproc)))
    config = LaunchConfig(
        min_nodes=nnodes,
        max_nodes=nnodes,
        nproc_per_node=nproc,
        run_id="archc" if nnodes > 1 else uuid.uuid4().hex,
        rdzv_backend="c10d",
        rdzv_endpoint=rendezvous or "localhost:0",
        max_restarts=0,
        shutdown_timeout=SHUTDOWN,
    )
    try:
        elastic_launch(config, sys.executable)("-m", "archc", *arguments)
    except SignalException as error:
        return 128 + int(error.sigval)
    except ChildFailedError as error:
        rank, failure = error.get_first_failure()
        if failure.exitcode > 0:
            return int(failure.exitcode)  # the process has reported why
        message = f"rank {rank} was lost (signal {-failure.exitcode}), and the others were stopped"
        help_text = "start the same command with --resume and the run's folder"
        raise ArchError([Diagnostic(Code.LOST_RANK, message, help=help_text)]) from None
    return 0
