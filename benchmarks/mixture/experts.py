"""Scripted experts: each is right as often as planted, and some err together; asked again, each draws again."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.mixture.mistakes import reworded
from plot.translate.base import Act, Reading
from plot.translate.mixture import Vote

POPULAR = 0.5  # of the errors of experts of one family: they make the mistake that is popular in it
SYSTEMATIC = 0.6  # of the utterances an expert gives the same reply whenever it is asked, right or wrong


@dataclass(frozen=True)
class Expert:
    """An expert: how often it is right, by act, how often it refuses, what a call costs, and of which family it is."""

    name: str
    right: dict[str, float]
    refuses: float
    cost: float
    family: str


def same(right: float) -> dict[str, float]:
    return {"observation": right, "question": right, "knowledge": right}


EXPERTS = (
    Expert("grammar", same(0.93), 0.45, 0.0, "grammar"),
    Expert("small-1", same(0.62), 0.05, 1.0, "small"),
    Expert("small-2", same(0.60), 0.05, 1.0, "small"),
    Expert("small-3", same(0.58), 0.05, 1.0, "small"),
    Expert("other", {"observation": 0.72, "question": 0.60, "knowledge": 0.6}, 0.05, 1.0, "other"),
    Expert("asker", {"observation": 0.55, "question": 0.80, "knowledge": 0.6}, 0.05, 1.0, "asker"),
    Expert("large", same(0.84), 0.02, 8.0, "large"),
)
FAMILIES = {expert.name: expert.family for expert in EXPERTS}
COSTS = {expert.name: expert.cost for expert in EXPERTS}
SMALL = tuple(expert for expert in EXPERTS if expert.cost <= 1)


@dataclass(frozen=True)
class Item:
    """An utterance with its right program and wrong ones, the first of which is popular."""

    say: str
    act: Act
    right: str
    wrong: tuple[str, ...]
    names: tuple[str, ...]
    events: int


def votes(item: Item, experts: Sequence[Expert], chance: random.Random, samples: int = 1) -> list[Vote]:
    """Return what experts say of an utterance, in random order, each right program written in a way of its own."""
    popular = {expert.family: chance.choice(item.wrong) for expert in EXPERTS} if item.wrong else {}
    found = []
    for expert in experts:
        if chance.random() < expert.refuses:
            continue
        if chance.random() < SYSTEMATIC:
            said = [_said(item, expert, popular, chance)] * samples
        else:
            said = [_said(item, expert, popular, chance) for _ in range(samples)]
        for code in dict.fromkeys(said):
            reading = Reading(item.act, code, translator=expert.name, names=item.names, events=item.events)
            found.append(Vote(expert.name, reading, said.count(code) / samples))
    chance.shuffle(found)
    return found


def _said(item: Item, expert: Expert, popular: dict[str, str], chance: random.Random) -> str:
    if not item.wrong or chance.random() < expert.right[item.act]:
        return reworded(item.right, chance)
    return popular[expert.family] if chance.random() < POPULAR else chance.choice(item.wrong)
