"""The contract of inference methods: a problem and a goal in, a posterior with diagnostics out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import ClassVar, Literal, Protocol

from plot._lazy import load
from plot.errors import BudgetError
from plot.inference.outcomes import Outcome
from plot.language import Budget
from plot.language.syntax.nodes import ProgramNode, Statement
from plot.watch import IDLE, Clock, Gauge, Watch, now, resident

ROUNDING = 1e-12  # of a sum of probabilities
Kind = Literal["boolean", "number", "choice", "set"]
StoppedBy = Literal["exact", "precision", "particles", "evaluations", "seconds", "memory", "interrupted"]


@dataclass(frozen=True, slots=True)
class Part:
    """A factor of the program that was said as one.

    Attributes:
        label: The utterance, by which messages call it.
        program: Its statements.
    """

    label: str
    program: ProgramNode


@dataclass(frozen=True, slots=True)
class Problem:
    """What is to be inferred, in program order: the setting, the evidence, the question.

    The factors stay apart so that a method can go on from where it was when one more `evidence` is told, and can
    ask many questions of the same particles.

    Attributes:
        setting: Lists of names, and the model of the world.
        evidence: What was said, in order.
        question: Statements that end in queries.
        targets: How many of the queries, from the first, must reach the goal's precision (None: all); the others, such
            as the readings of the utterances, are read on the way.
    """

    setting: ProgramNode
    evidence: tuple[Part, ...]
    question: ProgramNode
    targets: int | None = None

    @property
    def program(self) -> ProgramNode:
        """The whole as one program."""
        body: tuple[Statement, ...] = self.setting.body
        for part in self.evidence:
            body += part.program.body
        return ProgramNode(body=body + self.question.body, asked=len(body) or None)


@dataclass(frozen=True, slots=True)
class Stop:
    """Why inference stopped before its goal: which budget ended it, also in words."""

    by: StoppedBy
    why: str


@dataclass(frozen=True, slots=True)
class Goal:
    """How precise an answer has to be, and what it may cost.

    Attributes:
        precision: The standard error to reach on a probability; on the mean of a number it is twice that, in units of
            its posterior standard deviation (the same number of effective samples: a probability of one half has a
            standard deviation of one half).
        seconds: The wall-clock seconds that it may take.
        seed: The seed of the random numbers.
        particles: The most particles; None: as many as there is time for.
        budget: What the program may cost.
        device: Where torch computes: `cpu`, `cuda`, `auto`.
        patience: The share of the seconds after which a method whose figures can't be trusted makes way for another
            one.
        clock: The clock of the watch, in seconds.
        gauge: The gauge of the memory that the process holds, in bytes.
    """

    precision: float = 0.005
    seconds: float = 10.0
    seed: int = 0
    particles: int | None = None
    budget: Budget = field(default_factory=Budget)
    device: str = "cpu"
    patience: float = 1.0
    clock: Clock = field(default=now, compare=False, repr=False)
    gauge: Gauge = field(default=resident, compare=False, repr=False)

    def per_island(self, islands: int, most: int) -> int:
        """Return how many particles an island has where all islands together keep to `particles`.

        Args:
            islands: How many islands there are.
            most: The most particles of an island.
        """
        return most if self.particles is None else max(1, min(most, self.particles // islands))

    def started(self) -> Goal:
        """Return the goal with its watch started, unless it is running already."""
        if self.watch is not IDLE:
            return self
        load()
        return self.watched(Watch.of(self.seconds, self.budget.memory, self.clock, self.gauge))

    def afresh(self) -> Goal:
        """Return the goal for another answer, whose time has not begun."""
        return self.watched(IDLE)

    def watched(self, watch: Watch) -> Goal:
        """Return the goal with another watch.

        Args:
            watch: The time and memory of the answer.
        """
        return replace(self, budget=replace(self.budget, watch=watch))

    def within(self, share: float) -> Goal:
        """Return the goal of a step that may take a share of the time that is left.

        Args:
            share: The share, from 0 to 1.
        """
        return self.watched(self.watch.within(share * self.watch.left))

    @property
    def watch(self) -> Watch:
        """The time and memory of the answer."""
        return self.budget.watch

    @property
    def late(self) -> bool:
        """Whether it is time to switch to another method."""
        return self.watch.elapsed > self.patience * self.seconds

    @property
    def time_is_up(self) -> Stop:
        """The end of the seconds."""
        return Stop("seconds", f"the {self.seconds:g} s allowed ran out")


INTERRUPTED = Stop("interrupted", "it was interrupted")


def stopped(error: BudgetError, goal: Goal) -> Stop | None:
    """Return the Stop for an error that leaves earlier results valid, None for any other error."""
    if error.budget == "seconds":
        return goal.time_is_up
    return Stop("memory", "the memory budget ran out") if error.budget == "memory" else None


@dataclass(frozen=True, slots=True)
class Boolean:
    """The posterior of a truth value.

    Attributes:
        probability: The probability that it is true.
        mcse: The Monte-Carlo standard error of that.
        undefined: The share of the posterior in which there is no such value.
        bounds: Of a counterfactual: the least and the greatest probability over all joint laws of the factual and the
            other world that have the marginals of both, None where that is not known or the noise makes no difference.
        kind: `boolean`, by which the kinds are told apart.
    """

    probability: float
    mcse: float
    undefined: float = 0.0
    bounds: tuple[float, float] | None = None
    kind: ClassVar[Kind] = "boolean"

    @property
    def relative_error(self) -> float:
        """The standard error in units of the goal's precision on probabilities."""
        return self.mcse


