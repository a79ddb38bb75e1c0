"""A layer lowered to PyTorch: the module that it owns, if any, and the expression that applies it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from archc.backends.lowering_table import LoweringTable
from archc.ops import Inputs, Shape

Literal = int | float | bool | str | None | tuple["Literal", ...]


@dataclass(frozen=True, slots=True)
class Code:
    """An expression of the constructor's arguments: `4 * width`."""

    text: str


@dataclass(frozen=True, slots=True)
class Argument:
    """An argument of a constructor. name: the name of its parameter, also where it is positional. An argument that
    equals its `default` is not written."""

    name: str
    value: "Literal | Call | Code"
    keyword: bool = True
    default: Literal | type[Code] = Code  # Code: it has none


@dataclass(frozen=True, slots=True)
class Call:
    """`nn.Conv2d(3, 64, 7, stride=2, padding=3)`. only_if: a condition; where it is false, nn.Identity() is used."""

    callee: str
    arguments: tuple[Argument, ...] = ()
    only_if: "Code | None" = None


@dataclass(frozen=True, slots=True)
class Lowered:
    """apply: an expression of `{0}`, `{1}` … (the inputs) and `{m}` (the module, where `make` makes one)."""

    apply: str
    make: Call | None = None

    @property
    def is_module(self) -> bool:
        """Whether it is one module applied to one value, and nothing else."""
        return self.make is not None and self.apply == "{m}({0})"


Lowering = Callable[[Any, Inputs, Shape], Lowered]
"""(op, input shapes, output shape) → the lowered layer."""

LOWERINGS: LoweringTable[Lowering] = LoweringTable()
"""Layer → its lowering. `table` imports the modules that fill it."""
lowers = LOWERINGS.lowers


def call(callee: str, *positional: tuple[str, Literal], **keywords: tuple[Literal, Literal]) -> Call:
    """Positional arguments as (name, value), keywords as name=(value, default)."""
    named = [Argument(name, value, default=default) for name, (value, default) in keywords.items()]
    return Call(callee, (*(Argument(name, value, keyword=False) for name, value in positional), *named))


def module(callee: str, *positional: tuple[str, Literal], **keywords: tuple[Literal, Literal]) -> Lowered:
    """A layer that is one module of one input."""
    return Lowered("{m}({0})", call(callee, *positional, **keywords))


def one(values: tuple[int, ...]) -> int | tuple[int, ...]:
    """(3, 3) is 3."""
    return values[0] if len(set(values)) == 1 else values


def torch_pad(borders: tuple[tuple[int, int], ...]) -> tuple[int, ...]:
    """Borders as torch.nn.functional.pad takes them: the last axis first."""
    return tuple(side for border in reversed(borders) for side in border)
