"""Draws from posteriors as arrays and tables: of one answer, or of several questions in the same worlds."""

from __future__ import annotations

import importlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import ModuleType
from typing import TYPE_CHECKING

from plot._lazy import late, np
from plot.answers.answer import Answer, count_of, densities
from plot.answers.words import speller
from plot.errors import PlotError
from plot.html import Rich, block, line, scatter, table
from plot.inference.contract import Boolean, Goal, Number, Problem
from plot.language import parse
from plot.language.syntax.nodes import Condition, Do, Observe, ProgramNode, Statement, walk
from plot.pictures.outcome_texts import Speller, labelled
from plot.text import clean
from plot.translate.assemble import alone, assemble, united
from plot.translate.base import Discourse, Told

if TYPE_CHECKING:
    from numpy import generic
    from numpy.typing import NDArray
    from pandas import DataFrame

    from plot.inference.posterior import samples as draws
    from plot.inference.posterior.samples import QueryDraws
else:
    draws = late("plot.inference.posterior.samples")

MOST_POINTS = 500  # of a scatter plot


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class JointSamples(Rich):
    """Draws of several questions from their joint posterior: row by row from the same worlds.

    Attributes:
        columns: Question to its draws, (count,), all of equal weight.
        understood: Question to what it was understood as.
        ess: Question to the effective sample size of the particles that the draws are copies of.
        seed: The seed of the random numbers.
    """

    columns: Mapping[str, NDArray[generic]]
    understood: Mapping[str, str]
    ess: Mapping[str, float]
    seed: int = 0

    def __getitem__(self, question: str) -> NDArray[generic]:
        """Return the draws of a question."""
        if question not in self.columns:
            raise PlotError(f"“{question}” was not asked", hint=f"asked were: {'; '.join(self.columns)}")
        return self.columns[question]

    def __len__(self) -> int:
        return len(next(iter(self.columns.values())))

    @property
    def numbers(self) -> tuple[str, ...]:
        """The questions whose answers are numbers or truth values."""
        return tuple(question for question, column in self.columns.items() if column.dtype.kind in "biuf")

    def correlation(self, one: str, other: str) -> tuple[float, float]:
        """Return Pearson's correlation of two questions, with its standard error by Fisher's z.

        Args:
            one: A question whose answer is a number or a truth value.
            other: Another one.

        Raises:
            PlotError: One has no numbers, or does not vary.

        References:
            Fisher (1915): the standard error of atanh(r) is 1 / sqrt(n - 3), where n is the effective sample size.
        """
        for question in (one, other):
            if self[question].dtype.kind not in "biuf":
                raise PlotError(f"“{question}” has no numbers", hint="correlate numbers or truth values")
        pairs = np.stack([self[one].astype(float), self[other].astype(float)])
        pairs = pairs[:, np.isfinite(pairs).all(0)]
        if pairs.shape[1] < 2 or not pairs.std(1).all():
            raise PlotError("there is no correlation: one of the two does not vary", hint="ask about other quantities")
        found = float(np.corrcoef(pairs)[0, 1])
        size = min(self.ess[one], self.ess[other], pairs.shape[1])
        return found, (1 - found**2) / math.sqrt(max(1.0, size - 3))

    def to_dataframe(self) -> DataFrame:
        """Return the draws as a table with a column for each question, which needs pandas."""
        return pandas().DataFrame(dict(self.columns))

    def _repr_html_(self) -> str:
        numbers = self.numbers
        pairs = [(one, other) for place, one in enumerate(numbers) for other in numbers[place + 1 :]]
        plotted = [pair for pair in pairs if all(self[question].dtype.kind == "f" for question in pair)]
        shown = [scatter(self._points(*pair), *pair) for pair in plotted[:3]]
        return block(line(str(self), bold=True), table(self._correlations(pairs), ("", "", "correlation")), *shown)

    def _points(self, one: str, other: str) -> list[tuple[float, float]]:
        pairs = zip(self[one][:MOST_POINTS].tolist(), self[other][:MOST_POINTS].tolist(), strict=True)
        return [pair for pair in pairs if all(math.isfinite(number) for number in pair)]

    def _correlations(self, pairs: Sequence[tuple[str, str]]) -> list[tuple[str, str, str]]:
        rows = []
        for one, other in pairs:
            try:
                found, error = self.correlation(one, other)
                rows.append((one, other, f"{found:.2f} ± {error:.2f}"))
            except PlotError:
                rows.append((one, other, "none"))
        return rows

    def __repr__(self) -> str:
        return f"<{len(self):,} joint draws of: {'; '.join(self.columns)}>"


