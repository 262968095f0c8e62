"""Mixtures of translators over a real world: gates, cascades with thresholds, layers, fusion, bandits."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from plot.conversation import World
from plot.errors import PlotError
from plot.llm import Client, Entry, ModelError
from plot.llm.store import Store
from plot.testing import ReceivedRequest, ScriptedModel
from plot.translate.base import Discourse, Reading, Translator
from plot.translate.grammar import Grammar
from plot.translate.mixture import LabelledPool, Mixture, PoolingRule, Stage, Vote, scheme_called
from plot.translate.mixture.pooling.fusion import Fusion
from plot.translate.mixture.pooling.label_model import WeightedVote
from plot.translate.mixture.pooling.thresholds import StageOutcome, cost_quality_curve, fitted_thresholds, stopped
from plot.translate.mixture.unproven.bandit import Bandit, Outcomes
from plot.translate.mixture.unproven.layers import Layered
from plot.translate.model import LanguageModel
from tests.translate.mixture.planted import Planted, labelled

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


def mixture(*experts: Translator, scheme: str = "weighted") -> Mixture:
    return Mixture((Stage(experts),), scheme_called(scheme))


def test_meanings_are_pooled_and_weighed() -> None:
    other_words = 'condition(not won_against(["john"], ["tom"], 1) and won_against(["tom"], ["john"], 1))'
    experts = (Says("a", {TOM_WON: 1}), Says("b", {other_words: 1}), Says("c", {TOM_LOST: 1}))
    found = weights(mixture(*experts, scheme="vote"))
    assert found == {TOM_WON: 0.667, TOM_LOST: 0.333}


def test_questions_are_one_meaning_however_many_events_they_introduce() -> None:
    """The grammar counts no event where one is only thought of; a statement with an event differs from one without."""
    discourse = Discourse(WORLD)
    for act, code, classes in (("question", f"query({TOM_WON[10:-1]})", 1), ("observation", TOM_WON, 2)):
        readings = [Reading(act, code, names=("tom", "john"), events=events) for events in (0, 1)]  # type: ignore[arg-type]
        votes = [Vote(str(one.events), one, 1.0) for one in readings]
        assert len(PoolingRule().pool(SAID, votes, discourse).classes) == classes


def test_the_gate_chooses_who_is_asked() -> None:
    experts = (Says("a", {TOM_WON: 1}), Says("b", {TOM_LOST: 1}), Says("c", {TOM_LOST: 1}))

    def gate(utterance: str, discourse: Discourse, names: Sequence[str]) -> Mapping[str, float]:
        return {"a": 0.75, "b": 0.25, "c": 0.0}

    assert weights(Mixture((Stage(experts, gate=gate),), scheme_called("vote"))) == {TOM_WON: 0.75, TOM_LOST: 0.25}
    assert [len(expert.asked) for expert in experts] == [1, 1, 0]


def test_an_expert_that_refuses_leaves_the_others() -> None:
    assert weights(mixture(Says("a", {}), Says("b", {TOM_WON: 1}))) == {TOM_WON: 1.0}
    with pytest.raises(PlotError, match="a can't read this"):
        weights(mixture(Says("a", {})))


# -- a cascade ------------------------------------------------------------------------------------------


def test_a_dear_stage_is_asked_where_the_cheap_one_is_not_sure() -> None:
    dear = Says("dear", {TOM_WON: 1})
    for readings, asked in (
        ({TOM_WON: 0.95, TOM_LOST: 0.05}, 0),  # of a translator of which nothing is known
        ({TOM_WON: 0.6, TOM_LOST: 0.4}, 1),
        ({}, 1),
    ):
        dear.asked.clear()
        cheap = Says("cheap", readings)
        cascade = Mixture((Stage((cheap,)), Stage((dear,), 1.0)), scheme_called("vote"))
        found = weights(cascade)
        assert max(found, key=found.__getitem__) == TOM_WON
        assert len(dear.asked) == asked
        assert cascade.spent == asked


def test_the_grammar_is_final_where_it_is_reliable_enough() -> None:
    """It is by what is known beforehand; not where it was measured to be right as often as not, by act and world."""
    model = Says("model", {TOM_LOST: 1})
    said = "Tom beat John."
    for reliability, asked in (
        ({}, 0),
        ({"": {"grammar": 0.9}, "observation": {"grammar": 0.9}}, 0),
        ({"": {"grammar": 0.9}, "observation": {"grammar": 0.5}}, 1),
        ({"": {"grammar": 0.9}, f"observation {WORLD.name}": {"grammar": 0.5}}, 1),
        ({"": {"grammar": 0.9}, "observation kinship": {"grammar": 0.5}, "question": {"grammar": 0.5}}, 0),
    ):
        model.asked.clear()
        cascade = Mixture((Stage((Grammar(),)), Stage((model,), 1.0)), scheme_called("vote"))
        cascade.reliable.load({"reliability": reliability, "together": []})
        talk = WORLD.conversation(facts=False, translators=(cascade,))
        (told,) = talk.translate(said)
        assert len(model.asked) == asked
        assert len(told.readings) == 1 + asked, "both are pooled, where both are asked"


def test_a_model_that_cant_be_asked_leaves_what_is_there_and_is_told() -> None:
    class Down:
        name = "down"

        def translate(self, utterance: str, discourse: Discourse) -> tuple[Reading, ...]:
            raise ModelError("nothing answers", fatal=True)

    cascade = Mixture((Stage((Says("cheap", {TOM_WON: 0.6, TOM_LOST: 0.4}),)), Stage((Down(),))), scheme_called("vote"))
    assert weights(cascade) == {TOM_WON: 0.6, TOM_LOST: 0.4}
    assert [error.message for error in cascade.unasked] == ["nothing answers"]


def cheap_and_dear(utterances: int, seed: int) -> tuple[Mixture, list[LabelledPool]]:
    """Return a cheap pair that is sure where it agrees, and a expensive translator that is nearly always right."""
    both = [Planted("one", 0.7), Planted("two", 0.7), Planted("dear", 0.98)]
    first, second = Stage((Says("one", {}), Says("two", {}))), Stage((Says("dear", {}),), 1.0)
    reliable = WeightedVote()
    return Mixture((first, second), reliable, reliable=reliable), labelled(both, utterances, seed)


def test_a_threshold_buys_quality_with_cost() -> None:
    cascade, train = cheap_and_dear(400, seed=1)
    _, test = cheap_and_dear(400, seed=2)
    cascade.fit(train)
    steps = [cascade.steps(one) for one in test]
    curve = cost_quality_curve(steps)
    costs, scores = [point.cost for point in curve], [point.score for point in curve]
    assert costs == sorted(costs)
    assert scores == sorted(scores)
    assert costs[0] == 0.0
    cheapest, dearest = curve[0], curve[-1]
    assert dearest.right > cheapest.right + 0.15
    cascade.fit(train, budget=0.6)
    found = [stopped(one, cascade.thresholds) for one in steps]
    cost, right = (
        sum(values) / len(found) for values in zip(*((step.cost, step.right) for step in found), strict=True)
    )
    assert 0.3 < cost < 0.7, "the budget holds on other utterances, nearly"
    at_random = cheapest.right + cost / dearest.cost * (dearest.right - cheapest.right)
    assert right > at_random + 0.02, "better than asking the dear one at random as often"


def test_what_brings_nothing_is_not_paid_for() -> None:
    """The expensive translator is a copy of the cheap one: its answers are worth nothing."""
    experts = [Planted("cheap", 0.7), Planted("dear", 0.0, "cheap", 1.0)]
    reliable = WeightedVote()
    stages = (Stage((Says("cheap", {}),)), Stage((Says("dear", {}),), 1.0))
    cascade = Mixture(stages, reliable, reliable=reliable)
    items = labelled(experts, 100, seed=3)
    cascade.fit(items)
    assert sum(stopped(cascade.steps(one), cascade.thresholds).cost for one in items) == 0.0
    known = WeightedVote()
    again = Mixture(stages, known, reliable=known)
    again.load(cascade.to_json())
    assert again.thresholds == cascade.thresholds
    assert again.reliable.reliability("cheap") == pytest.approx(0.7, abs=0.15)


def test_a_threshold_is_fitted_by_hand() -> None:
    """Two stages; the second, at a cost of 1, is right where the first, which is sure of half, is wrong."""
    sure = (StageOutcome(0, 0.9, 0.0, right=True), StageOutcome(1, 1.0, 0.0, right=True))
    unsure = (StageOutcome(0, 0.4, -3.0, right=False), StageOutcome(1, 1.0, 0.0, right=True))
    assert fitted_thresholds([sure, unsure] * 20) == (0.9,)
    assert fitted_thresholds([sure, unsure] * 20, budget=0.5) == (0.9,)
    assert fitted_thresholds([sure, unsure] * 20, budget=0.4) == (0.0,)
    assert fitted_thresholds([sure, unsure] * 20, budget=0.5, usual=0.7) == (0.7,), "which comes to the same"


# -- layers and fusion: what models are shown --------------------------------------------------------------


@pytest.fixture
def client(tmp_path: Path) -> Iterator[Client]:
    with Client(store=Store(tmp_path)) as client:
        yield client


def model(server: ScriptedModel, client: Client, name: str) -> LanguageModel:
    return LanguageModel(Entry(name=name, model="scripted", base_url=server.base_url, samples=1, repairs=0), client)


def test_a_layer_sees_what_the_one_before_it_made(client: Client) -> None:
    """The second layer's model answers what it was shown by others: it copies the likelier program."""

    def reply(request: ReceivedRequest) -> str:
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
    """One is right more often, one refuses half of the time: what counts is how often there is a right reading."""
    chance = random.Random(1)
    outcomes = Outcomes(seed=2)
    chosen = []
    for _ in range(400):
        expert = outcomes.ranking(WORLD.name, ("good", "bad", "shy"))[0]
        chosen.append(expert)
        found = expert != "shy" or chance.random() < 0.5
        outcomes.read(WORLD.name, expert, found)
        if found:
            outcomes.right(WORLD.name, expert, float(chance.random() < {"good": 0.8, "bad": 0.4, "shy": 0.95}[expert]))
    assert chosen[-100:].count("good") > 85
    assert outcomes.mean(WORLD.name, "good") == pytest.approx(0.8, abs=0.1)
    again = Outcomes()
    again.load(outcomes.to_json())
    assert again.mean(WORLD.name, "bad") == outcomes.mean(WORLD.name, "bad")
    with pytest.raises(ValueError, match="from 0 to 1"):
        outcomes.right(WORLD.name, "good", 2)


def test_a_bandit_asks_one_and_the_next_where_it_refuses() -> None:
    first, second, refuses = Says("first", {TOM_WON: 1}), Says("second", {TOM_LOST: 1}), Says("refuses", {})
    kept: list[Mapping[str, Any]] = []
    bandit = Bandit((refuses, first, second), keep=kept.append)
    said = [weights(bandit) for _ in range(40)]
    assert {TOM_WON: 1.0} in said
    assert {TOM_LOST: 1.0} in said, "of two of whom it is not known who is right, both are asked"
    assert len(refuses.asked) < 15
    assert len(first.asked) + len(second.asked) == 40
    assert kept[-1] == bandit.outcomes.to_json()
    with pytest.raises(PlotError, match="refuses can't read this"):
        weights(Bandit((refuses,)))
