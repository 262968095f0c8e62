"""From what an utterance is (a statement, a definition, a question) to a reading: statements of the language."""

from __future__ import annotations

from dataclasses import dataclass

from plot.errors import PlotError
from plot.language import LIBRARY, parse, show
from plot.language.nodes import (
    Assign,
    Comprehension,
    Condition,
    Constant,
    Expr,
    FunctionDef,
    IfExpr,
    ListExpr,
    Name,
    NameTarget,
    Observe,
    Parameter,
    Program,
    Query,
    Return,
    Statement,
    walk,
)
from plot.lexicon import expression
from plot.translate.assemble import fresh, names_in
from plot.translate.base import Discourse, Reading
from plot.translate.base import Act as Kind
from plot.translate.english.build import (
    both,
    call,
    compare,
    items_of,
    listing,
    number,
    uses,
)
from plot.translate.english.code import Coder, Loop
from plot.translate.english.forms import (
    Act,
    And,
    DefineGroup,
    DefineNoun,
    HowOften,
    Member,
    Met,
    Options,
    Parsed,
    Polar,
    Prop,
    Reported,
    Supposing,
    Tell,
    Value,
    Which,
    Winner,
)
from plot.translate.english.vocabulary import person_noun


def reading(parsed: Parsed, discourse: Discourse) -> Reading:
    """Return the reading of a meaning. Raises PlotError for what can't be said in this world, or not yet."""
    writer = _Writer(discourse, Coder(discourse, asked=not isinstance(parsed.act, (Tell, DefineNoun, DefineGroup, Met))))
    kind, body = writer.act(parsed.act)
    body = [*writer.opened(), *body]
    program = Program(body=tuple(body))
    names = _in_order(parsed.names, program)
    if kind == "question":
        _refuse_nobody(program, discourse, names)
    return Reading(kind, show(program), parsed.weight, names=names, events=writer.coder.introduced)


def _in_order(names: tuple[str, ...], program: Program) -> tuple[str, ...]:
    used = {node.value for node in walk(program) if isinstance(node, Constant)}
    return tuple(dict.fromkeys(name for name in names if name in used))


def _refuse_nobody(program: Program, discourse: Discourse, names: tuple[str, ...]) -> None:
    """Refuse a question about all who were mentioned where no one was."""
    lists = discourse.world.lexicon.names
    if not discourse.names and not names and any(uses(program, name) for name in lists):
        raise PlotError("nobody has been mentioned yet", hint="name them in the question, or tell something first: “Who is stronger, Tom or Mary?”")


