"""Interventions and questions about causes as code: what is made so, and what is compared with what."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal, cast

from plot.errors import PlotError
from plot.language import may_be_random, show
from plot.language.syntax.nodes import (
    Assign,
    Binary,
    Call,
    Compare,
    Comprehension,
    Condition,
    Constant,
    Do,
    Expr,
    ListExpr,
    Name,
    NameTarget,
    ProgramNode,
    Query,
    Statement,
    Unary,
    walk,
)
from plot.translate.assemble import fresh, names_in
from plot.translate.base import CausalQuestion
from plot.translate.english.actions import intervention
from plot.translate.english.build import call, items_of, number
from plot.translate.english.code import Coder
from plot.translate.english.forms import (
    Added,
    Amount,
    And,
    Causal,
    Claim,
    Consequences,
    EffectOf,
    GraphQuestion,
    Listed,
    Not,
    Or,
    Prop,
    Quant,
    Question,
    Things,
    Value,
    WhatToDo,
    changed,
    listed,
    mentions,
    replaced,
)
from plot.world import WorldSpec
from plot.world.lexicon import is_drawn


@dataclass(slots=True)
class EffectWriter:
    """Writes interventions, and the questions that need them.

    Attributes:
        coder: What turns propositions into expressions.
        world: The world.
        names: The individuals of whom something made so of all is made so.
        causal: What the question asks for besides its query, once it is written.
        added: How many things were added to those that are.
    """

    coder: Coder
    world: WorldSpec
    names: Sequence[str]
    causal: CausalQuestion | None = field(default=None)
    added: int = 0

    # -- what is made so -----------------------------------------------------------------------------------

    def made(self, prop: Prop) -> list[Statement]:
        """Return the interventions that make something true. Raises PlotError for what follows from other things."""
        match prop:
            case And():
                return [found for part in prop.parts for found in self.made(part)]
            case Not(inner=Or() as either):
                return [found for part in either.parts for found in self.made(Not(part))]
            case Not(inner=Quant(definite=True, amount=Amount(kind="some")) as the):  # "it is not pushed"
                return self.made(replace(the, body=Not(the.body)))
            case Not(inner=Not() as denied):
                return self.made(denied.inner)
            case Quant(definite=True, amount=Amount(kind="some")):  # "the red ball": of the one that there is
                one = call("first", listed(prop.things))
                return self.made(replaced(prop.body, {prop.things.variable: one}))
            case Quant(amount=Amount(kind="all")) if not mentions(prop.body, prop.things.variable):
                return self.made(prop.body)  # "the objects had been blocks", where all are or none is
            case Quant(amount=Amount(kind="all")) if self._known(prop.things):
                each = [replaced(prop.body, {prop.things.variable: one}) for one in self._known(prop.things)]
                return [found for one in each for found in self.made(one)]
            case Quant(amount=Amount(kind="no")) if self._known(prop.things):
                return self.made(Quant(Amount("all"), prop.things, Not(prop.body)))
            case Not(inner=Quant() as some) if some.amount.kind in ("some", "any") and self._known(some.things):
                return self.made(Quant(Amount("all"), some.things, Not(some.body)))
            case Added():
                return self._added(prop)
        return [self._made(prop)]

    def _known(self, things: Things) -> list[Expr]:
        """Return all things of a set, where they are known: all individuals, or a list that the model writes out."""
        if things.where is not None:
            return []
        if things.source in [Name(id=name) for name in self.world.name_lists]:
            return [Constant(value=name) for name in self.names]
        for part in self.world.program.body:
            if isinstance(part, Assign) and things.source == Name(id=getattr(part.target, "id", "")):
                items = items_of(part.value) or ()
                return list(items) if all(isinstance(item, Constant) for item in items) else []
        return []

    def _added(self, prop: Added) -> list[Statement]:
        """Return the interventions by which there are further things, which no other thing is, and are of a kind."""
        assert isinstance(prop.list, Name)
        found: list[Statement] = []
        for _ in range(prop.count):
            self.added += 1
            new = number(-self.added)
            more = Binary(op="+", left=prop.list, right=ListExpr(items=(new,)))
            found.append(Do(target=prop.list, value=more))
            for part in _parts(prop.things.where):
                said = self.coder.prop(replaced(part, {prop.things.variable: new}))
                if may_be_random(said, self.world.program):
                    found += self.made(Claim(said))
        return found

    def _made(self, prop: Prop) -> Statement:
        return intervention(self.coder.prop(prop), self.world.lexicon, self.world.program)

    def as_before(self, ask: Question, made: Sequence[Statement]) -> Question:
        """Return a question in which descriptions mean what they meant before the interventions.

        *Would the blue ball have moved if it had been a block?* is about what is a ball in fact.
        """
        changes = {_name(one.target) for one in made if isinstance(one, Do)}

        def change(part: Any) -> Any:
            if isinstance(part, Quant) and part.definite and self._depends(listed(part.things), changes):
                things = Things(call("actual", listed(part.things)), part.things.variable)
                return replace(part, things=things, body=changed(part.body, change))
            only = part.args[0] if isinstance(part, Call) and _name(part) == "first" and len(part.args) == 1 else None
            if isinstance(only, (Listed, Comprehension)) and self._depends(cast(Expr, only), changes):
                return call("first", call("actual", cast(Expr, only)))
            return None

        found: Question = changed(ask, change)
        return found

    def _depends(self, things: Expr, changes: Collection[str]) -> bool:
        """Return whether who is in a list may be otherwise after interventions on these variables."""
        return any(getattr(node, "id", None) in changes for node in walk(self.coder.expr(things)))

    # -- questions -----------------------------------------------------------------------------------------

    def question(self, act: Causal) -> list[Statement]:
        """Return the statements of a question about causes; `causal` says what it asks for besides."""
        match act:
            case EffectOf(mediator=None):
                return self._effect(act)
            case EffectOf():
                return self._mediated(act)
            case Consequences():
                made = self.made(act.made)
                self.causal = CausalQuestion("consequences", tuple(_text(one) for one in made))
                targets = tuple(one.target for one in made if isinstance(one, Do))
                return [*made, Query(value=targets[0] if len(targets) == 1 else ListExpr(items=targets))]
            case WhatToDo():
                outcome = self.coder.prop(act.outcome)
                self.causal = CausalQuestion("actions", (code_of(outcome),))
                return [Query(value=outcome)]
        return self._graph(act)

    def _effect(self, act: EffectOf) -> list[Statement]:
        """The outcome where the cause is made so, less that where it is made otherwise."""
        outcome = self._value(act.outcome)
        if _is_shift(act.cause):
            return self._shifted(act, outcome)
        (with_,) = self._names("with_it")
        told = [Condition(test=self.coder.prop(act.among))] if act.among is not None else []
        body = [*told, *self.made(act.cause), _assign(with_, outcome), *self.made(Not(act.cause))]
        about = self._about(act, outcome)
        self.causal = CausalQuestion("effect", about, (with_, code_of(outcome)), asked=act.asked)
        return [*body, Query(value=Binary(op="-", left=Name(id=with_), right=outcome))]

    def _shifted(self, act: EffectOf, outcome: Expr) -> list[Statement]:
        """The outcome where a number is greater (or less) than it is, less that where it is as it is."""
        (without,) = self._names("without_it")
        told = [Condition(test=self.coder.prop(act.among))] if act.among is not None else []
        about = self._about(act, outcome)
        self.causal = CausalQuestion("effect", about, (code_of(outcome), without), asked=act.asked)
        body = [*told, _assign(without, outcome), *self.made(act.cause)]
        return [*body, Query(value=Binary(op="-", left=outcome, right=Name(id=without)))]

    def _mediated(self, act: EffectOf) -> list[Statement]:
        """The natural effects (Pearl 2001): of the mediator's change alone, or of all but that."""
        assert act.mediator is not None
        if _is_shift(act.cause):
            raise PlotError("the parts of an effect are of what may be so or not", hint="say what is made so")
        without, kept = self._names("without_it", "mediator")
        outcome, mediator = self._value(act.outcome), self._variable(act.mediator)
        told = [Condition(test=self.coder.prop(act.among))] if act.among is not None else []
        on, off = self.made(act.cause), self.made(Not(act.cause))
        keep = _assign(kept, mediator)
        assert isinstance(mediator, (Call, Name))
        hold = Do(target=mediator, value=Name(id=kept))
        body = [*off, _assign(without, outcome), *on, keep, *off, hold]
        if not act.through:
            body = [*off, _assign(without, outcome), keep, *on, hold]
        kind: Literal["through", "direct"] = "through" if act.through else "direct"
        self.causal = CausalQuestion(kind, self._about(act, outcome), (code_of(outcome), without), asked=act.asked)
        return [*told, *body, Query(value=Binary(op="-", left=outcome, right=Name(id=without)))]

    def _about(self, act: EffectOf, outcome: Expr) -> tuple[str, ...]:
        further = [self._value(act.mediator)] if act.mediator is not None else []
        among = [self.coder.prop(act.among)] if act.among is not None else []
        return tuple(code_of(one) for one in (self.coder.prop(act.cause), outcome, *further, *among))

    def _graph(self, act: GraphQuestion) -> list[Statement]:
        about = [self._value(one) for one in act.about]
        self.causal = CausalQuestion(act.kind, tuple(map(code_of, about)))
        return [Query(value=about[0] if len(about) == 1 else ListExpr(items=tuple(about)))]

    def _value(self, form: Prop | Value) -> Expr:
        return self.coder.expr(form.expr) if isinstance(form, Value) else self.coder.prop(form)

    def _variable(self, form: Prop | Value) -> Expr:
        """Return the variable of which something says what it is. Raises PlotError where it is none."""
        expr = self._value(form)
        if isinstance(expr, Unary) and expr.op == "not":
            expr = expr.operand
        expr = expr.left if isinstance(expr, Compare) and len(expr.ops) == 1 else expr
        if not is_drawn(expr, self.world.program):
            raise PlotError("what an effect goes through must be drawn in the model: this follows from other things")
        return expr

    def _names(self, *wanted: str) -> list[str]:
        taken = set(names_in(self.world.program)) | set(self.world.name_lists)
        return [fresh(one, taken) for one in wanted]


def _is_shift(cause: Prop) -> bool:
    """Return whether a number is compared with itself: it is made greater, or less, than it is."""
    expr = cause.expr if isinstance(cause, Claim) else None
    return isinstance(expr, Compare) and expr.comparators == (expr.left,)


def _parts(prop: Prop | None) -> tuple[Prop, ...]:
    return () if prop is None else prop.parts if isinstance(prop, And) else (prop,)


def _name(expr: Expr) -> str:
    """Return the name of a variable, or of the function of a call."""
    return str(getattr(expr.function if isinstance(expr, Call) else expr, "id", ""))


def _assign(name: str, value: Expr) -> Statement:
    return Assign(target=NameTarget(id=name), value=value)


def code_of(expr: Expr) -> str:
    """Return an expression as text."""
    return _text(Query(value=expr)).removeprefix("query(")[:-1]


def _text(statement: Statement) -> str:
    return show(ProgramNode(body=(statement,))).strip()


__all__ = ["EffectWriter", "code_of"]
