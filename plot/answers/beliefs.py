"""Utterances with the probabilities of their readings, and notes on how they were worded."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from plot.answers.ambiguity import MOST_SHOWN, Ambiguity, AnswerUnderReading
from plot.answers.answer import Answer, Belief, Utterance
from plot.answers.picture import one_line
from plot.inference.contract import Marginal, Number
from plot.language import Budget, parse
from plot.language.syntax.budget import amount_in_words
from plot.text import clean
from plot.translate.assemble import Block, names_in, united
from plot.translate.base import Discourse, Paraphrase, Reading, Told
from plot.translate.english.reliability import reading_probability, risky
from plot.translate.spelling import same_words, spelling
from plot.world import WorldSpec

FEW_NAMES = 3  # that are listed where something contradictory may be about all of them


def often_misread(said: Sequence[Told]) -> list[str]:
    """Return warnings about utterances whose likeliest reading uses a construction that was often judged wrong."""
    return [
        f"“{clean(told.say)}” is worded in a way that is often misread: check what it was understood as"
        for told in said
        if risky(told.readings[0].constructions)
    ]


def passed_over(said: Sequence[Told]) -> list[str]:
    """Return notes on the words that a world ignores in the evidence and the question."""
    found = {word: told.say for told in said for reading in told.readings for word in reading.ignored}
    return [
        f"“{clean(word)}” says nothing in this world, and is passed over in “{clean(say)}”"
        for word, say in found.items()
    ]


def unsure(said: Sequence[Told]) -> list[str]:
    """Return notes on the utterances whose translator doubts that they were meant as they are read."""
    return [
        f"{clean(told.readings[0].translator)} is unsure what “{clean(told.say)}” means: "
        "check what it was understood as"
        for told in said
        if any(reading.unsure for reading in told.readings)
    ]


def assumed(asked: Told) -> list[str]:
    """Return a note on what a question takes for granted that there is."""
    found = dict.fromkeys(thing for reading in asked.readings for thing in reading.assumed)
    return [f"this takes for granted that there is {clean(' and '.join(found))}"] if found else []


def believed_utterance(item: Block, beliefs: Iterator[Marginal]) -> Utterance:
    """Return an utterance with what is believed of its readings, the next of `beliefs` where there are several."""
    shares = {0: 1.0}
    if item.site is not None:
        marginal = next(beliefs)
        assert isinstance(marginal, Number)
        shares = {int(low): share for low, _, share in marginal.histogram}
    readings = tuple(belief_of(reading, shares.get(number, 0.0)) for number, reading in enumerate(item.said.readings))
    return Utterance(item.said.say, item.said.act, readings)


def asked_as(found: Told) -> Utterance:
    """Return a question with its readings: nothing that it supposes makes one of them likelier."""
    return Utterance(found.say, found.act, tuple(belief_of(one, one.weight) for one in found.readings))


def belief_of(reading: Reading, posterior: float) -> Belief:
    """Return a reading with how likely it is after inference."""
    own = reading.paraphrase
    understood = reading.understood or Paraphrase(own or one_line(reading.code), literal=own is None)
    return Belief(
        reading.code,
        reading.weight,
        posterior,
        _translators_of(reading),
        paraphrase=understood.text,
        literal=understood.literal,
        reliability=reading_probability(reading.constructions) if reading.constructions else 1.0,
        own_words=own if own is not None and not same_words(own, understood.text) else None,
    )


def ambiguity_of(answer: Answer) -> Ambiguity:
    """Return the readings of a question with the answer under each that has one."""
    headline = answer.utterances[-1].readings[0]
    options = [AnswerUnderReading(headline.paraphrase, headline.posterior, answer.answer, answer.marginal)]
    for one in answer.alternatives[: MOST_SHOWN - 1]:
        if one.answer is not None:
            options.append(
                AnswerUnderReading(
                    one.reading.paraphrase, one.reading.posterior, one.answer.answer, one.answer.marginal
                )
            )
    return Ambiguity(answer.question, tuple(options))


def _translators_of(reading: Reading) -> str:
    """Name all who found this meaning."""
    return ", ".join(dict.fromkeys([reading.translator, *(other.translator for other in reading.merged)]))


def spellings(discourse: Discourse, *asked: Told) -> Mapping[str, str]:
    """Return how people wrote the names of the program: as where one first stands with a capital letter."""
    said = " ".join([told.say for told in (*discourse.told, *asked)])
    names = united(discourse.names, (name for one in asked for reading in one.readings for name in reading.names))
    return {name: spelling(name, said) for name in names}


def only_mentioned(discourse: Discourse, names: Mapping[str, str]) -> str | None:
    """Say who was mentioned where something contradictory may be about all of them, and these are few."""
    lists = set(discourse.world.name_lists)
    about_all = any(lists & set(names_in(parse(reading.code))) for told in discourse.told for reading in told.readings)
    if not about_all or len(names) > FEW_NAMES:
        return None
    return f"only {', '.join(names.values())} {'was' if len(names) == 1 else 'were'} mentioned: name all others too"


def raised_budgets(world: WorldSpec, budget: Budget) -> list[str]:
    """Say which budgets the file of the world raises: what it asks may take longer, or more memory, than others."""
    found = []
    for name, (most, usual) in world.budget.raised().items():
        if getattr(budget, name) == most:
            amounts = f"{amount_in_words(name, most)} (else it is {amount_in_words(name, usual)})"
            found.append(f"this world's file raises the budget of {name} to {amounts}")
    return found
