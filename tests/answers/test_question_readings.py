"""A question of several readings: each is answered under the same told facts, none is weighed by what it supposes."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from plot import World
from plot.answers import Answer
from plot.translate.base import Act, Discourse, Reading

# P(wet) = 0.1 · 0.9 + 0.9 · 0.2 = 0.27, and P(rain | wet) = 0.09 / 0.27 = 1/3.
MODEL = "rain = flip(0.1)\nwet = flip(0.9) if rain else flip(0.2)\n"
WORLD = World.parse(
    f"name: garden\ndescription: Rain and a lawn.\nmodel: |\n  {MODEL.replace(chr(10), chr(10) + '  ')}\n"
    "lexicon: {derived: false}"
)
SUPPOSED, PLAIN = "condition(rain)\nquery(wet)", "query(wet)"


class Says:
    """A translator that gives these readings, with their weights, to anything that is said."""

    name = "scripted"

    def __init__(self, act: Act, readings: Mapping[str, float]) -> None:
        self.act, self.readings = act, readings

    def translate(self, utterance: str, discourse: Discourse) -> tuple[Reading, ...]:
        return tuple(Reading(self.act, code, weight, self.name) for code, weight in self.readings.items())


def asked(readings: Mapping[str, float], *, told: Mapping[str, float] | None = None, under: bool = False) -> Answer:
    """Return the answer to a question of these readings."""
    talk = WORLD.conversation(facts=False, translators=(Says("question", readings),))
    if told is not None:
        teller = WORLD.conversation(facts=False, translators=(Says("observation", told),))
        talk.add(teller.translate("Something was told.")[0])
    return talk.ask("Is it wet?", readings=under)


def test_the_likeliest_is_the_headline_and_the_others_are_shown() -> None:
    answer = asked({SUPPOSED: 0.6, PLAIN: 0.4})
    assert answer.probability == pytest.approx(0.9), "not the mean of 0.9 and 0.27"
    (other,) = answer.alternatives
    assert other.answer is not None
    assert other.answer.probability == pytest.approx(0.27)


def test_a_reading_is_not_weighed_by_its_own_supposition() -> None:
    """If it were, the supposing reading would have 0.6 · 0.1 / (0.6 · 0.1 + 0.4) = 13%."""
    answer = asked({SUPPOSED: 0.6, PLAIN: 0.4})
    assert [held.posterior for held in answer.utterances[-1].readings] == pytest.approx([0.6, 0.4])
    assert answer.alternatives[0].reading.posterior == pytest.approx(0.4)


@pytest.mark.parametrize("first", [0.7, 0.3])
def test_both_are_answered_under_what_was_told(first: float) -> None:
    told = {"condition(wet)": 1.0}
    answer = asked({"query(rain)": first, "query(not rain)": 1 - first}, told=told)
    headline = 1 / 3 if first > 0.5 else 2 / 3
    assert answer.probability == pytest.approx(headline)
    assert answer.alternatives[0].answer is not None
    assert answer.alternatives[0].answer.probability == pytest.approx(1 - headline)


def test_readings_of_what_was_told_stay_latent() -> None:
    """P(wet) = 0.27 and P(not wet) = 0.73 weigh them: 0.5 · 0.27 / (0.5 · 0.27 + 0.5 · 0.73)."""
    told = {"condition(wet)": 0.5, "condition(not wet)": 0.5}
    answer = asked({"query(rain)": 0.6, "query(wet)": 0.4}, told=told)
    posterior = {held.code.strip(): held.posterior for held in answer.utterances[0].readings}
    assert posterior == pytest.approx({"condition(wet)": 0.27, "condition(not wet)": 0.73})
    assert answer.probability == pytest.approx(0.1)


def test_a_supposition_that_cannot_be_leaves_the_others() -> None:
    answer = asked({PLAIN: 0.7, "condition(rain and not rain)\nquery(wet)": 0.3})
    assert answer.probability == pytest.approx(0.27)
    (other,) = answer.alternatives
    assert other.answer is None
    assert other.failed
    assert other.failed in " ".join(str(answer).split())


def test_an_intervention_may_be_one_of_several_readings() -> None:
    answer = asked({"condition(wet)\nquery(rain)": 0.6, "do(wet, True)\nquery(rain)": 0.4})
    assert answer.probability == pytest.approx(1 / 3)
    assert answer.alternatives[0].answer is not None
    assert answer.alternatives[0].answer.probability == pytest.approx(0.1)


def test_they_are_shown_and_are_in_json() -> None:
    answer = asked({SUPPOSED: 0.6, PLAIN: 0.4})
    text = " ".join(str(answer).split())
    assert "this reading has a probability of 60%; it may also mean: 40% What is wet? (literally)" in text
    assert "Probably no: 27%" in text
    (other,) = answer.to_json()["alternatives"]  # type: ignore[union-attr]
    assert other["probability"] == pytest.approx(0.27)  # type: ignore[index,call-overload]
    assert other["code"].strip() == PLAIN  # type: ignore[index,call-overload,union-attr]


def test_asking_for_all_readings_uses_the_same_answers() -> None:
    answer = asked({SUPPOSED: 0.6, PLAIN: 0.4}, under=True)
    assert answer.ambiguities is not None
    (found,) = answer.ambiguities
    assert [one.posterior for one in found.options] == pytest.approx([0.6, 0.4])
    assert [one.marginal.probability for one in found.options] == pytest.approx([0.9, 0.27])  # type: ignore[union-attr]
    assert answer.clarifying_question is not None


def test_one_reading_has_no_alternatives() -> None:
    answer = asked({PLAIN: 1.0})
    assert answer.alternatives == ()
    assert answer.to_json()["alternatives"] == []
    assert "may also mean" not in str(answer)
