"""The family tree by hand: NumPy over all particles, NumPy that checks while the tree grows, and a Python loop."""

from __future__ import annotations

import math
import random as python_random
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.inference.families import MOST_CHILDREN, NAMES, QUESTION, as_family
from benchmarks.inference.tasks import Method, Outcome, Runner, Task

Ints = NDArray[Any]
Bools = NDArray[Any]

PLACES = 26
CHILDREN = (2, 10, 18)
KIDS = tuple(child + 2 + 2 * k for child in CHILDREN for k in range(3))
COUPLE = np.full(PLACES + 1, -1, dtype=np.int8)  # the elder parent's place; the last entry is for those without a place
COUPLE[list(CHILDREN)] = 0
for _kid in KIDS:
    COUPLE[_kid] = next(child for child in reversed(CHILDREN) if child < _kid)
ALLOWED = {0: CHILDREN, 1: CHILDREN, 2: (0, 1), 3: KIDS}  # where the evidence lets each name be


def outcome(accepted: int, asked: int, tries: int) -> Outcome:
    """Return the share of the accepted in which the question holds."""
    if not accepted:
        return Outcome({})
    return Outcome({QUESTION: asked / accepted}, log_evidence=math.log(accepted / tries), draws=accepted)


def number_of_children(random: np.random.Generator, size: int) -> Ints:
    """Draw numbers of failures before a success, at most three."""
    return np.minimum(random.geometric(0.5, size) - 1, MOST_CHILDREN).astype(np.int8)


def grown(random: np.random.Generator, size: int) -> Bools:
    """Draw trees: who is there, one row for each place."""
    married = random.random(size, dtype=np.float32) < 0.5
    there = _filled(random, number_of_children(random, size) * married)
    there[1] = married
    return there


def vectorised(particles: int) -> Method:
    """Return the method that draws everything for all particles, and then checks."""

    def prepare(task: Task) -> Runner:
        as_family(task)

        def run(seed: int) -> Outcome:
            random = np.random.default_rng(seed)
            there = grown(random, particles)
            female = random.random(there.shape) < 0.5
            order = random.permuted(np.tile(np.arange(4, dtype=np.int8), (particles, 1)), axis=1).T
            place = np.full((4, particles), -1, dtype=np.int8)
            used = np.zeros(particles, dtype=np.int8)
            left = there.sum(axis=0)
            for slot in range(PLACES):
                taken = np.flatnonzero(there[slot] & (random.random(particles) * left < 4 - used))
                place[order[used[taken], taken], taken] = slot
                used[taken] += 1
                left -= there[slot]
            meets = _evidence(place, female)
            asked = meets & _parent(place[1], place[3])
            return outcome(int(meets.sum()), int(asked.sum()), particles)

        return run

    return Method("NumPy, whole trees", "all particles at once, checked at the end", prepare)


def _parent(elder: Ints, younger: Ints) -> Bools:
    couple = COUPLE[younger]
    return (couple >= 0) & ((elder == couple) | (elder == couple + 1))


def _evidence(place: Ints, female: Bools) -> Bools:
    avery, blake, charlie, dana = place
    columns = np.arange(place.shape[1])
    siblings = (COUPLE[avery] >= 0) & (COUPLE[avery] == COUPLE[blake])
    parent = COUPLE[dana]  # of Dana's two parents only this one has parents in the tree
    grandparent = (parent >= 0) & _parent(charlie, parent)
    father = _parent(charlie, avery) & ~female[charlie, columns]
    return siblings & female[blake, columns] & father & grandparent


def growing(particles: int) -> Method:
    """Return the method that drops a particle as soon as its tree or its names contradict the evidence."""

    def prepare(task: Task) -> Runner:
        as_family(task)

        def run(seed: int) -> Outcome:
            random = np.random.default_rng(seed)
            tops = int(np.count_nonzero(random.random(particles) < 0.5))
            children = number_of_children(random, tops)
            children = children[children >= 2]  # two siblings are needed
            there = _filled(random, children)
            there = there[:, there[list(KIDS)].any(axis=0)]  # and a grandchild
            place = _named(random, there)
            place = place[:, random.random(place.shape[1]) < 0.5]  # Charlie is male
            place = place[:, random.random(place.shape[1]) < 0.5]  # Blake is female
            asked = np.count_nonzero(COUPLE[place[3]] == place[1])
            return outcome(place.shape[1], int(asked), particles)

        return run

    return Method("NumPy, checked while growing", "particles are dropped at the first contradiction", prepare)


