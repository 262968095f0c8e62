"""Laws that every translator keeps, checked on sentences that it should read and on texts that nobody can.

In the tests of a translator of your own:

    @pytest.mark.parametrize("law", TRANSLATOR_LAWS, ids=lambda law: law.__name__)
    def test_my_translator_keeps_the_laws(law):
        law(MyTranslator(), World.load("tugofwar"), ["Tom beat John.", "Is Tom lazy?"])
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterator, Sequence

from plot.errors import PlotError
from plot.language import check, parse
from plot.language.syntax.nodes import Condition, Observe, ProgramNode, Query, walk
from plot.testing.broken import BrokenLaw
from plot.translate.assemble import context_of, united
from plot.translate.base import Discourse, Reading, Translator
from plot.world import WorldSpec

ODD = (
    "",
    " ",
    ".",
    "?",
    "\n\t",
    "\x00",
    "\u202eTom",
    "\ud800",
    "Ω≈ç√∫",
    "😀" * 20,
    "a" * 5_000,
    "Tom " * 400,
    '"',
    "(",
    "query(1)",
)
MUTATIONS = 60
ACTS = ("knowledge", "observation", "question", "nothing")


def _texts(sentences: Sequence[str], seed: int = 0) -> Iterator[str]:
    """Yield odd texts, and sentences with letters and words lost, doubled and moved."""
    yield from ODD
    dice = random.Random(seed)  # noqa: S311 (no secret)
    for _ in range(MUTATIONS):
        words = dice.choice(sentences).split() or ["Tom"]
        place = dice.randrange(len(words))
        kind = dice.randrange(5)
        if kind == 0:
            del words[place]
        elif kind == 1:
            words.insert(place, dice.choice(words))
        elif kind == 2:
            dice.shuffle(words)
        elif kind == 3:
            letters = list(words[place])
            letters.insert(dice.randrange(len(letters) + 1), dice.choice("xé0-'\u200b,;"))
            words[place] = "".join(letters)
        else:
            words[place] = words[place][: dice.randrange(len(words[place]) + 1)]
        yield " ".join(words)


def _readings(translator: Translator, text: str, discourse: Discourse) -> tuple[Reading, ...]:
    """Return the readings, none where the translator refuses."""
    try:
        return translator.translate(text, discourse)
    except PlotError:
        return ()


def refuses_what_it_can_not_read(translator: Translator, world: WorldSpec, sentences: Sequence[str]) -> None:
    """Whatever the text, there are readings or a PlotError, and a reading of nothing is refused too."""
    for text in _texts(sentences):
        try:
            found = translator.translate(text, Discourse(world))
        except PlotError:
            continue
        except Exception as error:
            raise BrokenLaw(f"{type(error).__name__} ({error}) for {text!r}") from error
        if not found:
            raise BrokenLaw(f"no readings and no error for {text!r}")


def reads_the_sentences(translator: Translator, world: WorldSpec, sentences: Sequence[str]) -> None:
    """Each of the sentences that it should read has readings."""
    for text in sentences:
        if not _readings(translator, text, Discourse(world)):
            raise BrokenLaw(f"{text!r} is refused")


def weights_are_weights(translator: Translator, world: WorldSpec, sentences: Sequence[str]) -> None:
    """Weights are positive numbers that sum to one, or less where the translator is not sure of any."""
    for text in [*sentences, *_texts(sentences)]:
        weights = [one.weight for one in _readings(translator, text, Discourse(world))]
        if not all(math.isfinite(weight) and weight > 0 for weight in weights) or math.fsum(weights) > 1 + 1e-9:
            raise BrokenLaw(f"weights {weights} for {text!r}")


def readings_are_programs(translator: Translator, world: WorldSpec, sentences: Sequence[str]) -> None:
    """Code is parsed, passes the checker after the world and the names that it mentions, and does what its act says."""
    for text in [*sentences, *_texts(sentences)]:
        for reading in _readings(translator, text, Discourse(world)):
            try:
                program = parse(reading.code, "a reading")
                context = context_of(Discourse(world), united((), reading.names))
                check(ProgramNode(body=context.body + program.body))
            except PlotError as error:
                raise BrokenLaw(f"the code for {text!r} is no program:\n{reading.code}\n{error}") from error
            _check_act(text, reading, program)


def _check_act(text: str, reading: Reading, program: ProgramNode) -> None:
    """Raise BrokenLaw where the statements of a reading are not those of its act."""
    queries = sum(isinstance(one, Query) for one in walk(program))
    evidence = any(isinstance(one, (Condition, Observe)) for one in walk(program))
    right = {
        "question": queries == 1 and isinstance(program.body[-1], Query),
        "observation": queries == 0 and evidence,
        "knowledge": queries == 0,
        "nothing": reading.code == "",
    }
    if not right.get(reading.act, False):
        raise BrokenLaw(f"{text!r} is {reading.act!r} (one of {', '.join(ACTS)}), which this is not:\n{reading.code}")


def same_utterance_same_readings(translator: Translator, world: WorldSpec, sentences: Sequence[str]) -> None:
    """The utterance, the discourse and the seed alone decide the readings, and the generator of the process is left."""
    before = random.getstate()
    for text in sentences:
        first, again = (_readings(translator, text, Discourse(world)) for _ in range(2))
        if first != again:
            raise BrokenLaw(f"two different translations of {text!r}:\n{first}\n{again}")
    if random.getstate() != before:
        raise BrokenLaw("the translator draws from the generator of the process")


TRANSLATOR_LAWS: tuple[Callable[[Translator, WorldSpec, Sequence[str]], None], ...] = (
    reads_the_sentences,
    refuses_what_it_can_not_read,
    weights_are_weights,
    readings_are_programs,
    same_utterance_same_readings,
)

__all__ = ["TRANSLATOR_LAWS"]
