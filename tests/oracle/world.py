"""One world of a program: it is run once as Python, each random choice picked by a source.

What is conditioned on ends the run where it is false, and what is observed weighs it. An intervention runs the
equations of the world again, with the target set: a choice that is made again at the same place shares its noise with
those before, and evidence that was counted is not counted again.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Iterator
from typing import Any, Literal, Protocol

from tests.oracle.chance import LAWS, Fault, Law, items_of
from tests.oracle.functions import BINARY, COMPARE, FUNCTIONS, UNARY, Record, chain, field, item, key_of, part, plain
from tests.oracle.noise import Past, plain_arguments, shared
from tests.oracle.rewriting import FILE, compiled

FAULTS = (ArithmeticError, LookupError, TypeError, AttributeError, NameError, ValueError, Fault)


class Source(Protocol):
    """Where the values of random choices come from."""

    def pick(self, law: Law) -> Any:
        """Return the value of the next random choice."""
        ...


class RuledOut(Exception):
    """Evidence is false in this world."""


class World:
    """A run. `end` says how it ended: alive, ruled out by evidence, or by a fault (`problem`, on `line`)."""

    end: Literal["alive", "ruled out", "fault"]

    def __init__(self, text: str, source: Source) -> None:
        self.log_weight = 0.0
        self.queries: list[Any] = []
        self.problem: Exception | None = None
        self.line: int | None = None
        self._source = source
        self._steps, self._intervenes = compiled(text)
        self._set: dict[Any, Any] = {}
        self._drawn: dict[Any, list[Past]] = {}
        self._told: set[Any] = set()
        self._world = 0
        self._quiet = False
        self._counts: dict[Any, int] = {}
        self._path: list[Any] = []
        self._fact: dict[str, Any] | None = None
        self._space = self._names()
        self._run()

    def _run(self) -> None:
        try:
            for number, step in enumerate(self._steps):
                self._at = number
                exec(step.code, self._space)
            self.end = "alive"
        except RuledOut:
            self.end = "ruled out"
        except FAULTS as problem:
            self.end, self.problem = "fault", problem
            trace, self.line = problem.__traceback__, 0
            while trace is not None:
                if trace.tb_frame.f_code.co_filename == FILE:
                    self.line = trace.tb_lineno
                trace = trace.tb_next

    def _names(self) -> dict[str, Any]:
        names: dict[str, Any] = dict(LIBRARY)
        for name, law in LAWS.items():
            names[name] = functools.partial(self._draw, law)
        names |= {"mem": self._mem, "_items": self._items if self._intervenes else items_of}
        names |= {"_condition": self._condition, "_observe": self._observe, "_query": self._query}
        names |= {"_do": self._do, "_pinned": self._pinned, "_calling": self._calling, "_arguments": _bound}
        return names | {"_actual": self._actual}

    # -- choices and what remembers them

    def _draw(self, law: Callable[..., Law], *args: Any, **keywords: Any) -> Any:
        made = law(*args, **keywords)
        if not self._intervenes:
            return self._source.pick(made)
        place = (*self._path,)
        number = self._counts[place] = self._counts.get(place, 0) + 1
        if made.name != "shuffle":
            return self._pick((place, number), made)
        left, order = list(made.arguments[0]), []
        for rank in range(len(left) - 1):
            taken = self._pick((place, number, rank), LAWS["randint"](0, len(left) - 1))
            order.append(left[taken])
            left[taken] = left[-1]
            left.pop()
        return order + left

    def _pick(self, key: Any, law: Law) -> Any:
        """Return the value of a choice: in the factual world drawn, in another one by the noise of those before."""
        before = self._drawn.setdefault(key, [])
        for past in before:
            if past.law.name == law.name and past.arguments == plain_arguments(law):
                return past.value
        value = self._source.pick(shared(law, before) if before else law)
        before.append(Past(law, plain_arguments(law), value))
        return value

    def _mem(self, function: Callable[..., Any]) -> Callable[..., Any]:
        table: dict[Any, Any] = {}
        name, parameters = function.__name__, function.__code__.co_varnames[: function.__code__.co_argcount]
        place = (*self._path, name)
        required = len(parameters) - len(function.__defaults__ or ())

        @functools.wraps(function)
        def remembered(*args: Any, **keywords: Any) -> Any:
            values = _bound(remembered, *args, **keywords)
            key = tuple(map(key_of, values))
            if (name, key) in self._set:
                return self._set[name, key]
            if key not in table:
                path, self._path = self._path, [place, key]
                try:
                    table[key] = function(*values)
                finally:
                    self._path = path
            return table[key]

        remembered.bound = (parameters, required, function.__defaults__ or ())  # type: ignore[attr-defined]
        return remembered

    # -- places, which tell an intervention what is drawn again

    def _calling(self, place: int, function: Any, *args: Any, **keywords: Any) -> Any:
        depth = len(self._path)
        self._path.append(place)
        try:
            return function(*args, **keywords)
        finally:
            del self._path[depth:]

    def _items(self, items: Any) -> Iterator[Any]:
        depth = len(self._path)
        try:
            for number, each in enumerate(items_of(items)):
                self._path[depth:] = [("round", number)]
                yield each
        finally:
            del self._path[depth:]

    # -- acts

    def _is_new(self, place: Any) -> bool:
        """Return whether evidence counts: once, in the first world that meets it."""
        key = (*self._path, place)
        if self._quiet or (self._world and key in self._told):
            return False
        self._told.add(key)
        return True

    def _condition(self, place: Any, test: Callable[[], Any]) -> None:
        if self._is_new(place) and not test():
            raise RuledOut

    def _observe(self, place: Any, law: Callable[[], Law], value: Callable[[], Any]) -> None:
        if self._quiet:
            return
        density = law().log_density(value())  # first: there may be evidence within
        if self._is_new(place):
            self.log_weight += density
        if self.log_weight == -math.inf:
            raise RuledOut

    def _query(self, value: Callable[[], Any]) -> None:
        self.queries.append(plain(value()))

    def _do(self, name: str, arguments: Callable[[], list[Any]] | None, value: Callable[[], Any]) -> None:
        key = (name, None) if arguments is None else (name, tuple(map(key_of, arguments())))
        self._set[key] = value()
        self._world += 1
        bound = frozenset[str]().union(*[step.binds for step in self._steps[: self._at]])
        asked = frozenset[str]().union(*[step.binds for step in self._steps[: self._at] if not step.equation])
        if self._fact is None:
            self._fact = {each: self._space[each] for each in bound if each in self._space}
        pinned = {each for each, given in self._set if given is None}
        kept = {each: self._space[each] for each in asked - pinned if each in self._space}
        for each in bound & self._space.keys():
            del self._space[each]
        self._space.update({each: self._set[each, None] for each in pinned})
        self._quiet, self._counts = True, {}
        for step in self._steps[: self._at]:
            if step.equation:
                exec(step.code, self._space)
        self._quiet = False
        self._space.update(kept)

    def _actual(self, value: Callable[[], Any]) -> Any:
        if self._fact is None:
            return value()
        now, world, fixed = {name: self._space.get(name) for name in self._fact}, self._world, self._set
        self._space.update(self._fact)
        self._world, self._set = 0, {}
        try:
            return value()
        finally:
            self._space.update(now)
            self._world, self._set = world, fixed

    def _pinned(self, name: str, value: Any) -> Any:
        return self._set.get((name, None), value)


def _bound(function: Any, *args: Any, **keywords: Any) -> list[Any]:
    """Return the arguments of a call of what remembers, in the order of its parameters."""
    parameters, required, defaults = function.bound
    values = dict(zip(parameters[required:], defaults, strict=True))
    values |= dict(zip(parameters, args, strict=False)) | keywords
    if len(args) > len(parameters) or set(values) != set(parameters):
        raise TypeError
    return [values[name] for name in parameters]


LIBRARY: dict[str, Any] = {
    **FUNCTIONS,
    **{f"_law_{name}": law for name, law in LAWS.items()},
    **{f"_{name}": function for table in (BINARY, COMPARE, UNARY) for name, function in table.items()},
    "_chain": chain,
    "_field": field,
    "_item": item,
    "_part": part,
    "_record": Record,
}
