"""Reasons: contrasts against figures by hand and by NumPy, what is no reason, what is said where none stands out."""

from __future__ import annotations

import json
import math
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from plot.answers import Answer
from plot.answers.reasons import LEAST, SURE, ReasonSelection
from plot.answers.why import asking_why
from plot.conversation import World
from plot.errors import PlotError
from plot.inference import Goal, Problem
from plot.inference.posterior.joint import BATCH, FEW, Joint, JointEstimate, joint
from plot.language import parse
from plot.translate.base import Candidate, Reading
from tests.support.tolerances import Z, agrees, sd_bounds

LAWN = """
name: lawn
description: A lawn that rain and a sprinkler make wet; what else there is, is there to mislead.
model: |
  rain = flip(0.3)
  sprinkler = flip(0.4)
  wet = rain or sprinkler
  monday = flip(0.15)
  winter = flip(0.4)
  frost = flip(0.5 if winter else 0.02)
  slippery = flip(0.9 if frost else 0.1)
  fall = flip(0.6 if slippery else 0.05)
  dark = flip(0.7)
  party = dark and flip(0.6)
  drenched = rain or sprinkler
lexicon:
  adjectives:
    rainy: {means: rain}
    sprinkled: {means: sprinkler}
    wet: {means: wet, opposite: [dry]}
    drenched: {means: drenched}
    monday: {means: monday}
    winter: {means: winter, opposite: [summer]}
    frosty: {means: frost}
    slippery: {means: slippery}
    dangerous: {means: fall}
    dark: {means: dark, opposite: [light]}
    lively: {means: party}
"""


@pytest.fixture(scope="module")
def lawn(tmp_path_factory: pytest.TempPathFactory) -> World:
    path: Path = tmp_path_factory.mktemp("worlds") / "lawn.yaml"
    path.write_text(LAWN)
    return World.load(path)


def asked(world: World, question: str, *told: str) -> Answer:
    talk = world.conversation(facts=False)
    for said in told:
        talk.tell(said)
    return talk.ask(question)


def texts(answer: Answer) -> list[str]:
    return [reason.text for reason in answer.reasons]


def figures_agree(answer: Answer, text: str, given_true: float, given_false: float) -> bool:
    """Return whether the contrast of a reason may be that of these two probabilities."""
    (reason,) = (one for one in answer.reasons if one.text == text)
    assert reason.contrast == pytest.approx(reason.given_true - reason.given_false)
    return agrees(reason.contrast, given_true - given_false, reason.mcse)


# -- by hand -------------------------------------------------------------------------------------------------


def test_two_causes_of_one_effect_by_hand(lawn: World) -> None:
    found = asked(lawn, "Why is it wet?")
    assert texts(found) == ["it is sprinkled", "it is rainy"]
    assert [reason.role for reason in found.reasons] == ["cause", "alternative"]
    assert agrees(float(found.probability or 0), 1 - 0.7 * 0.6, found.mcse or 1e-9)
    assert figures_agree(found, "it is sprinkled", 1, 0.3)
    assert figures_agree(found, "it is rainy", 1, 0.4)
    assert not figures_agree(found, "it is rainy", 1, 0.3), "the check can tell them apart"
    assert agrees(float(found.reasons[0].holds or 0), 0.4 / 0.58, found.reasons[0].mcse)
    assert found.reasons[0].code == "sprinkler"
    assert found.answer.endswith("Probably because it is sprinkled, or else because it is rainy")


def test_what_a_stronger_reason_screens_off_is_left_out(lawn: World) -> None:
    found = asked(lawn, "Why is it slippery?")
    frost = 0.4 * 0.5 + 0.6 * 0.02
    assert texts(found)[0] == "it is frosty" and "it is winter" not in texts(found)
    assert figures_agree(found, "it is frosty", 0.9, 0.1)
    assert agrees(found.probability or 0, 0.1 + 0.8 * frost, found.mcse or 1e-9)
    assert "If it is so, then probably because it is frosty" in found.answer, "it is improbable"


