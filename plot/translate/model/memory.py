"""The translation memory: a confirmed translation, with slots for names and numbers, reads the next one."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from plot.errors import PlotError
from plot.language import parse, show
from plot.language.syntax.nodes import Call, Constant, Name, Node, ProgramNode, walk
from plot.language.syntax.rewriting import rewritten
from plot.llm import Client, Usage
from plot.llm.store import StoredTranslation
from plot.translate.assemble import names_in
from plot.translate.base import Discourse, Reading
from plot.translate.english.vocabulary import of_lexicon
from plot.translate.equivalence import defined
from plot.translate.model.events import event_constants, event_places, events_of_call
from plot.translate.model.examine import Examiner
from plot.translate.model.grounding import individuals_in, world_names
from plot.translate.model.reply import Reply
from plot.translate.stages import NothingKnownError

_TOKEN = re.compile(r"\d+(?:\.\d+)?%?|[^\W\d_]+(?:'[^\W\d_]+)?|[^\w\s]")
# Words that point at whom or what was spoken of before, or at who speaks.
_POINTING_WORDS = (
    "i me my mine we us our ours you your yours he him his she her hers it its they them their theirs this that these "
    "those who whom whose another other others else same former latter previous again instead"
)
_POINTING = frozenset(_POINTING_WORDS.split())
_NUMBER = re.compile(r"\d{1,15}(?:\.\d{1,15})?")
MOST_LETTERS = 500  # of a sentence that is remembered
_FINAL = (".", "!")
SLOT = re.compile(r"\{([nk])\d+\}")


@dataclass(frozen=True, slots=True)
class Pattern:
    """A confirmed translation in general: the shape of its sentence, its code, and which constants are slots.

    `slots` maps a slot to the name or number that stands for it in the code. `events` is how many events there were.
    """

    shape: str
    code: str
    act: str
    slots: Mapping[str, str]
    events: int
    paraphrase: str = ""


class Memory:
    """A translator that remembers confirmed translations; it costs no call, and refuses what it does not know.

    Args:
        client: What holds the store of the meanings.
        seed: The seed of the prior particles on which they are tried.

    Attributes:
        name: What readings and tables call it.
    """

    name = "memory"

    def __init__(self, client: Client, seed: int = 0) -> None:
        self._client = client
        self._seed = seed

    def translate(self, utterance: str, discourse: Discourse) -> tuple[Reading, ...]:
        """Return what was confirmed for a sentence of this shape.

        Raises:
            NothingKnownError: Nothing was, or it does not fit here.
        """
        for kept, pattern, program in self._like(utterance, discourse):
            verdict = Examiner(utterance, discourse, self.name, self._seed).examine(Reply(code=show(program)))
            if verdict.mistakes or verdict.doubts:
                continue
            self._client.store.count_use(kept.world, kept.shape)
            self._client.meter.add(Usage(remembered=1))
            (reading,) = verdict.readings
            return (
                Reading(
                    reading.act, reading.code, 1.0, self.name, pattern.paraphrase or None, reading.names, reading.events
                ),
            )
        raise NothingKnownError("no sentence of this form was confirmed before")

    def forget(self, utterance: str, discourse: Discourse) -> int:
        """Forget what sentences of this shape mean.

        Args:
            utterance: A sentence of the shape.
            discourse: What has been said before, and the world.

        Returns:
            How many meanings that were.
        """
        found = list(self._like(utterance, discourse))
        return sum(self._client.store.forget_meanings(kept.world, kept.shape) for kept, _, _ in found)

    def _like(self, utterance: str, discourse: Discourse) -> Iterator[tuple[StoredTranslation, Pattern, ProgramNode]]:
        """Yield what is remembered of sentences of this shape, filled in."""
        if len(utterance) <= MOST_LETTERS:
            for kept in self._client.store.meanings(_place(discourse)):
                filled = _filled(kept, utterance, discourse)
                if filled is not None:
                    yield kept, *filled

    def learn(self, utterance: str, reading: Reading, discourse: Discourse) -> Pattern | None:
        """Remember a confirmed translation.

        Args:
            utterance: The sentence.
            reading: What it means.
            discourse: What has been said before, and the world.

        Returns:
            What is remembered; None where the meaning depends on what was said before.
        """
        pattern = generalised(utterance, reading, discourse)
        if pattern is not None:
            kept: dict[str, Any] = {name: getattr(pattern, name) for name in Pattern.__slots__}
            self._client.store.keep_meaning(_place(discourse), pattern.shape, kept)
        return pattern


class PendingTranslations:
    """Translations that each model is sure of: one is remembered where all who were asked mean the same."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory
        self._waiting: dict[str, list[tuple[str, Reading, Discourse]]] = {}

    def learn(self, utterance: str, reading: Reading, discourse: Discourse) -> None:
        """Let a translation wait for what the others say."""
        self._waiting.setdefault(utterance, []).append((utterance, reading, discourse))

    def settle(self, utterance: str, readings: Sequence[Reading]) -> None:
        """Remember what waits of an utterance where it is the only reading that came of it; let it go else."""
        waiting = self._waiting.pop(utterance, [])
        if len(readings) != 1 or not waiting:
            return
        same = {one.code for one in (readings[0], *readings[0].merged)}
        if all(reading.code in same for _, reading, _ in waiting):
            self._memory.learn(*waiting[0])


