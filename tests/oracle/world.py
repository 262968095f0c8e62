"""One world of a program: it is run once as Python, each random choice picked by a source.

What is conditioned on ends the run where it is false, and what is observed weighs it. An intervention runs the program
again from its beginning, with the target set: a choice that is made again at the same place from the same distribution
keeps its value, and evidence that was counted is not counted again.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Iterator
from typing import Any, Literal, Protocol

from tests.oracle.chance import LAWS, Fault, Law, items_of
from tests.oracle.functions import BINARY, COMPARE, FUNCTIONS, UNARY, Record, chain, field, item, key_of, part, plain
from tests.oracle.rewriting import FILE, compiled

FAULTS = (ArithmeticError, LookupError, TypeError, AttributeError, NameError, ValueError, Fault)


class Source(Protocol):
    """Where the values of random choices come from."""

    def pick(self, law: Law) -> Any:
        """Return the value of the next random choice."""
        ...


class RuledOut(Exception):
    """Evidence is false in this world."""


class Intervened(Exception):
    """The program is to be run again, with one more target set."""


class World:
    """A run. `end` says how it ended: alive, ruled out by evidence, or by a fault (`problem`, on `line`)."""

    end: Literal["alive", "ruled out", "fault"]

    def __init__(self, text: str, source: Source) -> None:
        self.log_weight = 0.0
        self.queries: list[Any] = []
        self.problem: Exception | None = None
        self.line: int | None = None
        self._source = source
        self._code, self._intervenes = compiled(text)
        self._set: dict[Any, Any] = {}
        self._kept: dict[Any, tuple[str, Any, Any]] = {}
        self._done = 0
        self._run()

    def _run(self) -> None:
        try:
            while True:
                self._met, self._path = 0, []  # type: ignore[var-annotated]
                self._counts: dict[Any, int] = {}
                self._quiet = self._done > 0
                try:
                    exec(self._code, self._names())
                except Intervened:
                    continue
                break
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
        return names | {"_do": self._do, "_pinned": self._pinned, "_calling": self._calling, "_arguments": _bound}

    # -- choices and what remembers them

    def _draw(self, law: Callable[..., Law], *args: Any, **keywords: Any) -> Any:
        made = law(*args, **keywords)
        if not self._intervenes:
            return self._source.pick(made)
        place = (*self._path,)
        number = self._counts[place] = self._counts.get(place, 0) + 1
        arguments = tuple([plain(each) for each in made.arguments])
        before = self._kept.get((place, number))
        if before is not None and before[:2] == (made.name, arguments):
            return before[2]
        value = self._source.pick(made)
        self._kept[place, number] = made.name, arguments, value
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

    def _condition(self, test: Callable[[], Any]) -> None:
        if not self._quiet and not test():
            raise RuledOut

    def _observe(self, law: Callable[[], Law], value: Callable[[], Any]) -> None:
        if self._quiet:
            return
        density = law().log_density(value())  # first: there may be evidence within
        self.log_weight += density
        if self.log_weight == -math.inf:
            raise RuledOut

    def _query(self, value: Callable[[], Any]) -> None:
        if not self._quiet:
            self.queries.append(plain(value()))

    def _do(self, name: str, arguments: Callable[[], list[Any]] | None, value: Callable[[], Any]) -> None:
        self._met += 1
        if self._met <= self._done:
            self._quiet = self._met < self._done
            return
        key = (name, None) if arguments is None else (name, tuple(map(key_of, arguments())))
        self._set[key] = value()
        self._done += 1
        raise Intervened

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