@dataclass(frozen=True, slots=True)
class Number:
    """The posterior of a number. Where the mean does not exist or is not finite, `mean` and `sd` are NaN.

    Attributes:
        mean: The posterior mean.
        sd: The posterior standard deviation.
        mcse: The Monte-Carlo standard error of the mean.
        interval: The quantiles at 5% and 95%.
        median: The median.
        histogram: Rows of low, high, probability; one with low == high is a single value.
        integer: Whether all values are whole numbers.
        undefined: The share of the posterior in which there is no such value.
        heavy: Whether one sample makes up much of the variance, so that the mean may not exist.
        kind: `number`, by which the kinds are told apart.
    """

    mean: float
    sd: float
    mcse: float
    interval: tuple[float, float]
    median: float
    histogram: tuple[tuple[float, float, float], ...]
    integer: bool = False
    undefined: float = 0.0
    heavy: bool = False
    kind: ClassVar[Kind] = "number"

    @property
    def relative_error(self) -> float:
        """Half the standard error in units of the posterior's standard deviation: comparable with a probability's.

        Where all samples agree though they might differ, it is what one sample more would change (see `Moments`).
        """
        if self.sd == 0:
            return self.mcse / max(1.0, abs(self.mean))
        return 0.5 * self.mcse / self.sd if self.mcse > 0 else 0.0


@dataclass(frozen=True, slots=True)
class Choice:
    """The posterior of a name, or of any other outcome.

    Attributes:
        probabilities: Option to probability, likeliest first.
        errors: Option to the Monte-Carlo standard error of that.
        undefined: The share of the posterior in which there is no such value.
        kind: `choice`, by which the kinds are told apart.
    """

    probabilities: Mapping[Outcome, float]
    errors: Mapping[Outcome, float]
    undefined: float = 0.0
    kind: ClassVar[Kind] = "choice"

    @property
    def mcse(self) -> float:
        """The largest standard error over the options."""
        return max(self.errors.values(), default=0.0)

    @property
    def relative_error(self) -> float:
        """The largest standard error over the options."""
        return self.mcse