def _filled(random: np.random.Generator, children: Ints) -> Bools:
    """Return who is there, given the number of children at the top."""
    size = children.size
    there = np.zeros((PLACES, size), dtype=bool)
    there[:2] = True
    for i, child in enumerate(CHILDREN):
        there[child] = children > i
        there[child + 1] = there[child] & (random.random(size, dtype=np.float32) < 0.5)
        kids = number_of_children(random, size)
        for k, kid in enumerate(range(child + 2, child + 8, 2)):
            there[kid] = there[child + 1] & (kids > k)
            there[kid + 1] = there[kid] & (random.random(size, dtype=np.float32) < 0.5)
    return there


def _named(random: np.random.Generator, there: Bools) -> Ints:
    """Give the names along the walk, and return the places of those whose names all fall where they may."""
    size = there.shape[1]
    order = random.permuted(np.tile(np.arange(4, dtype=np.int8), (size, 1)), axis=1).T
    place = np.full((4, size), -1, dtype=np.int8)
    used = np.zeros(size, dtype=np.int8)
    left = there.sum(axis=0)
    for slot in range(PLACES):
        size = used.size
        taken = there[slot] & (random.random(size, dtype=np.float32) * left < 4 - used)
        name = order[np.minimum(used, 3), np.arange(size)]
        fits = np.isin(name, [person for person, slots in ALLOWED.items() if slot in slots])
        left -= there[slot]
        keep = ~taken | fits
        if slot == 1:
            keep &= (place[2] >= 0) | (taken & (name == 2))  # Charlie is at the top
        hit = np.flatnonzero(taken & fits)
        place[name[hit], hit] = slot
        used[hit] += 1
        there, order, place, used, left = there[:, keep], order[:, keep], place[:, keep], used[keep], left[keep]
    return place[:, (place >= 0).all(axis=0)]


def looped(tries: int) -> Method:
    """Return the method that grows one tree after the other in plain Python."""

    def prepare(task: Task) -> Runner:
        as_family(task)

        def run(seed: int) -> Outcome:
            draw = python_random.Random(seed)
            found = [asked for asked in (_one_trace(draw) for _ in range(tries)) if asked is not None]
            return outcome(len(found), sum(found), tries)

        return run

    return Method("Python, one tree at a time", "a loop over traces", prepare, turns=6)


def _one_tree(draw: python_random.Random, depth: int, place: int, people: list[tuple[int, bool]]) -> None:
    people.append((place, draw.random() < 0.5))
    if draw.random() < 0.5:
        people.append((place + 1, draw.random() < 0.5))
        children = 0
        while depth < 2 and children < MOST_CHILDREN and draw.random() < 0.5:
            children += 1
        for i in range(children):
            _one_tree(draw, depth + 1, place + 2 + i * (8 if depth == 0 else 2), people)


def _one_trace(draw: python_random.Random) -> bool | None:
    """Return whether the question holds, None where the evidence does not."""
    people: list[tuple[int, bool]] = []
    _one_tree(draw, 0, 0, people)
    order = draw.sample(range(len(NAMES)), len(NAMES))
    places, female = [-1] * 4, [False] * 4
    used = 0
    for number, (place, is_female) in enumerate(people):
        if used < 4 and draw.random() < (4 - used) / (len(people) - number):
            places[order[used]], female[order[used]] = place, is_female
            used += 1
    avery, blake, charlie, dana = places
    couple = COUPLE.tolist()
    if couple[avery] < 0 or couple[avery] != couple[blake] or not female[1] or female[2]:
        return None
    if charlie not in (couple[avery], couple[avery] + 1) or dana < 0 or couple[dana] < 0:
        return None
    grand = couple[couple[dana]]
    if grand < 0 or charlie not in (grand, grand + 1):
        return None
    return blake == couple[dana] or blake == couple[dana] + 1
