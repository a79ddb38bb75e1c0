"""The layers that a call in another framework's notation means, as help and fixes."""

import re
from collections.abc import Sequence

from archc.diagnostics import Edit, Fix
from archc.elaborate.reader import Reading, readers
from archc.ops import Op, Shape
from archc.syntax import ast

LABELLED = re.compile(r"self\.(\w+)[ \t]*=")


def meanings(call: ast.Call, shape: Shape | None) -> list[Reading]:
    """What other frameworks mean by a call on a value of this shape; [] where none takes it."""
    return [reading for reader in readers for reading in reader.meanings(call, shape)]


def in_torchs_order(call: ast.Call, shape: Shape | None) -> Reading | None:
    """A layer of this language with the arguments of PyTorch's: `conv 32, 64, 3` is of `Conv2d(32, 64, 3)`."""
    return next((reader.in_torchs_order(call, shape) for reader in readers), None)


def is_python(call: ast.Call) -> bool:
    """Whether a call stands for a line of Python that makes a layer: `x = F.relu(x)`, `model.add(Dense(10))`."""
    head = call.name_span.text
    return "=" in head or "(" in head


def first_layers(found: Sequence[Reading]) -> tuple[Op, ...]:
    """The layers of the first meaning; () where there is none."""
    return next((reading.ops for reading in found if reading.ops), ())


def described(found: Sequence[Reading]) -> str:
    """``PyTorch's `ELU` is `elu 0.5```: each meaning, or the reason why there is none."""
    groups: dict[str, list[Reading]] = {}
    for reading in found:
        groups.setdefault(reading.refusal or f"is `{reading.text}`", []).append(reading)
    sentences = []
    for text, of in groups.items():
        whose = " and ".join(f"{reading.framework}'s" for reading in of)
        sentences.append(f"{whose} `{of[0].name}` {text}")
    return "; ".join(sentences)


def translations(call: ast.Call, found: Sequence[Reading]) -> tuple[Fix, ...]:
    """A fix for each meaning, with the framework's name where they differ."""
    texts: dict[str, str] = {}
    for reading in found:
        if reading.ops:
            texts.setdefault(reading.text, f"as {reading.framework} means it, ")
    apart = len(texts) > 1
    named = LABELLED.match(call.name_span.text)
    label = f"{named[1]}: " if named else ""
    return tuple(
        Fix(f"{whose if apart else ''}write `{label}{text}`", (Edit(call.span, label + text),))
        for text, whose in texts.items()
    )
