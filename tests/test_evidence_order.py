"""The order in which facts are told does not matter: a property of conversations, in every world."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy
import pytest

from plot import World
from plot.errors import ImpossibleError
from plot.inference import Boolean, Goal, Marginal, Number
from plot.translate.base import Told
from tests.support.sizes import sized
from tests.support.tolerances import agrees

WORLDS = ("bayesnet", "clinic", "collisions", "kinship", "lunch", "olympics", "tabletop", "tugofwar")
FEW, MORE = 2, 4  # facts of a conversation, each time and in the full tier
GOAL = Goal(precision=0.02, seconds=60)
DRAWS = 400_000


def figures(marginal: Marginal) -> Mapping[str, tuple[float, float]]:
    """Return the figures of a marginal by name, each with its standard error."""
    if isinstance(marginal, Boolean):
        return {"true": (marginal.probability, marginal.mcse)}
    if isinstance(marginal, Number):
        return {"mean": (marginal.mean, marginal.mcse)}
    return {name: (share, marginal.errors[name]) for name, share in marginal.probabilities.items()}


def same(one: Marginal, other: Marginal, rare: float) -> bool:
    """Return whether two answers agree within their errors; what is rarer than `rare` may be met in one alone."""
    mine, others = figures(one), figures(other)
    for name in mine.keys() | others.keys():
        (here, error), (there, other_error) = mine.get(name, (0.0, 0.0)), others.get(name, (0.0, 0.0))
        if abs(here - there) > rare and not agrees(here, there, error, other_error):
            return False
    return True


def answer(world: World, facts: Sequence[Told], question: str, seed: int) -> Marginal | None:
    """Return the answer where these readings were told in this order; None where they contradict each other."""
    talk = world.conversation(facts=False, goal=replace(GOAL, seed=seed))
    for fact in facts:
        talk.add(fact)
    try:
        return talk.ask(question).marginal
    except ImpossibleError:
        return None


def conversation(world: World, chance: random.Random, count: int) -> tuple[list[Told], str]:
    """Return facts that stand among a world's examples, with definitions that they need first, and a question."""
    facts = [item for item in world.examples if "query(" not in item.code and item.act != "knowledge"]
    talk = world.conversation(facts=False)
    for item in chance.sample(facts, min(count, len(facts))):
        for say in (*item.given, item.say):
            talk.tell(say)
    questions = [item.say for item in world.examples if item.code.startswith("query(") and not item.given]
    return list(talk.told), chance.choice(questions)


def reordered(told: Sequence[Told], chance: random.Random) -> list[Told]:
    """Return the evidence in another order, definitions where they were."""
    observed = [item for item in told if item.act != "knowledge"]
    mixed = iter(chance.sample(observed, len(observed)))
    return [item if item.act == "knowledge" else next(mixed) for item in told]


def check(name: str, seed: int, count: int) -> None:
    """Check a conversation of so many facts about a world in two orders."""
    world = World.load(name)
    chance = random.Random(f"{name} {seed}")
    told, question = conversation(world, chance, count)
    first = answer(world, told, question, 1)
    second = answer(world, reordered(told, chance), question, 2)
    assert (first is None) == (second is None)
    if first is not None and second is not None:
        assert same(first, second, rare=GOAL.precision**2)


@pytest.mark.parametrize(
    "name", [pytest.param(one, marks=pytest.mark.full) if one == "kinship" else one for one in WORLDS]
)
def test_facts_in_any_order_give_the_same_answer(name: str) -> None:
    check(name, 1 if name == "kinship" else 0, FEW)  # in kinship's first, a method is learned five times


@pytest.mark.full
@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("name", WORLDS)
def test_more_facts_in_any_order_give_the_same_answer(name: str, seed: int) -> None:
    check(name, seed, MORE)


def test_other_facts_are_told_apart() -> None:
    """The comparison finds that the second answer leaves out a fact."""
    world = World.load("tugofwar")
    told = [world.conversation(facts=False).tell(say)[0] for say in ("Tom beat John.", "Tom is very strong.")]
    both, one = (answer(world, facts, "How strong is Tom?", 1) for facts in (told, told[:1]))
    assert both is not None and one is not None
    assert not same(both, one, rare=GOAL.precision**2)


# -- sharp facts about what earlier facts leave open -------------------------------------------------------


def tournament(chance: random.Random) -> tuple[list[tuple[list[str], list[str]]], list[str]]:
    """Return three matches between teams of two, winners first, and the players in them."""
    players = ["ann", "bob", "cid", "dan", "eve", "fay", "gus", "hal"]
    matches = []
    for _ in range(3):
        four = chance.sample(players, 4)
        matches.append((four[:2], four[2:]))
    return matches, sorted({name for teams in matches for team in teams for name in team})


def strength_of(
    player: str, matches: Sequence[tuple[list[str], list[str]]], players: Sequence[str], laziness: float
) -> tuple[float, float]:
    """Return the posterior mean of a strength where everybody's laziness was measured, by rejection, and its error."""
    generator = numpy.random.default_rng(1)
    # The measured laziness is normal about the measurement, with the precision of the world; its prior is flat.
    lazy_share = {name: generator.normal(laziness, 0.01, DRAWS) for name in players}
    strength = {name: generator.normal(50, 20, DRAWS) for name in players}
    possible = numpy.ones(DRAWS, dtype=bool)
    for winners, losers in matches:
        pulled = []
        for team in (winners, losers):
            pulls = [
                numpy.where(generator.random(DRAWS) < lazy_share[name], strength[name] / 2, strength[name])
                for name in team
            ]
            pulled.append(sum(pulls))
        possible &= pulled[0] > pulled[1]
    kept = strength[player][possible]
    return float(kept.mean()), float(kept.std() / numpy.sqrt(len(kept)))


@pytest.mark.parametrize("seed", [1, pytest.param(2, marks=pytest.mark.full)])
def test_measurements_after_matches_are_as_good_as_before(seed: int) -> None:
    chance = random.Random(seed)
    matches, players = tournament(chance)
    laziness = chance.choice([0.1, 0.3])
    fought = [
        f"{' and '.join(map(str.title, lost))} lost to {' and '.join(map(str.title, won))}." for won, lost in matches
    ]
    measured = [f"{name.title()}'s laziness is {laziness}." for name in players]
    asked = matches[0][1][0]
    truth, truth_error = strength_of(asked, matches, players, laziness)
    orders = [fought + measured, measured + fought, chance.sample(fought + measured, len(fought + measured))]
    for facts in orders[: sized(1, len(orders))]:
        talk = World.load("tugofwar").conversation(facts=False, goal=GOAL)
        for fact in facts:
            talk.tell(fact)
        found = talk.ask(f"How strong is {asked.title()}?").marginal
        assert isinstance(found, Number)
        assert found.mcse < GOAL.precision * 4 * found.sd
        assert agrees(found.mean, truth, found.mcse, truth_error)
