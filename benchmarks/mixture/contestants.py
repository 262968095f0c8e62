"""What is compared: each expert alone, controls of equal cost, every scheme and cascade, fitted on one half."""

from __future__ import annotations

import random
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace

from benchmarks.mixture.experts import COSTS, EXPERTS, FAMILIES, SMALL
from benchmarks.mixture.talks import Asked, Weighed, pooled
from plot.errors import PlotError
from plot.translate.base import Discourse, Reading
from plot.translate.mixture import LabelledPool, Mixture, Pool, PoolingRule, Scheme, Stage, likeliest, scheme_called
from plot.translate.mixture.pooling.fusion import Fusion
from plot.translate.mixture.pooling.label_model import WeightedVote
from plot.translate.mixture.pooling.ranking import PairRanking
from plot.translate.mixture.pooling.thresholds import Steps, stopped
from plot.translate.mixture.pooling.translator import votes_of
from plot.translate.mixture.unproven.bandit import Outcomes
from plot.world import WorldSpec

Weigh = Callable[[Asked], Weighed | None]
ALL = frozenset(COSTS)
FEW = frozenset(expert.name for expert in SMALL)
MODELS = FEW - {"grammar"}
BUDGET = 5.0  # what asking all small experts costs
CONTROL, GRAMMAR_FIRST = "best small expert, sampled 5 times", "grammar, else best small expert, sampled 5 times"
DEFAULT, ONE_TIER = f"cascade, tuned to a cost of {BUDGET:g}", "weighted, tuned"
TOP_1, STRINGS, VOTE = "top-1, tuned", "string-vote", "vote"
LESS = 3.5
CHEAPER = f"cascade, tuned to a cost of {LESS:g}"
JUDGE_RIGHT, JUDGE_LIKES_FIRST = 0.75, 0.1  # of a scripted judge that costs one small call
SHOWN_ADOPTS = 0.5  # how often a model in the second layer takes what is shown as the likeliest


def among(one: Asked, experts: Collection[str]) -> LabelledPool | None:
    """Return what some experts make of an utterance."""
    return one.all.among(experts)


def cost_of(experts: Collection[str]) -> float:
    """Return what asking experts once costs."""
    return sum(COSTS[name] for name in experts)


def by(scheme: Scheme, experts: Collection[str]) -> Weigh:
    """Return how a scheme over some experts weighs an utterance."""

    def weigh(asked: Asked) -> Weighed | None:
        one = among(asked, experts)
        return Weighed(one, scheme.weigh(one.pool), cost_of(experts)) if one is not None else None

    return weigh


def contestants(train: Sequence[Asked]) -> dict[str, Weigh]:
    """Return all that is compared. Where nothing else is said, it is the small experts that are asked."""
    labelled = [one.all for one in train]
    few = [one for asked in train if (one := among(asked, FEW)) is not None]
    found: dict[str, Weigh] = {f"{expert.name} alone": by(scheme_called("vote"), {expert.name}) for expert in EXPERTS}
    found |= {CONTROL: again, GRAMMAR_FIRST: first("grammar", again), "grammar, else large": first("grammar", large)}
    found |= {name: by(scheme_called(name), FEW) for name in (STRINGS, VOTE, "mbr", "ranking")}
    for name in ("weighted", "stacking"):
        found[f"{name}, untuned"], scheme = by(scheme_called(name), FEW), scheme_called(name)
        scheme.fit(few)
        found[f"{name}, tuned"] = by(scheme, FEW)
    agreed = WeightedVote()
    agreed.fit_unlabelled([one.pool for one in few])
    tuned = WeightedVote()
    tuned.fit(labelled)
    found["weighted, by agreement alone"] = by(agreed, FEW)
    found[TOP_1] = top_1(tuned)
    found["bandit"] = bandit(labelled)
    found["ranking, with a judge"] = judged
    found["layers"] = layers(tuned)
    found["fusion by the large expert"] = fusion(tuned)
    found["weighted, tuned, all experts"] = by(tuned, ALL)
    found["cascade, untuned"] = by_cascade(cascade())
    for name, budget in (("cascade, tuned", None), (CHEAPER, LESS), (DEFAULT, BUDGET)):
        one = cascade()
        one.fit(labelled, budget)
        found[name] = by_cascade(one)
        if budget is not None:
            found[f"{name}, at random"] = at_random(one, labelled)
    found["cascade, going on where it helps (oracle)"] = oracle_cascade(one)
    found["a small expert at random"] = random_expert
    found["oracle: right if any small expert is"] = oracle
    return found


