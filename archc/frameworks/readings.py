"""What PyTorch and Keras mean by a call, as archc.elaborate.reader asks."""

import re
from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache

from archc.elaborate.advice.python_values import Misread, Python
from archc.elaborate.reader import Reading
from archc.frameworks.calls import Framework, Given, Unsaid
from archc.frameworks.inverse import PYTORCH, TORCH, constructors
from archc.frameworks.keras import KERAS
from archc.ops import OPS, InvalidFields, OpError, Shape
from archc.syntax import ast

# The modules before a name, as in `nn.Dropout(0.5)`, say which framework is meant.
MODULES: Mapping[str, tuple[Framework, ...]] = {
    **dict.fromkeys(("nn", "torch", "F"), (PYTORCH,)),
    **dict.fromkeys(("layers", "keras", "tf"), (KERAS,)),
}
WORD = re.compile(r"\w+")


def meanings(call: ast.Call, shape: Shape | None) -> list[Reading]:
    """What each framework means by a call on a value of this shape; [] where none takes it."""
    before = WORD.findall(call.name_span.text)[:-1]
    function = f"{before[-1]}.{call.name}" if before else ""
    if function in TORCH.parameters:  # its defaults may differ from those of the module
        reading = _read(TORCH, function, call, shape)
        return [] if reading is None else [reading]
    frameworks = next((MODULES[word] for word in before if word in MODULES), (PYTORCH, KERAS))
    asked = {framework: framework.spelled(call.name) for framework in frameworks}
    if call.name in asked.values():
        asked = {framework: name for framework, name in asked.items() if name == call.name}
    found = [_read(framework, name, call, shape) for framework, name in asked.items() if name is not None]
    return [reading for reading in found if reading is not None]


def in_torchs_order(call: ast.Call, shape: Shape | None) -> Reading | None:
    """A layer of this language with the arguments of PyTorch's: `conv 32, 64, 3` is of `Conv2d(32, 64, 3)`."""
    if call.name not in OPS:  # a parameter that stands for a layer
        return None
    rank = max(len(shape) - 1, 1) if shape is not None else 2
    aliases = {field.alias: name for name, field in OPS[call.name].fields.items() if field.alias}
    arguments = tuple(replace(one, name=aliases.get(one.name or "", one.name)) for one in call.arguments)
    named = replace(call, arguments=arguments)
    found = [_read(PYTORCH, name, named, shape) for name in constructors(call.name, rank)]
    taken = [reading for reading in found if reading is not None]
    return next((reading for reading in taken if reading.ops), taken[0] if taken else None)


def _read(framework: Framework, name: str, call: ast.Call, shape: Shape | None) -> Reading | None:
    """None where the framework takes no such call."""
    if framework.parameters[name] is None:
        return Reading(framework.name, name, refusal="has no equal here")
    try:
        given = framework.given(name, call.arguments, shape or ())
    except Misread:
        return None
    if shape is None:
        return Reading(framework.name, name, refusal="depends on what flows in, which the mistakes before it hide")
    return _answer(framework, name, shape, tuple((key, type(value), value) for key, value in given.values.items()))


@lru_cache(1024)  # every fix that is tried reads the calls again
def _answer(
    framework: Framework, name: str, shape: Shape, values: tuple[tuple[str, type, Python], ...]
) -> Reading | None:
    try:
        ops = tuple(framework.layers(Given(name, shape, {key: value for key, _, value in values})))
        flows = shape
        for op in ops:
            flows = op.output((flows,))
    except Misread:
        return None
    except Unsaid as reason:
        return Reading(framework.name, name, refusal=str(reason))
    except (OpError, InvalidFields) as error:
        told = error.message if isinstance(error, OpError) else error.errors[0].message
        return Reading(framework.name, name, refusal=f"does not fit: {told}")
    return Reading(framework.name, name, ops)
