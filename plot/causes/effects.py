"""Effects of one variable on another: total, of treatment on the treated, direct, indirect; necessity and sufficiency.

Each is a question of the language: interventions make the worlds that are compared, and these share their noise.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from plot.errors import PlotError
from plot.inference import Boolean, Goal, Marginal, Number, Problem, infer
from plot.language import parse
from plot.language.syntax.nodes import FunctionDef, Name, NameTarget, walk

Bounds = tuple[float, float]


@dataclass(frozen=True, slots=True)
class CausalEstimate:
    """A figure.

    Attributes:
        value: The probability, the mean, or the difference of two of them.
        mcse: Its Monte-Carlo standard error, 0 where it is exact.
        bounds: The least and the greatest value, whatever noise the worlds share; None where it makes no difference.
    """

    value: float
    mcse: float = 0.0
    bounds: Bounds | None = None


@dataclass(frozen=True, slots=True)
class Effect:
    """What a change of one variable does to another one: a difference of probabilities, or of means.

    Attributes:
        on: What is expected where the cause has the one value.
        off: What is expected where it has the other value.
        difference: The effect.
    """

    on: CausalEstimate
    off: CausalEstimate
    difference: CausalEstimate


@dataclass(frozen=True, slots=True)
class Mediation:
    """An effect in parts (Pearl 2001): without the mediator's change, and by it alone.

    Attributes:
        total: The whole effect.
        direct: The natural direct effect: the mediator stays as it would be without the change of the cause.
        indirect: The natural indirect effect: the mediator changes as if the cause did, which stays.
    """

    total: CausalEstimate
    direct: CausalEstimate
    indirect: CausalEstimate


@dataclass(frozen=True, slots=True)
class Causation:
    """Probabilities of causation, each with the bounds of Tian and Pearl (2000).

    Attributes:
        necessity: That the outcome would not be, had the cause been otherwise, where both are so.
        sufficiency: That the outcome would be, had the cause been so, where neither is.
        both: That the outcome is where the cause is so, and is not where it is otherwise.
    """

    necessity: CausalEstimate
    sufficiency: CausalEstimate
    both: CausalEstimate


@dataclass(frozen=True, slots=True)
class Effects:
    """Questions about the effects in a problem, whose own question does not matter.

    Attributes:
        problem: The setting, and the evidence.
        goal: How precise answers have to be, and what each inference may cost.
        method: The inference method.
    """

    problem: Problem
    goal: Goal
    method: str = "auto"

    def total(self, cause: str, outcome: str, on: str = "True", off: str = "False") -> Effect:
        """Return the effect of setting a variable to one value rather than to another.

        Args:
            cause: The variable that is set, as code: `medicated("ann")`.
            outcome: What is asked for, as code: a truth value or a number.
            on: The one value, as code.
            off: The other value.
        """
        return self._compared(f"do({cause}, {on})\n", cause, outcome, off)

    def _compared(self, first: str, cause: str, outcome: str, off: str) -> Effect:
        """Return what is expected of an outcome in a world, and in another one in which the cause has another value."""
        (kept,) = self._named("one")
        one, other = self._asked(f"{first}{kept} = {outcome}\ndo({cause}, {off})\nquery({kept})\nquery({outcome})")
        return Effect(estimate(one), estimate(other), _minus(estimate(one), estimate(other)))

    def treated(self, cause: str, outcome: str, on: str = "True", off: str = "False") -> Effect:
        """Return the effect among those for whom the cause has the one value in fact.

        Args:
            cause: The variable, as code: `medicated("ann")`.
            outcome: What is asked for, as code.
            on: The one value of the cause, as code.
            off: The other value.
        """
        return self._compared(f"condition({cause} == {on})\n", cause, outcome, off)

    def through(self, cause: str, outcome: str, mediator: str, on: str = "True", off: str = "False") -> Mediation:
        """Return the natural direct and indirect effects, the latter through a mediator.

        Args:
            cause: The variable that is set.
            outcome: What is asked for.
            mediator: The variable through which the indirect effect goes.
            on: The one value of the cause.
            off: The other value.
        """
        base_, full_, direct_, low, high = self._named("base", "full", "direct", "low", "high")
        text = f"""
