"""The interface of translators: an utterance and the discourse in, weighted readings in PLoT code out."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, Protocol, runtime_checkable

from plot.html import Rich, block, code, folded, line
from plot.text import clean
from plot.world import Example, WorldSpec

Act = Literal["knowledge", "observation", "question", "nothing"]

SAYS_NOTHING = "nothing about this world"


@dataclass(frozen=True, slots=True)
class Candidate:
    """What may be a reason, and its opposite.

    Attributes:
        text: The reason in words.
        code: The reason as an expression of the language.
        denial: The opposite in words.
        opposite: The opposite as an expression.
    """

    text: str
    code: str
    denial: str
    opposite: str


@dataclass(frozen=True, slots=True)
class CausalQuestion:
    """What a question about causes and effects asks for besides the value of its query.

    Attributes:
        kind: `effect`, `through` or `direct` (of a cause on an outcome, or its parts), `afresh` (what was told of cause
            and outcome is left out), `absent` (those who take no part in matches that there were), `consequences` (of
            an intervention), `actions` (which of them makes the outcome likeliest), `causes`, `independent`, `adjusted`
            (what the causal graph tells).
        about: What it speaks of, as expressions: cause, outcome, and further ones.
        compared: The variables of the code, or expressions, with and without the change.
        candidates: What may be done, or may be otherwise.
        asked: What it is asked to do with the chance: `raise` or `lower` it, or neither.
    """

    kind: Literal[
        "effect",
        "through",
        "direct",
        "afresh",
        "absent",
        "consequences",
        "actions",
        "causes",
        "independent",
        "adjusted",
    ]
    about: tuple[str, ...]
    compared: tuple[str, ...] = ()
    candidates: tuple[Candidate, ...] = ()
    asked: str | None = None


@dataclass(frozen=True, slots=True)
class Paraphrase:
    """What a reading means, in English that is made from its code.

    Attributes:
        text: Canonical English, with names for pronouns.
        literal: Whether the code is rendered piece by piece, as it has no form that the grammar makes.
    """

    text: str
    literal: bool = False

    def __str__(self) -> str:
        return f"{self.text} (literally)" if self.literal else self.text


@dataclass(frozen=True, slots=True)
class Reading(Rich):
    """One candidate meaning of an utterance.

    Attributes:
        act: `knowledge`, `observation`, `question`, or `nothing`: scenery and remarks that are not about the world.
        code: Statements: definitions (knowledge), `condition(…)`/`observe(…)` (observation), one `query(…)` preceded by
            what it needs (question), or none (nothing).
        weight: The weight relative to the other readings of the same utterance.
        translator: Who found it.
        paraphrase: What it means in the words of its translator, where that says more; of `nothing`, why.
        names: The individuals that it mentions.
        events: How many new events (matches) it introduces.
        merged: Other candidates that turned out to mean the same; their weight is in this one's.
        reasons: What may make it so, where the question asks *why* (None: it does not).
        ignored: Words that the world's lexicon passes over.
        constructions: The constructions of the grammar by which it was read; none of a language model's.
        understood: What it means in English made from its code, once a conversation has read it.
        assumed: What it takes for granted that there is, as it was said: *the red ball*.
        unsure: Whether its translator doubts that this was meant.
        causal: What it asks for besides the value of its query, where it is about causes and effects.
    """

    act: Act
    code: str
    weight: float = 1.0
    translator: str = "grammar"
    paraphrase: str | None = None
    names: tuple[str, ...] = ()
    events: int = 0
    merged: tuple[Reading, ...] = ()
    reasons: tuple[Candidate, ...] | None = None
    ignored: tuple[str, ...] = ()
    understood: Paraphrase | None = None
    constructions: tuple[str, ...] = ()
    assumed: tuple[str, ...] = ()
    unsure: bool = False
    causal: CausalQuestion | None = None

    @property
    def words(self) -> str:
        """What it means in words, or else its code on one line."""
        return str(self.understood or self.paraphrase or clean(self.code))

    def __str__(self) -> str:
        return f"{self.words} ({self.act}, {self.weight:.0%}, {self.translator})"

    def _repr_html_(self) -> str:
        return block(line(self.words, bold=True), line(str(self), faint=True), folded("code", code(self.code)))


@dataclass(frozen=True, slots=True)
class Told(Rich):
    """An utterance of the conversation with its readings.

    Attributes:
        say: The utterance.
        act: `knowledge`, `observation`, `question` or `nothing`.
        readings: Its readings; their weights sum to one.
    """

    say: str
    act: Act
    readings: tuple[Reading, ...]

    def __str__(self) -> str:
        return "\n".join([f"“{clean(self.say)}” ({self.act})", *(f"  {reading}" for reading in self.readings)])

    def _repr_html_(self) -> str:
        return block(line(self.say, faint=True), *(reading._repr_html_() for reading in self.readings))


@dataclass(frozen=True, slots=True)
class Discourse:
    """The discourse so far.

    Attributes:
        world: The world that it is about.
        told: The utterances with their readings, in order.
        names: The individuals in the order in which they were mentioned.
        events: How many events there were.
        salient: The individuals that were mentioned, the last one first.
    """

    world: WorldSpec
    told: tuple[Told, ...] = ()
    names: tuple[str, ...] = ()
    events: int = 0
    salient: tuple[str, ...] = field(default=())


def extended(discourse: Discourse, told: Told) -> Discourse:
    """Return the discourse after an utterance; what was mentioned last is the most salient."""
    mentioned = [name for reading in told.readings for name in reading.names]
    return replace(
        discourse,
        told=(*discourse.told, told),
        names=tuple(dict.fromkeys((*discourse.names, *mentioned))),
        events=discourse.events + max(reading.events for reading in told.readings),
        salient=tuple(dict.fromkeys((*reversed(mentioned), *discourse.salient))),
    )


def of_one_act(readings: Sequence[Reading]) -> list[Reading]:
    """Return the readings of the likeliest act: one utterance does not tell and ask at once."""
    weights: dict[bool, float] = {}
    for reading in readings:
        asks = reading.act == "question"
        weights[asks] = weights.get(asks, 0.0) + reading.weight
    asks = max(weights, key=lambda act: weights[act])
    return [reading for reading in readings if (reading.act == "question") == asks]


def parted(readings: Sequence[Reading]) -> tuple[list[Reading], Reading | None]:
    """Return the readings that say something, and one that stands for those that say nothing of the world, if any.

    A statement that may say nothing is evidence that may not count: the second one has the share of the weight that the
    others leave. What a question may mean is only what asks something.
    """
    speaking = [reading for reading in readings if reading.act != "nothing"]
    silent = [reading for reading in readings if reading.act == "nothing"]
    total = math.fsum(reading.weight for reading in readings)
    if not silent or any(reading.act == "question" for reading in speaking):
        return speaking, None
    share = math.fsum(reading.weight for reading in silent) / total if total else 1.0
    return speaking, replace(silent[0], weight=share, understood=Paraphrase(SAYS_NOTHING))


def semantic_entropy(weights: Sequence[float]) -> float:
    """Return the entropy of weights over meanings in nats (Kuhn, Gal and Farquhar 2023, eq. 5).

    >>> semantic_entropy((1.0,)), round(semantic_entropy((0.5, 0.5)), 3)
    (0.0, 0.693)
    """
    total = math.fsum(weights)
    shares = [weight / total for weight in weights if weight > 0]
    return -math.fsum(share * math.log(share) for share in shares) + 0.0


class Translator(Protocol):
    """Translates utterances into code: a language model, a grammar, or a combination."""

    @property
    def name(self) -> str:
        """What readings and tables call it."""
        ...

    def translate(self, utterance: str, discourse: Discourse) -> tuple[Reading, ...]:
        """Return the readings of an utterance, at least one.

        Args:
            utterance: One sentence.
            discourse: What has been said before, and the world.

        Raises:
            PlotError: There is no reading.
        """
        ...


@runtime_checkable
class ShownExamples(Protocol):
    """A translator that is shown examples of the world, or has others in it that are."""

    def unshown(self, example: Example) -> Translator:
        """Return the translator without this example being shown."""
        ...


def unshown(translator: Translator, example: Example | None) -> Translator:
    """Return a translator that is not shown an example of a world; most are shown none."""
    return translator.unshown(example) if example is not None and isinstance(translator, ShownExamples) else translator
