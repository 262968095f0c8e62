"""The answer to one question: words, figures and their basis; as an object, as JSON, as text."""

from __future__ import annotations

import io
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console, RenderableType

from plot._lazy import late
from plot.answers.ambiguity import Ambiguity, clarifying
from plot.answers.picture import draw, one_line, rows_of
from plot.answers.reasons import Reason, Why, with_reasons
from plot.answers.words import in_words, speller
from plot.errors import PlotError
from plot.html import Rich
from plot.inference.contract import (
    Boolean,
    Choice,
    Goal,
    Kind,
    Marginal,
    Members,
    Number,
    Posterior,
    Problem,
    StoppedBy,
)
from plot.pictures import PictureSource, Rendered, paint
from plot.pictures.outcome_texts import texts_of
from plot.scripts import deceptive
from plot.text import Json, plain
from plot.translate.base import semantic_entropy

if TYPE_CHECKING:
    from numpy import generic
    from numpy.typing import NDArray
    from pandas import DataFrame

    from plot.answers import notebook, samples
    from plot.causes import Effect
else:
    notebook = late("plot.answers.notebook")
    samples = late("plot.answers.samples")

WIDTH = 88
MOST_DRAWS = 100_000


class Distribution(dict[str, float]):
    """Probabilities by name; `["Mary"]` finds `mary` too, as people don't write names as programs do.

    >>> Distribution({"mary": 0.6})["Mary"]
    0.6
    """

    def __missing__(self, name: str) -> float:
        for known, probability in self.items():
            if known.casefold() == name.casefold().replace(" ", "_") or known.casefold() == name.casefold():
                return probability
        raise KeyError(name)


@dataclass(frozen=True, slots=True)
class Belief:
    """A reading of an utterance with its probability.

    Attributes:
        code: The reading as code of the language.
        weight: Its probability before inference.
        posterior: Its probability after inference.
        translator: Who found it; several names are separated by commas.
        paraphrase: What it means, in English made from its code.
        literal: Whether the paraphrase renders the code piece by piece.
        own_words: What it means in the words of its translator, where these say something else.
        reliability: How likely the constructions by which it was read are read rightly; 1 where none is known.
    """

    code: str
    weight: float
    posterior: float
    translator: str
    paraphrase: str = ""
    literal: bool = False
    own_words: str | None = None
    reliability: float = 1.0

    @property
    def understood(self) -> str:
        """The paraphrase as answers show it."""
        return f"{self.paraphrase or one_line(self.code)}{' (literally)' if self.literal else ''}"


@dataclass(frozen=True, slots=True)
class Utterance:
    """An utterance with its readings.

    Attributes:
        say: The utterance.
        act: `knowledge`, `observation` or `question`.
        readings: Its readings, the likeliest first by their weight.
    """

    say: str
    act: str
    readings: tuple[Belief, ...]

    @property
    def likeliest(self) -> Belief:
        """The reading that is likeliest after inference."""
        return max(self.readings, key=lambda held: held.posterior)

    @property
    def semantic_entropy(self) -> float:
        """The entropy over the meanings before inference, in nats (Kuhn, Gal and Farquhar 2023, eq. 5)."""
        return semantic_entropy([held.weight for held in self.readings])


@dataclass(frozen=True, slots=True)
class Alternative:
    """A less likely reading of a question, with its answer under the same told facts.

    Attributes:
        reading: The reading; its probability is its weight, since nothing that it supposes makes it likelier.
        answer: The answer to it, None where there is none.
        failed: Why there is none.
    """

    reading: Belief
    answer: Answer | None = None
    failed: str | None = None

    def to_json(self) -> dict[str, Json]:
        """Return plain data that JSON can hold: the reading, and the figures of its answer."""
        figures = {} if self.answer is None else self.answer.to_json()
        kept = ("kind", "answer", "probability", "mean", "sd", "interval", "distribution", "mcse")
        return {**_reading(self.reading), **{key: figures.get(key) for key in kept}, "failed": self.failed}


@dataclass(frozen=True, slots=True)
class SampleSource:
    """What draws of a query are taken from: the problem, the number of the query in it, and the goal."""

    problem: Problem
    query: int
    goal: Goal