# -- controls ----------------------------------------------------------------------------------------------


def again(asked: Asked) -> Weighed | None:
    """The control that is often left out: the best small expert, sampled as often as all small ones are asked."""
    one = asked.again
    return Weighed(one, scheme_called("vote").weigh(one.pool), BUDGET) if one is not None else None


def large(asked: Asked) -> Weighed | None:
    """The large expert, once."""
    return by(scheme_called("vote"), {"large"})(asked)


def first(name: str, other: Weigh) -> Weigh:
    """Return: one expert where it has a reading, whatever it is; else another contestant."""
    alone = by(scheme_called("vote"), {name})
    return lambda asked: alone(asked) or other(asked)


def top_1(tuned: WeightedVote) -> Weigh:
    """Return: of the small experts that have a reading, the one that is most reliable by what was learned."""

    def weigh(asked: Asked) -> Weighed | None:
        one = among(asked, FEW)
        if one is None:
            return None
        best = max(one.pool.experts, key=lambda expert: tuned.reliability(expert, one.pool))
        return Weighed(one, one.pool.shares[best], BUDGET)

    return weigh


def random_expert(asked: Asked) -> Weighed | None:
    """A small expert that reads the utterance, drawn by its text."""
    one = among(asked, FEW)
    if one is None:
        return None
    return Weighed(one, one.pool.shares[drawn(asked).choice(one.pool.experts)], 1.0)


def drawn(asked: Asked) -> random.Random:
    """Return the randomness of an utterance: what it is and what was said of it."""
    return random.Random("\n".join([asked.item.say, *(vote.reading.code for vote in asked.all.pool.votes)]))


def oracle(asked: Asked) -> Weighed | None:
    """What is right, if any of the small experts has it: no scheme over them can do better."""
    one = among(asked, FEW)
    if one is None:
        return None
    return Weighed(one, tuple(float(k == (one.right or 0)) for k in range(len(one.pool.classes))), BUDGET)


# -- those that ask more than once -------------------------------------------------------------------------


def bandit(train: Sequence[LabelledPool]) -> Weigh:
    """Return a bandit over the small models after the grammar, taught on the training half, one of them at a time."""
    outcomes, models = Outcomes(), sorted(MODELS)
    for one in train:
        alone = one.among(MODELS)
        world = one.pool.world
        for name in outcomes.ranking(world, models):
            has = alone is not None and name in alone.pool.experts
            outcomes.read(world, name, has)
            if has and alone is not None:
                outcomes.right(world, name, alone.pool.shares[name][alone.right] if alone.right is not None else 0.0)
                break

    def weigh(asked: Asked) -> Weighed | None:
        for tried, name in enumerate(outcomes.ranking(asked.all.pool.world, models), 1):
            one = among(asked, {name})
            outcomes.read(asked.all.pool.world, name, one is not None)
            if one is not None:
                return Weighed(one, one.pool.shares[name], float(tried))
        return None

    return first("grammar", weigh)


def judged(asked: Asked) -> Weighed | None:
    """Pair ranking with a scripted judge: right with a planted probability, and fond of what stands first."""
    one, chance = among(asked, FEW), drawn(asked)
    if one is None:
        return None
    calls = 0

    def judge(pool: Pool, left: int, right: int) -> float:
        nonlocal calls
        calls += 1
        if one.right not in (left, right):
            return 0.5 + JUDGE_LIKES_FIRST
        prefers_left = (left == one.right) == (chance.random() < JUDGE_RIGHT)
        return min(1.0, max(0.0, (0.9 if prefers_left else 0.1) + JUDGE_LIKES_FIRST))

    weights = PairRanking(judge).weigh(one.pool)
    return Weighed(one, weights, BUDGET + calls)


def layers(tuned: WeightedVote) -> Weigh:
    """Return two layers: each model, shown the first one's readings, takes the likeliest or stays with its own."""

    def weigh(asked: Asked) -> Weighed | None:
        one, chance = among(asked, MODELS), drawn(asked)
        if one is None:
            return None
        shown = tuned.weigh(one.pool)
        best = one.pool.classes[likeliest(shown)]
        votes = [
            replace(vote, reading=one.pool.votes[best[0]].reading) if chance.random() < SHOWN_ADOPTS else vote
            for vote in one.pool.counted
        ]
        second = pooled(asked.item, votes, world_of(one.pool))
        return Weighed(second, tuned.weigh(second.pool), 2 * cost_of(MODELS))

    return first("grammar", weigh)


