"""Programs at random that use all of the language: well typed, accepted by the checker, random in every place.

`Writer` writes one; most of its programs run in all worlds, a few operations fail in some of them, on purpose.
`programs()` gives texts to Hypothesis.
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from hypothesis import strategies as st

from plot.errors import PlotError
from plot.language import ProgramNode, check, parse
from tests.oracle.expressions import ANY, FINITE, ITEM, TYPES, Expressions, Function


@dataclass
class Writer(Expressions):
    """Writes one program; `hard` percent of its conditions may rule out any world, even all."""

    hard: int = 0

    # -- statements --------------------------------------------------------------------------------------

    def block(self, most: int = 3) -> None:
        """Write a few statements, one level in."""
        self.indent += 1
        with self.scope():
            for _ in range(self.random.randint(1, most)):
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
        self.line(f"condition({test})" if self.chance(self.hard) else f"condition({test} or flip(0.8))")

    def observe(self) -> None:
        self.line(f"observe({self.filled(self.one(*self.palette.observations), 1)})")

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
        if names and not function.recursive and self.chance(20):
            names[-1] = self.inner("p")
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
            for _ in range(self.random.randint(0, 3)):
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
        for _ in range(self.random.randint(0, 3)):
            self.define()
            self.room = max(self.room, 30)
        for _ in range(self.random.randint(1, 4)):
            self.statement()
        self.room = max(self.room, 30)
        for _ in range(self.one(1, 1, 2) if self.interventions else 0):
            self.intervene()
            for _ in range(self.one(0, 1, 2)):
                self.statement()
        for function in self.functions:
            for _ in range(self.random.randint(0, 2)):
                self.line(f"query({self.applied(function, 1)})")
        for name in list(self.variables)[-4:]:
            self.line(f"query({name})")
        self.line(f"query({self.expr(self.one(*TYPES))})")
        return "\n".join(self.lines) + "\n"

    def problem(self) -> str:
        """Write a small program with evidence, and queries whose answers have a distribution."""
        for _ in range(self.one(0, 1, 1, 2)):
            self.define()
            self.room = max(self.room, 12)
        for _ in range(self.random.randint(1, 3)):
            self.statement()
        self.room = max(self.room, 12)
        for _ in range(self.random.randint(1, 2)):
            self.one(self.condition, self.condition, self.observe)()
        if self.interventions:
            self.intervene()
        self.room = max(self.room, 12)
        for _ in range(self.random.randint(1, 3)):
            self.line(f"query({self.asked()})")
        return "\n".join(self.lines) + "\n"

    def asked(self) -> str:
        """Return an expression that may be asked for: a record or a function may not."""
        variables = [name for name in self.variables if self.variables[name] != "rec"]
        functions = [function for function in self.functions if function.returns != "rec"]
        if functions and self.chance(40):
            return self.applied(self.one(*functions), 1)
        if variables and self.chance(60):
            return str(self.one(*variables))
        return self.expr(self.one(*[kind for kind in TYPES if kind != "rec"]), 2)


def accepted(text: str) -> bool:
    """Return whether the checker has no complaint."""
    try:
        check(parse(text))
    except PlotError:
        return False
    return True


def finite_problem(seed: int) -> str:
    """Return a finite program with evidence and queries, in which the checker may find a mistake."""
    random = Random(seed)
    faults, interventions = random.random() < 0.4, random.random() < 0.12
    return Writer(random, FINITE, room=14, faults=faults, interventions=interventions, hard=60).problem()


def mixed_problem(seed: int) -> str:
    """Return a program whose choices are of any distribution, with evidence and queries."""
    random = Random(seed)
    return Writer(random, ANY, room=14, faults=random.random() < 0.4, hard=20).problem()


@st.composite
def texts(draw: st.DrawFn, interventions: bool = False) -> str:
    """Return the text of a program, which the checker may still refuse."""
    random = draw(st.randoms(use_true_random=False))
    return Writer(random, faults=draw(st.booleans()), interventions=interventions).program()


def programs(interventions: bool = False) -> st.SearchStrategy[str]:
    """Return texts of programs that the checker accepts."""
    return texts(interventions).filter(accepted)


def parsed(text: str) -> ProgramNode:
    """Return a program that was checked."""
    program = parse(text)
    check(program)
    return program
