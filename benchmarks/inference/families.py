"""The paper's family trees under unlikely evidence: as data, as a PLoT program, and the exact answer."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from benchmarks.inference.tasks import Skip, Task

NAMES = ("avery", "blake", "charlie", "dana")
MOST_CHILDREN = 3
QUESTION = "dana is a child of blake"

# A person is a place in the largest tree, in the order of the walk: person, partner, then each child's tree. `couple`
# is the place of the elder of the parents, `grand` that of the elder of the grandparents; -1 for those who have none.
SETTING = """
def tree(depth, place, couple, grand):
    people = [{"place": place, "couple": couple, "grand": grand, "female": flip(0.5)}]
    if flip(0.5):
        people = people + [{"place": place + 1, "couple": -1, "grand": -1, "female": flip(0.5)}]
        if depth < 2:
            for i in range(min(geometric(0.5), 3)):
                people = people + tree(depth + 1, place + 2 + i * (8 if depth == 0 else 2), place, couple)
    return people

nobody = {"place": -2, "couple": -1, "grand": -1, "female": False}
names = ["avery", "blake", "charlie", "dana"]
people = tree(0, 0, -1, -1)
order = shuffle(names)
named = [nobody for name in names]
used = 0
left = len(people)
for p in people:
    if used < 4 and flip(min(1, (4 - used) / left)):
        named = [p if i == used else named[i] for i in range(4)]
        used = used + 1
    left = left - 1

@mem
def person(name):
    return first([named[i] for i in range(4) if order[i] == name])

def among(a, elder):
    return elder >= 0 and (a.place == elder or a.place == elder + 1)

def parent(a, b):
    return among(person(a), person(b).couple)

def sister(a, b):
    return person(a).couple >= 0 and person(a).couple == person(b).couple and person(a).female

def father(a, b):
    return parent(a, b) and not person(a).female

def grandfather(a, b):
    return among(person(a), person(b).grand) and not person(a).female
"""


@dataclass(frozen=True)
class Family:
    """Blake is Avery's sister, Charlie is the father of Avery and the grandfather of Dana: is Dana Blake's child?"""

    name: str = "family-tree"
    setting: str = SETTING
    evidence: tuple[str, ...] = (
        'condition(sister("blake", "avery"))',
        'condition(father("charlie", "avery"))',
        'condition(grandfather("charlie", "dana"))',
    )

    @property
    def questions(self) -> Mapping[str, str]:
        """The one question."""
        return {QUESTION: 'parent("blake", "dana")'}


def as_family(task: Task) -> Family:
    """Return the task as what it is; Skip where it is something else."""
    if not isinstance(task, Family):
        raise Skip("for the family tree only")
    return task


def children_chances() -> dict[int, Fraction]:
    """Return the distribution of a couple's number of children."""
    chances = {n: Fraction(1, 2 ** (n + 1)) for n in range(MOST_CHILDREN)}
    return chances | {MOST_CHILDREN: 1 - sum(chances.values(), Fraction(0))}


def branch_chances() -> dict[tuple[int, int], Fraction]:
    """Return the distribution of (grandchildren, people) in the branch of one child."""
    found = {(0, 1): Fraction(1, 2)}
    for kids, chance in children_chances().items():
        for partners in range(kids + 1):
            key = (kids, 2 + kids + partners)
            p = Fraction(1, 2) * chance * math.comb(kids, partners) / 2**kids
            found[key] = found.get(key, Fraction(0)) + p
    return found


def exact() -> tuple[float, float]:
    """Return the probability of the question given the evidence, and that of the evidence.

    The names fall on a random subset of the people, in random order. So in a tree of T people each way to place the
    four has probability 1/(T (T-1) (T-2) (T-3)). With n children and g grandchildren, n (n-1) g 2 ways put Charlie
    among the two at the top, Blake and Avery among the children, and Dana among the grandchildren; in (n-1) g 2 of
    them Dana is Blake's. Charlie is male and Blake female in a quarter of them.

    >>> [round(p, 8) for p in exact()]
    [0.39735934, 8.319e-05]
    """
    met = asked = Fraction(0)
    branches = branch_chances()
    for children, chance in children_chances().items():
        for picks in itertools.product(branches.items(), repeat=children):
            kids = sum(branch[0] for branch, _ in picks)
            people = 2 + sum(branch[1] for branch, _ in picks)
            if children < 2 or kids == 0:
                continue
            p = Fraction(1, 2) * chance * math.prod(branch_chance for _, branch_chance in picks)
            ways = p * Fraction(2 * kids * (children - 1), 4 * math.perm(people, len(NAMES)))
            met += children * ways
            asked += ways
    return float(asked / met), float(met)
