"""A language model as a translator: sampled several times, each reply examined, and sent back where it is wrong."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from plot.errors import PlotError
from plot.language import Budget
from plot.llm import Client, Entry, Request
from plot.llm.calls import Completion, Message, ModelError
from plot.text import clean
from plot.translate.base import Discourse, Reading
from plot.translate.model.constrained import as_gbnf, reply_rules
from plot.translate.model.examine import Examiner, Verdict
from plot.translate.model.memory import Memory, PendingTranslations
from plot.translate.model.prompts import Prompts, make_prompt, make_repair
from plot.translate.model.reply import SCHEMA, read_reply
from plot.translate.model.weights import ScoredText, scored, weights_of
from plot.world import Example

MOST_LETTERS = 4_000
SILENCE = ("nothing", "")
MOST_SENT_BACK = 6_000  # characters of a wrong reply that go back with its mistakes
UNSURE = 0.5  # the weight of a reply that its model doubts; a statement says nothing with the rest


@dataclass(frozen=True, slots=True)
class TranslationOutcome:
    """The outcome of one translation: its samples, how many were valid, and how many of these after a repair."""

    utterance: str
    samples: int
    stood: int
    repaired: int
    mistakes: tuple[str, ...] = ()


@dataclass
class Attempt:
    """One sample: the messages so far, and what came of them."""

    messages: tuple[Message, ...]
    sample: int
    rounds: int = 0
    weight: float = 1.0
    scored: ScoredText | None = None
    verdict: Verdict | None = None
    doubted: set[str] = field(default_factory=set)
    failure: PlotError | None = None
    mistakes: tuple[str, ...] = ()

    @property
    def stands(self) -> bool:
        """Whether its readings are accepted."""
        return self.verdict is not None

    @property
    def over(self) -> bool:
        """Whether there is nothing more to ask."""
        return self.stands or self.failure is not None


@dataclass
class LanguageModel:
    """A translator that asks a language model; what it returns was checked, and tried on prior particles.

    Attributes:
        entry: The model, and how it is sampled.
        client: What asks it.
        memory: What learns the translations that all samples agree on.
        seed: The seed of the prior particles.
        budget: What trying a program may cost.
        held_out: Examples of the world that are not shown to the model.
        outcomes: How each utterance went.
        extra: Messages that follow the prompt.
    """

    entry: Entry
    client: Client
    memory: Memory | PendingTranslations | None = None
    seed: int = 0
    budget: Budget | None = None
    held_out: tuple[Example, ...] = ()
    outcomes: list[TranslationOutcome] = field(default_factory=list)
    extra: tuple[Message, ...] = ()
    _prompts: Prompts | None = None

    @property
    def name(self) -> str:
        """The entry's name."""
        return self.entry.name

    @property
    def prompts(self) -> Prompts:
        """The templates of its prompts."""
        if self._prompts is None:
            self._prompts = Prompts(self.entry.prompts)
        return self._prompts

    def translate(self, utterance: str, discourse: Discourse) -> tuple[Reading, ...]:
        """Return the readings of an utterance, weighted by how many samples found them, or how probable these are.

        Raises:
            PlotError: The model can't be asked, the utterance is too long, the entry is not for this world, or none of
                the replies is accepted after the last repair.
        """
        if len(utterance) > MOST_LETTERS:
            raise PlotError(
                f"this is too long for a translation: {len(utterance):,} characters",
                hint="split it into several sentences",
            )
        if not self.entry.serves(discourse.world.name):
            raise PlotError(
                f"'{self.name}' is not configured for the world '{discourse.world.name}'",
                hint=f"see worlds: {self.entry.worlds}",
            )
        messages = make_prompt(self.prompts, utterance, discourse, held_out=self.held_out)
        messages += self.extra
        attempts = [Attempt(messages, number) for number in range(self.entry.samples)]
        examiner = Examiner(utterance, discourse, self.name, self.seed, self.budget)
        for number in range(1 + self.entry.repairs):
            pending = [attempt for attempt in attempts if not attempt.over]
            if pending:
                self._round(pending, examiner, last=number == self.entry.repairs)
        self._note(utterance, attempts)
        readings = _pooled(attempts)
        if not readings:
            raise self._refusal(attempts)
        if self.memory is not None and readings[0].act != "nothing" and _unanimous(attempts):
            self.memory.learn(utterance, readings[0], discourse)
        return readings

    def unshown(self, example: Example) -> LanguageModel:
        """Return the translator without an example being shown to the model; its outcomes are noted as before.

        Args:
            example: The example of the world's file.
        """
        return replace(self, held_out=(*self.held_out, example))

    # -- one round -----------------------------------------------------------------------------------------

    def _round(self, attempts: Sequence[Attempt], examiner: Examiner, *, last: bool) -> None:
        """Ask for all attempts at once, and examine what comes back."""
        world, said = examiner.discourse.world.name, clean(examiner.utterance)[:200]
        grammar = self._grammar(examiner)
        requests = [Request(self.entry, one.messages, SCHEMA, one.sample, world, said, grammar) for one in attempts]
        for attempt, reply in zip(attempts, self.client.complete(requests), strict=True):
            attempt.rounds += 1
            if isinstance(reply, PlotError):
                attempt.failure = reply
            else:
                self._judge(attempt, reply, examiner, last=last)

    def _grammar(self, examiner: Examiner) -> str:
        """Return what constrains the replies, empty where the entry's endpoint takes no grammar."""
        if not self.entry.constrain:
            return ""
        return as_gbnf(reply_rules(examiner.utterance, examiner.discourse, self.entry.max_tokens, self.seed))

    def _judge(self, attempt: Attempt, found: Completion, examiner: Examiner, *, last: bool) -> None:
        """Accept a reply, or add to the messages of its attempt what is wrong with it."""
        try:
            reply = read_reply(found.text)
            verdict = examiner.examine(reply)
        except PlotError as error:
            verdict = Verdict(mistakes=(error.render(),))
        code = "\n".join(f"{reading.act} {reading.code}" for reading in verdict.readings)
        insists = code in attempt.doubted
        if not verdict.mistakes and (last or insists or not verdict.doubts):
            attempt.weight = UNSURE if reply.unsure else 1.0
            attempt.scored = self._scored(found)
            attempt.verdict = verdict
            return
        attempt.mistakes = verdict.mistakes or verdict.doubts
        if last:
            attempt.failure = PlotError(attempt.mistakes[0])
            return
        attempt.doubted.add(code)
        repair = make_repair(self.prompts, attempt.mistakes, examiner.utterance, last=False)
        attempt.messages = (*attempt.messages, Message("assistant", found.text[:MOST_SENT_BACK]), repair)

    def _scored(self, found: Completion) -> ScoredText | None:
        """Return the tokens of a reply that weigh it, None where samples are counted."""
        if self.entry.weights == "samples":
            return None
        text = scored(found.text, found.tokens)
        if text is None:
            self.client.note(f"'{self.name}' gives no log probabilities of its replies: samples are counted instead")
        return text

    # -- what came of it -----------------------------------------------------------------------------------

    def _note(self, utterance: str, attempts: Sequence[Attempt]) -> None:
        stood = [attempt for attempt in attempts if attempt.stands]
        repaired = sum(attempt.rounds > 1 for attempt in stood)
        mistakes = tuple(text for attempt in attempts for text in attempt.mistakes)
        self.outcomes.append(TranslationOutcome(utterance, len(attempts), len(stood), repaired, mistakes))

    def _refusal(self, attempts: Sequence[Attempt]) -> PlotError:
        """Return why nothing stands: that the model could not be asked, or what its last reply did wrong."""
        failures = [attempt.failure for attempt in attempts if attempt.failure is not None]
        fatal = [failure for failure in failures if isinstance(failure, ModelError) and failure.fatal]
        if fatal or all(isinstance(failure, ModelError) for failure in failures):
            return (fatal or failures)[0]
        wrong = next(failure for failure in failures if not isinstance(failure, ModelError))
        message = f"'{self.name}' found no valid translation; its last reply was rejected:\n{_indented(wrong.message)}"
        return PlotError(message, hint="rephrase it, or try another model")