def world_of(pool: Pool) -> WorldSpec:
    """Return the world of a pool."""
    assert pool.discourse is not None
    return pool.discourse.world


@dataclass
class Says:
    """An expert that says what it said."""

    name: str
    readings: tuple[Reading, ...] = ()

    def translate(self, utterance: str, discourse: Discourse) -> tuple[Reading, ...]:
        if not self.readings:
            raise PlotError("it refuses")
        return self.readings


def says(asked: Asked, name: str) -> Says:
    """Return an expert that says what it said of an utterance."""
    return Says(name, tuple(vote.reading for vote in asked.all.pool.votes if vote.expert == name))


def fusion(tuned: WeightedVote) -> Weigh:
    """Return fusion of the small models after the grammar; the fuser says what the large expert says."""

    def weigh(asked: Asked) -> Weighed | None:
        if among(asked, MODELS) is None:
            return None
        fused = Fusion(
            tuple(says(asked, name) for name in sorted(MODELS)), says(asked, "large"), tuned, PoolingRule(FAMILIES)
        )
        world = world_of(asked.all.pool)
        readings = fused.translate(asked.item.say, Discourse(world))
        one = pooled(asked.item, votes_of("fusion", readings), world)
        return Weighed(one, one.pool.shares["fusion"], cost_of(MODELS) + COSTS["large"] * len(fused.kept))

    return first("grammar", weigh)


# -- cascades ----------------------------------------------------------------------------------------------


def cascade() -> Mixture:
    """Return the cascade that is compared: the grammar, the small models together, the large one."""
    tiers = (("grammar",), tuple(sorted(MODELS)), ("large",))
    reliable = WeightedVote()
    stages = tuple(Stage(tuple(Says(name) for name in tier), cost_of(tier)) for tier in tiers)
    return Mixture(stages, reliable, PoolingRule(FAMILIES), reliable, free=1)


def by_cascade(mixture: Mixture, choose: Callable[[Asked, Steps], float] | None = None) -> Weigh:
    """Return what a cascade comes to, where it stops by its threshold, or at a cost that is chosen."""

    def weigh(asked: Asked) -> Weighed | None:
        steps = mixture.steps(asked.all)
        cost = choose(asked, steps) if choose is not None else stopped(steps, mixture.thresholds).cost
        names: set[str] = set()
        for stage, step in zip(mixture.stages, steps, strict=True):
            names |= set(stage.names)
            if step.cost == cost:
                break
        one = among(asked, names)
        return Weighed(one, mixture.scheme.weigh(one.pool), cost) if one is not None else None

    return weigh


def at_random(mixture: Mixture, train: Sequence[LabelledPool]) -> Weigh:
    """Return a cascade that goes on as often as another after each stage, but at random."""
    going: list[list[bool]] = [[] for _ in mixture.stages]
    for one in train:
        steps = mixture.steps(one)
        last = steps.index(stopped(steps, mixture.thresholds))
        for number in range(last + 1):
            if steps[number].confidence >= 0:
                going[number].append(number < last)
    shares = [sum(one) / len(one) if one else 1.0 for one in going]

    def choose(asked: Asked, steps: Steps) -> float:
        chance = drawn(asked)
        for number, step in enumerate(steps[:-1]):
            if step.confidence >= 0 and chance.random() >= shares[number]:
                return step.cost
        return steps[-1].cost

    return by_cascade(mixture, choose)


def oracle_cascade(mixture: Mixture) -> Weigh:
    """Return a cascade that stops at the first stage that is right, and where none is, at the first that reads."""

    def choose(asked: Asked, steps: Steps) -> float:
        right = [step for step in steps if step.right]
        reads = [step for step in steps if step.confidence >= 0]
        return (right or reads or steps)[0].cost

    return by_cascade(mixture, choose)


__all__ = [
    "BUDGET",
    "CHEAPER",
    "CONTROL",
    "DEFAULT",
    "GRAMMAR_FIRST",
    "ONE_TIER",
    "STRINGS",
    "TOP_1",
    "VOTE",
    "cascade",
    "contestants",
]
