"""Starting several processes of a run with torch's own launcher, and what their end means."""

import logging
import os
import sys
import time
import uuid
from collections.abc import Sequence
from typing import NoReturn

from archc.diagnostics import ArchError, Code, Diagnostic

PATIENCE = 3.0
SHUTDOWN = 25  # seconds that ranks have to save before they are killed


def inside() -> bool:
    """Whether this process is one of those that a launcher started."""
    return "RANK" in os.environ and "WORLD_SIZE" in os.environ


def wait_behind_first() -> None:
    """Mostly all ranks fail alike: the first one says so, and the launcher ends the others before they repeat it."""
    if os.environ.get("RANK") != "0":
        time.sleep(PATIENCE)


def leave(code: int) -> NoReturn:
    """End a rank at once: tearing down gloo's threads with the interpreter now and then aborts the process."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def launch(arguments: Sequence[str], nproc: int, nnodes: int, rendezvous: str | None) -> int:
    """Run `archc ARGUMENTS` in nproc processes here; with several nodes, the same has to be started on each.

    The exit code. Ranks are not restarted: what was lost is in the newest checkpoint, and --resume goes on from it.
    """
    from torch.distributed.elastic.multiprocessing.api import SignalException  # noqa: PLC0415
    from torch.distributed.elastic.multiprocessing.errors import ChildFailedError  # noqa: PLC0415
    from torch.distributed.launcher.api import LaunchConfig, elastic_launch  # noqa: PLC0415

    if nnodes > 1 and rendezvous is None:
        message = f"{nnodes} nodes need a place to meet: --rdzv HOST:PORT, the same on each"
        raise ArchError([Diagnostic(Code.BAD_SETTING, message)])
    for name in list(logging.root.manager.loggerDict):
        if name.startswith("torch.distributed"):  # each has a level of its own; what there is to say is said below
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
            return int(failure.exitcode)  # it has said why
        message = f"rank {rank} was lost (signal {-failure.exitcode}), and the others were stopped"
        help_text = "start the same command with --resume and the run's folder"
        raise ArchError([Diagnostic(Code.LOST_RANK, message, help=help_text)]) from None
    return 0