def joint_samples(discourse: Discourse, asked: Sequence[Told], goal: Goal, count: int, spell: Speller) -> JointSamples:
    """Return draws of the likeliest readings of several questions in the same worlds.

    Raises PlotError for a question that supposes or does something: the others would not be asked in such worlds.
    """
    if not asked:
        raise PlotError("no questions were asked", hint='give a list: ["How strong is Tom?", "How strong is Mary?"]')
    problem = problem_of(discourse, asked)
    found = draws.joint_draws(problem, range(len(asked)), goal, count_of(count))
    said = [clean(told.say) for told in asked]
    columns = {say: values_of(drawn, spell)[0] for say, drawn in zip(said, found.queries, strict=True)}
    understood = {say: alone(told).readings[0].words for say, told in zip(said, asked, strict=True)}
    sizes = {say: drawn.ess for say, drawn in zip(said, found.queries, strict=True)}
    return JointSamples(columns, understood, sizes, goal.seed)


def problem_of(discourse: Discourse, asked: Sequence[Told]) -> Problem:
    """Return the problem of a conversation whose queries are those of several questions."""
    likeliest = [alone(told).readings[0] for told in asked]
    names = united(discourse.names, [name for reading in likeliest for name in reading.names])
    problem = assemble(replace(discourse, names=names)).problem()
    body: list[Statement] = []
    for told, reading in zip(asked, likeliest, strict=True):
        code = parse(reading.code)
        if any(isinstance(node, (Condition, Observe, Do)) for node in walk(code)):
            raise PlotError(
                f"“{clean(told.say)}” supposes something, and the other questions don't",
                hint="tell a copy of the conversation what is supposed: talk.suppose(…).samples([…])",
            )
        body += code.body
    return replace(problem, question=ProgramNode(body=tuple(body)), targets=None)


def pandas() -> ModuleType:
    """Return pandas. Raises PlotError, with the extra that installs it, where it is missing."""
    return needed("pandas", "notebook", "tables")


def needed(module: str, extra: str, what: str) -> ModuleType:
    """Return an optional library. Raises PlotError, with the extra that installs it, where it is missing.

    Args:
        module: The library.
        extra: The extra of the package.
        what: What needs it, in the plural.
    """
    try:
        return importlib.import_module(module)
    except ImportError:
        hint = f"pip install 'plot-ppl[{extra}]'"
        raise PlotError(f"{what} need {module.partition('.')[0]}, which is not installed", hint=hint) from None


def values_of(drawn: QueryDraws, spell: Speller) -> NDArray[generic]:
    """Return draws of a query, (chains, draws): numbers, truth values, or texts of options."""
    values = drawn.values.numpy()
    if drawn.kind == "choice":
        texts = labelled(drawn.labels, spell)
        chosen: NDArray[generic] = np.array([texts[label] for label in drawn.labels], dtype=object)[values]
        return chosen
    whole: NDArray[generic] = values.astype(np.int64) if drawn.integer and np.isfinite(values).all() else values
    return whole


def samples_of(answer: Answer, count: int) -> NDArray[generic]:
    """Return draws of what an answer's question asked, (count,)."""
    source = answer.draws
    if source is None:
        raise PlotError("this answer has no draws", hint="ask a conversation, or run a program")
    found = draws.joint_draws(source.problem, [source.query], source.goal, count)
    row: NDArray[generic] = values_of(found.queries[0], speller(answer.names))[0]
    return row


def draws_together(answers: Sequence[Answer], count: int) -> tuple[list[NDArray[generic]], float]:
    """Return draws of answers to several queries of one program in the same worlds, and the least effective size."""
    sources = [answer.draws for answer in answers]
    first = sources[0]
    if first is None or any(source is None or source.problem is not first.problem for source in sources):
        raise PlotError("these answers are not of one program", hint="take the answers of one run")
    which = [source.query for source in sources if source is not None]
    found = draws.joint_draws(first.problem, which, first.goal, count)
    columns = [values_of(drawn, speller(answers[0].names))[0] for drawn in found.queries]
    return columns, min(drawn.ess for drawn in found.queries)


def frame_of(answer: Answer) -> DataFrame:
    """Return the posterior of an answer as a table."""
    frame, marginal = pandas().DataFrame, answer.marginal
    if isinstance(marginal, Number):
        rows = densities(marginal)
        opened = [[-math.inf if low is None else low, math.inf if high is None else high] for low, high, *_ in rows]
        ends = [[*ends, *row[2:]] for ends, row in zip(opened, rows, strict=True)]
        return frame(ends, columns=["low", "high", "probability", "density"]).astype(float)
    pairs: list[tuple[object, float, float]]
    if isinstance(marginal, Boolean):
        yes = marginal.probability
        pairs = [(True, yes, marginal.mcse), (False, 1 - yes, marginal.mcse)]
    else:
        texts = labelled(marginal.probabilities, speller(answer.names))
        pairs = [(texts[one], share, marginal.errors[one]) for one, share in marginal.probabilities.items()]
    return frame(pairs, columns=["member" if answer.kind == "set" else "value", "probability", "mcse"])


__all__ = [
    "JointSamples",
    "draws_together",
    "frame_of",
    "joint_samples",
    "needed",
    "pandas",
    "problem_of",
    "samples_of",
    "values_of",
]