def test_an_effect_is_no_reason_and_neither_is_what_has_nothing_to_do_with_it(lawn: World) -> None:
    for question in ("Why is it slippery?", "Why is it frosty?", "Why is it wet?"):
        found = texts(asked(lawn, question))
        assert not {"it is dangerous", "it is monday", "it is not monday", "it is light"} & set(found)


def test_another_word_for_the_same_is_no_reason(lawn: World) -> None:
    assert "it is drenched" not in texts(asked(lawn, "Why is it wet?"))


def test_why_not(lawn: World) -> None:
    found = asked(lawn, "Why isn't it wet?")
    assert found.answer.startswith("Probably no")
    assert set(texts(found)) == {"it is not rainy", "it is not sprinkled"}
    assert figures_agree(found, "it is not sprinkled", 0.7, 0)
    assert figures_agree(found, "it is not rainy", 0.6, 0)
    assert {reason.code for reason in found.reasons} == {"not rain", "not sprinkler"}


def test_what_is_certain_is_compared_with_not_having_been_told(lawn: World) -> None:
    found = asked(lawn, "Why is it slippery?", "It is slippery.", "It is winter.")
    assert found.probability == 1 and found.why is not None
    assert texts(found) == ["it is frosty"]
    assert figures_agree(found, "it is frosty", 0.9, 0.1)
    holds = 0.9 * 0.5 / (0.9 * 0.5 + 0.1 * 0.5)
    assert agrees(found.reasons[0].holds or 0, holds, found.reasons[0].mcse)
    assert found.why.compared == "compared with worlds without that evidence"
    assert found.why.compared in " ".join(str(found).split())


def test_what_was_told_as_certain_is_no_reason(lawn: World) -> None:
    found = asked(lawn, "Why is it wet?", "It is sprinkled.")
    assert "it is sprinkled" not in texts(found)


def test_what_nothing_decides_has_as_reasons_what_was_told(lawn: World) -> None:
    found = asked(lawn, "Why is it winter?", "It is slippery.")
    slippery = {True: 0.1 + 0.8 * 0.5, False: 0.1 + 0.8 * 0.02}
    after = 0.4 * slippery[True] / (0.4 * slippery[True] + 0.6 * slippery[False])
    assert [reason.role for reason in found.reasons] == ["told"]
    assert figures_agree(found, "It is slippery", after, 0.4)
    assert found.answer.endswith("Probably because of the evidence: “It is slippery”")


def test_where_no_reason_stands_out_it_is_said(lawn: World) -> None:
    found = asked(lawn, "Why is it dark?")
    assert found.reasons == () and found.answer.endswith("No reason stands out")
    assert found.to_json()["reasons"] == []


# -- worlds --------------------------------------------------------------------------------------------------


def cyclists(count: int = 1_000_000) -> dict[str, np.ndarray]:
    """Return what NumPy knows of people with a bike: the sushi and the vegetarian place are six steps away, pizza 3."""
    random = np.random.default_rng(5)
    likes, opened = random.random((3, count)) < 0.5, random.random((3, count)) < 0.5
    liking = np.where(likes, 1, -1) * random.normal(10, 1, (3, count))
    worth = np.where(opened, liking, -10) - 0.01 * np.array([[6], [3], [6]])
    best = np.where(worth.max(0) > 0, worth.argmax(0), -1)
    return {
        "goes": best == 0,
        "Alex likes sushi": likes[0],
        "the sushi place is open": opened[0],
        "Alex likes sushi more than vegetables": liking[0] > liking[2],
        "Alex likes sushi more than pizza": liking[0] > liking[1],
    }


def test_lunch_against_numpy() -> None:
    found = asked(World.load("lunch"), "Why is Alex going to sushi?", "Alex brought his bike to work.")
    known = cyclists()
    goes = known.pop("goes")
    assert agrees(found.probability or 0, goes.mean(), found.mcse)
    assert set(texts(found)[:2]) == {"Alex likes sushi", "the sushi place is open"} and len(found.reasons) == 3
    for text in texts(found):
        true = known[text]
        assert figures_agree(found, text, goes[true].mean(), goes[~true].mean())


