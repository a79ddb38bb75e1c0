"""Settings under other names than the recipe's, such as `--learning-rate 0.1` on a command line."""

from collections.abc import Mapping
from types import MappingProxyType

from archc.diagnostics import ArchError
from archc.spelling import close_words
from archc.train.recipe_errors import closest_word, setting_paths
from archc.train.settings import assigned, recipe_of

# The names of settings in other tools.
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
    """Whether a word is the last part of a setting's name, or the name of one in other tools."""
    return _plain(word) in {*ELSEWHERE, *_known()}


def setting(word: str, value: str | None) -> str | None:
    """`optimizer.lr=0.1` for `learning-rate` and `0.1`; None if no setting has a similar name.

    value: what was given, or None. If the setting takes words, the closest one replaces it; if the setting does not
    take the value, it is left out.
    """
    known = {**_known(), **ELSEWHERE}
    close = close_words(_plain(word), known, least=0.75)
    if not close:
        return None
    path = known[close[0]]
    for one in ("yes", "…") if value is None else (value, closest_word(path, value)):
        if one and _fits(f"{path}={one}"):
            return f"{path}={one}"
    return f"{path}=…"


def _plain(word: str) -> str:
    return word.lower().replace("-", "_")


def _known() -> dict[str, str]:
    """Full names of settings by their other names: a table for its `name`, or the last part of a name."""
    paths = setting_paths()
    tables = {path.partition(".")[0]: path for path in paths if path.endswith(".name")}
    ends = {path.rpartition(".")[2]: path for path in reversed(paths)}  # the first one wins
    return {**{path.replace(".", "_"): path for path in paths}, **ends, **tables}


def _fits(text: str) -> bool:
    try:
        recipe_of(assigned([text]))
    except ArchError:
        return False
    return True
