"""From what an utterance is (a statement, a definition, a question) to a reading: statements of the language."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Any, cast

from plot.errors import PlotError
from plot.language import LIBRARY, may_be_random, show
from plot.language.syntax.nodes import (
    Assign,
    Call,
    Compare,
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
    ParameterNode,
    ProgramNode,
    Query,
    Return,
    Statement,
    walk,
)
from plot.translate.assemble import fresh, names_in
from plot.translate.base import Act as Kind
from plot.translate.base import CausalQuestion, Discourse, Reading
from plot.translate.english.build import (
    FALSE,
    TRUE,
    UNNAMED,
    both,
    call,
    compare,
    either,
    items_of,
    listing,
    negated,
    number,
)
from plot.translate.english.code import Coder
from plot.translate.english.effects import EffectWriter, code_of
from plot.translate.english.forms import (
    Act,
    Amount,
    And,
    Choice,
    Claim,
    Consequences,
    DefineChance,
    DefineGroup,
    DefineNoun,
    EffectOf,
    EventCount,
    GraphQuestion,
    GroupName,
    HowOften,
    InMatch,
    Listed,
    Member,
    Met,
    Not,
    Options,
    Parsed,
    Polar,
    Prop,
    Quant,
    Reported,
    Supposing,
    Tell,
    Things,
    Value,
    WhatToDo,
    Which,
    Winner,
    changed,
    definite_things,
    denied,
    listed,
    mentions,
    parts_of,
    replaced,
)
from plot.translate.english.individuals import all_shown, one_shown, with_bearers
from plot.translate.english.kinds import listed_by_name
from plot.translate.english.matches import LETTERS, within
from plot.translate.english.record import Meeting, met_name, program_of
from plot.translate.english.rules import rule
from plot.translate.english.vocabulary import person_noun
from plot.world.lexicon import expression


def reading(parsed: Parsed, discourse: Discourse) -> Reading:
    """Return the reading of a meaning. Raises PlotError for what can't be said in this world, or not yet."""
    asked = not isinstance(parsed.act, (Tell, DefineNoun, DefineGroup, DefineChance, Met))
    coder = Coder(discourse, asked=asked)
    everyone = tuple(dict.fromkeys([*discourse.names, *parsed.names]))
    writer = _Writer(discourse, coder, EffectWriter(coder, discourse.world, everyone), everyone)
    kind, body = writer.act(parsed.act)
    body = with_bearers([*writer.opened(), *body], parsed.names, discourse.world.lexicon)
    program = ProgramNode(body=tuple(body))
    names = _in_order(parsed.names, program)
    return Reading(
        kind,
        show(program),
        parsed.weight,
        paraphrase=_supposed(writer.coder),
        names=names,
        events=writer.coder.introduced,
        assumed=parsed.definite if writer.presupposes else (),
        causal=writer.effects.causal,
    )


def _supposed(coder: Coder) -> str | None:
    """Return in words what a reading takes for granted."""
    unknown = [name.replace("_", " ") for name, group in coder.groups.items() if not group.known]
    return f"who is on the {' or the '.join(unknown)} is not known: anyone may be" if unknown else None


def _in_order(names: tuple[str, ...], program: ProgramNode) -> tuple[str, ...]:
    used = {node.value for node in walk(program) if isinstance(node, Constant)}
    return tuple(dict.fromkeys(name for name in names if name in used))


