"""Fast dataclasses; only the type checker enforces that frozen ones are immutable.

The standard ones compile five methods for each class, which is most of the time of an import of ours, and set each
field of a frozen instance by a call. Here only `__init__` is compiled; the others are shared.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields, is_dataclass
from operator import attrgetter
from typing import TYPE_CHECKING, Any, TypeVar

C = TypeVar("C", bound=type)


def _equality(cls: type) -> tuple[Callable[[Any, Any], bool], Callable[[Any], int]]:
    """Return `__eq__` and `__hash__` by the fields that are compared."""
    names = [field.name for field in fields(cls) if field.compare]
    values: Callable[[Any], Any] = attrgetter(*names) if names else lambda _: ()

    def equal(self: Any, other: object) -> bool:
        return values(self) == values(other) if other.__class__ is self.__class__ else NotImplemented

    return equal, lambda self: hash(values(self))


def _shown(self: Any) -> str:
    shown = [f"{field.name}={getattr(self, field.name)!r}" for field in fields(self) if field.repr]
    return f"{type(self).__qualname__}({', '.join(shown)})"


if TYPE_CHECKING:
    from dataclasses import dataclass as record
else:

    def record(*, frozen: bool = False, eq: bool = True, kw_only: bool = False) -> Callable[[C], C]:
        """Return a decorator that makes a class with slots a dataclass.

        A frozen one has a hash where its instances are compared by their fields.
        """

        def made(cls: C) -> C:
            own = vars(cls)
            cls = dataclass(repr=False, eq=False, slots=True, kw_only=kw_only)(cls)
            if "__repr__" not in own:
                cls.__repr__ = _shown
            if eq and "__eq__" not in own:
                cls.__eq__, hashed = _equality(cls)
                cls.__hash__ = hashed if frozen else None
            return cls

        return made


def fields_of(kind: type) -> tuple[str, ...] | None:
    """Return the names of the fields that a dataclass is made from, None for another class."""
    if kind not in _fields:
        _fields[kind] = tuple(one.name for one in fields(kind) if one.init) if is_dataclass(kind) else None
    return _fields[kind]


_fields: dict[type, tuple[str, ...] | None] = {}


__all__ = ["fields_of", "record"]
