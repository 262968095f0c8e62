"""Mixtures of translators over a real world: gates, cascades with thresholds, layers, fusion, bandits."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from plot.conversation import World
from plot.errors import PlotError
from plot.llm import Client, Entry
from plot.llm.store import Store
from plot.testing import Request, ScriptedModel
from plot.translate.base import Discourse, Reading
from plot.translate.mixture import Labelled, Mixture, scheme_called
from plot.translate.mixture.bandit import Bandit
from plot.translate.mixture.frugal import Frugal, Stage, Staged, cost_quality_curve, fitted_thresholds
from plot.translate.mixture.layers import Fusion, Layered
from plot.translate.model import LanguageModel
from tests.translate.mixture.planted import Planted, labelled, pool_of, right_in

TOM_WON, TOM_LOST = 'condition(won_against(["tom"], ["john"], 1))', 'condition(won_against(["john"], ["tom"], 1))'
SAID = "Tom and John had a match."
WORLD = World.load("tugofwar")


@dataclass
class Says:
    """A translator that always says the same, or refuses."""

    name: str
    readings: Mapping[str, float]
    asked: list[str] = field(default_factory=list)

    def translate(self, utterance: str, discourse: Discourse) -> tuple[Reading, ...]:
        self.asked.append(utterance)
        if not self.readings:
            raise PlotError(f"{self.name} can't read this")
        return tuple(
            Reading("observation", code, weight, self.name, names=("tom", "john"), events=1)
            for code, weight in self.readings.items()
        )


def weights(translator: object) -> dict[str, float]:
    talk = WORLD.conversation(facts=False, translators=(translator,))  # type: ignore[arg-type]
    (told,) = talk.translate(SAID)
    return {reading.code.strip(): round(reading.weight, 3) for reading in told.readings}


def test_meanings_are_pooled_and_weighed() -> None:
    other_words = 'condition(not won_against(["john"], ["tom"], 1) and won_against(["tom"], ["john"], 1))'
    experts = (Says("a", {TOM_WON: 1}), Says("b", {other_words: 1}), Says("c", {TOM_LOST: 1}))
    found = weights(Mixture(experts, scheme_called("vote")))
    assert found == {TOM_WON: 0.667, TOM_LOST: 0.333}


def test_the_gate_chooses_who_is_asked() -> None:
    experts = (Says("a", {TOM_WON: 1}), Says("b", {TOM_LOST: 1}), Says("c", {TOM_LOST: 1}))

    def gate(utterance: str, discourse: Discourse, names: Sequence[str]) -> Mapping[str, float]:
        return {"a": 0.75, "b": 0.25, "c": 0.0}

    assert weights(Mixture(experts, scheme_called("vote"), gate)) == {TOM_WON: 0.75, TOM_LOST: 0.25}
    assert [len(expert.asked) for expert in experts] == [1, 1, 0]


def test_an_expert_that_refuses_leaves_the_others() -> None:
    assert weights(Mixture((Says("a", {}), Says("b", {TOM_WON: 1})), scheme_called("weighted"))) == {TOM_WON: 1.0}
    with pytest.raises(PlotError, match="a can't read this"):
        weights(Mixture((Says("a", {}),), scheme_called("weighted")))


# -- a cascade with thresholds -----------------------------------------------------------------------------


def test_a_dear_stage_is_asked_where_the_cheap_one_is_not_sure() -> None:
    dear = Says("dear", {TOM_WON: 1})
    for readings, threshold, asked in (
        ({TOM_WON: 0.9, TOM_LOST: 0.1}, 0.5, 0),
        ({TOM_WON: 0.5, TOM_LOST: 0.5}, 0.5, 1),
        ({}, 0.5, 1),
    ):
        dear.asked.clear()
        cheap = Says("cheap", readings)
        frugal = Frugal((Stage((cheap,), 0.0), Stage((dear,), 1.0)), scheme_called("vote"), (threshold,))
        assert max(weights(frugal), key=weights(frugal).__getitem__) == TOM_WON
        assert len(dear.asked) == 2 * asked
        assert frugal.spent == 2.0 * asked


def test_thresholds_buy_quality_with_cost() -> None:
    """A cheap pair that is sure when it agrees, and a dear translator that is nearly always right."""
    cheap = [Planted("one", 0.7), Planted("two", 0.7)]
    both = labelled([*cheap, Planted("dear", 0.98)], 400, seed=1)
    items = []
    for one in both:
        few = tuple(vote for vote in one.pool.votes if vote.expert != "dear")
        items.append(Staged((_only(one, {vote.expert for vote in few}).pool, one.pool), (_right(one, few), one.right)))
    scheme = scheme_called("weighted")
    scheme.fit(both)
    curve = cost_quality_curve(items, scheme, (0.0, 1.0))
    costs, qualities = [point.cost for point in curve], [point.quality for point in curve]
    assert costs == sorted(costs)
    assert qualities == sorted(qualities)
    assert costs[0] == 0.0
    cheapest, dearest = curve[0], curve[-1]
    assert dearest.quality > cheapest.quality + 0.15
    halfway = fitted_thresholds(curve, 0.6)
    bought = next(point for point in curve if point.thresholds == halfway)
    share = bought.cost / dearest.cost
    at_random = cheapest.quality + share * (dearest.quality - cheapest.quality)
    assert bought.quality > at_random + 0.02, "better than asking the dear one at random as often"


def _only(one: Labelled, experts: set[str]) -> Labelled:
    said = {
        vote.expert: int(vote.reading.code.rpartition("== ")[2].rstrip(")"))
        for vote in one.pool.votes
        if vote.expert in experts
    }
    pool = pool_of(said)
    truth = None if one.right is None else int(_code(one, one.right).rpartition("== ")[2].rstrip(")"))
    return Labelled(pool, right_in(pool, truth) if truth is not None else None)


def _right(one: Labelled, few: Sequence[object]) -> int | None:
    return _only(one, {vote.expert for vote in few}).right  # type: ignore[attr-defined]


def _code(one: Labelled, number: int) -> str:
    return one.pool.votes[one.pool.classes[number][0]].reading.code


# -- layers and fusion: what models are shown --------------------------------------------------------------


@pytest.fixture
def client(tmp_path: Path) -> Iterator[Client]:
    with Client(store=Store(tmp_path)) as client:
        yield client


def model(server: ScriptedModel, client: Client, name: str) -> LanguageModel:
    return LanguageModel(Entry(name=name, model="scripted", base_url=server.base_url, samples=1, repairs=0), client)


def test_a_layer_sees_what_the_one_before_it_made(client: Client) -> None:
    """The second layer's model answers what it was shown by others: it copies the likelier program."""

    def reply(request: Request) -> str:
        shown = request.last_text
        assert "Several translators" in shown
        assert TOM_WON in shown
        (share,) = {match.split()[-1] for match in re.findall(r"True in [\d.]+", shown)[:1]}
        assert 45 < float(share) < 55
        return f'{{"act": "observation", "code": {json.dumps(TOM_WON)}}}'

    with ScriptedModel(reply) as server:
        layers = ((Says("a", {TOM_WON: 2, TOM_LOST: 1}),), (model(server, client, "second"),))
        assert weights(Layered(layers, scheme_called("vote"))) == {TOM_WON: 1.0}
        assert len(server.requests) == 1


