"""One run from its start or a checkpoint to its folder with weights, figures and curves."""

import platform
import time
from collections.abc import Callable, Mapping
from contextlib import nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from archc.diagnostics import ArchError, Code, Diagnostic
from archc.files import write_bytes
from archc.train import checkpoint
from archc.train.card import card
from archc.train.device import described
from archc.train.distributed import Ranks
from archc.train.loop import Watcher, fit
from archc.train.metrics import Figures
from archc.train.progress import Live, Plain, Screen
from archc.train.runs import RunFolder, unwritable
from archc.train.settings import to_toml
from archc.train.signals import stopping
from archc.train.training import Publish, Row, Training
from archc.version import VERSION

MOST_DRAWN = 100
OUT_OF_MEMORY = ("out of memory", "can't allocate memory", "not enough memory")


@dataclass(frozen=True, slots=True)
class Ending:
    """how: finished, early or stopped. signal: what stopped it. test: of the best weights, unless it was stopped."""

    how: str
    signal: int
    test: Figures | None


def execute(
    training: Training,
    folder: RunFolder,
    publish: Publish,
    restore: Callable[[Path], Mapping[str, Tensor]],
    *,
    facts: Mapping[str, Any],
    go_on: Path | None = None,
    screen: Screen | None = None,
    tensorboard: bool = False,
    say: Callable[[str], None] = print,
) -> Ending:
    """Run, and write the results into the folder. Raises ArchError.

    publish, restore: write and read weights. facts: of the net, for run.json. go_on: a checkpoint. screen: a terminal,
    if somebody watches. Every rank takes part; the first one writes files and messages.
    """
    ranks = training.ranks
    if go_on is not None:
        training.load(go_on, checkpoint.load(go_on))
    if ranks.first:
        folder.write("recipe.toml", to_toml(training.recipe))
        folder.note(**facts, **_facts(training), state="running")
    begun = time.monotonic()
    watcher: Plain | Live | None = None
    if ranks.first:
        watcher = Live(training, say, screen) if screen is not None else Plain(say)
    try:
        with stopping() as stop, watcher or nullcontext():
            watching = _Writing(folder, watcher, training, tensorboard) if watcher is not None else None
            how = fit(training, folder.checkpoints, stop, watching, lambda: _publish(training, publish, folder.best))
        _publish(training, publish, folder.last)
        if how == "stopped":
            if ranks.first:
                folder.note(state="stopped", result=_result(training, None, time.monotonic() - begun))
            return Ending(how, stop.number, None)
        if ranks.first and screen is not None:
            screen.doing("testing the best weights")
        _restore(training, restore(folder.best))
        test = training.judged("test")
    except ArchError:
        _note_failure(folder, ranks)
        raise
    except ValueError as error:
        _note_failure(folder, ranks)
        raise _single(error) or error from None
    except RuntimeError as error:
        _note_failure(folder, ranks)
        raise _memory(error, training) or _lost(error, training) or _uncompiled(error) or error from None
    if ranks.first:
        folder.note(state=how, result=_result(training, test, time.monotonic() - begun))
        if screen is not None:
            screen.doing("drawing curves")
        _draw(training, folder, test)
        folder.write("README.md", card(folder.facts(), to_toml(training.recipe)))
    return Ending(how, 0, test)


def _note_failure(folder: RunFolder, ranks: Ranks) -> None:
    """Record the failure in run.json if possible: the disk may be what failed."""
    if ranks.first:
        with suppress(ArchError):
            folder.note(state="failed")


class _Writing:
    """Writes metrics.csv, and TensorBoard's events, at the end of each epoch."""

    def __init__(self, folder: RunFolder, watcher: Watcher, training: Training, tensorboard: bool) -> None:
        self.folder, self.watcher = folder, watcher
        self.board: Any = None
        if tensorboard:
            from torch.utils.tensorboard import SummaryWriter  # noqa: PLC0415 - an extra

            self.board = SummaryWriter(str(folder.path / "tensorboard"), purge_step=training.position.updates)

    def step(self, training: Training, images: int) -> None:
        self.watcher.step(training, images)

    def epoch(self, training: Training, row: Row) -> None:
        self.folder.record(training.history)
        if self.board is not None:
            for name in ("lr", "train_loss", "train_accuracy", "loss", "accuracy"):
                self.board.add_scalar(name, row[name], row["updates"])
            self.board.flush()
        self.watcher.epoch(training, row)


def _publish(training: Training, publish: Publish, path: Path) -> None:
    weights = training.weights()
    if training.ranks.first:
        try:
            publish(weights, path)
        except OSError as error:
            raise unwritable(path, error) from None
    training.ranks.barrier()


