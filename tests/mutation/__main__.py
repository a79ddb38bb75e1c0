"""`python -m tests.mutation`: how many small wrong edits of the compiler the tests notice.

Prints a row for each group; with --log, a line for each survivor that survivors.txt does not explain goes there.
"""

import argparse
import math
import os
import random
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ["CI"] = "true"  # Hypothesis draws the same every time

from tests.mutation import survivors
from tests.mutation.groups import GROUPS, ROOT, Group, of
from tests.mutation.operators import Mutant
from tests.mutation.trials import OPTIONS, Trials, compiled, kills_anew, spread

ENOUGH = 0.85
AGAIN = 4
# Before the processes part, so that it is not to be done in each: torch's assert_close imports its tensors that are
# spread over machines.
IMPORTED = (
    "hypothesis", "lark", "numpy", "onnx", "onnxruntime", "pydantic", "torch", "torch.distributed.tensor",
    "torch.utils.flop_counter",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Outcome:
    """tried: the mutants that there was time for."""

    tried: list[Mutant]
    survivors: list[Mutant]


def outcome(group: Group, chosen: Sequence[Mutant], jobs: int, minutes: float, seconds: float) -> Outcome:
    """As many mutants, in this order, as the time allows: the ones to be tried in a process of their own go last."""

    def hot(trials: Trials) -> list[Any]:
        known = trials.known()
        end = time.monotonic() + 36 * minutes

        def one(mutant: Mutant) -> tuple[bool | None, list[str], float]:
            names, seconds = known.tests(mutant)
            edited = compiled(mutant, texts=group.texts)
            killed = trials.kills(mutant, *edited, names, seconds) if mutant.hot else None
            early = not killed and (mutant.module, mutant.place) in known.early
            return (None if early else killed), names, seconds

        def some(share: int) -> list[Any]:
            return [(at, *one(chosen[at])) for at in range(share, len(chosen), jobs) if time.monotonic() < end]

        return spread(some, jobs)

    def collected(_: int) -> list[Any]:
        tests = [str(ROOT / name) for name in group.tests]
        trials = Trials(hot, [mutant.module for mutant in chosen], jobs, seconds)
        pytest.main([*OPTIONS, "--rootdir", str(ROOT), *tests], plugins=[trials])
        return trials.found

    found = spread(collected, 1)
    left = [(at, names, seconds) for at, killed, names, seconds in found if killed is None]
    end = time.monotonic() + 24 * minutes

    def anew(share: int) -> list[Any]:
        def kills(mutant: Mutant, names: Sequence[str], seconds: float) -> bool:
            return kills_anew(mutant, compiled(mutant, texts=group.texts)[1], names, seconds)

        return [(at, kills(chosen[at], *of_it)) for at, *of_it in left[share::jobs] if time.monotonic() < end]

    verdicts = {at: killed for at, killed, *_ in found if killed is not None} | dict(spread(anew, jobs))
    tried = sorted(verdicts)
    return Outcome([chosen[at] for at in tried], [chosen[at] for at in tried if not verdicts[at]])


def main() -> int:
    """0 where each group loses enough of its mutants and every survivor is explained."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutation")
    parser.add_argument("--only", default="*", help="modules whose path fits this pattern")
    parser.add_argument("--sample", type=int, default=0, help="as many mutants of each group, drawn at random; 0: all")
    parser.add_argument("--minutes", type=float, default=math.inf, help="as many of a group, drawn at random, as fit")
    parser.add_argument("--seed", type=int, default=8)
    parser.add_argument("--of", type=Path, help="only the mutants that this file, a log, names")
    parser.add_argument("--seconds", type=float, default=16.0, help="of the processor, for the tests of a mutant")
    parser.add_argument("--tests", nargs="+", help="these files instead of a group's own, which take longer")
    parser.add_argument("--log", type=Path, help="where the survivors without a reason are written")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="side by side; as many as processors")
    asked = parser.parse_args()
    for name in IMPORTED:
        __import__(name)
    os.chdir(ROOT)
    reasons = survivors.read()
    named = set(asked.of.read_text("utf-8").splitlines()) if asked.of else None
    print(f"{'':32}{'mutants':>8}{'tried':>8}{'killed':>8}{'':>8}{'listed':>8}{'seconds':>9}", flush=True)
    bad = False
    unlisted: list[Mutant] = []
    for group in GROUPS:
        every = [one for one in of(group, asked.only) if named is None or one.key in named]
        if not every:
            continue
        start = time.monotonic()
        chosen = random.Random(asked.seed).sample(every, min(asked.sample or len(every), len(every)))
        judges = replace(group, tests=tuple(asked.tests)) if asked.tests else group
        found = outcome(judges, chosen, asked.jobs, asked.minutes, asked.seconds)
        tried, alive = len(found.tried), found.survivors
        unexplained = [one for one in alive if one.key not in reasons]
        if unexplained:  # by more of the tests, the slower ones
            stay = outcome(judges, unexplained, asked.jobs, math.inf, AGAIN * asked.seconds).survivors
            alive = [one for one in alive if one.key in reasons or one in stay]
        share = (tried - len(alive)) / max(1, tried)
        listed = [one for one in alive if one.key in reasons]
        unlisted += [one for one in alive if one.key not in reasons]
        row = f"{len(every):>8,}{tried:>8,}{tried - len(alive):>8,}{share:>8.1%}{len(listed):>8,}"
        print(f"{group.name:32}{row}{time.monotonic() - start:>9.0f}", flush=True)
        bad |= not tried or share < ENOUGH
    text = "".join(f"{one.key}\n" for one in unlisted)
    if asked.log:
        asked.log.write_text(text, "utf-8")
    elif unlisted:
        sys.stderr.write(f"survivors that survivors.txt does not explain:\n{text}")
    return int(bad or bool(unlisted))


if __name__ == "__main__":
    sys.exit(main())
