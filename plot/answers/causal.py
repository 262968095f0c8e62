"""Answers to questions about causes: effects, what an intervention changes, what to do, what the graph tells."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from plot._lazy import late
from plot.answers.answer import Answer, of_causes
from plot.answers.words import APART, figure
from plot.errors import PlotError
from plot.figures import number, percent
from plot.inference import Boolean, Choice, Goal, Marginal, Members, Problem, infer
from plot.inference.outcomes import Outcome
from plot.language import parse
from plot.language.syntax.nodes import (
    Assign,
    Call,
    Do,
    Expr,
    FunctionDef,
    Name,
    NameTarget,
    ProgramNode,
    Statement,
    Unary,
    walk,
)
from plot.translate.assemble import fresh, names_in, united
from plot.translate.base import Candidate, CausalQuestion, Discourse, Told
from plot.translate.english.paraphrase import phrase_of
from plot.world.lexicon import Lexicon, expression, is_drawn

if TYPE_CHECKING:
    from plot.causes import effects, graph, of_world
    from plot.causes.effects import Effect
    from plot.causes.graph import CausalGraph
    from plot.translate.english import actions
else:
    effects, graph, of_world = late("plot.causes.effects"), late("plot.causes.graph"), late("plot.causes.of_world")
    actions = late("plot.translate.english.actions")

MOST_ACTIONS = 4  # of which all combinations are tried
MOST_CHANGES = 5  # that an answer tells of
LEAST_CHANGE = 0.001  # of a probability that is told of

Phrase = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class CausalAnswer:
    """The answer to a question about causes.

    Attributes:
        words: The answer in words.
        marginal: The answer as a choice or a list, where it is none of the query itself.
        effect: The effect with its figures, where one is asked for.
    """

    words: str
    marginal: Marginal | None = None
    effect: Effect | None = None


# -- effects -----------------------------------------------------------------------------------------------------


def effect_answer(asked: CausalQuestion, marginals: Sequence[Marginal], phrase: Phrase) -> CausalAnswer:
    """Return an effect in words: whether it raises or lowers the outcome, from what to what.

    Args:
        asked: The question.
        marginals: The difference, and what it is the difference of: with the change, and without it.
        phrase: Says an expression in words.
    """
    difference, on, off = (effects.estimate(one) for one in marginals)
    found = effects.Effect(on, off, difference)
    outcome = phrase(asked.about[1])
    chance = isinstance(marginals[1], Boolean)
    what = f"the probability that {outcome}" if chance else f"{outcome} on average"
    size, error = difference.value, difference.mcse
    if math.isnan(size):
        return CausalAnswer("There is no effect: what is asked for has no value", effect=found)
    part = {"effect": "", "through": "that part of the effect ", "direct": "that part of the effect "}[asked.kind]
    if abs(size) <= max(APART * error, 1e-12):
        about = f": about {_shown(on.value, on.mcse, chance)} with it and without it" if error > 0 else ""
        told = f"{part or 'it '}makes no difference to {what}"
        return CausalAnswer(
            _answered(asked.asked, "", told + (about or f", {_shown(on.value, 0.0, chance)}")), None, found
        )
    way = "raise" if size > 0 else "lower"
    by = f"{percent(abs(size), error).rstrip('%')} percentage points" if chance else number(abs(size), error)
    ends = [_shown(one.value, one.mcse, chance) for one in (off, on)]
    told = f"{part or 'it '}{way}s {what} by {by}, from {ends[0]} to {ends[1]}"
    return CausalAnswer(_answered(asked.asked, way, told), None, found)


def _answered(asked: str | None, way: str, told: str) -> str:
    """Return a sentence after *yes* or *no*, where it was asked whether it is so."""
    if asked is None or asked.startswith("how "):
        return told[:1].upper() + told[1:]
    yes = bool(way) if asked == "change" else asked == way
    return f"{'Yes' if yes else 'No'}: {told}"


def _shown(value: float, error: float, chance: bool) -> str:
    return percent(value, error) if chance else number(value, error)


# -- what is inferred, or traced ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class CausalSearch:
    """A question about causes whose answer takes more than one inference, or the causal graph.

    Attributes:
        problem: The setting, the evidence, and the question's query.
        said: The question with its reading.
        discourse: What was told, and the world.
        goal: How precise answers have to be, and what they may cost.
        method: The inference method.
    """

    problem: Problem
    said: Told
    discourse: Discourse
    goal: Goal
    method: str

    @property
    def asked(self) -> CausalQuestion:
        """What is asked for besides the query."""
        found = self.said.readings[0].causal
        assert found is not None
        return found

    @property
    def individuals(self) -> tuple[str, ...]:
        """The names that are known."""
        return united(self.discourse.names, (name for reading in self.said.readings for name in reading.names))

    def told_in(self, answer: Answer) -> Answer:
        """Return the answer to the query with what else was asked for; as it is, where that is all.

        Raises:
            PlotError: There is no answer to what else was asked for.
        """
        causal = self.said.readings[0].causal
        if causal is None or causal.kind in ("afresh", "absent"):
            return answer
        if causal.compared:
            found = effect_answer(causal, answer.posterior.marginals[: 1 + len(causal.compared)], self.phrase)
        else:
            found = self.answer()
        return of_causes(answer, found.words, found.marginal, found.effect)

    def phrase(self, code: str) -> str:
        """Return what an expression says, in words."""
        return str(phrase_of(code, self.discourse, self.said.say, self.said.readings[0].events))

    def answer(self) -> CausalAnswer:
        """Return the answer in words. Raises PlotError where there is none."""
        match self.asked.kind:
            case "consequences":
                return self._consequences()
            case "actions":
                return self._actions()
            case "causes":
                return self._causes()
            case "independent":
                return self._independent()
        return self._adjusted()

    @property
    def _lexicon(self) -> Lexicon:
        return self.discourse.world.lexicon

    def _inferred(self, text: str) -> tuple[Marginal, ...]:
        asked = replace(self.problem, question=parse(text, "the question about causes"), targets=None)
        return infer(asked, self.goal.afresh(), self.method)[0].marginals

    # -- interventions -------------------------------------------------------------------------------------

    def _consequences(self) -> CausalAnswer:
        """Return what an intervention changes most, of all that the world has words for."""
        found = self._graph([])
        deeds = "\n".join(self.asked.about)
        targets = [_target(text) for text in self.asked.about]
        kept = [
            one for one in self._tellable() if not _mentions(one.code, targets) and self._follows(found, one, targets)
        ]
        if not kept:
            raise PlotError(
                "there is nothing to list of which it is known that it may follow",
                hint="ask about one thing: “would …, if …?”",
            )
        names = self._fresh("before", len(kept))
        before = "".join(f"{name} = {one.code}\n" for name, one in zip(names, kept, strict=True))
        queries = "".join(f"query({name})\nquery({one.code})\n" for name, one in zip(names, kept, strict=True))
        found_ = self._inferred(f"{before}{deeds}\n{queries}")
        pairs = zip(found_[::2], found_[1::2], strict=True)
        changes = [
            (one, *pair) for one, pair in zip(kept, pairs, strict=True) if all(isinstance(m, Boolean) for m in pair)
        ]
        told = sorted(changes, key=lambda change: -abs(_difference(change[1], change[2])))
        told = [change for change in told if _differs(change[1], change[2])]
        if not told:
            return CausalAnswer("Nothing that there are words for would be likelier or less likely", _nothing())
        said = [f"{one.text}: {_boolean(was)} → {_boolean(then)}" for one, was, then in told[:MOST_CHANGES]]
        members: dict[Outcome, float] = {
            one.text: after.probability for one, _, after in told if isinstance(after, Boolean)
        }
        errors: dict[Outcome, float] = {one.text: after.mcse for one, _, after in told if isinstance(after, Boolean)}
        words = "; ".join(said)
        return CausalAnswer(words[:1].upper() + words[1:], Members(members, errors, 0.0))

    def _tellable(self) -> list[Candidate]:
        """Return what can be said, one wording for each meaning."""
        return list({one.code: one for one in self.asked.candidates}.values())

    def _follows(self, found: CausalGraph, one: Candidate, targets: Sequence[str]) -> bool:
        """Return whether something may follow from what is made so."""
        try:
            causes = {
                name
                for code in _variables(one.code, self.discourse)
                for name in (found.named(code), *found.causes(code))
            }
            return bool(causes & {found.named(code) for code in targets})
        except PlotError:
            return True

    def _actions(self) -> CausalAnswer:
        """Return what makes the outcome likeliest, of all combinations of the actions of the people it speaks of."""
        options = actions.of_world(self._lexicon, self.asked.candidates, self.asked.about[0])
        options = self._still_open(options)
        if not options:
            raise PlotError(
                "this world does not say what can be done", hint="mark what people do in its file: 'action: true'"
            )
        (outcome,) = self.asked.about
        (now,) = self._inferred(f"query({outcome})")
        single = [self._done(outcome, [one]) for action in options for one in actions.both(action)]
        best = max(single, key=lambda done: done[1].probability)
        if len(options) <= MOST_ACTIONS:
            for chosen in itertools.product(*[(None, *actions.both(action)) for action in options]):
                plan = [one for one in chosen if one is not None]
                if len(plan) > 1:
                    done = self._done(outcome, plan)
                    better = done[1].probability - best[1].probability
                    best = done if better > max(APART * math.hypot(done[1].mcse, best[1].mcse), 1e-9) else best
        assert isinstance(now, Boolean)
        plan, found = best
        said = " and ".join(one.text for one in plan)
        if not _differs(now, found) or found.probability < now.probability:
            return CausalAnswer(
                f"Nothing that can be done makes it likelier than it is: {_boolean(now)}", _one("nothing")
            )
        others = [
            f"{' and '.join(one.text for one in each)}: {_boolean(value)}" for each, value in single if each != plan
        ]
        rest = f" ({'; '.join(others[:MOST_CHANGES])})" if others else ""
        what = self.phrase(outcome)
        return CausalAnswer(
            f"See to it that {said}: then the probability that {what} is {_boolean(found)}, not {_boolean(now)}{rest}",
            _one(said),
        )

    def _still_open(self, options: Sequence[Candidate]) -> list[Candidate]:
        """Return what can still be done: nothing that what was told follows from, as that has happened."""
        found = self._graph([])
        past = {name for known in found.observed if known in found.graph for name in found.causes(known)}
        return [one for one in options if not any(self._is(found, code, past) for code in self._codes(one))]

    def _codes(self, one: Candidate) -> list[str]:
        return _variables(one.code, self.discourse)

    def _is(self, found: CausalGraph, code: str, past: set[str]) -> bool:
        try:
            return found.named(code) in past
        except PlotError:
            return False

    def _done(self, outcome: str, plan: Sequence[Candidate]) -> tuple[list[Candidate], Boolean]:
        deeds = "".join(f"{actions.deed(one.code, self._lexicon, self.discourse.world.program)}\n" for one in plan)
        (found,) = self._inferred(f"{deeds}query({outcome})")
        assert isinstance(found, Boolean)
        return list(plan), found

    # -- the graph -----------------------------------------------------------------------------------------

    def _graph(self, about: Sequence[str], told: bool = True) -> CausalGraph:
        """Return the causal graph, in which what the question speaks of has a variable for each expression."""
        said = [node for part in self.problem.evidence for node in part.program.body]
        evidence = said if told else [node for node in said if isinstance(node, (Assign, FunctionDef))]
        names = self._fresh("asked", len(about))
        asked: list[Statement] = [_assigned(name, code) for name, code in zip(names, about, strict=True)]
        budget = self.goal.started().budget
        program = of_world.with_variables(self.problem.setting, evidence, self.individuals, budget)
        return graph.causal_graph(ProgramNode(body=(*program.body, *asked)), budget, self.goal.seed)

    def _fresh(self, stem: str, count: int) -> list[str]:
        taken = set(names_in(self.problem.program))
        return [fresh(f"{stem}_{place}", taken) for place in range(1, count + 1)]

    def _nodes(self, told: bool = True) -> tuple[CausalGraph, list[str]]:
        """Return the graph, and its variable for each expression that the question speaks of."""
        plain = [_plain(code) for code in self.asked.about]
        drawn = [is_drawn(expression(code), self.discourse.world.program) for code in plain]
        found = self._graph([code for code, is_one in zip(plain, drawn, strict=True) if not is_one], told)
        names = iter(self._fresh("asked", len(plain)))
        return found, [found.named(code) if is_one else next(names) for code, is_one in zip(plain, drawn, strict=True)]

    def _causes(self) -> CausalAnswer:
        found, (outcome,) = self._nodes(told=False)
        causes = found.causes(outcome)
        if not causes:
            return CausalAnswer("Nothing in this world: it follows from no other variable", _nothing())
        direct = [name for name in causes if found.graph.has_edge(name, outcome)]
        if len(direct) == 1 and not is_drawn(expression(_plain(self.asked.about[0])), self.discourse.world.program):
            own = direct[0]  # "having the flu" says of the infection what it is: the causes are those of the infection
            causes = found.causes(own) or causes
            direct = [name for name in causes if found.graph.has_edge(name, own)] or direct
        further = [name for name in causes if name not in direct]
        said = f"Directly: {_listed([self._called(name) for name in direct])}"
        said += f"; through these: {_listed([self._called(name) for name in further])}" if further else ""
        return CausalAnswer(said, _all([self._called(name) for name in causes]))

    def _independent(self) -> CausalAnswer:
        found, (one, other, *known) = self._nodes()
        if found.independent(one, other, known):
            return CausalAnswer("They are independent, by the causal graph", _one("independent"))
        why = f" ({found.open})" if found.open is not None else ""
        return CausalAnswer(f"They may depend on one another, by the causal graph{why}", _one("may depend"))

    def _adjusted(self) -> CausalAnswer:
        found, (cause, outcome) = self._nodes(told=False)
        observable = self.discourse.world.observable or None
        adjusted = found.adjustment(cause, outcome, observable)
        if adjusted is not None:
            names = [self._called(name) for name in adjusted]
            return CausalAnswer(
                f"Adjust for {_listed(names)}" if names else "Nothing: what is seen is the effect", _all(names)
            )
        among = " of what can be observed" if observable is not None else ""
        mediators = found.front_door(cause, outcome, observable)
        if mediators is not None:
            names = [self._called(name) for name in mediators]
            return CausalAnswer(
                f"No set{among} will do; but the effect shows through {_listed(names)} (front door)", _all(names)
            )
        return CausalAnswer(
            f"No set{among} will do: the effect can't be told from observations by adjusting", _one("no set")
        )

    def _called(self, variable: str) -> str:
        """Return a variable in words: what is said of it, or else its name."""
        return actions.called(variable, self.asked.candidates, self._lexicon) or variable


def _plain(code: str) -> str:
    """Return an expression without its negation: to be independent of something is to be so of its opposite."""
    expr = expression(code)
    return (
        code.removeprefix("not ") if isinstance(expr, Unary) and expr.op == "not" and code.startswith("not ") else code
    )


def _variables(code: str, discourse: Discourse) -> list[str]:
    """Return the calls and names in an expression that are variables."""
    return [
        actions.text_of(node)
        for node in walk(expression(code))
        if isinstance(node, (Call, Name)) and is_drawn(node, discourse.world.program)
    ]


def _target(deed: str) -> str:
    """Return what an intervention sets, as text."""
    (node,) = parse(deed).body
    assert isinstance(node, Do)
    return actions.text_of(node.target)


def _mentions(code: str, targets: Sequence[str]) -> bool:
    return any(actions.text_of(node) in targets for node in walk(expression(code)) if isinstance(node, Expr))


def _assigned(name: str, code: str) -> Statement:
    return Assign(target=NameTarget(id=name), value=expression(code))


def _difference(before: Marginal, after: Marginal) -> float:
    assert isinstance(before, Boolean) and isinstance(after, Boolean)
    return after.probability - before.probability


def _differs(before: Marginal, after: Marginal) -> bool:
    assert isinstance(before, Boolean) and isinstance(after, Boolean)
    return abs(_difference(before, after)) > max(APART * math.hypot(before.mcse, after.mcse), LEAST_CHANGE)


def _boolean(marginal: Marginal) -> str:
    assert isinstance(marginal, Boolean)
    return figure(marginal.probability, marginal.mcse)


def _one(option: str) -> Marginal:
    return Choice({option: 1.0}, {option: 0.0})


def _all(members: Sequence[str]) -> Marginal:
    return Members(dict.fromkeys(members, 1.0), dict.fromkeys(members, 0.0), 0.0 if members else 1.0)


def _nothing() -> Marginal:
    return _all([])


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


__all__ = ["CausalAnswer", "CausalSearch", "effect_answer"]
