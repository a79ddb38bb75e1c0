"""What a call in another tool's words means here, said and proposed."""

import re
from collections.abc import Sequence
from dataclasses import replace

from archc.diagnostics import Edit, Fix
from archc.elaborate.foreign import Reading, read, readings
from archc.elaborate.keras import KERAS
from archc.elaborate.pytorch import PYTORCH
from archc.ops import Op, Shape
from archc.syntax import ast

# torch.nn's layers of the same names here, and what their arguments are called.
TORCHS = {
    **{"conv": "Conv{n}d", "tconv": "ConvTranspose{n}d", "fc": "Linear", "maxpool": "MaxPool{n}d"},
    **{"avgpool": "AvgPool{n}d", "bn": "BatchNorm{n}d", "gn": "GroupNorm", "instancenorm": "InstanceNorm{n}d"},
    **{"prelu": "PReLU", "softmax": "Softmax", "log_softmax": "LogSoftmax", "glu": "GLU", "flatten": "Flatten"},
    **{"ln": "LayerNorm", "lrn": "LocalResponseNorm"},
}
TOOLS = {
    **dict.fromkeys(("nn", "torch", "F"), (PYTORCH,)),
    **dict.fromkeys(("layers", "keras", "tf"), (KERAS,)),
}
WORD = re.compile(r"\w+")
LABELLED = re.compile(r"self\.(\w+)[ \t]*=")
ARGUMENTS = {"kernel": "kernel_size", "channels": "out_channels", "units": "out_features", "pad": "padding"}


def in_torchs_order(call: ast.Call, shape: Shape | None) -> Reading | None:
    """A layer of this language with the arguments of PyTorch's: `conv 32, 64, 3` is of `Conv2d(32, 64, 3)`."""
    if call.name not in TORCHS:
        return None
    rank = max(len(shape) - 1, 1) if shape is not None else 2
    named = [replace(one, name=ARGUMENTS.get(one.name or "", one.name)) for one in call.arguments]
    return read(replace(call, arguments=tuple(named)), shape, PYTORCH, TORCHS[call.name].replace("{n}", str(rank)))


def meanings(call: ast.Call, shape: Shape | None) -> list[Reading]:
    """What PyTorch and Keras mean by a call on a value of this shape; [] where neither takes it.

    The modules before a name, as in `nn.Dropout(0.5)` and `layers.Dropout(0.5)`, say which of them is meant.
    """
    before = WORD.findall(call.name_span.text)[:-1]
    return readings(call, shape, next((TOOLS[word] for word in before if word in TOOLS), (PYTORCH, KERAS)))


def pasted(call: ast.Call) -> bool:
    """Whether a call stands for a line of Python that makes a layer: `x = F.relu(x)`, `model.add(Dense(10))`."""
    head = call.name_span.text
    return "=" in head or "(" in head


def meant(found: Sequence[Reading]) -> tuple[Op, ...]:
    """The layers of the first meaning; () where there is none."""
    return next((reading.ops for reading in found if reading.ops), ())


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
    named = LABELLED.match(call.name_span.text)
    label = f"{named[1]}: " if named else ""
    return tuple(
        Fix(f"{whose if apart else ''}write `{label}{text}`", (Edit(call.span, label + text),))
        for text, whose in texts.items()
    )
