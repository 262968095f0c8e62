"""Each aggregation scheme on translators with planted errors: by hand where a hand can, and where it must win."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence

import pytest

from plot.errors import PlotError
from plot.translate.base import semantic_entropy
from plot.translate.mixture import SCHEMES, LabelledPool, Pool, Scheme, scheme_called
from plot.translate.mixture.pooling.label_model import WeightedVote
from plot.translate.mixture.pooling.ranking import PairRanking
from plot.translate.mixture.pooling.risk import risks
from plot.translate.mixture.pooling.vote import MajorityVote, StringVote, TopOne
from plot.translate.mixture.unproven.mbr import Mbr
from plot.translate.mixture.unproven.stacking import Stacking
from tests.translate.mixture.planted import Planted, labelled, pool_of

GOOD, FAIR, BAD = Planted("good", 0.9), Planted("fair", 0.7), Planted("bad", 0.45)
COPIES = [Planted(f"copy {number}", 0.0, "bad", 1.0) for number in range(4)]


def accuracy(scheme: Scheme, items: Sequence[LabelledPool]) -> float:
    return sum(best(scheme, one.pool) == one.right for one in items) / len(items)


def best(scheme: Scheme, pool: Pool) -> int:
    weights = scheme.weigh(pool)
    return max(range(len(weights)), key=weights.__getitem__)


def log_score(scheme: Scheme, items: Sequence[LabelledPool]) -> float:
    said = [scheme.weigh(one.pool)[one.right] if one.right is not None else 0.0 for one in items]
    return sum(math.log(max(0.01, weight)) for weight in said) / len(items)


@pytest.mark.parametrize("name", SCHEMES)
def test_weights_are_a_distribution_over_the_classes(name: str) -> None:
    scheme = scheme_called(name)
    scheme.fit(labelled([GOOD, FAIR, BAD], 40, seed=1))
    for one in labelled([GOOD, FAIR, BAD], 40, seed=2):
        weights = scheme.weigh(one.pool)
        assert len(weights) == len(one.pool.classes)
        assert sum(weights) == pytest.approx(1)
        assert min(weights) >= 0
    again = scheme_called(name)
    again.load(scheme.to_json())
    assert again.weigh(one.pool) == pytest.approx(weights)


def test_an_unknown_scheme_is_told() -> None:
    with pytest.raises(PlotError) as caught:
        scheme_called("stackin")
    assert caught.value.hint == f"there are {', '.join(SCHEMES)}"


def test_votes_are_counted_by_meaning() -> None:
    assert MajorityVote().weigh(pool_of({"a": 0, "b": 0, "c": 1})) == pytest.approx((2 / 3, 1 / 3))
    assert MajorityVote().weigh(pool_of({"a": (0.75, 0.25, 0, 0), "b": 1})) == pytest.approx((0.375, 0.625))


def test_the_vote_by_string_splits_what_is_one_meaning() -> None:
    pool = pool_of({"a": 0, "b": 0, "c": 1, "d": 1, "e": 1})
    votes = list(pool.votes)
    for number in (2, 3):  # two of the three who mean 1 write it in ways of their own
        reading = votes[number].reading
        votes[number] = type(votes[number])(
            votes[number].expert, type(reading)("observation", f"{reading.code}  # {number}"), 1.0
        )
    split = Pool(pool.utterance, pool.world, pool.act, tuple(votes), pool.classes, pool.distances)
    assert best(MajorityVote(), split) == 1
    assert best(StringVote(), split) == 0


def test_top_one_follows_the_gate() -> None:
    pool = pool_of({"a": 0, "b": 1})
    gated = Pool(
        pool.utterance, pool.world, pool.act, pool.votes, pool.classes, pool.distances, gate={"a": 0.2, "b": 0.8}
    )
    assert TopOne().weigh(gated) == (0.0, 1.0)
    assert MajorityVote().weigh(gated) == pytest.approx((0.2, 0.8))


# -- the label model ---------------------------------------------------------------------------------------


def test_two_translators_by_hand() -> None:
    """Reliabilities 0.9 and 0.6 that disagree over two classes: odds (0.9 · 0.4) to (0.1 · 0.6)."""
    scheme = WeightedVote()
    scheme.load({"reliability": {"": {"a": 0.9, "b": 0.6}}, "together": []})
    assert scheme.weigh(pool_of({"a": 0, "b": 1})) == pytest.approx((0.36 / 0.42, 0.06 / 0.42))


def test_confidence_by_hand() -> None:
    """One of reliability r is right with r; two who agree, unless both made one of four errors; the rest is unsaid."""
    scheme = WeightedVote()
    scheme.load({"reliability": {"": {"a": 0.8, "b": 0.6}}, "together": []})
    assert scheme.confidence(pool_of({"a": 0})) == pytest.approx(0.8)
    assert scheme.confidence(pool_of({"a": (0.75, 0.25, 0, 0)})) == pytest.approx(0.6), "of two minds"
    both, neither = 0.8 * 0.6, 4 * (0.2 / 4) * (0.4 / 4)
    assert scheme.confidence(pool_of({"a": 0, "b": 0})) == pytest.approx(both / (both + neither))
    first, second, unsaid = 0.8 * 0.4 / 4, 0.6 * 0.2 / 4, 3 * (0.2 / 4) * (0.4 / 4)
    apart = pool_of({"a": 0, "b": 1})
    assert scheme.confidence(apart) == pytest.approx(first / (first + second + unsaid))
    assert scheme.weigh(apart) == pytest.approx((first / (first + second), second / (first + second)))


def test_confidence_is_how_often_the_likeliest_is_right() -> None:
    experts = [GOOD, FAIR, BAD]
    scheme = WeightedVote()
    scheme.fit(labelled(experts, 400, seed=11))
    found = [(scheme.confidence(one.pool), best(scheme, one.pool) == one.right) for one in labelled(experts, 2_000, 12)]
    for low, high in ((0.0, 0.75), (0.75, 0.95), (0.95, 1.0)):
        inside = [(sure, right) for sure, right in found if low <= sure < high]
        mean = sum(sure for sure, _ in inside) / len(inside)
        share = sum(right for _, right in inside) / len(inside)
        assert share == pytest.approx(mean, abs=0.05 + 4 * math.sqrt(mean * (1 - mean) / len(inside)))


def test_reliabilities_are_known_by_act_and_world_shrunk_towards_what_is_wider() -> None:
    """`a` is right in one world and wrong in another; of a third, its mean is what is known."""
    scheme = WeightedVote()
    items = [
        *labelled([Planted("a", 0.95), GOOD], 200, 13, "one"),
        *labelled([Planted("a", 0.3), GOOD], 200, 14, "two"),
    ]
    scheme.fit(items)
    one, two, three = (scheme.reliability("a", pool_of({"a": 0}, world)) for world in ("one", "two", "three"))
    assert one == pytest.approx(0.95, abs=0.06)
    assert two == pytest.approx(0.3, abs=0.12)
    assert three == pytest.approx(0.625, abs=0.08)
    few = WeightedVote()
    few.fit(items[:200] + items[200:203])
    assert few.reliability("a", pool_of({"a": 0}, "two")) > 0.55, "three utterances say little"


def test_some_of_the_translators_are_weighed_by_their_own_votes_only() -> None:
    one = LabelledPool(pool_of({"a": 0, "b": 1, "c": 1, "d": 1}), 0)
    few = one.among({"a", "b"})
    assert few is not None
    assert few.right == 0
    assert StringVote().weigh(few.pool) == (1.0, 0.0), "of the texts of a and b, the first"
    assert few.among({"c"}) is None
    assert LabelledPool(one.pool, 0).among({"c"}) == LabelledPool(one.among({"c"}).pool, None)  # type: ignore[union-attr]


def test_reliabilities_are_found_from_labels_and_from_agreement_alone() -> None:
    items = labelled([GOOD, FAIR, BAD], 400, seed=3)
    taught, guessed = WeightedVote(), WeightedVote()
    taught.fit(items)
    guessed.fit_unlabelled([one.pool for one in items])
    for scheme in (taught, guessed):
        for expert in (GOOD, FAIR, BAD):
            error = math.sqrt(expert.right * (1 - expert.right) / 400)
            assert scheme.reliability(expert.name) == pytest.approx(expert.right, abs=4 * error + 0.06)


@pytest.mark.parametrize("labels", [True, False])
def test_copies_of_one_translator_do_not_move_the_answer(labels: bool) -> None:
    alone = labelled([GOOD, FAIR, BAD], 300, seed=4)
    copied = [LabelledPool(with_copies(one.pool, 4), one.right) for one in alone]
    plain, many = WeightedVote(), WeightedVote()
    for scheme, items in ((plain, alone), (many, copied)):
        if labels:
            scheme.fit(items)
        else:
            scheme.fit_unlabelled([one.pool for one in items])
    for one, two in zip(alone, copied, strict=True):
        assert many.weigh(two.pool) == pytest.approx(plain.weigh(one.pool), abs=0.03)
    vote = MajorityVote()
    assert accuracy(vote, copied) < accuracy(vote, alone) - 0.1, "a plain vote is moved"


def with_copies(pool: Pool, count: int) -> Pool:
    """Return a pool in which `bad` votes under `count` further names."""
    said: dict[str, int | Sequence[float]] = {}
    for vote in pool.votes:
        meaning = int(vote.reading.code.rpartition("== ")[2].rstrip(")"))
        said[vote.expert] = meaning
        if vote.expert == "bad":
            said |= {f"copy {number}": meaning for number in range(count)}
    return pool_of(said)


def test_translators_that_often_err_together_are_discounted() -> None:
    """Three that follow one leader in 80% of the cases, against two who are independent and better."""
    experts = [Planted("lead", 0.5), *(Planted(f"f{k}", 0.5, "lead", 0.8) for k in range(3)), GOOD, FAIR]
    train, test = labelled(experts, 300, seed=5), labelled(experts, 1_000, seed=6)
    scheme = WeightedVote()
    scheme.fit(train)
    discounts = scheme.discounts(test[0].pool)
    assert sum(discounts[name] for name in ("lead", "f0", "f1", "f2")) < 2.5
    assert discounts["good"] > 0.8
    assert accuracy(scheme, test) > accuracy(MajorityVote(), test) + 0.1
    assert accuracy(scheme, test) >= 0.9 - 3 * math.sqrt(0.09 / 1_000), "no worse than the best alone"


def test_one_model_in_several_guises_counts_less_even_before_anything_is_learnt() -> None:
    pool = pool_of({"a1": 0, "a2": 0, "a3": 0, "b": 1, "c": 1})
    families = {"a1": "m", "a2": "m", "a3": "m", "b": "n", "c": "o"}
    kin = Pool(pool.utterance, pool.world, pool.act, pool.votes, pool.classes, pool.distances, families=families)
    assert best(WeightedVote(), pool) == 0
    assert best(WeightedVote(), kin) == 1


# -- stacking ----------------------------------------------------------------------------------------------


def test_stacking_finds_the_weights_of_the_best_log_score() -> None:
    """Two translators who are certain and never agree: the best weights are how often each is right."""
    pools = [LabelledPool(pool_of({"a": 0, "b": 1}), 0)] * 75 + [LabelledPool(pool_of({"a": 0, "b": 1}), 1)] * 25
    scheme = Stacking()
    scheme.fit(pools)
    assert scheme.weigh(pools[0].pool) == pytest.approx((0.75, 0.25), abs=0.05)


def test_stacking_knows_worlds_apart() -> None:
    """`a` is right in one world, `b` in the other; a world without examples gets what holds for all."""
    first, second = [Planted("a", 0.95), Planted("b", 0.3)], [Planted("a", 0.3), Planted("b", 0.95)]
    scheme = Stacking()
    scheme.fit(labelled(first, 100, 7, "one") + labelled(second, 100, 8, "two"))
    for world, winner in (("one", 0), ("two", 1)):
        assert best(scheme, pool_of({"a": 0, "b": 1}, world)) == winner
    assert scheme.weigh(pool_of({"a": 0, "b": 1}, "three")) == pytest.approx((0.5, 0.5), abs=0.1)


def test_fitting_improves_the_held_out_log_score() -> None:
    experts = [GOOD, FAIR, BAD, *COPIES]
    train, test = labelled(experts, 200, seed=9), labelled(experts, 500, seed=10)
    for name in ("weighted", "stacking"):
        plain, fitted = scheme_called(name), scheme_called(name)
        fitted.fit(train)
        assert log_score(fitted, test) > log_score(plain, test)
        assert log_score(fitted, test) > log_score(MajorityVote(), test)


# -- least risk, and pairs ---------------------------------------------------------------------------------


def test_least_risk_prefers_the_middle() -> None:
    """Three meanings on a line, at 0, 0.1 and 1, with votes 0.3, 0.3, 0.4: the middle one has the least risk."""
    pool = pool_of({"a": (0.3, 0.3, 0.4, 0)})
    distances = ((0.0, 0.1, 1.0), (0.1, 0.0, 0.9), (1.0, 0.9, 0.0))
    line = Pool(pool.utterance, pool.world, pool.act, pool.votes, pool.classes, distances)
    assert risks(line) == pytest.approx((0.1 * 0.3 + 0.4, 0.1 * 0.3 + 0.9 * 0.4, 0.3 + 0.9 * 0.3))
    assert Mbr().weigh(line) == (0.0, 1.0, 0.0)
    assert best(MajorityVote(), line) == 2


def test_a_judge_is_asked_on_ties_only_and_in_both_orders() -> None:
    asked: list[tuple[int, int]] = []

    def judge(pool: Pool, one: int, two: int) -> float:
        asked.append((one, two))
        return 0.8  # it likes what stands first

    ranking = PairRanking(judge)
    assert ranking.weigh(pool_of({"a": 0, "b": 0, "c": 0, "d": 1}))[0] == 1.0
    assert asked == []
    assert ranking.weigh(pool_of({"a": 0, "b": 1})) == pytest.approx((0.5, 0.5)), "its liking cancels"
    assert asked == [(0, 1), (1, 0)]
    knows = PairRanking(lambda pool, one, two: 0.9 if one == 1 else 0.1)
    assert knows.weigh(pool_of({"a": 0, "b": 1})) == pytest.approx((0.1, 0.9))


# -- entropy -----------------------------------------------------------------------------------------------


def test_semantic_entropy_is_that_of_meanings() -> None:
    assert semantic_entropy((0.25,) * 4) == pytest.approx(math.log(4))
    assert semantic_entropy((1.0, 0.0)) == 0.0
    chance = random.Random(0)
    weights = [chance.random() for _ in range(5)]
    total = sum(weights)
    assert semantic_entropy(weights) == pytest.approx(-sum(w / total * math.log(w / total) for w in weights))
