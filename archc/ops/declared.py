"""Declaration of a layer's fields: an annotation with a check, and a default.

    kernel_size: Extent = field(alias="kernel")
    stride: Extent = 1

`Extent` is `Annotated[int | tuple[int, ...], extent]`: the type of the value, then the function that turns what a
source gives into the value. It raises ValueError with the rest of a sentence: "must be at least 1, not 0".
"""

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType, UnionType
from typing import (
    Annotated,
    Any,
    ClassVar,
    NamedTuple,
    NoReturn,
    Self,
    Union,
    dataclass_transform,
    get_args,
    get_origin,
)

REQUIRED: Any = object()


class Default(NamedTuple):
    """The result of `field(…)`: a default and an alias."""

    value: Any
    alias: str | None


def field(default: Any = REQUIRED, *, alias: str | None = None) -> Any:
    """A field with the shorter name that sources use."""
    return Default(default, alias)


class Field(NamedTuple):
    """A field of a layer. kind: the type of its value, without None where it is optional."""

    name: str
    alias: str | None
    default: Any
    kind: Any
    optional: bool
    checks: tuple[Callable[[Any], Any], ...]

    @property
    def required(self) -> bool:
        return self.default is REQUIRED

    def checked(self, value: object) -> Any:
        """The checked value. Raises ValueError with a message for the user."""
        if value is None and self.optional:
            return None
        for check in self.checks:
            value = check(value)
        return value


class FieldError(NamedTuple):
    """The error of a field; `field` is "" where several fields contradict each other."""

    field: str
    message: str
    missing: bool = False


class InvalidFields(ValueError):
    """A layer with invalid fields. errors: one for each field at fault."""

    def __init__(self, errors: tuple[FieldError, ...]) -> None:
        super().__init__("; ".join(f"{error.field} {error.message}".strip() for error in errors))
        self.errors = errors


@dataclass_transform(kw_only_default=True, frozen_default=True, field_specifiers=(field,))
class Declaring(type):
    """Collects the fields of a class from its annotations, those of its base first."""

    def __init__(cls, name: str, bases: tuple[type, ...], namespace: dict[str, Any]) -> None:
        super().__init__(name, bases, namespace)
        kinds: dict[str, Any] = cls.__annotations__
        own = {name: _field(cls, name, kind) for name, kind in kinds.items() if get_origin(kind) is not ClassVar}
        cls.fields: Mapping[str, Field] = MappingProxyType({**getattr(cls, "fields", {}), **own})


class Declared(metaclass=Declaring):
    """A frozen object whose subclasses declare fields; equal where class and values are."""

    fields: ClassVar[Mapping[str, Field]]
    """All fields by name, in the order of their declaration."""

    def __init__(self, **given: Any) -> None:
        """given: fields by name or by alias. Raises InvalidFields."""
        errors = [*self._read(given)] or [*self._disagreements()]
        if errors:
            raise InvalidFields(tuple(errors))

    def _read(self, given: dict[str, Any]) -> Iterator[FieldError]:
        values, named = self.__dict__, []
        for name, declared in self.fields.items():
            key = name if name in given else declared.alias
            if key in given:
                named.append(name)
                try:
                    values[name] = declared.checked(given.pop(key))
                except ValueError as error:
                    yield FieldError(name, str(error))
            elif declared.required:
                yield FieldError(name, "is needed", missing=True)
            else:
                values[name] = declared.default
        values["_given"] = frozenset(named)
        aliases = {declared.alias for declared in self.fields.values()}
        yield from (FieldError(name, "is given twice" if name in aliases else "is no field") for name in given)

    def _disagreements(self) -> Iterator[FieldError]:
        try:
            self.check()
        except ValueError as error:
            yield FieldError("", str(error))

    def check(self) -> None:
        """Raises ValueError where fields contradict each other."""

    @property
    def given(self) -> frozenset[str]:
        """The names of the fields that were given, also with their default value."""
        named: frozenset[str] = self.__dict__["_given"]
        return named

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> Self:
        """The object with these fields, by name or by alias. Raises InvalidFields."""
        return cls(**given)

    def values(self) -> dict[str, Any]:
        """The value of each field."""
        return {name: self.__dict__[name] for name in self.fields}

    def at_default(self) -> set[str]:
        """The fields whose value is their default."""
        return {name for name, field in self.fields.items() if self.__dict__[name] == field.default}

    def changed(self, **values: Any) -> Self:
        """The same layer with other values for some fields. They are not checked."""
        made = object.__new__(type(self))
        made.__dict__.update(self.__dict__, **values, _given=self.given | values.keys())
        return made

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError(f"cannot change `{name}`: a layer is frozen")

    def __delattr__(self, name: str) -> NoReturn:
        raise AttributeError(f"cannot delete `{name}`: a layer is frozen")

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and other.values() == self.values()

    def __hash__(self) -> int:
        return hash((type(self), *self.values().values()))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in self.values().items())})"


def _field(cls: type, name: str, annotation: Any) -> Field:
    """From `stride: Extent = 1` or `padding: Padding = field(0, alias="pad")`."""
    parts = get_args(annotation) if get_origin(annotation) in (Union, UnionType) else (annotation,)
    kind, *checks = get_args(parts[0]) if get_origin(parts[0]) is Annotated else parts
    if not checks:
        raise TypeError(f"{cls.__name__}.{name} has no check of its value")
    default = cls.__dict__.get(name, REQUIRED)
    default, alias = default if isinstance(default, Default) else (default, None)
    return Field(name, alias, default, kind, type(None) in parts, tuple(checks))
