"""`archc demo`: a network from its table to trained weights, with the command that each step stands for."""

# ruff: noqa: PLC0415  (what a command alone needs is imported when it runs)

from __future__ import annotations

from itertools import chain, count
from pathlib import Path
from typing import Annotated

import typer

NET = """\
# digits.arch: a small convolutional network for 8x8 digits
net digits(classes=10) {
  input 8x8x1
  conv 3x3, 32, pad=1, bias=no -> bn -> relu      => 8x8x32
  conv 3x3, 32, pad=1, bias=no -> bn -> relu
  maxpool 2x2/2                                   => 4x4x32
  conv 3x3, 64, pad=1, bias=no -> bn -> relu
  maxpool 2x2/2                                   => 2x2x64
  flatten -> dropout 0.2 -> fc classes -> softmax => 10
  expect params = 30.8K
}
"""
# One thread is the quickest for a net this small, on a machine with other things to do above all.
SETTINGS = ["epochs=15", "batch=64", "optimizer.lr=0.005"]


def demo(
    folder: Annotated[
        Path | None, typer.Argument(metavar="FOLDER", help="A folder to make for the files; archc-demo without it.")
    ] = None,
    seed: Annotated[
        int, typer.Option("--seed", metavar="N", min=0, help="Of the weights and the order of the images.")
    ] = 0,
) -> int:
    """Check, draw, train, export and ask a small network. On handwritten digits: a minute, no download."""
    import gc

    from archc.cli import terminal
    from archc.cli.app import run
    from archc.cli.missing_packages import lacking
    from archc.files import write_text

    absent = lacking("demo")
    if absent is not None:
        terminal.err(f"archc: {absent}")
        return 2
    if folder is None:
        folder = _unused(Path("archc-demo"))
    elif folder.exists():
        terminal.note(f"archc: `{folder}` is there already; name another folder: archc demo FOLDER")
        return 2
    gc.enable()
    folder.mkdir(parents=True)
    write_text(folder / "digits.arch", NET)
    terminal.out(f"$ cat {folder}/digits.arch\n{NET}")
    settings = [word for one in (*SETTINGS, f"seed={seed}") for word in ("--set", one)]
    net, weights = f"{folder}/digits.arch", f"{folder}/run/best.safetensors"
    _pictures(folder / "pictures")
    for command in (
        ["check", net],
        ["draw", net, "-o", f"{folder}/digits.svg"],
        ["train", net, "--data", "digits", *settings, "--threads", "1", "--out", f"{folder}/run"],
        ["export", net, "-o", f"{folder}/digits.py"],
        ["export", net, "--weights", weights, "-o", f"{folder}/digits.onnx"],
        ["predict", f"{folder}/digits.onnx", f"{folder}/pictures"],
    ):
        terminal.out(f"$ archc {' '.join(command)}")
        code = run(command)
        terminal.out("")
        if code:
            return code
    terminal.out(
        f"{folder}/digits.svg is the picture, {folder}/digits.onnx the network with its weights, digits.py without;\n"
        f"{folder}/run has the weights, their card (README.md) and how it went (curves.png). The pictures' names are\n"
        "the digits that they show."
    )
    return 0


def _unused(folder: Path) -> Path:
    """The folder, or where it is there `archc-demo-2` and so on."""
    others = (folder.with_name(f"{folder.name}-{number}") for number in count(2))
    return next(one for one in chain([folder], others) if not one.exists())


def _pictures(folder: Path) -> None:
    """A test image of each digit, named by what it shows."""
    from PIL import Image
    from torch import Tensor

    from archc.train.data.digits import read_digits
    from archc.train.recipe import Data

    folder.mkdir()
    test = read_digits(Data()).test
    assert isinstance(test.images, Tensor)
    for digit in range(10):
        number = test.labels.tolist().index(digit)
        Image.fromarray(test.images[number, 0].numpy()).save(folder / f"{digit}.png")
