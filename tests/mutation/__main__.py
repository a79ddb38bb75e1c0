"""`python -m tests.mutation`: how many small wrong edits of the compiler the tests notice.

Prints a row for each group; with --log, a line for each survivor that survivors.txt does not explain goes there.
"""

import argparse
import os
import random
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ["CI"] = "true"  # Hypothesis draws the same every time

from tests.mutation import survivors
from tests.mutation.groups import GROUPS, ROOT, Group, of
from tests.mutation.operators import Mutant
from tests.mutation.trials import OPTIONS, Trials, compiled, forked, kills_anew

ENOUGH = 0.85


def tried(group: Group, chosen: Sequence[Mutant]) -> list[Mutant]:
    """The survivors."""
    left: list[tuple[int, list[str]]] = []
    alive: list[int] = []

    def hot() -> object:
        def work(trials: Trials) -> None:
            known = trials.known()
            for at, mutant in enumerate(chosen):
                names = known.tests(mutant)
                killed = None
                if mutant.hot:
                    killed = trials.kills(mutant, *compiled(mutant, texts=group.texts), names)
                if killed is None or (not killed and (mutant.module, mutant.place) in known.early):
                    left.append((at, names))
                elif not killed:
                    alive.append(at)

        tests = [str(ROOT / name) for name in group.tests]
        pytest.main([*OPTIONS, "--rootdir", str(ROOT), *tests], plugins=[Trials(work, [m.module for m in chosen])])
        return alive, left

    alive, left = forked(hot, limited=False)
    for at, names in left:
        mutant = chosen[at]
        if not kills_anew(mutant, compiled(mutant, texts=group.texts)[1], names):
            alive.append(at)
    return [chosen[at] for at in sorted(alive)]


def main() -> int:
    """0 where each group loses enough of its mutants and every survivor is explained."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutation")
    parser.add_argument("--only", default="*", help="modules whose path fits this pattern")
    parser.add_argument("--sample", type=int, default=0, help="as many mutants of each group, drawn at random; 0: all")
    parser.add_argument("--seed", type=int, default=8)
    parser.add_argument("--of", type=Path, help="only the mutants that this file, a log, names")
    parser.add_argument("--log", type=Path, help="where the survivors without a reason are written")
    asked = parser.parse_args()
    for name in ("numpy", "onnx", "onnxruntime", "torch", "torch.utils.flop_counter", "pydantic", "hypothesis", "lark"):
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
        chosen = random.Random(asked.seed).sample(every, asked.sample) if 0 < asked.sample < len(every) else every
        start = time.monotonic()
        alive = tried(group, chosen)
        share = 1 - len(alive) / len(chosen)
        listed = [one for one in alive if one.key in reasons]
        unlisted += [one for one in alive if one.key not in reasons]
        row = f"{len(every):>8,}{len(chosen):>8,}{len(chosen) - len(alive):>8,}{share:>8.1%}{len(listed):>8,}"
        print(f"{group.name:32}{row}{time.monotonic() - start:>9.0f}", flush=True)
        bad |= share < ENOUGH
    text = "".join(f"{one.key}\n" for one in unlisted)
    if asked.log:
        asked.log.write_text(text, "utf-8")
    elif unlisted:
        sys.stderr.write(f"survivors that survivors.txt does not explain:\n{text}")
    return int(bad or bool(unlisted))


if __name__ == "__main__":
    sys.exit(main())