do({cause}, {off})
{base_} = {outcome}
{low} = {mediator}
do({cause}, {on})
{full_} = {outcome}
{high} = {mediator}
do({mediator}, {low})
{direct_} = {outcome}
do({cause}, {off})
do({mediator}, {high})
query({base_})
query({full_})
query({direct_})
query({outcome})
"""
        base, full, direct, indirect = [estimate(one) for one in self._asked(text)]
        return Mediation(_minus(full, base), _minus(direct, base), _minus(indirect, base))

    def causation(self, cause: str, outcome: str, on: str = "True", off: str = "False") -> Causation:
        """Return how probable it is that a cause is necessary, and that it is sufficient, for an outcome.

        Args:
            cause: The variable, as code: `medicated("ann")`.
            outcome: What is asked for, as code.
            on: The one value of the cause, as code.
            off: The other value.
        """
        is_on, is_off = f"{cause} == {on}", f"{cause} == {off}"
        joint = [f"{is_on} and {outcome}", f"{is_on} and not {outcome}", f"{is_off} and {outcome}"]
        joint += [f"{is_off} and not {outcome}"]
        seen = [estimate(one).value for one in self._asked("\n".join([f"query({each})" for each in joint]))]
        made = self.total(cause, outcome, on, off)
        needed = self._counterfactual(
            f"condition({is_on} and {outcome})\ndo({cause}, {off})\nquery(not {outcome})", seen[0]
        )
        enough = self._counterfactual(
            f"condition({is_off} and not {outcome})\ndo({cause}, {on})\nquery({outcome})", seen[3]
        )
        (one,) = self._named("one")
        kept = f"do({cause}, {on})\n{one} = {outcome}\ndo({cause}, {off})\n"
        (both,) = self._asked(f"{kept}query({one} and not {outcome})")
        limits = tian_pearl(seen, made.on.value, made.off.value)
        pairs = zip((needed, enough, estimate(both)), limits, strict=True)
        found = [replace(figure, bounds=bounds) for figure, bounds in pairs]
        return Causation(*found)

    def _named(self, *wanted: str) -> list[str]:
        """Return names that the problem does not use."""
        taken = {node.id for node in walk(self.problem.program) if isinstance(node, (Name, NameTarget))}
        taken |= {node.name for node in walk(self.problem.program) if isinstance(node, FunctionDef)}
        return [
            next(name for name in (one + "_" * i for i in range(len(taken) + 1)) if name not in taken) for one in wanted
        ]

    def _counterfactual(self, text: str, known: float) -> CausalEstimate:
        return estimate(self._asked(text)[0]) if known > 0 else CausalEstimate(math.nan)

    def _asked(self, text: str) -> tuple[Marginal, ...]:
        asked = replace(self.problem, question=parse(text, "the question about effects"), targets=None)
        return infer(asked, self.goal.afresh(), self.method)[0].marginals


def tian_pearl(seen: list[float], on: float, off: float) -> tuple[Bounds | None, Bounds | None, Bounds]:
    """Return the bounds on the probabilities of necessity, of sufficiency, and of both (Tian and Pearl 2000).

    Args:
        seen: The probabilities of cause and outcome, cause alone, outcome alone, neither, as they are seen together.
        on: The probability of the outcome where the cause is made so.
        off: The probability of the outcome where it is made otherwise.

    Returns:
        The least and the greatest value of each; None of one whose condition is impossible.

    >>> tian_pearl([0.4, 0.1, 0.2, 0.3], 0.8, 0.4)[2]
    (0.4, 0.6)
    """
    both, alone, without, neither = seen
    outcome = both + without
    needed = _within((outcome - off) / both, (1 - off - neither) / both) if both > 0 else None
    enough = _within((on - outcome) / neither, (on - both) / neither) if neither > 0 else None
    least = max(0.0, on - off, outcome - off, on - outcome)
    most = min(on, 1 - off, both + neither, on - off + alone + without)
    return needed, enough, (round(least, 12), round(most, 12))


def _within(low: float, high: float) -> Bounds:
    return round(max(0.0, low), 12), round(min(1.0, high), 12)


def estimate(marginal: Marginal) -> CausalEstimate:
    """Return the figure of a query: a probability, or a mean. Raises PlotError for what is neither."""
    if isinstance(marginal, Boolean):
        return CausalEstimate(marginal.probability, marginal.mcse, marginal.bounds)
    if isinstance(marginal, Number):
        return CausalEstimate(marginal.mean, marginal.mcse)
    raise PlotError("effects are on truth values and numbers", hint="ask whether it has one of its values: x == …")


def _minus(one: CausalEstimate, other: CausalEstimate) -> CausalEstimate:
    return CausalEstimate(one.value - other.value, math.hypot(one.mcse, other.mcse))


__all__ = ["CausalEstimate", "Causation", "Effect", "Effects", "Mediation", "tian_pearl"]
