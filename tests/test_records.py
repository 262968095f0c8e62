"""Records are dataclasses: they are shown, compared, copied and replaced as the standard ones are."""

from __future__ import annotations

import copy
import pickle
from dataclasses import dataclass, field, fields, is_dataclass, replace
from typing import Any

import pytest

from plot.records import record


@record(frozen=True)
class Point:
    x: float
    label: str = field(default="", repr=False)
    note: str = field(default="", compare=False)


@record(frozen=True)
class Corner(Point):
    sharp: bool = True


@record(frozen=True, kw_only=True)
class Named:
    name: str


@record()
class Open:
    items: list[int] = field(default_factory=list)


@record(frozen=True, eq=False)
class Single:
    value: int


@record(frozen=True)
class Nothing:
    """Without a field."""


@dataclass(frozen=True, slots=True)
class Standard:
    x: float
    label: str = field(default="", repr=False)
    note: str = field(default="", compare=False)


def test_it_is_a_dataclass_with_slots() -> None:
    assert is_dataclass(Point)
    assert [one.name for one in fields(Corner)] == ["x", "label", "note", "sharp"]
    assert not hasattr(Point(1.0), "__dict__")
    with pytest.raises(AttributeError):
        Point(1.0).other = 1  # type: ignore[attr-defined]
    assert Named(name="tom").name == "tom"


@pytest.mark.parametrize("kind", [Point, Standard])
def test_what_is_compared_and_shown_is_as_in_the_standard_library(kind: Any) -> None:
    one = kind(1.0, "a", "first")
    assert one == kind(1.0, "a", "second")
    assert hash(one) == hash(kind(1.0, "a", "second"))
    assert one != kind(2.0, "a", "first")
    assert one != kind(1.0, "b", "first")
    assert one != (1.0, "a")
    assert repr(one) == f"{kind.__name__}(x=1.0, note='first')"
    assert {one: 1}[kind(1.0, "a")] == 1


def test_another_class_is_another_value() -> None:
    assert Point(1.0) != Corner(1.0)
    assert Corner(1.0) == Corner(1.0)
    assert Corner(1.0) != Corner(1.0, sharp=False)
    assert Nothing() == Nothing()
    assert hash(Nothing()) == hash(Nothing())


def test_what_is_not_frozen_has_no_hash_and_what_is_not_compared_is_itself() -> None:
    assert Open([1]) == Open([1])
    assert Open().items is not Open().items
    with pytest.raises(TypeError):
        hash(Open())
    one = Single(1)
    assert one != Single(1)
    assert len({one, Single(1), one}) == 2


def test_copies_are_equal() -> None:
    one = Corner(1.0, "a", "b", sharp=False)
    assert replace(one, x=2.0) == Corner(2.0, "a", "b", sharp=False)
    for other in (copy.copy(one), copy.deepcopy(one), pickle.loads(pickle.dumps(one))):
        assert other == one
        assert other.note == "b"