@dataclass(slots=True)
class _Writer:
    discourse: Discourse
    coder: Coder
    effects: EffectWriter
    everyone: tuple[str, ...] = ()
    presupposes: bool = False

    def act(self, act: Act) -> tuple[Kind, list[Statement]]:
        """Return what kind of utterance this is, and its statements."""
        act = changed(act, self._both)
        match act:
            case Tell():
                act = Tell(_with_figures_of_one(act.prop))
                kind, body = self._tell(act.prop)
                return kind, [*self._conditions(self._presupposed(act)), *body]
            case DefineNoun():
                return "knowledge", [self._noun(act)]
            case DefineGroup():
                return self._group(act)
            case DefineChance():
                return "knowledge", rule(act, self.discourse.world.lexicon, self.coder.prop)
            case Met():
                return "knowledge", [self._met(act)]
        return "question", [*self._conditions(self._presupposed(act)), *self._question(act)]

    def _both(self, part: Any) -> Quant | None:
        """Return *both players* as the two who were mentioned. Raises PlotError where these are not two."""
        source = part.things.source if isinstance(part, Quant) and part.two and part.things.where is None else None
        members = listed_by_name(self.discourse, ()).get(source.id) if isinstance(source, Name) else None
        if members is None or not isinstance(part, Quant):
            return None
        if any(one.x == Name(id=part.things.variable) for one in parts_of(part.body, InMatch)):
            return None  # of those who took part in that match
        named = members or tuple(Constant(value=name) for name in self.everyone)
        if len(named) != 2:
            said = f"“both” and “neither” are said of two, and there are {len(named)}"
            raise PlotError(said, hint="name them")
        things = part.things if members else replace(part.things, source=ListExpr(items=named))
        return replace(part, things=things, two=False)

    def _presupposed(self, act: Act) -> list[Expr]:
        """Return what an utterance takes for granted: what it speaks of as *the so-and-so* is there."""
        bound = [part.variable for part in parts_of(act, Things)]
        found: list[Expr] = []
        for part in parts_of(act, Call):
            only: Any = part.args[0] if getattr(part.function, "id", "") == "first" and len(part.args) == 1 else None
            if isinstance(only, Listed):
                own = {inner.variable for inner in parts_of(only, Things)}
                if not any(mentions(only, name) for name in bound if name not in own):
                    found.append(compare(call("len", self.coder.expr(cast(Expr, only))), ">", number(0)))
        for two in (part.things for part in parts_of(act, Quant) if part.two):
            own = {inner.variable for inner in parts_of(two, Things)}
            if not any(mentions(two, name) for name in bound if name not in own):
                found.append(compare(call("len", self.coder.expr(listed(two))), "==", number(2)))
        for things in self._taken_for_granted(act):
            own = {inner.variable for inner in parts_of(things, Things)}
            if not any(mentions(things, name) for name in bound if name not in own):
                found.append(self.coder.prop(Quant(Amount("some"), things, Claim(TRUE))))
        world = self.discourse.world
        taken = [test for test in dict.fromkeys(found) if may_be_random(test, world.program)]
        self.presupposes |= bool(taken)
        return taken

    def _taken_for_granted(self, act: Act) -> list[Things]:
        """Return the things that are spoken of as *the so-and-so*, but for one that a statement describes."""
        if not isinstance(act, Tell):
            return definite_things(act)
        several = [quant.things for quant in parts_of(act, Quant) if quant.definite and quant.amount.kind == "all"]
        return [*(quant.things for quant in denied(act.prop)), *several]

    def opened(self) -> list[Statement]:
        """Return definitions of the groups of which no one is known: anyone may be in them, and someone is."""
        noun = person_noun(self.discourse.world.lexicon)
        found: list[Statement] = []
        for group, name in self.coder.groups.items():
            if not name.known and noun is not None and noun.domain is not None:
                chance = next((n.chance for n in self.discourse.world.lexicon.nouns.values() if n.group), 0.5)
                x, test = Name(id="x"), call("flip", number(chance))
                owner = Constant(value=name.owner)
                kept = test if name.owner is None else either([compare(x, "==", owner), test])
                value = listing(x, "x", expression(noun.domain), kept)
                found.append(Assign(target=NameTarget(id=group), value=value))
                if name.owner is None:
                    found.append(Condition(test=compare(call("len", Name(id=group)), ">", number(0))))
        return found

    # -- statements ----------------------------------------------------------------------------------------

    def _tell(self, prop: Prop) -> tuple[Kind, list[Statement]]:
        parts = _flat(prop)
        if all(isinstance(part, Member) and isinstance(part.x, Constant) for part in parts):
            return self._membership(parts)
        if isinstance(prop, Not) and isinstance(prop.inner, Member) and self._is_closed(prop.inner.group):
            return "knowledge", [self._left_out(prop.inner)]
        kept: list[Statement] = []
        tests: list[Expr] = []
        for part in parts:
            if isinstance(part, Reported):
                tests, kept = [], [*kept, *self._conditions(tests)]
                value, figure = self.coder.expr(part.value), self.coder.expr(part.figure)
                kept.append(Observe(distribution=call("normal", value, number(part.error)), value=figure))
            else:
                tests.append(self.coder.prop(part))
        world = self.discourse.world
        if not kept and all(_is_mention(test, world.name_lists) for test in tests):
            hint = "say how they are, or ask about them"
            raise PlotError("whoever is mentioned is one of those: it tells nothing", hint=hint)
        return "observation", [*kept, *self._conditions(tests)]

    def _conditions(self, tests: list[Expr]) -> list[Statement]:
        return [Condition(test=both(tests))] if tests else []

    def _membership(self, parts: list[Prop]) -> tuple[Kind, list[Statement]]:
        groups: dict[GroupName, list[Expr]] = {}
        for part in parts:
            assert isinstance(part, Member)
            groups.setdefault(part.group, []).append(part.x)
        kind: Kind = "knowledge"
        body: list[Statement] = []
        for group, xs in groups.items():
            kind, found = self._group(DefineGroup(group.variable, group.known, ListExpr(items=tuple(xs)), more=True))
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

    def _is_closed(self, group: GroupName) -> bool:
        return group.known and not self._is_open(group.variable)

    def _left_out(self, member: Member) -> Statement:
        """Return the group without someone who is said not to be in it."""
        group, x = Name(id=member.group.variable), Name(id="x")
        value = listing(x, "x", group, compare(x, "!=", member.x))
        return Assign(target=NameTarget(id=member.group.variable), value=value)

    def _is_open(self, variable: str) -> bool:
        """Tell whether a group was spoken of before anyone was said to be in it."""
        last: Expr | None = None
        for told in self.discourse.told:
            for statement in program_of(told.readings[0].code).body:
                if isinstance(statement, Assign) and statement.target == NameTarget(id=variable):
                    last = statement.value
        return isinstance(last, Comprehension) and any(isinstance(node, Call) for node in walk(last))

    def _met(self, act: Met) -> Statement:
        first, second = (self.coder.plain_side(side) for side in (act.first, act.second))
        event = self.coder.event(act.when, asked=False, noun=act.noun)
        assert isinstance(event, Constant) and isinstance(event.value, int)
        name = met_name(self.coder.sort_of(act.noun), event.value)
        return Assign(target=NameTarget(id=name), value=ListExpr(items=(first, second)))

    def _noun(self, act: DefineNoun) -> Statement:
        body = self.coder.function_body(act.variable, act.where)
        name = act.word.replace(" ", "_").replace("-", "_") + ("_of" if isinstance(act.where, Things) else "")
        if name in LIBRARY or name in set(names_in(self.discourse.world.program)):
            name = f"is_{name}"
        taken = set(names_in(self.discourse.world.program)) | set(self.discourse.world.name_lists)
        parameter = ParameterNode(name=LETTERS[0])
        return FunctionDef(name=fresh(name, taken), parameters=(parameter,), body=(Return(value=body),))

    # -- questions -----------------------------------------------------------------------------------------

    def _question(self, act: Act) -> list[Statement]:
        lexicon = self.discourse.world.lexicon
        match act:
            case Supposing():
                return self._supposing(act)
            case EffectOf() | Consequences() | WhatToDo() | GraphQuestion():
                return self.effects.question(act)
            case Polar():
                return [Query(value=self.coder.prop(act.prop))]
            case Which():
                listed = self.coder.things(act.things, act.body, licensed=True)
                return [Query(value=call("len", listed) if act.count else all_shown(listed, lexicon))]
            case Value():
                return [Query(value=one_shown(self.coder.expr(act.expr), lexicon))]
            case Choice():
                return [Query(value=self._choice([self.coder.prop(part) for part in act.parts]))]
            case Options():
                return [Query(value=self.coder.choice(act.options))]
            case Winner():
                return [Query(value=self._winner(act))]
            case EventCount():
                return [Query(value=number(len(self.coder.known(act.noun))))]
            case HowOften():
                parts = self.coder.each_known(act.inner)
                if all(part in (TRUE, FALSE) for part in parts):
                    return [Query(value=number(parts.count(TRUE)))]
                return [Query(value=call("count", ListExpr(items=tuple(parts))))]
        raise AssertionError(act)

    def _choice(self, tests: list[Expr]) -> Expr:
        """Return which of some alternatives is the case, to be told by their names, or that none or several are."""
        found: Expr = Constant(value="neither" if len(tests) == 2 else "none of these")
        for test in reversed(tests):
            found = IfExpr(test=test, then=UNNAMED, orelse=found)
        if not _exclusive(tests):
            several = compare(call("count", ListExpr(items=tuple(tests))), ">", number(1))
            word = "both" if len(tests) == 2 else "several of these"
            found = IfExpr(test=several, then=Constant(value=word), orelse=found)
        return found

    def _supposing(self, act: Supposing) -> list[Statement]:
        self.coder.sides, self.coder.noun = act.sides or self.coder.sides, act.noun or self.coder.noun
        tests = [self.coder.prop(act.test)] if act.test is not None else []
        self.coder.absent = act.absent
        asked = self._question(act.ask)  # first, as what is made so may be of the match that it speaks of
        made = self.effects.made(act.made) if act.made is not None else []
        rigid = self.effects.as_before(act.ask, made)
        asked = asked if rigid is act.ask else self._question(rigid)
        if act.absent:
            self.effects.causal = CausalQuestion("absent", tuple(code_of(one) for one in act.absent))
        if act.afresh:
            self.effects.causal = CausalQuestion("afresh", tuple(code_of(test) for test in tests))
        return [*self._conditions(tests), *made, *asked]

    def _winner(self, act: Winner) -> Expr:
        """Return the side of a match of which the verb is true."""
        self.coder.sides = act.sides or self.coder.sides
        found = self.coder.candidates(act.when, act.noun)
        if act.past and act.sides is not None and act.when is None:
            one, other = (self.coder.plain_side(side) for side in act.sides)
            found = self.coder.between(one, other, act.noun)[::-1]
        if not found:
            hint = "say who meets whom: “If … played against …, who would win?”"
            raise PlotError("it is not known which match this asks about", hint=hint)
        first, second = found[0].first, found[0].second
        self.coder.last = number(found[0].number)
        if act.verb.means is None:
            return call("concat", first, second)
        shown = [first, second]
        if act.sides is not None and (act.when is not None or act.past):
            shown = [self.coder.plain_side(side) for side in act.sides]
            first, second = _in_order_of(shown, found[0])
        test = self.coder.verb(act.verb, first, second, number(found[0].number), None, found[0].sort)
        singles = [items_of(side) for side in shown]
        if all(single is not None and len(single) == 1 for single in singles):
            shown = [single[0] for single in singles if single is not None]
        return IfExpr(test=test, then=shown[0], orelse=shown[1])


