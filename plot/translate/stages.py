"""A cascade of translators, cheap ones first: each is used if the earlier ones could not read the utterance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

from plot.errors import PlotError, joined
from plot.llm.together import together
from plot.translate.base import Discourse, Reading, Translator
from plot.translate.english.reliability import risky


class NothingKnownError(PlotError):
    """A translator knows nothing of an utterance, which is not worth telling where others say why they failed."""


@dataclass(frozen=True)
class Cascade:
    """A translator made of stages, the cheap ones first: a stage is asked where those before it found no reading.

    Or none but by constructions of the grammar that are often misread; such a reading counts where nobody has another.

    Attributes:
        stages: Each of one or more translators, whose readings are pooled.
        hint: What is added to the error where the last stage fails too.
        name: What readings and tables call it.
    """

    stages: tuple[tuple[Translator, ...], ...]
    hint: str | None = None
    name: str = "cascade"

    def translate(self, utterance: str, discourse: Discourse) -> tuple[Reading, ...]:
        """Return the readings of the first stage that has any.

        Raises:
            PlotError: No stage has any; with what each translator says, but those who know nothing of it (the memory).
        """
        failures: list[PlotError] = []
        held: tuple[Reading, ...] = ()
        for stage in self.stages:
            found, failed = pooled(stage, utterance, discourse)
            if found and not often_misread(found):
                return found
            held = held or found
            failures += failed
        if held:
            return held
        raise refusal(failures, self.hint)


def refusal(failures: Sequence[PlotError], hint: str | None = None) -> PlotError:
    """Return as one error why translators could not read an utterance; who knows nothing of it is left out."""
    told = [failure for failure in failures if not isinstance(failure, NothingKnownError)]
    errors = told or list(failures)
    if hint is not None:
        errors[-1] = _with_hint(errors[-1], hint)
    return joined(errors)


def often_misread(readings: Sequence[Reading]) -> bool:
    """Return whether the likeliest reading uses a construction of the grammar whose reliability is low."""
    return bool(risky(max(readings, key=lambda one: one.weight).constructions))


def pooled(
    translators: Sequence[Translator], utterance: str, discourse: Discourse
) -> tuple[tuple[Reading, ...], list[PlotError]]:
    """Return the readings of several translators, each with the same weight in all, and the errors of the others."""
    readings: list[Reading] = []
    failures: list[PlotError] = []
    for found in together([partial(translator.translate, utterance, discourse) for translator in translators]):
        if isinstance(found, PlotError):
            failures.append(found)
            continue
        total = sum(reading.weight for reading in found) or 1.0
        readings += [replace(reading, weight=reading.weight / total) for reading in found]
    return tuple(readings), failures


def _with_hint(error: PlotError, hint: str) -> PlotError:
    found = f"{error.hint}; {hint}" if error.hint else hint
    return (
        type(error)(error.message, hint=found, span=error.span, where=error.where)
        if type(error) is PlotError
        else error
    )


__all__ = ["Cascade", "NothingKnownError", "often_misread", "pooled", "refusal"]