@dataclass(frozen=True, slots=True, repr=False)
class Answer(Rich):
    """The posterior of a question as plain data. Figures that its kind does not have are None.

    Attributes:
        question: The question as it was asked.
        kind: `boolean`, `number`, `choice` or `set`.
        answer: The answer in words.
        marginal: The posterior of what was asked.
        posterior: The posterior of all that was queried, with diagnostics.
        probability: Of a truth value: the probability that it is so.
        mean: Of a number: the posterior mean, in the units of the model.
        sd: Of a number: the posterior standard deviation.
        interval: Of a number: the quantiles at 5% and 95%.
        median: Of a number: the posterior median.
        distribution: Of a choice: option to probability. Of a set: member to the probability that it belongs.
        ess: The effective sample size (Kish).
        mcse: The Monte-Carlo standard error of the probability, of the mean, or the largest one of the distribution.
        method: The inference method.
        log_evidence: The log marginal likelihood of what was conditioned on, in nats.
        utterances: What was said, and what it was taken to mean.
        seed: The seed of the random numbers.
        seconds: Wall-clock seconds that it took.
        warnings: What one should know before trusting the answer.
        converged: Whether the precision was reached; the warnings say why not.
        stopped_by: What ended the work: `exact`, `precision`, a budget (`seconds`, `particles`, `evaluations`,
            `memory`), or `interrupted`.
        program: The whole program as text.
        names: Names of the program to how people write them.
        source: What pictures are drawn from, None where the world's file does not say.
        why: The reasons with what they were compared in, where the question asks *why*.
        ambiguities: The utterances of several readings with the answer under each, where these were asked for.
        alternatives: The less likely readings of the question, each with its answer; the figures are the likeliest's.
        draws: What samples are taken from, None where there is nothing to sample.
        effect: The effect that is asked for: the outcome with the cause, without it, and the difference.
    """

    question: str
    kind: Kind
    answer: str
    marginal: Marginal = field(repr=False)
    posterior: Posterior = field(repr=False)
    probability: float | None = None
    mean: float | None = None
    sd: float | None = None
    interval: tuple[float, float] | None = None
    median: float | None = None
    distribution: Mapping[str, float] | None = None
    ess: float = 0.0
    mcse: float = 0.0
    method: str = ""
    log_evidence: float = 0.0
    utterances: tuple[Utterance, ...] = ()
    seed: int = 0
    seconds: float = 0.0
    warnings: tuple[str, ...] = ()
    converged: bool = True
    stopped_by: StoppedBy = "precision"
    program: str = field(default="", repr=False)
    names: Mapping[str, str] = field(default_factory=dict, repr=False)
    source: PictureSource | None = field(default=None, repr=False, compare=False)
    why: Why | None = None
    ambiguities: tuple[Ambiguity, ...] | None = None
    alternatives: tuple[Alternative, ...] = ()
    draws: SampleSource | None = field(default=None, compare=False)
    effect: Effect | None = None

    @property
    def understood_as(self) -> str | None:
        """What the question was understood as, in words; None for the query of a program."""
        asked = [said for said in self.utterances if said.act == "question"]
        return asked[-1].readings[0].understood if asked else None

    @property
    def reading_probability(self) -> float | None:
        """How likely the question was understood rightly, by its readings and their constructions; None without one."""
        asked = [said for said in self.utterances if said.act == "question"]
        return asked[-1].readings[0].weight * asked[-1].readings[0].reliability if asked else None

    @property
    def clarifying_question(self) -> str | None:
        """The most informative clarifying question, if there is one."""
        return clarifying(self.ambiguities or ())

    @property
    def reasons(self) -> tuple[Reason, ...]:
        """The strongest reasons, in order, for a question with *why*."""
        return self.why.reasons if self.why is not None else ()

    @property
    def bounds(self) -> tuple[float, float] | None:
        """Of a counterfactual: the least and the greatest probability, whatever noise the worlds share."""
        return self.marginal.bounds if isinstance(self.marginal, Boolean) else None

    @property
    def sites(self) -> Mapping[str, str]:
        """The random choices of the inference, by address, with their distributions."""
        return self.posterior.sites

    def to_json(self) -> dict[str, Json]:
        """Return plain data that JSON can hold, as the schema `plot/cli/output.schema.json` describes it.

        Every key is there, None where the kind has no such figure or a figure is not finite; `bounds` only where the
        noise that worlds share makes a difference, `effect` only where one is asked for, `reasons` and `compared` only
        where the question asks *why*, `ambiguities` and `clarifying_question` only where the readings were asked for.
        """
        promised = {
            "question": self.question,
            "kind": self.kind,
            "answer": self.answer,
            "probability": self.probability,
            "mean": self.mean,
            "sd": self.sd,
            "interval": list(self.interval) if self.interval is not None else None,
            "distribution": dict(self.distribution) if self.distribution is not None else None,
            "ess": self.ess,
            "mcse": self.mcse,
            "method": self.method,
            "log_evidence": self.log_evidence,
            "utterances": [_utterance(said) for said in self.utterances],
            "seed": self.seed,
            "seconds": self.seconds,
            **self._understanding(),
        }
        further: dict[str, Any] = {
            "median": self.median,
            "histogram": [list(bar) for bar in self.marginal.histogram] if isinstance(self.marginal, Number) else None,
            "density": densities(self.marginal) if isinstance(self.marginal, Number) else None,
            "undefined": self.marginal.undefined,
            "particles": self.posterior.particles,
            "converged": self.converged,
            "stopped_by": self.stopped_by,
            "reason": self.posterior.reason,
            "diagnostics": dict(self.posterior.diagnostics),
            "warnings": list(self.warnings),
        }
        further |= self._of_causes()
        if self.why is not None:
            reasons: list[Any] = [asdict(one) for one in self.reasons]
            further |= {"reasons": reasons, "compared": self.why.compared}
        if self.ambiguities is not None:
            told: list[Any] = [one.to_json() for one in self.ambiguities]
            further |= {"ambiguities": told, "clarifying_question": self.clarifying_question}
        return {key: plain(value) for key, value in {**promised, **further}.items()}

    def _of_causes(self) -> dict[str, Any]:
        """Return what there is to tell of causes and effects: bounds, and the parts of an effect."""
        found: dict[str, Any] = {} if self.bounds is None else {"bounds": list(self.bounds)}
        if self.effect is not None:
            parts = {"with": self.effect.on, "without": self.effect.off, "difference": self.effect.difference}
            found["effect"] = {name: {"value": one.value, "mcse": one.mcse} for name, one in parts.items()}
        return found

    def _understanding(self) -> dict[str, Any]:
        """Return what the question was understood as, how surely, and as what else."""
        return {
            "understood_as": self.understood_as,
            "reading_probability": self.reading_probability,
            "alternatives": [one.to_json() for one in self.alternatives],
        }

    def samples(self, count: int = 1_000) -> NDArray[generic]:
        """Return draws of what was asked from its posterior, all of equal weight; the same seed gives the same draws.

        Args:
            count: How many draws.

        Returns:
            An array (count,): of numbers (NaN where there is none), truth values, or texts of options.

        Raises:
            PlotError: The answer is a set, which has no single draw; or inference fails.
        """
        return samples.samples_of(self, count_of(count))

    def to_dataframe(self) -> DataFrame:
        """Return the posterior of what was asked as a table, which needs pandas (`pip install 'plot-ppl[notebook]'`).

        Returns:
            One row for each option, member or truth value, with its probability and standard error; of a number, one
            for each bar: low and high (infinite at an open tail), probability, and density.
        """
        return samples.frame_of(self)

    def _repr_html_(self) -> str:
        return notebook.answer_html(self)

    def __repr__(self) -> str:
        return f"<Answer {self.question!r}: {self.answer!r} ({self.method}, error {self.mcse:.2g})>"

    def picture(self) -> RenderableType:
        """Return the answer for a rich console: words, chart, error, readings, warnings."""
        return draw(self, speller(self.names))

    def render(self, path: str | Path) -> Rendered:
        """Draw worlds sampled from the posterior, as the world's file says, or else a chart of the answer's figures.

        Worlds are sampled when this is called; the same seed gives the same picture.

        Args:
            path: The file to write: `.png`, or `.gif` for one world that moves.

        Returns:
            The file, how many sampled worlds it shows, and what to know of it.

        Raises:
            PlotError: It can't be drawn or written, or a library is missing.
        """
        spell = speller(self.names)
        return paint(path, f"{self.question}  {self.answer}.", self.source, list(rows_of(self, spell)), spell)

    def show(self, console: Console, *, quiet: bool = False, code: bool = False) -> None:
        """Print the answer on a console.

        Args:
            console: Where to print it.
            quiet: Print its words only.
            code: Print also the code of what was understood.
        """
        console.print(draw(self, speller(self.names), quiet=quiet, code=code), highlight=False, soft_wrap=quiet)

    def __str__(self) -> str:
        buffer = io.StringIO()
        self.show(Console(file=buffer, width=WIDTH, color_system=None, force_terminal=False))
        return "\n".join(line.rstrip() for line in buffer.getvalue().splitlines())