def _exclusive(tests: list[Expr]) -> bool:
    """Return whether tests ask whether one value is this or that, or of one thing whether it is so or not."""
    if len(tests) == 2 and tests[0] == negated(tests[1]):
        return True
    asked = [(one.left, one.comparators[0]) for one in tests if isinstance(one, Compare) and one.ops == ("==",)]
    values = [value for _, value in asked if isinstance(value, Constant)]
    return len(values) == len(tests) and len({left for left, _ in asked}) == 1 and len(set(values)) == len(tests)


def _in_order_of(shown: list[Expr], meeting: Meeting) -> tuple[Expr, Expr]:
    """Return the sides of a match in the order of those who are asked about."""
    for one, other in meeting.sides():
        if within(shown[0], one, False) == TRUE and within(shown[1], other, False) == TRUE:
            return one, other
    raise PlotError(f"these did not meet in match number {meeting.number}", hint="ask about those who did")


def _with_figures_of_one(prop: Prop) -> Prop:
    """Return what is said of *the so-and-so* with a figure as said of the one that there is: figures are observed."""
    inner = prop
    while isinstance(inner, Quant) and inner.definite and inner.amount.kind == "some":
        one = call("first", listed(inner.things))
        inner = replaced(inner.body, {inner.things.variable: one})
    return inner if isinstance(inner, Reported) else prop


def _is_mention(test: Expr, lists: Collection[str]) -> bool:
    """Return whether a test says only that somebody is in the list of all who are mentioned."""
    if not isinstance(test, Compare) or test.ops != ("in",) or not isinstance(test.left, Constant):
        return False
    group = test.comparators[0]
    return isinstance(group, Name) and group.id in lists


def _flat(prop: Prop) -> list[Prop]:
    """Return the parts of a conjunction."""
    return [found for part in prop.parts for found in _flat(part)] if isinstance(prop, And) else [prop]


__all__ = ["reading"]