def _place(discourse: Discourse) -> str:
    return discourse.world.name


# -- from one sentence to a pattern --------------------------------------------------------------------------


def generalised(utterance: str, reading: Reading, discourse: Discourse) -> Pattern | None:
    """Return the pattern of a translation, None where it is true of this conversation only.

    A name becomes a slot where the program knows it by its constant alone. A number does where it stands in the code
    as often as in the sentence, and events are counted again; whatever else comes from the conversation forbids it.
    """
    tokens = tokens_of(utterance)
    program = parse(reading.code)
    if {token.casefold() for token in tokens} & _POINTING or not tokens or len(utterance) > MOST_LETTERS:
        return None
    individuals = individuals_in(program, discourse)
    slots: dict[str, str] = {}
    shape = list(tokens)
    for name in individuals:
        slot = f"{{n{len(slots) + 1}}}"
        shape, count = _replaced(shape, name.split("_"), slot)
        if not count:
            return None  # the name comes from what was said before
        slots[slot] = name
    places = event_places(discourse.world.lexicon)
    events = {id(constant) for constant in event_constants(program, places)}
    if any(int(one.value) <= discourse.events for one in event_constants(program, places)):  # type: ignore[arg-type]
        return None  # it speaks of an event of this conversation
    if any(isinstance(node, Call) and node.keywords and _takes_events(node, places) for node in walk(program)):
        return None  # where the event stands can't be told
    numbers = [one for one in walk(program) if _is_number(one) and id(one) not in events]
    for token in dict.fromkeys(token for token in shape if _NUMBER.fullmatch(token)):
        held = [one for one in numbers if isinstance(one, Constant) and one.value == float(token)]
        if held and len(held) == shape.count(token):
            slot = f"{{k{len(slots) + 1}}}"
            shape = [slot if one == token else one for one in shape]
            slots[slot] = token
    if set(names_in(program)) & _defined_before(discourse):
        return None
    return Pattern(_joined(shape), reading.code, reading.act, slots, discourse.events, reading.paraphrase or "")


def tokens_of(utterance: str) -> list[str]:
    """Return the words, numbers and marks of a sentence; the full stop at its end says nothing.

    >>> tokens_of("Ann's team scored 3.")
    ['Ann', "'s", 'team', 'scored', '3']
    """
    found = [part for token in _TOKEN.findall(utterance.replace("’", "'")) for part in _parts(token)]
    while found and found[-1] in _FINAL:
        found.pop()
    return found


def _parts(token: str) -> Iterator[str]:
    """Yield a word without its possessive ending, and the ending."""
    if token.casefold().endswith("'s"):
        yield token[:-2]
        yield token[-2:].casefold()
    else:
        yield token


def _replaced(tokens: Sequence[str], name: Sequence[str], slot: str) -> tuple[list[str], int]:
    """Return tokens with a slot wherever the words of a name stand, and how often they did."""
    found: list[str] = []
    place, count = 0, 0
    while place < len(tokens):
        if [token.casefold() for token in tokens[place : place + len(name)]] == list(name):
            found.append(slot)
            place += len(name)
            count += 1
        else:
            found.append(tokens[place])
            place += 1
    return found, count


def _joined(tokens: Sequence[str]) -> str:
    return " ".join(token if SLOT.fullmatch(token) else token.casefold() for token in tokens)


def _takes_events(call: Call, places: frozenset[tuple[str, int]]) -> bool:
    return isinstance(call.function, Name) and any(call.function.id == name for name, _ in places)


