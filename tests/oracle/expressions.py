"""Expressions of programs that mean something: well typed, and random in every place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from random import Random
from typing import Any

from plot.language import parse
from plot.language.checks.constants import UNKNOWN, fold

TYPES = ("int", "num", "bool", "name", "maybe", "ints", "names", "rec", "recs")
ITEM = {"ints": "int", "names": "name", "recs": "rec"}
FIELDS = {"mass": "num", "hot": "bool", "who": "name"}
DEEPEST = 3


@dataclass(frozen=True)
class Palette:
    """What the leaves of a program are made of, by type, and templates of draws and observations.

    `{num}`, `{positive}`, `{int}`, `{bool}` and `{name}` stand for expressions of these types.
    """

    int: tuple[str, ...]
    num: tuple[str, ...]
    ints: tuple[str, ...]
    depths: tuple[str, ...]
    draws: tuple[str, ...]
    bool: tuple[str, ...] = ("flip()", "flip(0.3)", "flip(0.7)", "bernoulli(0.1)", "True", "False")
    name: tuple[str, ...] = ('"tom"', '"ann"', '"bob"', '"sue"', 'choice(["tom", "ann"])', 'choice(["ann", "bob"])')
    names: tuple[str, ...] = ('["tom", "ann"]', '["ann", "bob", "sue"]', '[p for p in ["tom", "bob"] if flip()]')
    fields: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    observations: tuple[str, ...] = (
        "normal({num}, 2), {num}",
        "flip(0.4), {bool}",
        "flip({probability}), True",
        "poisson({positive}), {int}",
        "choice({people}), {name}",
        "randint(0, abs({int})), {int}",
        "categorical([0.5, 0.2, {positive}]), {int}",
        'categorical([1, 2, 0.5], ["tom", None, {int}]), {maybe}',
        "binomial(3, {probability}), {int}",
        "geometric(0.4), {int}",
        "exponential({positive}), {num}",
        "gamma(2, {positive}), {positive}",
        "beta({positive}, 2), {probability}",
        "uniform(-1, {positive}), {num}",
        "student_t(3, {num}, {positive}), {num}",
        "cauchy({num}, 1), {num}",
        "laplace({num}, {positive}), 0.5",
        "negative_binomial({positive}, 0.4), {int}",
        "weibull(2, {positive}), {num}",
        "half_normal({positive}), {num}",
        "log_normal({num}, 1), {positive}",
    )


FINITE = Palette(
    int=("0", "1", "2", "3", "-1", "1", "2", "randint(0, 1)", "binomial(2, 0.4)", "categorical([0.2, 0.8])"),
    num=("0.5", "2.5", "-1.5", "1", "0", "2", "choice([0.5, 2])", "categorical([1, 3], [-0.25, 1.5])"),
    bool=("flip()", "flip(0.3)", "bernoulli(0.1)", "True", "False", "(1 < 2)"),
    name=('"tom"', '"ann"', '"bob"', '"sue"', 'choice(["tom", "ann"])'),
    names=('["tom", "ann"]', '["ann", "bob", "sue"]', "[]", '[p for p in ["tom", "bob"] if flip()]'),
    ints=("[1, 2]", "[3, 0, 1]", "range(2)", "range(randint(0, 2))", "[randint(0, 1), 1]", "shuffle([1, 2])", "[]"),
    depths=("1", "2", "randint(0, 1)", "1"),
    draws=("binomial(2, {probability})", "categorical([{positive}, 1, 0.5])", "randint(0, abs({int}))"),
    fields={"mass": ("0.5", "2", "choice([1, 4])"), "hot": ("True", "False", "flip(0.6)"), "who": ('"tom"', '"sue"')},
)
ANY = Palette(
    int=("0", "1", "2", "3", "-1", "randint(0, 2)", "randint(-1, 3)", "poisson(0.7)", "binomial(2, 0.4)"),
    num=("0.5", "2.5", "-1.5", "1", "normal(0, 1)", "uniform(0, 2)", "exponential(1)", "beta(1, 2)"),
    ints=("[1, 2]", "[3, 0, 1]", "range(3)", "range(poisson(1))", "[randint(0, 2), 1]", "[]"),
    depths=("1", "2", "randint(0, 2)", "poisson(0.5)"),
    draws=(
        "normal({num}, {positive})",
        "gamma(2, {positive})",
        "student_t(4, {num}, 1)",
        "laplace({num}, {positive})",
        "negative_binomial({positive}, 0.5)",
        "weibull(2, {positive})",
        "half_normal({positive})",
        "log_normal(min({num}, 2), 0.5)",
        "poisson({positive})",
        "geometric(0.6)",
        "min(cauchy({num}, 1), 100)",
    ),
)


@dataclass
class Function:
    """A function of the program that is being written."""

    name: str
    parameters: tuple[str, ...]
    returns: str
    recursive: bool = False
    mem: bool = False


@dataclass
class Expressions:
    """Writes expressions, with `random` deciding everything."""

    random: Random
    palette: Palette = ANY
    lines: list[str] = field(default_factory=list)
    variables: dict[str, str] = field(default_factory=dict)
    functions: list[Function] = field(default_factory=list)
    indent: int = 0
    names: int = 0
    returns: str | None = None
    loops: int = 0
    room: int = 60
    faults: bool = True
    interventions: bool = False

    def one(self, *options: Any) -> Any:
        return self.random.choice(options)

    def chance(self, percent: int) -> bool:
        return self.random.randint(0, 99) >= 100 - percent

    def fresh(self, stem: str) -> str:
        self.names += 1
        return f"{stem}{self.names}"

    def line(self, text: str) -> None:
        self.lines.append("    " * self.indent + text)

    def filled(self, template: str, depth: int) -> str:
        """Return a template with expressions in its places."""
        makers = {
            "positive": lambda: f"(abs({self.expr('num', min(depth, 1))}) + 0.5)",
            "probability": lambda: f"(1 / (1.25 + abs({self.expr('num', min(depth, 1))})))",
            "people": lambda: self.literal("name", depth, least=1),
        }
        parts = template.split("{")
        text = parts[0]
        for part in parts[1:]:
            place, _, rest = part.partition("}")
            text += (makers[place]() if place in makers else self.expr(place, depth)) + rest
        return text

    def inner(self, stem: str) -> str:
        """Return the name of a parameter or of what is bound within an expression: now and then one in use."""
        taken = [name for name in self.variables if name[0] == "x"]
        return str(self.one(*taken)) if taken and self.chance(20) else self.fresh(stem)

    @contextmanager
    def scope(self, **added: str) -> Iterator[None]:
        before = dict(self.variables)
        self.variables.update(added)
        try:
            yield
        finally:
            self.variables = before

    def known(self, kind: str) -> list[str]:
        return [name for name, held in self.variables.items() if held == kind]

    def test(self, depth: int) -> str:
        """Return a condition that is not settled by constants alone: the checker refuses those."""
        text = self.expr("bool", depth)
        return text if fold(parse(f"x = {text}").body[0].value) is UNKNOWN else "flip()"

    # -- expressions -------------------------------------------------------------------------------------

    def expr(self, kind: str, depth: int = DEEPEST) -> str:
        """Return an expression of a kind; the smaller `depth`, the simpler."""
        self.room -= 1
        if depth <= 0 or self.room <= 0:
            return self.leaf(kind)
        if self.chance(25):
            return self.leaf(kind)
        general = [self.if_expr, self.call, self.index]
        makers = [*general, *([getattr(self, f"{kind}_expr")] * 4)]
        return str(self.one(*makers)(kind, depth - 1))

    def leaf(self, kind: str) -> str:
        known = self.known(kind)
        if known and self.chance(65):
            return str(self.one(*known))
        return str(getattr(self, f"{kind}_leaf")())

    def if_expr(self, kind: str, depth: int) -> str:
        test, then = self.test(depth), self.expr(kind, depth)
        return f"({then} if {test} else {self.expr(kind, depth)})"

    def call(self, kind: str, depth: int) -> str:
        fitting = [f for f in self.functions if f.returns == kind]
        if not fitting:
            return str(getattr(self, f"{kind}_expr")(kind, depth))
        return self.applied(self.one(*fitting), depth)

    def applied(self, function: Function, depth: int) -> str:
        """Return a call of a function of the program."""
        arguments = [self.expr(parameter, depth) for parameter in function.parameters]
        if function.recursive:
            arguments[0] = self.one(*self.palette.depths)
        return f"{function.name}({', '.join(arguments)})"

    def index(self, kind: str, depth: int) -> str:
        lists = {"int": "ints", "name": "names", "rec": "recs"}
        if kind not in lists:
            return self.leaf(kind)
        items = self.leaf(lists[kind]) if self.chance(60) else self.expr(lists[kind], depth)
        if self.faults and self.chance(40):
            return f"{items}[{self.one('0', '1', '-1', 'randint(0, 1)', 'randint(-2, 2)')}]"
        fresh = self.fresh("v")
        at = self.one("0", "-1", f"randint(0, len({fresh}) - 1)", f"randint(-len({fresh}), -1)")
        return f"(lambda {fresh}: {fresh}[{at}] if len({fresh}) > 0 else {self.leaf(kind)})({items})"

    def int_leaf(self) -> str:
        return str(self.one(*self.palette.int))

    def int_expr(self, _: str, depth: int) -> str:
        match self.random.randint(0, 11):
            case 0 | 1 | 2:
                return f"({self.expr('int', depth)} {self.one('+', '-', '*')} {self.expr('int', depth)})"
            case 3:
                by = self.expr("int", 0) if self.faults and self.chance(45) else self.one("2", "3", "-2")
                return f"({self.expr('int', depth)} {self.one('//', '%')} {by})"
            case 4:
                return f"len({self.expr(self.one('ints', 'names', 'recs'), depth)})"
            case 5:
                return f"{self.one('sum', 'sum', 'len', 'count')}({self.expr('ints', depth)})"
            case 6:
                return f"{self.one('min', 'max')}({self.expr('int', depth)}, {self.expr('int', depth)})"
            case 7:
                return f"{self.one('floor', 'ceil', 'round', 'abs')}({self.expr('int', depth)} / 2)"
            case 8:
                return f"({self.expr('bool', depth)} + {self.expr('int', depth)})"
            case 9:
                test = self.function_of("int", "bool", depth)
                return f"count({test}, {self.expr('ints', depth)})"
            case 10:
                return f"-{self.expr('int', depth)}"
            case _:
                return f"categorical([0.2, {self.one('0.3', '0', 'abs(' + self.expr('int', 0) + ')')}, 1])"

    def num_leaf(self) -> str:
        return str(self.one(*self.palette.num))

    def num_expr(self, _: str, depth: int) -> str:
        match self.random.randint(0, 8):
            case 0 | 1 | 2:
                return (
                    f"({self.expr('num', depth)} {self.one('+', '-', '*')} {self.expr(self.one('num', 'int'), depth)})"
                )
            case 3:
                by = self.expr("int", 0) if self.faults and self.chance(45) else self.one("2", "0.5", "-4")
                return f"({self.expr('num', depth)} / {by})"
            case 4:
                return self.expr("int", depth)
            case 5:
                return self.filled(self.one(*self.palette.draws), depth)
            case 6:
                return f"{self.expr('rec', depth)}.mass"
            case 7:
                inner = self.expr("num", depth)
                return str(
                    self.one(f"abs({inner})", f"sqrt(abs({inner}))", f"exp(min({inner}, 2))", f"pow({inner}, 2)")
                )
            case _:
                function = self.function_of("int", "num", depth)
                return f"sum([{function}(i) for i in {self.expr('ints', depth)}])"

    def bool_leaf(self) -> str:
        return str(self.one(*self.palette.bool))

    def bool_expr(self, _: str, depth: int) -> str:
        match self.random.randint(0, 12):
            case 0 | 1:
                op = self.one("<", "<=", ">", ">=", "==", "!=")
                return f"({self.expr(self.one('int', 'num'), depth)} {op} {self.expr('int', depth)})"
            case 2 | 3:
                word = self.one("and", "or")
                parts = [self.expr("bool", depth) for _ in range(self.one(2, 2, 3))]
                return f"({f' {word} '.join(parts)})"
            case 4:
                return f"(not {self.expr('bool', depth)})"
            case 5:
                return f"({self.expr('name', depth)} {self.one('in', 'not in')} {self.expr('names', depth)})"
            case 6:
                return f"({self.expr('maybe', depth)} {self.one('is', 'is not')} None)"
            case 7:
                kind = self.one("ints", "names", "rec", "recs", "maybe", "name")
                return f"({self.expr(kind, depth)} {self.one('==', '!=')} {self.expr(kind, depth)})"
            case 8:
                parts = [self.expr("int", depth) for _ in range(3)]
                return f"({parts[0]} {self.one('<', '<=')} {parts[1]} {self.one('<', '<=', '==')} {parts[2]})"
            case 9:
                test = self.function_of("name", "bool", depth)
                return f"{self.one('any', 'all')}([{test}(p) for p in {self.expr('names', depth)}])"
            case 10:
                return f"{self.expr('rec', depth)}.hot"
            case 11:
                return f"flip(1 / (1 + abs({self.expr('num', depth)})))"
            case _:
                return f"({self.expr('int', depth)} in {self.expr('ints', depth)})"

    def name_leaf(self) -> str:
        return str(self.one(*self.palette.name))

    def name_expr(self, _: str, depth: int) -> str:
        match self.random.randint(0, 4):
            case 0:
                people = self.literal("name", depth, least=1)
                return f"choice({people})"
            case 1:
                people = self.literal("name", depth, least=1)
                return f"{self.one('argmax', 'argmin')}({self.function_of('name', 'num', depth)}, {people})"
            case 2:
                return f"({self.expr('maybe', depth)} or {self.leaf('name')})"
            case 3:
                return f"{self.expr('rec', depth)}.who"
            case _:
                people = self.literal("name", depth, least=1)
                return f"{self.one('first', 'last')}({self.one('sorted', 'shuffle', 'distinct')}({people}))"

    def maybe_leaf(self) -> str:
        return str(self.one("None", '"tom"', "0", "2", "(None if flip() else 1)", '("ann" if flip() else None)'))

    def maybe_expr(self, _: str, depth: int) -> str:
        match self.random.randint(0, 4):
            case 0:
                return f"(None if {self.test(depth)} else {self.expr(self.one('name', 'int', 'num'), depth)})"
            case 1:
                return (
                    f"({self.expr('maybe', depth)} {self.one('and', 'or')} {self.expr(self.one('name', 'int'), depth)})"
                )
            case 2:
                return f"choice([None, {self.expr('name', depth)}, {self.expr('int', 0)}])"
            case 3:
                return self.expr(self.one("name", "int", "bool"), depth)
            case _:
                fresh = self.fresh("v")
                items = self.expr(self.one("ints", "names"), depth)
                return f"(lambda {fresh}: {fresh}[0] if {fresh} else None)({items})"

    def literal(self, kind: str, depth: int, least: int = 0) -> str:
        count = self.random.randint(least, 3)
        return f"[{', '.join([self.expr(kind, depth - 1) for _ in range(count)])}]"

    def list_expr(self, kind: str, depth: int) -> str:
        item = ITEM[kind]
        match self.random.randint(0, 8):
            case 0:
                return self.literal(item, depth)
            case 1 | 2:
                return self.comprehension(item, depth)
            case 3:
                return f"({self.expr(kind, depth)} + {self.expr(kind, depth)})"
            case 4:
                low, high = [self.one("", "", "0", "1", "-1", "2", self.expr("int", 0)) for _ in range(2)]
                return f"{self.leaf(kind)}[{low}:{high}]"
            case 5:
                return f"shuffle({self.expr(kind, depth)})"
            case 6:
                return f"distinct({self.expr(kind, depth)})"
            case 7:
                key = self.function_of(item, "int", depth)
                reverse = self.one("", ", reverse=True")
                return f"sorted({self.expr(kind, depth)}, key={key}{reverse})"
            case _:
                return f"concat([{self.expr(kind, depth)}, {self.expr(kind, depth)}])"

    def comprehension(self, item: str, depth: int) -> str:
        source = self.one("ints", "names", "recs")
        each, more = self.inner("c"), ""
        with self.scope(**{each: ITEM[source]}):
            if self.chance(25):
                second, other = self.fresh("c"), self.one("ints", "names")
                more = f" for {second} in {self.expr(other, depth - 1)}"
                self.variables[second] = ITEM[other]
            for _ in range(self.one(0, 1, 1, 2)):
                more += f" if {self.expr('bool', depth - 1)}"
            element = self.expr(item, depth - 1)
        return f"[{element} for {each} in {self.expr(source, depth)}{more}]"

    ints_expr = names_expr = recs_expr = list_expr

    def ints_leaf(self) -> str:
        return str(self.one(*self.palette.ints))

    def names_leaf(self) -> str:
        return str(self.one(*self.palette.names))

    def recs_leaf(self) -> str:
        return f"[{self.rec_leaf()}, {self.rec_leaf()}]"

    def rec_leaf(self) -> str:
        own = self.palette.fields
        fields = [
            f'"{name}": {self.one(*own[name]) if own else getattr(self, f"{kind}_leaf")()}'
            for name, kind in FIELDS.items()
        ]
        return "{" + ", ".join(fields) + "}"

    def rec_expr(self, _: str, depth: int) -> str:
        if self.chance(15):
            return f"choice([{self.expr('rec', depth)}, {self.expr('rec', depth)}])"
        fields = [f'"{name}": {self.expr(kind, depth - 1)}' for name, kind in FIELDS.items()]
        if self.faults and self.chance(20):
            fields.pop(self.one(0, 1, 2))
        if self.chance(20):
            fields.append(f'"extra": {self.expr("maybe", depth - 1)}')
        return "{" + ", ".join(fields) + "}"

    def function_of(self, parameter: str, returns: str, depth: int) -> str:
        """Return a function as a value."""
        fitting = [f.name for f in self.functions if f.parameters == (parameter,) and f.returns == returns]
        if fitting and self.chance(60):
            first = self.one(*fitting)
            return f"({first} if {self.test(0)} else {self.one(*fitting)})" if self.chance(25) else str(first)
        each = self.inner("a")
        with self.scope(**{each: parameter}):
            return f"(lambda {each}: {self.expr(returns, depth - 1)})"