@torch.no_grad()
def _restore(training: Training, weights: Mapping[str, Tensor]) -> None:
    """Load the best weights into the module, to evaluate them."""
    training.average = None
    if training.recipe.distributed.strategy == "fsdp":
        from torch.distributed.checkpoint.state_dict import StateDictOptions, set_model_state_dict  # noqa: PLC0415

        set_model_state_dict(training.raw, dict(weights), options=StateDictOptions(full_state_dict=True))
    else:
        training.raw.load_state_dict(weights)


def _facts(training: Training) -> dict[str, Any]:
    import numpy as np  # noqa: PLC0415

    sets = training.sets
    normalise = training.recipe.data.normalise
    return {
        "data": {
            "name": sets.name,
            "train": len(sets.train),
            "judged": len(sets.validation),
            "judged_on": sets.judged,
            "test": len(sets.test),
            "classes": list(sets.classes),
            "values": normalise if isinstance(normalise, str) else "given",
            "mean": [round(value, 6) for value in training.normalise.mean.flatten().tolist()],
            "std": [round(value, 6) for value in training.normalise.std.flatten().tolist()],
            "notes": list(sets.notes),
            "fingerprint": training.data,
        },
        "seed": training.recipe.seed,
        "device": described(training.device),
        "precision": training.precision,
        "ranks": training.ranks.world,
        "versions": {
            "archc": VERSION,
            "torch": str(torch.__version__),
            "numpy": np.__version__,
            "python": platform.python_version(),
        },
    }


def _result(training: Training, test: Figures | None, seconds: float) -> dict[str, Any]:
    best, history = training.best, training.history
    return {
        "epochs": len(history),
        "updates": training.position.updates,
        "best_epoch": best.epoch + 1,
        "best_accuracy": best.accuracy if best.epoch >= 0 else None,
        "best_loss": best.loss if best.epoch >= 0 else None,
        "test_accuracy": test.accuracy if test is not None else None,
        "test_loss": test.loss if test is not None else None,
        "seconds": round(max(seconds, sum(row["seconds"] for row in history)), 1),
    }


def _draw(training: Training, folder: RunFolder, test: Figures) -> None:
    from archc.train import curves  # noqa: PLC0415 - matplotlib takes half a second

    drawn = {"curves.png": curves.curves({folder.path.name: training.history}, training.sets.judged)}
    classes = training.sets.classes
    if test.confusion is not None and 1 < len(classes) <= MOST_DRAWN:
        title = f"{training.sets.name}, test: {test.accuracy:.2%}"
        drawn["confusion.png"] = curves.confusion(test.confusion.tolist(), classes, title)
    for name, content in drawn.items():
        try:
            write_bytes(folder.path / name, content)
        except OSError as error:
            raise unwritable(folder.path / name, error) from None


def _uncompiled(error: RuntimeError) -> ArchError | None:
    """The error of torch.compile, which needs a C++ compiler on a CPU and Triton on a GPU; None for other errors."""
    if not type(error).__module__.startswith(("torch._inductor", "torch._dynamo")):
        return None
    reason = " ".join(str(error).split())[:160]
    return ArchError([Diagnostic(Code.CANNOT_COMPILE, f"torch.compile failed: {reason}", help="set compile=no")])


def _lost(error: RuntimeError, training: Training) -> ArchError | None:
    """The error on this rank if another rank is gone; None for other errors."""
    if training.ranks.world == 1 or not any(words in str(error) for words in ("gloo", "NCCL", "TCPStore")):
        return None
    message = f"rank {training.ranks.rank} lost the connection to the others"
    return ArchError([Diagnostic(Code.LOST_RANK, message, help="--resume goes on from the newest checkpoint")])


def _single(error: ValueError) -> ArchError | None:
    """torch's error for a norm that sees one value of each channel, which only the run shows; None for other errors.

    It happens with smaller images in a part of the run, and with a last image that is evaluated alone.
    """
    if "more than 1 value per channel" not in str(error):
        return None
    message = "a batch norm sees a single value of each channel; minus its own mean, that is 0"
    help_text = "a larger batch or eval_batch, or larger images in `progressive`"
    return ArchError([Diagnostic(Code.BAD_RUN, message, help=help_text)])


def _memory(error: RuntimeError, training: Training) -> ArchError | None:
    """The allocator's error as a diagnostic; None for other errors."""
    if not isinstance(error, torch.OutOfMemoryError) and not any(words in str(error) for words in OUT_OF_MEMORY):
        return None
    recipe = training.recipe
    part = recipe.batch // (recipe.accumulate * training.ranks.world)
    help_text = f"accumulate={2 * recipe.accumulate} halves what is computed at once, and what batch norm sees"
    message = f"{described(training.device)} ran out of memory with {part} images at once"
    return ArchError(
        [Diagnostic(Code.OUT_OF_MEMORY, message, help=f"{help_text}; or a smaller batch, or precision=bf16")]
    )