def test_a_match_that_was_told() -> None:
    found = asked(World.load("tugofwar"), "Why did Tom beat John?", "Tom beat John.")
    lazy_or_not = {"Tom was hard-working in that match", "John was lazy in that match"}
    assert texts(found)[0] == "Tom is stronger than John" and texts(found)[1] in lazy_or_not
    random = np.random.default_rng(6)
    strength = random.normal(50, 20, (2, 1_000_000))
    lazy = random.random(strength.shape) < random.random(strength.shape)
    pull = np.where(lazy, strength / 2, strength)
    won, stronger = pull[0] > pull[1], strength[0] > strength[1]
    assert figures_agree(found, "Tom is stronger than John", won[stronger].mean(), won[~stronger].mean())
    assert figures_agree(found, texts(found)[1], won[~lazy[0]].mean(), won[lazy[0]].mean())  # alike for both of them


def test_what_was_told_is_no_reason_for_itself_and_places_matter_to_those_who_stay() -> None:
    found = asked(World.load("lunch"), "Why did Bob stay in the office?", "Bob stayed in the office.")
    assert len(found.reasons) == 3 and all(reason.role == "cause" for reason in found.reasons)
    assert all(re.search("pizza|sushi|vegeta", text) for text in texts(found))
    found = asked(World.load("tugofwar"), "Why is Tom strong?", "Tom is strong.")
    assert found.reasons == ()


def test_everyone_is_all_who_were_mentioned() -> None:
    found = asked(World.load("tugofwar"), "Why is everyone strong?", "Tom beat Mary.")
    assert set(texts(found)) == {"Tom is strong", "Mary is strong"}


def test_a_fever() -> None:
    found = asked(World.load("clinic"), "Why does Ann have a fever?", "Ann has a fever.")
    assert texts(found) == ["Ann has the flu", "Ann has a cold"]
    flu, cold = 0.4 * 0.3 * 0.65 + 0.6 * 0.05 * 0.65, 0.4 * 0.3 + 0.6 * 0.1
    without = (cold * 0.2 + (1 - flu - cold) * 0.02) / (1 - flu)
    assert figures_agree(found, "Ann has the flu", 0.9, without)


def test_balls_that_collide_and_events_of_a_net() -> None:
    found = asked(World.load("collisions"), "Why was the blue ball so fast?", "The red object hit the blue one.")
    first, second, third = texts(found)
    ways = {first, second} - {"the red ball is light"}  # which come to the same, where it is: fast worlds have both
    assert ways < {"the blue ball is light", "the red ball is heavier than the blue ball"} and len(ways) == 1
    assert third == "the red ball is pushed hard"
    rules = (
        "The probability of the red event is 30%.",
        "If the red event is true, the probability of the green event is 90%.",
        "If the red event is false, the probability of the green event is 20%.",
    )
    found = asked(World.load("bayesnet"), "Why is the green event true?", *rules)
    assert texts(found) == ["the red event is true"]
    assert figures_agree(found, "the red event is true", 0.9, 0.2)


# -- the answer ----------------------------------------------------------------------------------------------


def test_json_has_the_reasons_and_only_where_they_were_asked_for(lawn: World) -> None:
    data = json.loads(json.dumps(asked(lawn, "Why is it wet?").to_json(), allow_nan=False))
    assert data["kind"] == "boolean" and data["compared"] is None
    assert data["reasons"][0].keys() >= {"text", "code", "contrast", "mcse", "given_true", "given_false", "role"}
    plain = asked(lawn, "Is it wet?")
    assert plain.why is None and plain.reasons == () and "reasons" not in plain.to_json()


def test_the_picture_has_figures_for_each_reason(lawn: World) -> None:
    text = str(asked(lawn, "Why is it wet?"))
    assert "reason" in text and "without" in text and "it is sprinkled" in text
    assert "understood as: Is it wet?" in text


def test_the_same_seed_gives_the_same_reasons(lawn: World) -> None:
    assert asked(lawn, "Why is it slippery?").reasons == asked(lawn, "Why is it slippery?").reasons


def test_a_question_with_a_supposition(lawn: World) -> None:
    found = asked(lawn, "If it is not rainy, why is it wet?")
    assert texts(found) == []  # then it is the sprinkler and nothing else: another word for the same


