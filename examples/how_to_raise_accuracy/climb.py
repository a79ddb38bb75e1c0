"""Train every rung of the ladder and draw the comparison.

python climb.py                                   handwritten digits, small nets, minutes on a laptop
python climb.py --data cifar10 --width 64 --set batch=256 --gpu   as it is taught, where the data is
"""

import argparse
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
DEEP, DEEPER = ["stages=3", "count=3"], ["stages=4", "count=3", "activation=relu"]

# The rung, parameters of the net, settings of the recipe.
RUNGS: list[tuple[str, list[str], list[str]]] = [
    ("2-sigmoid", ["stages=2"], []),
    ("3-sigmoid", ["stages=3"], []),
    ("3-relu", ["stages=3", "activation=relu"], []),
    ("9-sigmoid", DEEP, []),
    ("9-relu", [*DEEP, "activation=relu"], []),
    ("12-relu", DEEPER, []),
    ("12-relu-lr", DEEPER, ["optimizer.lr=1e-4"]),
    ("12-relu-he", DEEPER, ["init=he_normal"]),
    ("12-silu", ["stages=4", "count=3", "activation=silu"], []),
    ("12-relu-skip", [*DEEPER, "skip=yes"], []),
    ("12-relu-bn", [*DEEPER, "norm=yes"], []),
    ("12-relu-bn-augmented", [*DEEPER, "norm=yes"], ["augment.shift=2", "schedule=one_cycle", "optimizer.lr=3e-3"]),
]


def archc(*words: str) -> int:
    print("$ archc", *words, flush=True)
    return subprocess.run([sys.executable, "-m", "archc", *words], check=False).returncode


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", default="digits")
    parser.add_argument("--width", default="8", help="64 as it is taught")
    parser.add_argument("--input", default=None, help="images' size: 16x16 for digits, else 32x32")
    parser.add_argument("--out", default="ladder-runs", help="a folder that is not there yet")
    parser.add_argument("--gpu", action="store_true")
    parser.add_argument("--set", action="append", default=[], help="a setting of every rung: epochs=40")
    given = parser.parse_args()
    size = given.input or ("16x16" if given.data == "digits" else "32x32")
    for name, params, settings in RUNGS:
        words = ["train", str(HERE / "ladder.arch"), "--recipe", str(HERE / "taught.toml"), "--data", given.data]
        words += ["--input", size, "--out", f"{given.out}/{name}", *(["--gpu"] if given.gpu else [])]
        words += [word for one in (f"width={given.width}", *params) for word in ("-p", one)]
        words += [word for one in (*settings, *given.set) for word in ("--set", one)]
        if archc(*words):
            return 1
    return archc("runs", given.out, "-o", f"{given.out}/ladder.png")


if __name__ == "__main__":
    sys.exit(main())
