"""What knowledge changes: the beliefs about those who were spoken of, before and after."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from plot._lazy import np
from plot.answers.samples import joint_samples
from plot.inference.contract import Goal
from plot.pictures.outcome_texts import Speller
from plot.translate.base import Discourse, Reading, Told
from plot.world.lexicon import mentions

MOST_NAMES, MOST_OF_EACH = 3, 3  # individuals, and quantities of each, that are compared
DRAWS = 2_000
ERRORS = 3.0  # standard errors by which a shift is told of
LEAST = 0.02  # of a shift that is told of, in prior standard deviations, or as a probability


@dataclass(frozen=True, slots=True)
class Shift:
    """A belief that changed.

    Attributes:
        about: What it is about, in words.
        before: Its mean, or the probability that it is so.
        after: The same, with the knowledge.
        probability: Whether these are probabilities.
    """

    about: str
    before: float
    after: float
    probability: bool

    def __str__(self) -> str:
        one, other = (f"{x:.0%}" if self.probability else f"{x:.3g}" for x in (self.before, self.after))
        return f"{self.about}: {one} → {other}"


def shifts(before: Discourse, after: Discourse, goal: Goal, spell: Speller) -> tuple[Shift, ...]:
    """Return the beliefs about those who were spoken of that knowledge changes by more than their errors.

    Args:
        before: The discourse without the knowledge.
        after: The discourse with it.
        goal: How precise they have to be.
        spell: Spells names.
    """
    asked = list(questions_about(before, spell))
    if not asked or not before.told or before.world is after.world:
        return ()
    found = [joint_samples(discourse, asked, goal, DRAWS, spell) for discourse in (before, after)]
    changed = []
    for told in asked:
        truth = found[0][told.say].dtype.kind == "b"
        if found[0][told.say].dtype.kind not in "bif":
            continue
        columns = [one[told.say].astype(float) for one in found]
        sizes = [max(1.0, min(one.ess[told.say], DRAWS)) for one in found]
        means = [float(np.mean(column)) for column in columns]
        sds = [float(np.std(column)) for column in columns]
        error = math.hypot(*(sd / math.sqrt(size) for sd, size in zip(sds, sizes, strict=True)))
        least = LEAST if truth else LEAST * max(sds[0], 1e-12)
        if abs(means[1] - means[0]) > max(ERRORS * error, least):
            changed.append(Shift(told.say, means[0], means[1], truth))
    return tuple(changed)


def questions_about(discourse: Discourse, spell: Speller) -> Iterator[Told]:
    """Yield the questions: what the lexicon says of each one who was spoken of."""
    lexicon = discourse.world.lexicon
    codes = [(f"{{}}'s {word}", one.value) for word, one in lexicon.attributes.items()]
    codes += [(f"{{}} is {word}", one.means) for word, one in lexicon.adjectives.items() if one.means is not None]
    codes = [(text, code) for text, code in codes if mentions(code, "x") and not mentions(code, "event")]
    for name in discourse.names[:MOST_NAMES]:
        for text, code in codes[:MOST_OF_EACH]:
            value = code.replace("(x", f'("{name}"')
            if not mentions(value, "x"):
                yield Told(
                    text.format(spell(name)), "question", (Reading("question", f"query({value})", names=(name,)),)
                )


__all__ = ["Shift", "questions_about", "shifts"]
