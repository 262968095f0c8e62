"""Family trees of the world `kinship`, enumerated in plain Python: all trees, all places that evidence allows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

LITTERS = (0.5, 0.25, 0.125, 0.125)  # none, one, two, three children
Sexes = Mapping[str, bool]  # who is male, of those whose sex matters


@dataclass(frozen=True)
class Tree:
    """Who is alive, by the world's numbers, and how many children the founder and the founder's children have."""

    alive: frozenset[int]
    litters: tuple[int, ...]

    def children(self, x: int) -> list[int]:
        p = x % 13
        return [3 * p + 1 + i for i in range(self.litters[p])] if p < 4 else []


def parent(x: int, y: int) -> bool:
    return 0 < y < 13 and x % 13 == (y - 1) // 3


def sibling(x: int, y: int) -> bool:
    return 0 < x < 13 and 0 < y < 13 and x != y and (x - 1) // 3 == (y - 1) // 3


def grandparent(x: int, y: int) -> bool:
    return 3 < y < 13 and x % 13 == 0


def parents_sibling(x: int, y: int) -> bool:
    return 0 < x < 4 and 3 < y < 13 and x != (y - 1) // 3


def cousin(x: int, y: int) -> bool:
    return 3 < x < 13 and 3 < y < 13 and (x - 1) // 3 != (y - 1) // 3


def partner(x: int, y: int) -> bool:
    return abs(x - y) == 13


@dataclass(frozen=True)
class Fact:
    """What holds of the places of some people in a tree, and the sexes that it takes."""

    people: tuple[str, ...]
    holds: Callable[..., bool]
    sexes: Sexes


def relation(test: Callable[[int, int], bool], one: str, other: str, **male: bool) -> Fact:
    return Fact((one, other), lambda _, x, y: test(x, y), male)


def kids(who: str, count: int) -> Fact:
    return Fact((who,), lambda tree, x: len(tree.children(x)) == count, {})


def married(who: str) -> Fact:
    return Fact((who,), lambda tree, x: (x + 13) % 26 in tree.alive, {})


def trees() -> Iterator[tuple[Tree, float]]:
    """Yield all trees with their probabilities; whether people who have no children have a partner is left open."""
    families = [(False, 0, 0.5), *[(True, n, 0.5 * share) for n, share in enumerate(LITTERS)]]
    for paired, first, chance in families:
        for below in product(families, repeat=first):
            grandchildren = [3 * (i + 1) + 1 + j for i, (_, n, _) in enumerate(below) for j in range(n)]
            alive = {0, *range(1, first + 1), *grandchildren}
            alive |= {13} if paired else set()
            alive |= {i + 14 for i, (mate, _, _) in enumerate(below) if mate}
            weight = chance
            for _, _, share in below:
                weight *= share
            litters = (first, *[n for _, n, _ in below], *[0] * (3 - first))
            for mates in product((False, True), repeat=len(grandchildren)):
                more = {x + 13 for x, mate in zip(grandchildren, mates, strict=True) if mate}
                yield Tree(frozenset(alive | more), litters), weight / 2 ** len(mates)


def shares(facts: Sequence[Fact], asked: Fact, people: Sequence[str]) -> tuple[float, float]:
    """Return the probability of the facts, and of what is asked given them; `people` are all who have a name."""
    named = list(dict.fromkeys(name for fact in (*facts, asked) for name in fact.people))
    total = yes = 0.0
    for tree, weight in trees():
        slots = max(len(tree.alive), len(people))
        for places in _placed(tree, facts, named, {}):
            share = weight * _of_sexes(facts, places)
            for taken in range(len(named)):
                share /= slots - taken
            total += share
            if asked.holds(tree, *[places[name] for name in asked.people]):
                yes += share * _of_sexes((*facts, asked), places) / max(_of_sexes(facts, places), 1e-300)
    return total, yes / total


def _placed(tree: Tree, facts: Sequence[Fact], left: Sequence[str], places: dict[str, int]) -> Iterator[dict[str, int]]:
    """Yield places of people of which all facts hold; each fact prunes as soon as its people have places."""
    if not left:
        yield places
        return
    name, *rest = left
    for place in tree.alive.difference(places.values()):
        now = {**places, name: place}
        known = [fact for fact in facts if name in fact.people and now.keys() >= set(fact.people)]
        if all(fact.holds(tree, *[now[who] for who in fact.people]) for fact in known):
            yield from _placed(tree, facts, rest, now)


def _of_sexes(facts: Sequence[Fact], places: Mapping[str, int]) -> float:
    """Return the probability of the sexes that facts take: one half for each person, none where they clash."""
    found: dict[int, bool] = {}
    for fact in facts:
        for name, male in fact.sexes.items():
            if found.setdefault(places[name], male) != male:
                return 0.0
    return 0.5 ** len(found)
