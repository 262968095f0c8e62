"""Rare evidence about family trees, against an enumeration of all trees in plain Python."""

from __future__ import annotations

import math
from dataclasses import dataclass

import pytest

from plot import World
from plot.answers import Answer
from plot.inference import Boolean, Goal
from tests.inference.family_trees import (
    Fact,
    cousin,
    grandparent,
    kids,
    married,
    parent,
    parents_sibling,
    relation,
    shares,
    sibling,
)
from tests.inference.models import SAFETY_NET
from tests.support.tolerances import agrees

PEOPLE = ("avery", "blake", "charlie", "dana")


@dataclass(frozen=True)
class Family:
    """What is told and asked in words, and as facts."""

    told: tuple[str, ...]
    question: str
    facts: tuple[Fact, ...]
    asked: Fact


FAMILIES = {
    "a sister with two kids": Family(
        (
            "Avery has a sister named Blake.",
            "Avery's father is Charlie.",
            "Charlie is Dana's grandfather.",
            "Blake has two kids.",
        ),
        "Is Avery a parent of Dana?",
        (
            relation(sibling, "blake", "avery", blake=False),
            relation(parent, "charlie", "avery", charlie=True),
            relation(grandparent, "charlie", "dana", charlie=True),
            kids("blake", 2),
        ),
        relation(parent, "avery", "dana"),
    ),
    "a mother's sister": Family(
        ("Blake is Avery's mother.", "Charlie is Blake's sister.", "Charlie has three kids.", "Dana is Charlie's son."),
        "Is Dana married?",
        (
            relation(parent, "blake", "avery", blake=False),
            relation(sibling, "charlie", "blake", charlie=False),
            kids("charlie", 3),
            relation(parent, "charlie", "dana", dana=True),
        ),
        married("dana"),
    ),
    "an aunt and a cousin": Family(
        (
            "Charlie is Dana's grandfather.",
            "Avery is Dana's aunt.",
            "Blake is Avery's child.",
            "Blake and Dana are cousins.",
            "Avery has two kids.",
        ),
        "Is Blake married?",
        (
            relation(grandparent, "charlie", "dana", charlie=True),
            relation(parents_sibling, "avery", "dana", avery=False),
            relation(parent, "avery", "blake"),
            relation(cousin, "blake", "dana"),
            kids("avery", 2),
        ),
        married("blake"),
    ),
}


def asked(family: Family) -> Answer:
    talk = World.load("kinship").conversation(goal=Goal(seconds=SAFETY_NET, precision=0.01))
    for sentence in family.told:
        talk.tell(sentence)
    return talk.ask(family.question)


@pytest.mark.full
@pytest.mark.parametrize("name", FAMILIES)
def test_a_rare_family_is_found(name: str) -> None:
    family = FAMILIES[name]
    found = asked(family)
    evidence, probability = shares(family.facts, family.asked, PEOPLE)
    assert found.method == "guided"
    assert isinstance(found.marginal, Boolean)
    assert agrees(found.marginal.probability, probability, found.marginal.mcse)
    assert agrees(found.log_evidence, math.log(evidence), 1 / math.sqrt(found.ess))