@dataclass(frozen=True, slots=True)
class Members:
    """The posterior of a list of names, as a set.

    Attributes:
        probabilities: Member to the probability that it is in the list, likeliest first.
        errors: Member to the Monte-Carlo standard error of that.
        empty: The probability that the list is empty.
        undefined: The share of the posterior in which there is no such value.
        empty_error: The Monte-Carlo standard error of `empty`.
        kind: `set`, by which the kinds are told apart.
    """

    probabilities: Mapping[Outcome, float]
    errors: Mapping[Outcome, float]
    empty: float = 0.0
    undefined: float = 0.0
    empty_error: float = 0.0
    kind: ClassVar[Kind] = "set"

    @property
    def mcse(self) -> float:
        """The largest standard error over the members; where there are none, that of there being none."""
        return max(self.errors.values(), default=self.empty_error)

    @property
    def relative_error(self) -> float:
        """The largest standard error over the members."""
        return self.mcse


Marginal = Boolean | Number | Choice | Members


def unanimous(marginal: Marginal) -> bool:
    """Return whether all samples agree on a figure, or on all of them."""
    if isinstance(marginal, Number):
        return marginal.sd == 0
    if isinstance(marginal, Boolean):
        return _is_sure(marginal.probability)
    return all([_is_sure(share) for share in marginal.probabilities.values()])


def _is_sure(probability: float) -> bool:
    return min(abs(probability), abs(1 - probability)) < ROUNDING


@dataclass(frozen=True, slots=True)
class Posterior:
    """The posterior: one marginal per query, with the diagnostics that show how reliable they are.

    Attributes:
        marginals: One for each query, in order.
        ess: The effective sample size (Kish).
        particles: How many particles were drawn.
        log_evidence: The log marginal likelihood of what was conditioned on, in nats.
        log_evidence_error: The standard error of that.
        method: The name of the method.
        reason: Why this method, in one sentence.
        seconds: The wall-clock seconds that it took.
        converged: Whether the goal was reached.
        shortfall: Why the goal was not reached, None where it was.
        stopped_by: What ended the work: an exact sum, the precision, or a budget.
        warnings: What one should know before trusting it.
        sites: The random choices that were met, by address, to their distributions as text.
        diagnostics: What the method knows of itself (acceptance, unique ancestors, R-hat, Pareto k).
    """

    marginals: tuple[Marginal, ...]
    ess: float
    particles: int
    log_evidence: float
    log_evidence_error: float
    method: str
    reason: str
    seconds: float
    converged: bool
    shortfall: str | None = None
    stopped_by: StoppedBy = "precision"
    warnings: tuple[str, ...] = ()
    sites: Mapping[str, str] = field(default_factory=dict)
    diagnostics: Mapping[str, float] = field(default_factory=dict)


class State(Protocol):
    """What a method carries from one call to the next. It is never changed in place, so an old one stays valid."""

    @property
    def method(self) -> str:
        """The name of the method that made it."""
        ...


MOST_STATES = 2  # of the inference that are kept, of some tens of megabytes: of who was told of, and of one more list


def with_state(
    states: Mapping[tuple[str, ...], State], names: tuple[str, ...], state: State
) -> dict[tuple[str, ...], State]:
    """Return the states with that of the last question; those that were not gone on from for longest are dropped."""
    others = [(known, one) for known, one in states.items() if known != names]
    return dict([*others, (names, state)][-MOST_STATES:])


class Method(Protocol):
    """An inference algorithm."""

    @property
    def name(self) -> str:
        """The name by which it is asked for."""
        ...

    def infer(self, problem: Problem, goal: Goal, state: State | None = None) -> tuple[Posterior, State | None]:
        """Infer the posterior of the problem's queries.

        Args:
            problem: The program in factors.
            goal: How precise the answer has to be, and what it may cost.
            state: What an earlier call returned for a problem with the same beginning, None for a fresh start.

        Returns:
            The posterior, and the state to continue from (None: nothing to carry).

        Raises:
            ImpossibleError: The evidence has no support.
            UnlikelyError: The method could not find any support.
            UnreachedError: What was found can't be reported.
            BudgetError: A budget ended before there was anything to report.
        """
        ...