@pytest.mark.parametrize(("fused", "kept"), [(TOM_WON, True), (TOM_LOST, False), ("import os", False)])
def test_a_fused_program_must_beat_what_it_was_made_of(fused: str, kept: bool, client: Client) -> None:
    both = f"{TOM_WON}\ncondition(strength('tom') > strength('john'))".replace("'", '"')
    proposals = (Says("a", {TOM_WON: 1}), Says("a2", {TOM_WON: 1}), Says("b", {both: 1}), Says("c", {TOM_LOST: 1}))
    with ScriptedModel([f'{{"act": "observation", "code": {json.dumps(fused)}}}']) as server:
        fusion = Fusion(proposals, model(server, client, "fuser"), scheme_called("vote"))
        found = weights(fusion)
    assert fusion.kept == [kept]
    assert (found == {TOM_WON: 1.0}) == kept


# -- a bandit ----------------------------------------------------------------------------------------------


def test_a_bandit_finds_the_better_translator() -> None:
    chance = random.Random(1)
    bandit = Bandit(seed=2)
    discourse = Discourse(WORLD)
    chosen = []
    for _ in range(400):
        weights = bandit("anything", discourse, ("good", "bad"))
        (expert,) = [name for name, weight in weights.items() if weight]
        chosen.append(expert)
        bandit.reward(WORLD.name, expert, float(chance.random() < (0.8 if expert == "good" else 0.4)))
    assert chosen[-100:].count("good") > 85
    assert bandit.mean(WORLD.name, "good") == pytest.approx(0.8, abs=0.1)
    again = Bandit()
    again.load(bandit.to_json())
    assert again.mean(WORLD.name, "bad") == bandit.mean(WORLD.name, "bad")
    with pytest.raises(ValueError, match="from 0 to 1"):
        bandit.reward(WORLD.name, "good", 2)