def _indented(text: str) -> str:
    return "\n".join(f"  {line}" for line in text.splitlines())


def _pooled(attempts: Sequence[Attempt]) -> tuple[Reading, ...]:
    """Return the readings of all attempts, each with its share of its attempt's weight; equal code is added up.

    Where all that stand are in doubt about a statement, it says nothing with what is left.
    """
    found: dict[tuple[str, str], Reading] = {}
    stood = [attempt for attempt in attempts if attempt.stands]
    shares = weights_of([attempt.scored for attempt in stood], [attempt.rounds > 1 for attempt in stood])
    for attempt, share in zip(stood, shares, strict=True):
        readings = attempt.verdict.readings if attempt.verdict is not None else ()
        total = sum(reading.weight for reading in readings) or 1.0
        for reading in readings:
            key, weight = (reading.act, reading.code), share * attempt.weight * reading.weight / total
            held = found.get(key)
            found[key] = replace(held or reading, weight=weight + (held.weight if held is not None else 0.0))
    doubt = [share * (1 - attempt.weight) for attempt, share in zip(stood, shares, strict=True)]
    if stood and all(attempt.weight < 1 for attempt in stood) and any(act == "observation" for act, _ in found):
        first = next(iter(found.values()))
        why = "it may not have been meant"
        found[SILENCE] = Reading("nothing", "", sum(doubt), first.translator, why, unsure=True)
    total = sum(reading.weight for reading in found.values()) or 1.0
    return tuple(
        sorted((replace(one, weight=one.weight / total) for one in found.values()), key=lambda one: -one.weight)
    )


def _unanimous(attempts: Sequence[Attempt]) -> bool:
    """Return whether several samples all gave one and the same program, and none was in doubt."""
    codes = {
        tuple(reading.code for reading in attempt.verdict.readings) if attempt.verdict is not None else ()
        for attempt in attempts
    }
    return (
        len(attempts) > 1
        and len(codes) == 1
        and len(next(iter(codes))) == 1
        and all(one.weight == 1 for one in attempts)
    )


__all__ = ["LanguageModel", "TranslationOutcome"]
