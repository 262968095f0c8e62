"""A translation tried on prior samples: it runs, conditions tell something, answers fit the question."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from plot._lazy import torch
from plot.errors import ImpossibleError, PlotError, Span
from plot.inference import Goal, Part, Problem, infer
from plot.inference.contract import Kind
from plot.inference.device import one_thread
from plot.inference.estimates.columns import Column, View, column
from plot.inference.outcomes import Figure, Items, Outcome, Truth
from plot.language import Budget, show
from plot.language.syntax.nodes import (
    Assign,
    Compare,
    Condition,
    Constant,
    Expr,
    FunctionDef,
    ListExpr,
    Name,
    NameTarget,
    Observe,
    ProgramNode,
    Query,
    Statement,
    walk,
)
from plot.runtime import Run, RunPlan, run
from plot.translate.base import Reading
from plot.translate.english.build import filled
from plot.translate.equivalence import CompiledReading, SharedParticles
from plot.world.lexicon import Lexicon, expression

if TYPE_CHECKING:
    from torch import Tensor

FEW, MANY = 1_000, 16_000
STRANGERS = ("a stranger", "another stranger")
SECONDS = 4.0  # to find out whether what no particle shows is possible at all
_AUXILIARY = re.compile(
    r"(?:is|are|was|were|am|do|does|did|has|have|had|can|could|will|would|shall|should|may|might|must)(?:n't)?\b|won't\b"
)
_NAMED = re.compile(r"(?:who|whom|whose|which)\b")
_PLACED = re.compile(r"where\b")  # at a place with a name, or at a number of metres
_COUNTED = re.compile(
    r"how (?!likely|probable|sure|certain"
    r"|(?:come|is|are|was|were|do|does|did|has|have|had|can|could|will|would|should|might)\b)"
)
_TOLD = {"boolean": "true or false", "number": "a number", "choice": "a name", "set": "several names"}


class DoubtfulError(PlotError):
    """A doubtful translation, accepted if the model repeats it."""


@dataclass(frozen=True, slots=True)
class Trial:
    """The context in which translations are tried: the program without observations, a seed, a budget, the lexicon."""

    context: ProgramNode
    names: Sequence[str]
    seed: int = 0
    budget: Budget | None = None
    lexicon: Lexicon | None = None

    def mistakes(self, reading: Reading, program: ProgramNode, text: str, utterance: str) -> Iterator[PlotError]:
        """Yield what is wrong with a translation that the checker has passed."""
        try:
            yield from self._about_nothing(program)
            if reading.act == "knowledge":
                self._define(reading, program, text)
            elif reading.act == "observation":
                yield from self._condition(program)
            else:
                yield from self._query(program, utterance)
        except PlotError as error:
            yield error

    def _run(self, program: ProgramNode, particles: int) -> Run:
        whole = ProgramNode(body=self.context.body + program.body)
        with one_thread():
            return run(whole, particles, RunPlan(seed=self.seed, budget=self.budget or Budget()))

    def _about_nothing(self, program: ProgramNode) -> Iterator[PlotError]:
        """Yield an error for each act that mentions nothing of the world: what it draws itself tells nothing of it."""
        known = set(_top_names(self.context)) | set(_top_names(program))
        for act in program.body:
            if isinstance(act, (Condition, Observe, Query)):
                named = {node.id for node in walk(act) if isinstance(node, Name)}
                if not named & known:
                    hint = "use the functions of the world: new random draws here say nothing about it"
                    yield PlotError("this says nothing about the world", hint=hint, span=act.span)

    def _define(self, reading: Reading, program: ProgramNode, text: str) -> None:
        """Call what is defined for the known names. Raises PlotError where it fails everywhere."""
        shared = SharedParticles(self.context, FEW, self.names, self.seed, self.budget or Budget())
        shared.meaning(CompiledReading(reading, program, text))
        rules = self.lexicon.rules if self.lexicon is not None else None
        if rules is not None and any(_assigns(statement, rules.list) for statement in program.body):
            test = expression(rules.test)
            asked = tuple(Query(value=filled(test, {"x": Constant(value=name)})) for name in self.names)
            self._run(ProgramNode(body=program.body + asked), FEW)

    # -- conditions ----------------------------------------------------------------------------------------

    def _condition(self, program: ProgramNode) -> Iterator[PlotError]:
        """Each condition alone: true everywhere it says nothing, false everywhere it can't be."""
        tests = [statement for statement in program.body if tells(statement)]
        if not tests:
            self._run(program, FEW)
            return
        for test in tests:
            error = self._empty(test, _alone(program, test))
            if error is not None:
                yield error

    def _empty(self, test: Statement, alone: ProgramNode, *, presumed: bool = False) -> PlotError | None:
        """Return what is wrong where all worlds say the same; what a question presumes may well be so everywhere."""
        for particles in (FEW, MANY):
            factor = _log_factor(self._run(alone, particles), test)
            if not bool((factor == factor[0]).all()):
                return None
        if self._of_strangers(test, alone):
            return None
        if float(factor[0]) > -torch.inf:
            return None if presumed else _uninformative(test)
        return self._continuous(alone, test) or self._impossible(alone, test)

    def _of_strangers(self, test: Statement, alone: ProgramNode) -> bool:
        """Return whether a test on all who were mentioned may be true or false where further ones are."""
        if not self._on_everyone(test):
            return False
        context = ProgramNode(body=tuple(self._with_strangers(statement) for statement in self.context.body))
        factor = _log_factor(replace(self, context=context)._run(alone, FEW), test)
        return not bool((factor == factor[0]).all())

    def _with_strangers(self, statement: Statement) -> Statement:
        if not isinstance(statement, Assign) or not isinstance(statement.value, ListExpr):
            return statement
        if not any(_assigns(statement, name) for name in self._name_lists):
            return statement
        strangers = tuple(Constant(value=name) for name in STRANGERS)
        return replace(statement, value=ListExpr(items=statement.value.items + strangers))

    def _on_everyone(self, statement: Statement) -> bool:
        return any(isinstance(node, Name) and node.id in self._name_lists for node in walk(statement))

    @property
    def _name_lists(self) -> tuple[str, ...]:
        return self.lexicon.name_lists if self.lexicon is not None else ()

    def _continuous(self, alone: ProgramNode, test: Statement) -> PlotError | None:
        """Tell of a test that something continuous is just so much: that is so in no world, though it is possible."""
        for value, number, span in _equalities(test):
            if self._varies(ProgramNode(body=(*alone.body, Query(value=value)))):
                message = f"{show(value)} varies continuously: in no world is it exactly {show(number)}"
                hint = f"measurements are observed: observe(normal({show(value)}, 0.1), {show(number)})"
                return PlotError(message, hint=hint, span=span)
        return None

    def _varies(self, program: ProgramNode) -> bool:
        """Return whether what a program queries is a number that varies continuously."""
        try:
            found = column(self._run(program, FEW).queries[-1], View(None, FEW))
        except PlotError:
            return False  # it speaks of what is only there inside of the test
        return found.kind == "number" and len(set(found.values[found.values.frac() != 0].tolist())) > FEW / 10

    def _impossible(self, alone: ProgramNode, test: Statement) -> PlotError | None:
        """Tell what is impossible from what is very unlikely: inference looks for a world in which it is true.

        Both are told in the same words, since how far the search comes depends on the machine.
        """
        message = "no world was found in which this condition is true"
        hint = "are the order and the names right? if it is what was said, repeat it"
        part = Part("the condition", ProgramNode(body=alone.body))
        problem = Problem(self.context, (part,), ProgramNode(body=(Query(value=Constant(value=True)),)), targets=1)
        try:
            infer(problem, Goal(seed=self.seed, seconds=SECONDS, budget=self.budget or Budget()))
        except ImpossibleError:
            return PlotError(message, hint=hint, span=test.span)
        except PlotError:
            return DoubtfulError(message, hint=hint, span=test.span)
        return None

    # -- questions -----------------------------------------------------------------------------------------

    def _query(self, program: ProgramNode, utterance: str) -> Iterator[PlotError]:
        for test in (statement for statement in program.body if tells(statement)):
            error = self._empty(test, _alone(program, test), presumed=True)
            if error is not None:
                yield error
        found = self._run(program, FEW)
        query = [statement for statement in program.body if isinstance(statement, Query)][-1]
        if not found.queries:
            return
        answer = column(found.queries[-1], View(None, FEW), span=query.span)
        wanted = kinds_asked(utterance)
        if wanted and answer.kind not in wanted:
            told = " or ".join(_TOLD[kind] for kind in _TOLD if kind in wanted)
            message = f"the question asks for {told}, and this queries {_TOLD[answer.kind]}"
            yield PlotError(message, hint=self._name_it(wanted) or "query what was asked", span=query.span)
        elif self._name_it(wanted) and only(Figure, answer):
            message = "the question asks for names, and this queries a list of numbers"
            yield PlotError(message, hint=self._name_it(wanted), span=query.span)
        elif "set" in wanted and only(Truth, answer):
            message = "the question asks for names, and this queries a list of truth values"
            hint = "query the ones for which it is true: [x for x in … if …]"
            yield PlotError(message, hint=hint, span=query.span)
        if answer.constant and not isinstance(query.value, Name) and not self._on_everyone(query):
            yield PlotError("the answer is the same in every world", hint="query something random", span=query.span)

    def _name_it(self, wanted: frozenset[Kind]) -> str | None:
        """Return how individuals that are numbers are named in an answer, where it is to hold names."""
        if "number" in wanted or "choice" not in wanted or self.lexicon is None or self.lexicon.shown is None:
            return None
        return f"what answers call x is {self.lexicon.shown}"