@dataclass(slots=True)
class _Writer:
    discourse: Discourse
    coder: Coder

    def act(self, act: Act) -> tuple[Kind, list[Statement]]:
        """Return what kind of utterance this is, and its statements."""
        match act:
            case Tell():
                return self._tell(act.prop)
            case DefineNoun():
                return "knowledge", [self._noun(act)]
            case DefineGroup():
                return self._group(act)
            case Met():
                return "knowledge", [self._met(act)]
        return "question", self._question(act)

    def opened(self) -> list[Statement]:
        """Return definitions of the groups that were spoken of and of which no one is known: anyone may be in them."""
        noun = person_noun(self.discourse.world.lexicon)
        found: list[Statement] = []
        for group, known in self.coder.groups.items():
            if not known and noun is not None and noun.domain is not None:
                chance = next((n.chance for n in self.discourse.world.lexicon.nouns.values() if n.group), 0.5)
                letter = "x"
                value = listing(Name(id=letter), letter, expression(noun.domain), call("flip", number(chance)))
                found.append(Assign(target=NameTarget(id=group), value=value))
        return found

    # -- statements ----------------------------------------------------------------------------------------

    def _tell(self, prop: Prop) -> tuple[Kind, list[Statement]]:
        parts = _flat(prop)
        if all(isinstance(part, Member) and isinstance(part.x, Constant) for part in parts):
            return self._membership(parts)
        kept: list[Statement] = []
        tests: list[Expr] = []
        for part in parts:
            if isinstance(part, Reported):
                tests, kept = [], [*kept, *self._conditions(tests)]
                value, figure = self.coder.expr(part.value), self.coder.expr(part.figure)
                kept.append(Observe(distribution=call("normal", value, number(part.error)), value=figure))
            else:
                tests.append(self.coder.prop(part))
        return "observation", [*kept, *self._conditions(tests)]

    def _conditions(self, tests: list[Expr]) -> list[Statement]:
        return [Condition(test=both(tests))] if tests else []

    def _membership(self, parts: list[Prop]) -> tuple[Kind, list[Statement]]:
        groups: dict[tuple[str, bool], list[Expr]] = {}
        for part in parts:
            assert isinstance(part, Member)
            groups.setdefault((part.group, part.known), []).append(part.x)
        kind: Kind = "knowledge"
        body: list[Statement] = []
        for (group, known), xs in groups.items():
            kind, found = self._group(DefineGroup(group, known, ListExpr(items=tuple(xs)), more=True))
            body += found
        return kind, body

    def _group(self, act: DefineGroup) -> tuple[Kind, list[Statement]]:
        listed, items = Name(id=act.variable), items_of(act.members)
        if act.known and self._is_open(act.variable):
            tests = [compare(item, "in", listed) for item in items or ()]
            if not act.more:
                tests.append(compare(call("len", listed), "==", number(len(tests))))
            return "observation", [Condition(test=both(tests))]
        value = act.members
        if act.more and act.known:
            value = call("distinct", call("concat", listed, value))
        return "knowledge", [Assign(target=NameTarget(id=act.variable), value=value)]

    def _is_open(self, variable: str) -> bool:
        """Tell whether a group was spoken of before anyone was said to be in it."""
        last: Expr | None = None
        for told in self.discourse.told:
            for statement in parse(told.readings[0].code).body:
                if isinstance(statement, Assign) and statement.target == NameTarget(id=variable):
                    last = statement.value
        return isinstance(last, Comprehension)

    def _met(self, act: Met) -> Statement:
        first, second = (self.coder._plain_side(side) for side in (act.first, act.second))
        event = self.coder.event(act.when, asked=False)
        assert isinstance(event, Constant)
        return Assign(target=NameTarget(id=f"match_{event.value}"), value=ListExpr(items=(first, second)))

    def _noun(self, act: DefineNoun) -> Statement:
        variables = [act.variable] if act.other is None else [act.variable, act.other]
        letters = ["x", "y"][: len(variables)]
        self.coder._loops += [Loop(variable, letter, "") for variable, letter in zip(variables, letters, strict=True)]
        body = self.coder.prop(act.where, True)
        name = act.word.replace(" ", "_").replace("-", "_")
        if name in LIBRARY or name in set(names_in(self.discourse.world.program)):
            name = f"is_{name}"
        taken = set(names_in(self.discourse.world.program)) | set(self.discourse.world.name_lists)
        parameters = tuple(Parameter(name=letter) for letter in letters)
        return FunctionDef(name=fresh(name, taken), parameters=parameters, body=(Return(value=body),))

    # -- questions -----------------------------------------------------------------------------------------

    def _question(self, act: Act) -> list[Statement]:
        match act:
            case Supposing():
                return self._supposing(act)
            case Polar():
                return [Query(value=self.coder.prop(act.prop))]
            case Which():
                listed = self.coder.things(act.things, act.body, licensed=True)
                return [Query(value=call("len", listed) if act.count else listed)]
            case Value():
                return [Query(value=self.coder.expr(act.expr))]
            case Options():
                return [Query(value=self.coder.choice(act.options))]
            case Winner():
                return [Query(value=self._winner(act))]
            case HowOften():
                parts = self.coder.each_known(act.inner)
                return [Query(value=call("count", ListExpr(items=tuple(parts))) if parts else number(0))]
        raise AssertionError(act)

    def _supposing(self, act: Supposing) -> list[Statement]:
        self.coder.sides = act.sides or self.coder.sides
        tests = [self.coder.prop(act.test)] if act.test is not None else []
        return [*self._conditions(tests), *self._question(act.ask)]

    def _winner(self, act: Winner) -> Expr:
        """Return the side of a match of which the verb is true."""
        self.coder.sides = act.sides or self.coder.sides
        if act.when is not None and act.sides is not None:
            self.coder.record = ()
            event = number(self.coder.number_of(act.when))
            first, second = (self.coder._plain_side(side) for side in act.sides)
        else:
            found = self.coder.candidates(act.when)
            if not found:
                raise PlotError("it is not known which match this asks about", hint="say who meets whom: “If Tom played against Mary, who would win?”")
            event, first, second = number(found[0].number), found[0].first, found[0].second
        test = self.coder.verb(act.verb, first, second, event)
        shown = [first, second] if not act.object else [second, first]
        singles = [items_of(side) for side in shown]
        if all(single is not None and len(single) == 1 for single in singles):
            shown = [single[0] for single in singles if single is not None]
        return IfExpr(test=test, then=shown[0], orelse=shown[1])


def _flat(prop: Prop) -> list[Prop]:
    """Return the parts of a conjunction."""
    return [found for part in prop.parts for found in _flat(part)] if isinstance(prop, And) else [prop]


__all__ = ["reading"]