def _is_number(node: Node) -> bool:
    return isinstance(node, Constant) and isinstance(node.value, (int, float)) and not isinstance(node.value, bool)


def _defined_before(discourse: Discourse) -> set[str]:
    """Return the functions and teams that the conversation has defined."""
    told = {name for one in discourse.told for name in defined(parse(one.readings[0].code))}
    return told - set(names_in(discourse.world.program))


# -- from a pattern to the next sentence ---------------------------------------------------------------------


def _filled(kept: StoredTranslation, utterance: str, discourse: Discourse) -> tuple[Pattern, ProgramNode] | None:
    """Return the program of a sentence that has a remembered shape."""
    try:
        slots: Mapping[str, Any] = kept.meaning
        pattern = Pattern(**slots)
        found = _match(pattern.shape.split(" "), tokens_of(utterance), discourse)
        return _filled_in(pattern, found, discourse) if found is not None else None
    except (TypeError, ValueError, LookupError, AttributeError, PlotError):
        return None  # a damaged entry is none


def _filled_in(
    pattern: Pattern, found: Mapping[str, Sequence[str]], discourse: Discourse
) -> tuple[Pattern, ProgramNode] | None:
    program = parse(pattern.code)
    names = {
        pattern.slots[slot]: "_".join(word.casefold() for word in words)
        for slot, words in found.items()
        if slot[1] == "n"
    }
    numbers = {float(pattern.slots[slot]): _number(words[0]) for slot, words in found.items() if slot[1] == "k"}
    if len(set(names.values())) < len(names):
        return None  # two who were different are one now
    moved = discourse.events - pattern.events
    return pattern, _rewritten(program, names, numbers, moved, event_places(discourse.world.lexicon))


def _rewritten(
    program: ProgramNode,
    names: Mapping[str, str],
    numbers: Mapping[float, float],
    moved: int,
    places: frozenset[tuple[str, int]],
) -> ProgramNode:
    def change(node: Node) -> Node | None:
        if isinstance(node, Call):
            events = {id(one) for one in events_of_call(node, places)}
            if events:
                args = tuple(_moved(one, moved) if id(one) in events else rewritten(one, change) for one in node.args)
                return Call(function=node.function, args=args, keywords=node.keywords)
        if isinstance(node, Constant):
            if isinstance(node.value, str) and node.value in names:
                return Constant(value=names[node.value])
            if _is_number(node) and float(node.value) in numbers:  # type: ignore[arg-type]
                return Constant(value=numbers[float(node.value)])  # type: ignore[arg-type]
        return None

    return ProgramNode(body=rewritten(program.body, change))


def _moved(event: Any, moved: int) -> Constant:
    return Constant(value=event.value + moved)


def _number(text: str) -> float:
    return float(text) if "." in text else int(text)


def _match(
    shape: Sequence[str], tokens: Sequence[str], discourse: Discourse, first: bool = True
) -> dict[str, tuple[str, ...]] | None:
    """Return what fills the slots of a shape in a sentence, None where it has another shape."""
    if not shape:
        return {} if not tokens else None
    if not tokens:
        return None
    slot = shape[0]
    if not SLOT.fullmatch(slot):
        return _match(shape[1:], tokens[1:], discourse, False) if tokens[0].casefold() == slot else None
    for length in (1, 2, 3) if slot[1] == "n" else (1,):
        words = tuple(tokens[:length])
        if len(words) < length or not _fits(slot, words, discourse, first):
            continue
        rest = _match(shape[1:], tokens[length:], discourse, False)
        if rest is not None and rest.get(slot, words) == words:
            return {**rest, slot: words}
    return None


def _fits(slot: str, words: Sequence[str], discourse: Discourse, first: bool) -> bool:
    """Return whether words may fill a slot: a number, or a name that is known or looks like one and is no other word.

    The `first` word of a sentence has a capital in any case: with another after it, it may be *Yesterday*.
    """
    if slot[1] == "k":
        return _NUMBER.fullmatch(words[0]) is not None
    name = "_".join(word.casefold() for word in words)
    if not _POINTING.isdisjoint(word.casefold() for word in words):
        return False
    if name in discourse.names:
        return True
    if first and len(words) > 1:
        return False
    known = of_lexicon(discourse.world.lexicon).phrases
    return all(
        word[:1].isupper() and word.isalpha() and (word.casefold(),) not in known for word in words
    ) and name not in world_names(discourse.world)


__all__ = ["Memory", "Pattern", "PendingTranslations", "generalised", "tokens_of"]
