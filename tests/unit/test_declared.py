"""How layers declare their fields, on classes of the test's own."""

import copy
import pickle
from typing import Annotated, ClassVar

import pytest

from archc.ops.declared import Declared, FieldError, InvalidFields, field
from archc.ops.fields import Count, Extent, Flag, one_of


class Window(Declared):
    shown: ClassVar[str] = "no field"

    size: Extent = field(alias="k")
    step: Count | None = None
    mode: Annotated[str, one_of("open", "closed")] = "open"

    def check(self) -> None:
        if self.step is not None and self.mode == "open":
            raise ValueError("an open window takes no step")


class Stepped(Window):
    step: Count | None = field(2, alias="s")
    mode: Annotated[str, one_of("open", "closed")] = "closed"
    last: Flag = False


def test_fields_are_those_of_the_base_and_then_its_own() -> None:
    assert list(Stepped.fields) == ["size", "step", "mode", "last"]
    assert list(Window.fields) == ["size", "step", "mode"]
    assert [Stepped.fields[name].alias for name in ("size", "step", "mode")] == ["k", "s", None]
    assert Window.fields["size"].required and not Window.fields["step"].required


def test_a_field_is_given_by_name_or_alias_and_checked() -> None:
    assert Window.of({"k": [3]}) == Window.of({"size": 3.0}) == Window(k=3)
    assert Stepped.of({"k": 3}).values() == {"size": 3, "step": 2, "mode": "closed", "last": False}
    assert Stepped.of({"k": 3, "s": None}).step is None
    assert type(Window.of({"k": 3.0}).size) is int


@pytest.mark.parametrize(
    ("given", "errors"),
    [
        ({}, [("size", "is needed", True)]),
        ({"k": 0}, [("size", "must be at least 1, not 0", False)]),
        ({"k": None}, [("size", "takes a whole number, not nothing", False)]),
        ({"step": 0, "mode": "ajar"}, ["size", "step", "mode"]),
        ({"k": 1, "width": 2}, [("width", "is no field", False)]),
        ({"k": 1, "size": 2}, [("k", "is given twice", False)]),
        ({"k": 1, "step": 2}, [("", "an open window takes no step", False)]),
        ({"k": 1, "shown": "x"}, [("shown", "is no field", False)]),
    ],
    ids=str,
)
def test_every_field_at_fault_is_told(given: dict[str, object], errors: list[object]) -> None:
    with pytest.raises(InvalidFields) as caught:
        Window.of(given)
    found = caught.value.errors
    assert errors in ([*map(tuple, found)], [error.field for error in found])
    assert all(isinstance(error, FieldError) for error in found)


def test_what_was_given_is_known_apart_from_defaults() -> None:
    made = Stepped.of({"k": 3, "s": 2})
    assert made.given == {"size", "step"}
    assert made == Stepped.of({"k": 3})
    assert made.changed(last=True).given == {"size", "step", "last"}


def test_it_is_frozen_and_equal_by_class_and_values() -> None:
    one, other = Window.of({"size": 3}), Window.of({"size": (3, 3)})
    with pytest.raises(AttributeError, match="frozen"):
        one.size = 4  # type: ignore[misc]  # what the test is of
    with pytest.raises(AttributeError, match="frozen"):
        del one.size
    assert {one: 1}[Window.of({"size": 3})] == 1
    assert one != other
    assert one != Stepped.of({"size": 3})
    assert one.changed(size=(3, 3)) == other
    assert repr(one) == "Window(size=3, step=None, mode='open')"


def test_copies_and_pickles_are_equal() -> None:
    made = Stepped.of({"k": (3, 5)})
    for again in (copy.copy(made), copy.deepcopy(made), pickle.loads(pickle.dumps(made))):
        assert (again, again.given, hash(again)) == (made, made.given, hash(made))


def test_a_field_without_a_check_is_refused() -> None:
    with pytest.raises(TypeError, match=r"Bare\.width has no check"):

        class Bare(Declared):
            width: int = 1