def only(form: type[Figure] | type[Truth], answer: Column) -> bool:
    """Return whether the answer is numbers (or truth values), or lists of such, or nothing in some worlds."""
    items = [item for label in answer.labels for item in _items(label)]
    return answer.kind == "choice" and bool(items) and all(isinstance(item, form) for item in items)


def _items(outcome: Outcome) -> tuple[Outcome, ...]:
    if outcome is None:
        return ()
    return outcome.items if isinstance(outcome, Items) else (outcome,)


def _top_names(program: ProgramNode) -> Iterator[str]:
    """Yield what a program defines and assigns, outside of its functions."""
    for statement in program.body:
        if isinstance(statement, FunctionDef):
            yield statement.name
        else:
            yield from (node.id for node in walk(statement) if isinstance(node, NameTarget))


def _alone(program: ProgramNode, test: Statement) -> ProgramNode:
    """Return a test with what stands before it, and no other test."""
    before = program.body[: program.body.index(test)]
    return ProgramNode(body=(*(one for one in before if not tells(one) and not isinstance(one, Query)), test))


def _uninformative(test: Statement) -> PlotError:
    if isinstance(test, Observe):
        return PlotError("this observes nothing uncertain", hint="observe a random value", span=test.span)
    hint = "is it what the utterance says? it rules out nothing"
    return PlotError("this condition is true in every world", hint=hint, span=test.span)