def count_of(count: int) -> int:
    """Return a number of draws. Raises PlotError where it is not one, or too many."""
    if isinstance(count, bool) or not isinstance(count, int) or not 1 <= count <= MOST_DRAWS:
        raise PlotError(f"the number of draws can't be {count!r}", hint=f"give a whole number from 1 to {MOST_DRAWS:,}")
    return count


def densities(marginal: Number) -> list[list[float | None]]:
    """Return the histogram of a number as rows of low, high, probability, density.

    The outermost bars take the tails too: their ends are None, and so is their density. A single value has no density.
    """
    rows: list[list[float | None]] = []
    last = len(marginal.histogram) - 1
    for place, (low, high, share) in enumerate(marginal.histogram):
        opens, closes = place > 0 or low == high, place < last or low == high
        density = share / (high - low) if opens and closes and high > low else None
        rows.append([low if opens else None, high if closes else None, share, density])
    return rows


def _utterance(said: Utterance) -> dict[str, Any]:
    readings = [_reading(held) for held in said.readings]
    return {"say": said.say, "act": said.act, "readings": readings, "semantic_entropy": said.semantic_entropy}


def _reading(held: Belief) -> dict[str, Any]:
    return {
        "code": held.code,
        "weight": held.weight,
        "posterior": held.posterior,
        "translator": held.translator,
        "paraphrase": held.paraphrase,
        "literal": held.literal,
        "own_words": held.own_words,
        "reliability": held.reliability,
    }


