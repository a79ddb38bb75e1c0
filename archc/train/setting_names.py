"""Settings of a recipe under names that they do not have, such as `--learning-rate 0.1` on a command line."""

from collections.abc import Mapping
from types import MappingProxyType

from archc.diagnostics import ArchError
from archc.spelling import close_words
from archc.train.recipe_errors import meant_word, setting_paths
from archc.train.settings import assigned, recipe_of

# What other tools call a setting.
ELSEWHERE: Mapping[str, str] = MappingProxyType(
    {
        **dict.fromkeys(("learning_rate", "lr0", "base_lr"), "optimizer.lr"),
        **dict.fromkeys(("wd", "decay", "l2"), "optimizer.weight_decay"),
        **dict.fromkeys(("batch_size", "bs", "b"), "batch"),
        **dict.fromkeys(("epoch", "num_epochs", "max_epochs", "n_epochs"), "epochs"),
        **dict.fromkeys(("opt", "optim"), "optimizer.name"),
        **dict.fromkeys(("scheduler", "lr_scheduler", "sched"), "schedule.name"),
        **dict.fromkeys(("criterion", "objective"), "loss.name"),
        **dict.fromkeys(("amp", "dtype", "mixed_precision"), "precision"),
        **dict.fromkeys(("val_split", "validation_split"), "data.validation"),
        **dict.fromkeys(("num_workers", "j"), "data.workers"),
        "random_state": "seed",
    }
)


def named(word: str) -> bool:
    """Whether a word is a setting's last name, or what other tools call one."""
    return _plain(word) in {*ELSEWHERE, *_known()}


def setting(word: str, value: str | None) -> str | None:
    """`optimizer.lr=0.1` for `learning-rate` and `0.1`; None where no setting is like it.

    value: what was given, or None. It is replaced by the word that was probably meant where the setting takes words,
    and left out where the setting does not take it.
    """
    known = {**_known(), **ELSEWHERE}
    close = close_words(_plain(word), known, least=0.75)
    if not close:
        return None
    path = known[close[0]]
    for one in ("yes", "…") if value is None else (value, meant_word(path, value)):
        if one and _fits(f"{path}={one}"):
            return f"{path}={one}"
    return f"{path}=…"


def _plain(word: str) -> str:
    return word.lower().replace("-", "_")


def _known() -> dict[str, str]:
    """Full names of settings by what they may be called: a table for its `name`, or the last part of one."""
    paths = setting_paths()
    tables = {path.partition(".")[0]: path for path in paths if path.endswith(".name")}
    ends = {path.rpartition(".")[2]: path for path in reversed(paths)}  # of two, that which stands first
    return {**{path.replace(".", "_"): path for path in paths}, **ends, **tables}


def _fits(text: str) -> bool:
    try:
        recipe_of(assigned([text]))
    except ArchError:
        return False
    return True
