"""The meanings of a call in PyTorch and in Keras, for archc.elaborate.reader."""

import re
from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache

from archc.elaborate.advice.python_values import Misread, Python
from archc.elaborate.reader import Reading
from archc.frameworks.calls import Framework, Given, NoEquivalent
from archc.frameworks.inverse import PYTORCH, TORCH, constructors
from archc.frameworks.keras import KERAS
from archc.ops import OPS, InvalidFields, OpError, Shape
from archc.syntax import ast

# The modules before a name, as in `nn.Dropout(0.5)`, name its framework.
MODULES: Mapping[str, tuple[Framework, ...]] = {
    **dict.fromkeys(("nn", "torch", "F"), (PYTORCH,)),
    **dict.fromkeys(("layers", "keras", "tf"), (KERAS,)),
}
WORD = re.compile(r"\w+")


def meanings(call: ast.Call, shape: Shape | None) -> list[Reading]:
    """The meaning of a call in each framework, on a value of this shape; empty if no framework takes it."""
    before = WORD.findall(call.name_span.text)[:-1]
    function = f"{before[-1]}.{call.name}" if before else ""
    if function in TORCH.parameters:  # the defaults of a function may differ from those of its module
        reading = _read(TORCH, function, call, shape)
        return [] if reading is None else [reading]
    frameworks = next((MODULES[word] for word in before if word in MODULES), (PYTORCH, KERAS))
    names = {framework: framework.spelled(call.name) for framework in frameworks}
    if call.name in names.values():
        names = {framework: name for framework, name in names.items() if name == call.name}
    found = [_read(framework, name, call, shape) for framework, name in names.items() if name is not None]
    return [reading for reading in found if reading is not None]


def in_torchs_order(call: ast.Call, shape: Shape | None) -> Reading | None:
    """A layer of archc with PyTorch's arguments by position: `conv 32, 64, 3` as `Conv2d(32, 64, 3)`."""
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
    """The meaning in one framework; None if it takes no such call."""
    if framework.parameters[name] is None:
        return Reading(framework.name, name, refusal="has no equal here")
    try:
        given = framework.given(name, call.arguments, shape or ())
    except Misread:
        return None
    if shape is None:
        return Reading(
            framework.name, name, refusal="depends on its input, which is unknown because of the mistakes before it"
        )
    return _answer(framework, name, shape, tuple((key, type(value), value) for key, value in given.values.items()))


@lru_cache(1024)  # every fix that is tried reads the same calls
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
    except NoEquivalent as reason:
        return Reading(framework.name, name, refusal=str(reason))
    except (OpError, InvalidFields) as error:
        told = error.message if isinstance(error, OpError) else error.errors[0].message
        return Reading(framework.name, name, refusal=f"does not fit: {told}")
    return Reading(framework.name, name, ops)
