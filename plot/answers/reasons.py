"""The choice of reasons for an answer: the candidates that raise its probability most, and their wording."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from plot._lazy import late, torch
from plot.translate.base import Candidate

if TYPE_CHECKING:
    from torch import Tensor

    from plot.inference.posterior import joint
    from plot.inference.posterior.joint import Joint, JointEstimate
else:
    joint = late("plot.inference.posterior.joint")

MOST = 3
LEAST = 0.05  # by so much at least a reason changes the chance
SURE = 4.0  # standard errors: of a hundred candidates that change nothing, barely one seems to
PROBABLE = 0.5
IMPLIED = 0.99
CERTAIN = 0.02  # where it is nearly always so, or rarely, there is nothing to contrast
RARE = 0.2  # of what is rarer, the chance is changed by less
OTHERWISE = 0.1  # the share of the worlds in which it is so that a second explanation must be left to explain

Role = Literal["cause", "alternative", "told"]


@dataclass(frozen=True, slots=True)
class Reason:
    """A reason: `contrast` is how much likelier something is where the reason holds than where it does not.

    `given_true` and `given_false` are these two probabilities, `mcse` is the Monte-Carlo error of the contrast.
    `holds` is the probability of the reason where it is so, `holds_otherwise` where it is not. As `role`, an
    "alternative" explains what the reason before it does not; what was "told" is compared with not having been told.
    """

    text: str
    code: str
    contrast: float
    mcse: float
    given_true: float
    given_false: float
    holds: float | None = None
    holds_otherwise: float | None = None
    role: Role = "cause"


@dataclass(frozen=True, slots=True)
class Why:
    """The reasons for an answer; `compared` says with what worlds, where not with those of the answer itself.

    `failed` says why none could be looked for.
    """

    reasons: tuple[Reason, ...]
    compared: str | None = None
    failed: str | None = None


@dataclass(frozen=True, slots=True, eq=False)
class _Option:
    """A candidate (by its place in the tables) the way round in which it speaks for what is asked."""

    candidate: Candidate
    place: int
    denied: bool
    true: Tensor
    contrast: JointEstimate

    @property
    def text(self) -> str:
        return self.candidate.denial if self.denied else self.candidate.text

    @property
    def code(self) -> str:
        return self.candidate.opposite if self.denied else self.candidate.code


@dataclass(frozen=True, slots=True)
class ReasonSelection:
    """The choice of reasons: `now` and `compared` hold the truth of what is asked and of each candidate.

    `now` are the worlds of the answer, `compared` those in which it is contrasted (the same, where it is neither
    certain nor impossible). `decides` tells whether a candidate is decided before what is asked is: only then may it
    be a reason.
    """

    candidates: Sequence[Candidate]
    now: Joint
    compared: Joint
    decides: Callable[[Candidate], bool]

    def reasons(self, among: Sequence[Candidate] | None = None) -> tuple[Reason, ...]:
        """Return the reasons that stand out (of those `among` which they may be), the strongest first.

        A reason makes what is asked much likelier (probabilistic contrast, Cheng and Novick 1990), does so still in the
        worlds in which the reasons before it hold, and is surely more probable than not where what is asked is so.
        Where there is one only, what does so in the worlds in which it does not hold is an alternative.
        """
        asked = self.compared.truths[0]
        options = [one for one in self._options() if among is None or one.candidate in among]
        least = LEAST * min(1.0, self.compared.chance(asked).value / RARE)
        decided: dict[str, bool] = {}

        def fits(option: _Option) -> bool:
            if option.code not in decided:
                decided[option.code] = self.decides(option.candidate)
            return decided[option.code]

        kept: list[_Option] = []
        given = torch.ones_like(asked)
        while len(kept) < MOST:
            ranked = self._ranked(options, given, least)
            new = (one for one in ranked if _probable(self._holds(one)) and not self._implies(one, kept))
            best = next((one for one in new if fits(one)), None)
            if best is None:
                break
            kept.append(best)
            given = given & best.true
        found = [self._reason(option, "cause") for option in kept]
        other = self._alternative(options, kept[0], least, fits) if len(kept) == 1 else None
        return (*found, *([self._reason(other, "alternative")] if other is not None else []))

    def _options(self) -> Iterator[_Option]:
        """Yield the candidates, each the way round in which it makes what is asked likelier."""
        asked = self.compared.truths[0]
        for place, candidate in enumerate(self.candidates, 1):
            true = self.compared.truths[place]
            contrast = self.compared.contrast(asked, true)
            if contrast.value > 0:
                yield _Option(candidate, place, False, true, contrast)
            elif contrast.value < 0:
                yield _Option(candidate, place, True, ~true, joint.JointEstimate(-contrast.value, contrast.mcse))

    def _ranked(self, options: Sequence[_Option], given: Tensor, least: float) -> list[_Option]:
        """Return the options that make what is asked likelier in some worlds, the strongest first.

        Of those that come to the same, what is said without *not* is first.
        """
        asked = self.compared.truths[0]
        strong = [(self.compared.contrast(asked, option.true, given), option) for option in options]
        clear = [(contrast.value, option) for contrast, option in strong if contrast.above(least, SURE)]
        return [option for _, option in sorted(clear, key=lambda pair: (-round(pair[0], 6), pair[1].denied))]

    def _holds(self, option: _Option) -> JointEstimate:
        """Return how probable a reason is where what is asked is so, as all is known that was told."""
        asked, true = self.now.truths[0], self.now.truths[option.place]
        if self.now.chance(asked).value < CERTAIN:
            return self.compared.chance(option.true, self.compared.truths[0])
        return self.now.chance(~true if option.denied else true, asked)

    def _implies(self, option: _Option, kept: Sequence[_Option]) -> bool:
        return any(self.compared.chance(one.true, option.true).value >= IMPLIED for one in kept)

    def _alternative(
        self, options: Sequence[_Option], first: _Option, least: float, fits: Callable[[_Option], bool]
    ) -> _Option | None:
        """Return what explains what is asked in the worlds in which the only reason does not hold."""
        asked, rest = self.compared.truths[0], ~first.true
        if not self.compared.chance(rest, asked).above(OTHERWISE, SURE):
            return None
        for option in self._ranked(options, rest, least):
            implied = self.compared.chance(option.true, first.true).value >= IMPLIED
            likely = _probable(self.compared.chance(option.true, asked & rest))
            if likely and not implied and fits(option):
                return option
        return None

    def _reason(self, option: _Option, role: Role) -> Reason:
        asked = self.compared.truths[0]
        return Reason(
            option.text,
            option.code,
            option.contrast.value,
            option.contrast.mcse,
            self.compared.chance(asked, option.true).value,
            self.compared.chance(asked, ~option.true).value,
            self._holds(option).value,
            self.compared.chance(option.true, ~asked).value,
            role,
        )


def _probable(chance: JointEstimate) -> bool:
    """Return whether something is more probable than not, by SURE standard errors."""
    return chance.value - PROBABLE > SURE * chance.mcse


def told(text: str, code: str, with_: JointEstimate, without: JointEstimate) -> Reason | None:
    """Return as a reason that something was told, by how likely it all is with that and without; None if it is none."""
    contrast = joint.JointEstimate(with_.value - without.value, (with_.mcse**2 + without.mcse**2) ** 0.5)
    if not contrast.above(LEAST, SURE):
        return None
    return Reason(text, code, contrast.value, contrast.mcse, with_.value, without.value, role="told")


# -- in words ------------------------------------------------------------------------------------------------


def with_reasons(words: str, probability: float, why: Why) -> str:
    """Return the words of an answer with its reasons, without a full stop."""
    if why.failed is not None:
        return f"{words}. The search for reasons failed: {why.failed}"
    if not why.reasons:
        return f"{words}. No reason stands out"
    said = in_words(why.reasons)
    if probability >= PROBABLE:
        return f"{words}. Probably {said}"
    if why.reasons[0].role == "told":
        return f"{words}. Evidence for it: {said.removeprefix('because of the evidence: ')}"
    if why.compared is not None:
        return f"{words}. Without the evidence, it would probably be {said}"
    return f"{words}. If it is so, then probably {said}"


def in_words(reasons: Sequence[Reason]) -> str:
    """Return the text of reasons, to follow *probably*.

    >>> from dataclasses import replace
    >>> one = Reason("it rains", "rain", 0.5, 0.01, 1.0, 0.5)
    >>> in_words([one, replace(one, text="it is cold", role="alternative")])
    'because it rains, or else because it is cold'
    """
    if reasons and reasons[0].role == "told":
        return "because of the evidence: " + ", and ".join(f"“{reason.text}”" for reason in reasons)
    parts = ["or else " if reason.role == "alternative" else "and " if n else "" for n, reason in enumerate(reasons)]
    return ", ".join(f"{before}because {reason.text}" for before, reason in zip(parts, reasons, strict=True))


__all__ = ["CERTAIN", "MOST", "PROBABLE", "Reason", "ReasonSelection", "Why", "told", "with_reasons"]
