"""Hypothesis strategies for programs that mean something: well typed, accepted by the checker, random in every place.

`programs()` gives texts. Most of them run in all particles; a few operations fail in some of them, on purpose.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from hypothesis import strategies as st

from plot.errors import PlotError
from plot.language import Program, check, parse
from plot.language.constants import UNKNOWN, fold

PEOPLE = ("tom", "ann", "bob", "sue")
TYPES = ("int", "num", "bool", "name", "maybe", "ints", "names", "rec", "recs")
ITEM = {"ints": "int", "names": "name", "recs": "rec"}
FIELDS = {"mass": "num", "hot": "bool", "who": "name"}
DEEPEST = 3


@dataclass
class Function:
    """A function of the program that is being written."""

    name: str
    parameters: tuple[str, ...]
    returns: str
    recursive: bool = False
    mem: bool = False


@dataclass
class Writer:
    """Writes one program, with `draw` deciding everything."""

    draw: Callable[[Any], Any]
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
        return self.draw(st.sampled_from(options))

    def chance(self, percent: int) -> bool:
        return bool(self.draw(st.integers(0, 99)) >= 100 - percent)

    def fresh(self, stem: str) -> str:
        self.names += 1
        return f"{stem}{self.names}"

    def line(self, text: str) -> None:
        self.lines.append("    " * self.indent + text)

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
            arguments[0] = self.one("1", "2", "randint(0, 2)", "poisson(0.5)")
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
        return str(
            self.one("0", "1", "2", "3", "-1", "randint(0, 2)", "randint(-1, 3)", "poisson(0.7)", "binomial(2, 0.4)")
        )

    def int_expr(self, _: str, depth: int) -> str:
        match self.draw(st.integers(0, 11)):
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
        return str(self.one("0.5", "2.5", "-1.5", "1", "normal(0, 1)", "uniform(0, 2)", "exponential(1)", "beta(1, 2)"))

    def num_expr(self, _: str, depth: int) -> str:
        match self.draw(st.integers(0, 8)):
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
                return f"normal({self.expr('num', depth)}, abs({self.expr('num', 0)}) + 1)"
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
        return str(self.one("flip()", "flip(0.3)", "flip(0.7)", "flip(0.1)", "True", "False"))

    def bool_expr(self, _: str, depth: int) -> str:
        match self.draw(st.integers(0, 12)):
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
        return str(
            self.one('"tom"', '"ann"', '"bob"', '"sue"', 'choice(["tom", "ann"])', 'choice(["ann", "bob", "sue"])')
        )

    def name_expr(self, _: str, depth: int) -> str:
        match self.draw(st.integers(0, 4)):
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
        match self.draw(st.integers(0, 4)):
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
        count = self.draw(st.integers(least, 3))
        return f"[{', '.join([self.expr(kind, depth - 1) for _ in range(count)])}]"

    def list_expr(self, kind: str, depth: int) -> str:
        item = ITEM[kind]
        match self.draw(st.integers(0, 8)):
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
        each, more = self.fresh("c"), ""
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
        return str(self.one("[1, 2]", "[3, 0, 1]", "range(3)", "range(poisson(1))", "[randint(0, 2), 1]", "[]"))

    def names_leaf(self) -> str:
        return str(self.one('["tom", "ann"]', '["ann", "bob", "sue"]', '[p for p in ["tom", "ann", "bob"] if flip()]'))

    def recs_leaf(self) -> str:
        return f"[{self.rec_leaf()}, {self.rec_leaf()}]"

    def rec_leaf(self) -> str:
        fields = [f'"{name}": {getattr(self, f"{kind}_leaf")()}' for name, kind in FIELDS.items()]
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
        each = self.fresh("a")
        with self.scope(**{each: parameter}):
            return f"(lambda {each}: {self.expr(returns, depth - 1)})"

    # -- statements --------------------------------------------------------------------------------------

    def block(self, most: int = 3) -> None:
        """Write a few statements, one level in."""
        self.indent += 1
        with self.scope():
            for _ in range(self.draw(st.integers(1, most))):
                self.statement()
        self.indent -= 1

    def statement(self) -> None:
        self.room -= 2
        options = [self.assign, self.assign, self.assign, self.reassign, self.reassign]
        if self.room > 0 and self.indent < 4:
            options += [self.if_block, self.if_block, self.for_block]
        if self.returns is not None:
            options += [self.early_return]
        if self.loops:
            options += [self.leave_loop, self.leave_loop]
        options += [self.condition, self.observe] if self.chance(25) else []
        self.one(*options)()

    def assign(self) -> None:
        kind = self.one(*TYPES)
        value = self.expr(kind)
        name = self.fresh("x")
        self.line(f"{name} = {value}")
        self.variables[name] = kind

    def reassign(self) -> None:
        known = [name for name in self.variables if name[0] == "x"]
        if not known:
            return self.assign()
        name = self.one(*known)
        kind = self.variables[name]
        if kind == "int" and self.chance(40):
            return self.line(f"{name} += {self.expr('int', 1)}")
        return self.line(f"{name} = {self.expr(kind)}")

    def if_block(self) -> None:
        self.line(f"if {self.test(2)}:")
        self.block()
        if self.chance(30):
            self.line(f"elif {self.test(2)}:")
            self.block()
        if self.chance(50):
            self.line("else:")
            self.block()

    def for_block(self) -> None:
        kind = self.one("ints", "names", "recs")
        items, each = self.expr(kind, 2), self.fresh("e")
        target = each
        added = {each: ITEM[kind]}
        if self.chance(25):
            number = self.fresh("e")
            target, items = f"{number}, {each}", f"enumerate({items})"
            added[number] = "int"
        elif self.chance(20):
            other = self.fresh("e")
            target, items = f"{each}, {other}", f"zip({items}, {self.expr('ints', 1)})"
            added[other] = "int"
        self.line(f"for {target} in {items}:")
        with self.scope(**added):
            self.loops += 1
            self.block()
            self.loops -= 1

    def leave_loop(self) -> None:
        self.line(f"if {self.test(1)}:")
        self.line(f"    {self.one('break', 'continue')}")

    def early_return(self) -> None:
        assert self.returns is not None
        self.line(f"if {self.test(1)}:")
        self.indent += 1
        self.line(f"return {self.expr(self.returns, 2)}")
        self.indent -= 1

    def condition(self) -> None:
        test = self.expr("bool", 2)
        self.line(f"condition({test} or flip(0.8))")

    def observe(self) -> None:
        match self.draw(st.integers(0, 5)):
            case 0:
                self.line(f"observe(normal({self.expr('num', 2)}, 2), {self.expr('num', 1)})")
            case 1:
                self.line(f"observe(flip(0.4), {self.expr('bool', 2)})")
            case 2:
                self.line(f"observe(poisson(abs({self.expr('num', 1)}) + 0.1), {self.expr('int', 1)})")
            case 3:
                self.line(f"observe(choice({self.literal('name', 2, least=1)}), {self.expr('name', 1)})")
            case 4:
                self.line(f"observe(randint(0, abs({self.expr('int', 1)})), {self.expr('int', 1)})")
            case _:
                self.line(f"observe(categorical([0.5, 0.2, 0.3]), {self.expr('int', 1)})")

    # -- functions ---------------------------------------------------------------------------------------

    def define(self) -> None:
        """Write a function; some remember, some call themselves, some return early."""
        parameters = tuple([self.one(*TYPES) for _ in range(self.one(0, 1, 1, 1, 2))])
        if self.chance(40):
            parameters = (self.one("name", "int", "name", "num", "maybe", "bool"),)
        returns = self.one(*TYPES)
        function = Function(self.fresh("f"), parameters, returns)
        if self.chance(45):
            self.line("@mem")
            function.mem = True
        self.function(function)

    def function(self, function: Function) -> None:
        if self.chance(25):
            function.recursive = True
            function.parameters = ("int", *function.parameters)
        names = [self.fresh("p") for _ in function.parameters]
        default = ""
        if self.chance(15):
            kind, constant = self.one(("int", "2"), ("bool", "True"), ("name", '"tom"'), ("ints", "[2, 1]"))
            default = self.fresh("p")
            names.append(default)
        shown = [f"{name}={constant}" if name == default else name for name in names]
        kinds = [*function.parameters, *([kind] if default else [])]
        self.line(f"def {function.name}({', '.join(shown)}):")
        outer, loops = self.returns, self.loops
        self.returns, self.loops = function.returns, 0
        self.indent += 1
        with self.scope(**dict(zip(names, kinds, strict=True))):
            if function.recursive:
                self.recursion(function, names)
            for _ in range(self.draw(st.integers(0, 3))):
                self.statement()
            if self.chance(95):
                self.line(f"return {self.expr(function.returns)}")
            else:
                self.line("pass")
        self.indent -= 1
        self.returns, self.loops = outer, loops
        if self.lines[-1].strip() != "pass" or function.returns == "maybe":
            self.functions.append(function)

    def recursion(self, function: Function, names: list[str]) -> None:
        self.line(f"if {names[0]} <= 0 or flip(0.3):")
        self.line(f"    return {self.expr(function.returns, 1)}")
        arguments = [self.expr(kind, 1) for kind in function.parameters[1:]]
        deeper = self.fresh("x")
        self.line(f"{deeper} = {function.name}({', '.join([f'{names[0]} - 1', *arguments])})")
        self.variables[deeper] = function.returns

    def intervene(self) -> None:
        """Write an intervention on a variable or on a value of a function that remembers."""
        remembered = [function for function in self.functions if function.mem]
        known = [name for name in self.variables if name[0] == "x"]
        if remembered and (not known or self.chance(60)):
            function = self.one(*remembered)
            self.line(f"do({self.applied(function, 1)}, {self.expr(function.returns, 1)})")
        elif known:
            name = self.one(*known)
            self.line(f"do({name}, {self.expr(self.variables[name], 1)})")

    def program(self) -> str:
        """Write a whole program."""
        for _ in range(self.draw(st.integers(0, 3))):
            self.define()
            self.room = max(self.room, 30)
        for _ in range(self.draw(st.integers(1, 4))):
            self.statement()
        self.room = max(self.room, 30)
        for _ in range(self.one(1, 1, 2) if self.interventions else 0):
            self.intervene()
            for _ in range(self.one(0, 1, 2)):
                self.statement()
        for function in self.functions:
            for _ in range(self.draw(st.integers(0, 2))):
                self.line(f"query({self.applied(function, 1)})")
        for name in list(self.variables)[-4:]:
            self.line(f"query({name})")
        self.line(f"query({self.expr(self.one(*TYPES))})")
        return "\n".join(self.lines) + "\n"


def accepted(text: str) -> bool:
    """Tell whether the checker has no complaint."""
    try:
        check(parse(text))
    except PlotError:
        return False
    return True


@st.composite
def texts(draw: Callable[[Any], Any], interventions: bool = False) -> str:
    """Return the text of a program, which the checker may still refuse."""
    return Writer(draw, faults=draw(st.booleans()), interventions=interventions).program()


def programs(interventions: bool = False) -> st.SearchStrategy[str]:
    """Return texts of programs that the checker accepts."""
    return texts(interventions).filter(accepted)


def parsed(text: str) -> Program:
    """Return a program that was checked."""
    program = parse(text)
    check(program)
    return program
