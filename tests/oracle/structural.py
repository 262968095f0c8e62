"""Structural models at random, answered by listing their noise: in each atom of it all worlds are determined.

A variable is drawn from one of two distributions, as a test of earlier variables says. Truth values and numbers are
quantiles of a uniform number. A name has three: the first gives it in the factual world; in another world the second
tells whether it is kept, and the third what replaces it.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

Row = tuple[float, ...]
Values = dict[str, Any]
VALUES: dict[str, tuple[Any, ...]] = {"truth": (False, True), "number": (1, 2, 3), "name": ("a", "b", "c")}
FORMS = ("inside", "branches", "block", "function")
TENTHS = 10


@dataclass(frozen=True)
class Proposition:
    """A test of variables: its text, in which `{}` is the name of a variable, and what it comes to."""

    text: str
    holds: Callable[[Values], bool]


ALWAYS = Proposition("True", lambda values: True)


@dataclass
class Variable:
    """A variable: its kind, the test that chooses its distribution, and the distributions where that holds or not."""

    name: str
    kind: str
    test: Proposition
    rows: dict[bool, Row]

    @property
    def values(self) -> tuple[Any, ...]:
        """What it may be."""
        return VALUES[self.kind]

    def atoms(self, turned: bool = False) -> list[tuple[float, tuple[float, ...]]]:
        """Return the atoms of its noise with their probabilities: within one nothing tells its numbers apart."""
        ends = [end for row in self.rows.values() for end in itertools.accumulate(row)]
        ends += [1 - end for end in ends] if turned else []
        if self.kind != "name":
            return [(weight, (u,)) for weight, u in _cells(ends)]
        ratios, parts = [], []
        for old, new in itertools.permutations(self.rows.values()):
            ratios += [after / before for before, after in zip(old, new, strict=True) if before > 0]
            parts += [end for interval in _replacements(old, new) for end in interval]
        grid = itertools.product(_cells(ends), _cells(ratios), _cells(parts))
        return [(a * b * c, (u, v, w)) for (a, u), (b, v), (c, w) in grid]

    def value(self, noise: tuple[float, ...], row: Row, fact: tuple[Row, Any] | None) -> Any:
        """Return its value, given its noise, its distribution, and the distribution and value that it has in fact."""
        if self.kind != "name" or fact is None:
            return self.values[_slot(list(itertools.accumulate(row)), noise[0])]
        old, was = fact
        slot = self.values.index(was)
        if noise[1] * old[slot] < row[slot]:
            return was
        return self.values[_slot([end for _, end in _replacements(old, row)], noise[2])]


def _slot(ends: Sequence[float], u: float) -> int:
    return next((i for i, end in enumerate(ends) if u < end - 1e-9), len(ends) - 1)


def _replacements(old: Row, new: Row) -> list[tuple[float, float]]:
    """Return the quantiles at which a name that is not kept is replaced by each name."""
    more = [max(0.0, after - before) for before, after in zip(old, new, strict=True)]
    total = sum(more) or 1.0
    ends = list(itertools.accumulate([each / total for each in more]))
    return list(zip([0.0, *ends[:-1]], ends, strict=True))


def _cells(ends: Sequence[float]) -> list[tuple[float, float]]:
    """Return the cells into which points divide the numbers from 0 to 1: the length and the middle of each."""
    points = sorted({0.0, 1.0, *[round(end, 12) for end in ends if 0 < end < 1]})
    return [(high - low, (low + high) / 2) for low, high in itertools.pairwise(points)]


@dataclass
class Model:
    """Variables in the order of their equations; `forms` say how each is written."""

    variables: list[Variable]
    forms: list[str]
    told: Proposition
    fixed: list[tuple[str, Any]] = field(default_factory=list)
    turned: bool = False  # whether what changes in another world has the opposite quantile there

    # -- as a program

    def setting(self, forms: Sequence[str] | None = None) -> str:
        """Return the equations as a program."""
        forms = forms or self.forms
        called = {
            v.name: f"{v.name}(1)" if form == "function" else v.name
            for v, form in zip(self.variables, forms, strict=True)
        }
        return "".join([_written(v, form, called) for v, form in zip(self.variables, forms, strict=True)])

    def shown(self, test: Proposition, forms: Sequence[str] | None = None) -> str:
        """Return a test as the text of the language."""
        return test.text.format(**self._called(forms or self.forms))

    def _called(self, forms: Sequence[str]) -> dict[str, str]:
        pairs = zip(self.variables, forms, strict=True)
        return {v.name: f"{v.name}(1)" if form == "function" else v.name for v, form in pairs}

    def program(self, asked: Sequence[str], forms: Sequence[str] | None = None, told: bool = True) -> str:
        """Return the whole program: the equations, the evidence, the interventions, and what is asked."""
        forms = forms or self.forms
        called = dict(zip([v.name for v in self.variables], forms, strict=True))
        lines = [f"condition({self.shown(self.told, forms)})"] if told else []
        for name, value in self.fixed:
            target = f"{name}(1)" if called[name] == "function" else name
            lines.append(f"do({target}, {_literal(value)})")
        return self.setting(forms) + "\n".join([*lines, *[f"query({each})" for each in asked]]) + "\n"

    # -- by its noise

    def worlds(self) -> Iterator[tuple[float, list[Values]]]:
        """Yield the atoms of the noise in which the evidence is true: the weight, and the worlds, the fact first."""
        for chosen in itertools.product(*[variable.atoms(self.turned) for variable in self.variables]):
            weight = 1.0
            for each, _ in chosen:
                weight *= each
            noise = [each for _, each in chosen]
            fact, rows = self._world(noise, {}, None)
            if not self.told.holds(fact):
                continue
            worlds = [fact]
            for number in range(1, len(self.fixed) + 1):
                worlds.append(self._world(noise, dict(self.fixed[:number]), (fact, rows))[0])
            yield weight, worlds

    def _world(
        self, noise: Sequence[tuple[float, ...]], fixed: Values, fact: tuple[Values, dict[str, Row]] | None
    ) -> tuple[Values, dict[str, Row]]:
        values: Values = {}
        rows: dict[str, Row] = {}
        for variable, mine in zip(self.variables, noise, strict=True):
            rows[variable.name] = variable.rows[variable.test.holds(values)]
            if self.turned and fact is not None and fact[1][variable.name] != rows[variable.name]:
                mine = tuple([1 - u for u in mine])
            before = None if fact is None else (fact[1][variable.name], fact[0][variable.name])
            value = variable.value(mine, rows[variable.name], before)
            values[variable.name] = fixed.get(variable.name, value)
        return values, rows


def _literal(value: Any) -> str:
    return f'"{value}"' if isinstance(value, str) else str(value)


def _draw(variable: Variable, row: Row) -> str:
    if variable.kind == "truth":
        return f"flip({row[1]})"
    return f"categorical([{', '.join(map(str, row))}], [{', '.join(map(_literal, variable.values))}])"


def _written(variable: Variable, form: str, called: dict[str, str]) -> str:
    test, name = variable.test.text.format(**called), variable.name
    yes, no = (_draw(variable, variable.rows[holds]) for holds in (True, False))
    if test == ALWAYS.text:
        return f"@mem\ndef {name}(k):\n    return {yes}\n" if form == "function" else f"{name} = {yes}\n"
    if form == "function":
        return f"@mem\ndef {name}(k):\n    if {test}:\n        return {yes}\n    return {no}\n"
    if form == "block":
        return f"if {test}:\n    {name} = {yes}\nelse:\n    {name} = {no}\n"
    if form == "branches":
        return f"{name} = {yes} if {test} else {no}\n"
    if variable.kind == "truth":
        return f"{name} = flip({variable.rows[True][1]} if {test} else {variable.rows[False][1]})\n"
    rows = [f"[{', '.join(map(str, variable.rows[holds]))}]" for holds in (True, False)]
    return f"{name} = categorical({rows[0]} if {test} else {rows[1]}, [{', '.join(map(_literal, variable.values))}])\n"


# -- at random -------------------------------------------------------------------------------------------------


def model(random: Random, interventions: int, kinds: Sequence[str] = tuple(VALUES)) -> Model:
    """Return a model of four variables in which the evidence is possible."""
    while True:
        variables: list[Variable] = []
        for number in range(4):
            kind = random.choice(kinds)
            test = simple(random, variables[-2:]) if variables else ALWAYS
            rows = {holds: _row(random, len(VALUES[kind])) for holds in (True, False)}
            variables.append(Variable(f"v{number}", kind, test, rows))
        found = Model(variables, [random.choice(FORMS) for _ in variables], simple(random, variables))
        for variable in random.sample(variables[:3], interventions):
            found.fixed.append((variable.name, random.choice(variable.values)))
        if any(True for _ in found.worlds()):
            return found


def simple(random: Random, variables: Sequence[Variable]) -> Proposition:
    """Return a test of one or two variables."""
    one = _of(random, random.choice(variables))
    if len(variables) == 1 or random.random() < 0.6:
        return one
    one, other = (_of(random, variable) for variable in random.sample(variables, 2))
    if random.random() < 0.5:
        return Proposition(f"({one.text} and {other.text})", lambda values: one.holds(values) and other.holds(values))
    return Proposition(f"({one.text} or not {other.text})", lambda values: one.holds(values) or not other.holds(values))


def _of(random: Random, variable: Variable) -> Proposition:
    name = variable.name
    if variable.kind == "truth":
        return Proposition(f"{{{name}}}", lambda values: bool(values[name]))
    value = random.choice(variable.values[1:])
    if variable.kind == "number":
        return Proposition(f"({{{name}}} >= {value})", lambda values: bool(values[name] >= value))
    return Proposition(f'({{{name}}} == "{value}")', lambda values: bool(values[name] == value))


def _row(random: Random, size: int) -> Row:
    cuts = sorted(random.choices(range(TENTHS + 1), k=size - 1))
    return tuple([(high - low) / TENTHS for low, high in itertools.pairwise([0, *cuts, TENTHS])])