def _figures(marginal: Marginal) -> dict[str, Any]:
    """Return the figures that a marginal of this kind has."""
    if isinstance(marginal, Boolean):
        return {"probability": marginal.probability}
    if isinstance(marginal, Number):
        return {"mean": marginal.mean, "sd": marginal.sd, "interval": marginal.interval, "median": marginal.median}
    texts = texts_of(marginal.probabilities)
    return {"distribution": Distribution({texts[one]: share for one, share in marginal.probabilities.items()})}


def of_causes(answer: Answer, words: str, marginal: Marginal | None, effect: Effect | None) -> Answer:
    """Return the answer to a question about causes: in these words, with a marginal of its own where it has one."""
    if marginal is None:
        return replace(answer, answer=words, effect=effect)
    names = ("probability", "mean", "sd", "interval", "median", "distribution")
    figures = {**dict.fromkeys(names), **_figures(marginal)}
    return replace(answer, answer=words, effect=effect, kind=marginal.kind, marginal=marginal, draws=None, **figures)


def _words(marginal: Marginal, names: Mapping[str, str], why: Why | None) -> str:
    words = in_words(marginal, speller(names))
    if why is None or not isinstance(marginal, Boolean):
        return words
    return with_reasons(words, marginal.probability, why)


def _deceptive(utterances: Sequence[Utterance], marginal: Marginal, names: Mapping[str, str]) -> list[str]:
    """Return what is to be told of words that are not what they look like, in what was said and in the outcomes."""
    spell = speller(names)
    options = marginal.probabilities if isinstance(marginal, (Choice, Members)) else ()
    named = [spell(option) for option in options if isinstance(option, str)]
    return deceptive([*(one.say for one in utterances), *named])


def _imprecise(posterior: Posterior) -> list[str]:
    """Return a warning where the precision was not reached."""
    return [f"not as precise as asked: {posterior.shortfall}"] if posterior.shortfall else []


def _not_finite(figures: Mapping[str, Any], marginal: Marginal) -> list[str]:
    """Return a warning where a figure is not finite."""
    if any(isinstance(value, float) and not math.isfinite(value) for value in (*figures.values(), marginal.mcse)):
        return ["a figure is not finite; JSON shows it as null"]
    return []


def make_answer(
    question: str,
    marginal: Marginal,
    posterior: Posterior,
    *,
    utterances: Sequence[Utterance] = (),
    seed: int = 0,
    names: Mapping[str, str] | None = None,
    program: str = "",
    warnings: Sequence[str] = (),
    source: PictureSource | None = None,
    draws: SampleSource | None = None,
    why: Why | None = None,
) -> Answer:
    """Put an answer together from a query's marginal and the posterior that it belongs to.

    `names` maps names of the program to how people write them; `source` is what pictures of it are drawn from, `draws`
    what samples are taken from, and `why` are its reasons.
    """
    figures = _figures(marginal)
    said = [*warnings, *_deceptive(utterances, marginal, names or {}), *posterior.warnings]
    said += _not_finite(figures, marginal)
    return Answer(
        question=question,
        kind=marginal.kind,
        answer=_words(marginal, names or {}, why),
        marginal=marginal,
        posterior=posterior,
        ess=posterior.ess,
        mcse=marginal.mcse,
        method=posterior.method,
        log_evidence=posterior.log_evidence,
        utterances=tuple(utterances),
        seed=seed,
        seconds=posterior.seconds,
        warnings=tuple(dict.fromkeys([*_imprecise(posterior), *said])),
        converged=posterior.converged,
        stopped_by=posterior.stopped_by,
        program=program,
        names=dict(names or {}),
        source=source,
        draws=draws,
        why=why,
        **figures,
    )


__all__ = ["Alternative", "Answer", "Belief", "Choice", "Distribution", "Members", "Utterance", "make_answer"]