def test_a_question_that_asks_for_no_reason_is_refused_well(lawn: World) -> None:
    with pytest.raises(PlotError, match="something is missing"):
        asked(lawn, "Why?")
    with pytest.raises(PlotError, match="one thing at a time"):
        asked(World.load("tugofwar"), "Why is Tom or Sue stronger?")


def test_of_one_meaning_that_several_translators_found_the_grammars_candidates_are_taken() -> None:
    candidate = Candidate("it rains", "rain", "it does not rain", "not rain")
    own = Reading("question", "query(wet)\n", 0.2, reasons=(candidate,))
    merged = Reading("question", "query(wet)\n", 1.0, "model", merged=(own,))
    found = asking_why([merged])
    assert found is not None and found.reasons == (candidate,) and found.translator == "model"
    assert asking_why([replace(merged, merged=())]) is None


# -- the statistics ------------------------------------------------------------------------------------------


def drawn(seed: int, blocks: int = 32, each: int = 64, share: float = 0.5, with_: float = 0.8) -> Joint:
    """Return worlds in which the first is true with probability `with_` where the second is, and else with 0.3."""
    generator = torch.Generator().manual_seed(seed)
    cause = torch.rand(blocks * each, generator=generator) < share
    effect = torch.rand(blocks * each, generator=generator) < torch.where(cause, with_, 0.3)
    weights = torch.rand(blocks * each, generator=generator, dtype=torch.float64)
    return Joint(torch.stack([effect, cause]), weights / weights.sum(), blocks)


def test_the_error_of_a_contrast_is_as_large_as_it_says() -> None:
    found = [sample.contrast(*sample.truths) for sample in map(drawn, range(200))]
    scaled = np.array([(one.value - 0.5) / one.mcse for one in found])
    low, high = sd_bounds(len(scaled))
    heavier = math.sqrt(31 / 29)  # the sd of a t distribution: an error from 32 blocks is one of 31 degrees of freedom
    assert abs(scaled.mean()) < Z / np.sqrt(len(scaled)) * heavier
    assert low < scaled.std() < high * heavier
    assert 2 * low > high * heavier, "half or twice the error would be found"


def test_where_nothing_varies_there_is_no_contrast() -> None:
    sample = drawn(1)
    always = torch.ones_like(sample.truths[0])
    assert not sample.contrast(sample.truths[0], always).above(LEAST, SURE)
    assert sample.chance(always) == JointEstimate(pytest.approx(1.0), sample.chance(always).mcse)


def test_what_may_be_less_probable_than_not_is_not_chosen() -> None:
    candidate = Candidate("it rains", "rain", "it does not rain", "not rain")
    for seed in range(20):  # where what is asked is so, the cause is as probable as not
        sample = drawn(seed, share=0.25, with_=0.9)
        assert sample.contrast(*sample.truths).above(LEAST, SURE)
        assert ReasonSelection([candidate], sample, sample, lambda _: True).reasons() == ()


def test_of_what_is_rare_more_worlds_are_looked_at() -> None:
    def found(chance: float) -> Tensor:
        problem = Problem(parse(f"wet = flip({chance})\n"), (), parse("query(wet)\n"))
        return joint(problem, [], Goal()).truths[0]

    assert found(0.5).numel() == found(1.0).numel() == BATCH
    rare = found(0.01)
    assert rare.numel() > BATCH and rare.sum() >= FEW


def test_what_does_not_decide_is_not_chosen() -> None:
    sample = drawn(2)
    candidate = Candidate("it rains", "rain", "it does not rain", "not rain")
    assert [one.text for one in ReasonSelection([candidate], sample, sample, lambda _: True).reasons()] == ["it rains"]
    assert ReasonSelection([candidate], sample, sample, lambda _: False).reasons() == ()
    turned = Joint(torch.stack([~sample.truths[0], sample.truths[1]]), sample.weights, sample.blocks)
    assert [one.code for one in ReasonSelection([candidate], turned, turned, lambda _: True).reasons()] == ["not rain"]