def _equalities(test: Statement) -> Iterator[tuple[Expr, Constant, Span]]:
    """Yield what a test compares with a number by ==, the number, and where."""
    for node in walk(test):
        if isinstance(node, Compare) and node.ops == ("==",):
            one, two = node.left, node.comparators[0]
            for value, number in ((one, two), (two, one)):
                if isinstance(number, Constant) and type(number.value) in (int, float):
                    yield value, number, node.span


def _assigns(statement: Statement, name: str) -> bool:
    return isinstance(statement, Assign) and isinstance(statement.target, NameTarget) and statement.target.id == name


def tells(statement: Statement) -> bool:
    """Return whether a statement conditions or observes, at the top or inside."""
    return any(isinstance(node, (Condition, Observe)) for node in walk(statement))


def _log_factor(found: Run, test: Statement) -> Tensor:
    """Return what one statement added in each particle, (N,)."""
    total = torch.zeros(found.particles, dtype=torch.float64)
    for factor in found.factors:
        if factor.statement == id(test):
            total = total + factor.log_factor
    return total


def kinds_asked(question: str) -> frozenset[Kind]:
    """Return the kinds of answer that a question may have; empty where its words don't tell.

    >>> sorted(kinds_asked("Who is stronger?")), sorted(kinds_asked("If Tom is lazy, how strong is he?"))
    (['choice', 'set'], ['number'])
    """
    asked = _main_clause(question.casefold().strip())
    if _COUNTED.match(asked):
        return frozenset({"number"})
    if _NAMED.match(asked):
        return frozenset({"choice", "set"})
    if _PLACED.match(asked):
        return frozenset({"choice", "set", "number"})
    if _AUXILIARY.match(asked) and " or " not in f" {asked} ":
        return frozenset({"boolean"})
    if _AUXILIARY.match(asked):
        return frozenset({"boolean", "choice"})
    return frozenset()


def _main_clause(question: str) -> str:
    """Return a question without the condition before it: *if Tom is lazy, …*."""
    if question.startswith(("if ", "given ", "suppose ", "assuming ", "when ", "in ", "after ", "and ", "so ", "but ")):
        rest = question.partition(",")[2].strip() or question.partition(" ")[2]
        return rest.removeprefix("then ").strip()
    return question


__all__ = ["DoubtfulError", "Trial", "kinds_asked", "only"]
