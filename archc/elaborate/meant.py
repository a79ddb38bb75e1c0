"""What a call in another tool's words means here, said and proposed."""

from collections.abc import Sequence

from archc.diagnostics import Edit, Fix
from archc.elaborate.foreign import Reading, readings
from archc.elaborate.keras import KERAS
from archc.elaborate.pytorch import PYTORCH
from archc.ops import Shape
from archc.syntax import ast


def meanings(call: ast.Call, shape: Shape | None) -> list[Reading]:
    """What PyTorch and Keras mean by a call on a value of this shape; [] where neither takes it."""
    return readings(call, shape, (PYTORCH, KERAS))


def said(found: Sequence[Reading]) -> str:
    """``PyTorch's `ELU` is `elu 0.5```: each meaning, and each reason why there is none."""
    groups: dict[str, list[Reading]] = {}
    for reading in found:
        groups.setdefault(reading.refusal or f"is `{reading.text}`", []).append(reading)
    sentences = []
    for text, of in groups.items():
        whose = " and ".join(f"{reading.tool}'s" for reading in of)
        sentences.append(f"{whose} `{of[0].name}` {text}")
    return "; ".join(sentences)


def translations(call: ast.Call, found: Sequence[Reading]) -> tuple[Fix, ...]:
    """A fix for each meaning. Where the tools differ, each says whose it is."""
    texts: dict[str, str] = {}
    for reading in found:
        if reading.ops:
            texts.setdefault(reading.text, f"as {reading.tool} means it, ")
    apart = len(texts) > 1
    return tuple(
        Fix(f"{whose if apart else ''}write `{text}`", (Edit(call.span, text),)) for text, whose in texts.items()
    )
