"""The answer under each reading, by hand and in conversations; and the question that would help most."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping

import pytest
from click.testing import CliRunner

from plot.answers.ambiguity import Ambiguity, AnswerUnderReading, clarifying
from plot.cli import main
from plot.conversation import World
from plot.inference import Boolean, Choice, Goal, Number
from plot.testing import ReceivedRequest, ScriptedModel
from plot.translate.base import Discourse, Reading
from plot.translate.mixture import Mixture, Stage, scheme_called

WORLD = World.load("tugofwar")
TOM_WON, TOM_LOST = 'condition(won_against(["tom"], ["john"], 1))', 'condition(won_against(["john"], ["tom"], 1))'
TOM, JOHN = "Tom beat John.", "John beat Tom."


def boolean(probability: float, posterior: float = 0.5) -> AnswerUnderReading:
    return AnswerUnderReading(f"it is {probability}", posterior, "…", Boolean(probability, 0.0))


def number(mean: float, sd: float) -> AnswerUnderReading:
    return AnswerUnderReading(f"it is {mean}", 0.5, "…", Number(mean, sd, 0.0, (mean - sd, mean + sd), mean, ()))


def entropy(p: float) -> float:
    return -sum(q * math.log(q) for q in (p, 1 - p) if q > 0)


def test_the_gain_is_the_mutual_information_of_reading_and_answer() -> None:
    assert Ambiguity("x", (boolean(1.0), boolean(0.0))).gain == pytest.approx(math.log(2))
    assert Ambiguity("x", (boolean(0.3), boolean(0.3))).gain == 0.0
    found = Ambiguity("x", (boolean(0.9, 0.25), boolean(0.5, 0.75)))
    assert found.gain == pytest.approx(entropy(0.6) - 0.25 * entropy(0.9) - 0.75 * entropy(0.5))
    names = [AnswerUnderReading("r", 0.5, "…", Choice({one: 1.0}, {one: 0.0})) for one in ("tom", "mary")]
    assert Ambiguity("x", tuple(names)).gain == pytest.approx(math.log(2))
    assert Ambiguity("x", (number(0, 1), number(2, 1))).gain == pytest.approx(0.5 * math.log(2))
    assert Ambiguity("x", (number(1, 1), number(1, 1))).gain == 0.0


def test_far_apart_answers_are_flagged() -> None:
    assert Ambiguity("x", (boolean(0.9), boolean(0.5))).disagree
    assert not Ambiguity("x", (boolean(0.55), boolean(0.5))).disagree
    assert Ambiguity("x", (number(0, 1), number(2, 1))).disagree
    assert not Ambiguity("x", (number(0, 1), number(0.5, 1))).disagree


def test_the_question_is_about_what_tells_most() -> None:
    little, much = Ambiguity("a", (boolean(0.5), boolean(0.6))), Ambiguity("b", (boolean(0.1), boolean(0.9)))
    assert clarifying([little, much]) == "By “b”, do you mean (1) it is 0.1 or (2) it is 0.9?"
    assert clarifying([Ambiguity("a", (boolean(0.5), boolean(0.5)))]) is None
    assert clarifying([]) is None


class Says:
    """A translator that says that one of two won, with these weights, of one sentence."""

    def __init__(self, name: str, readings: Mapping[str, float]) -> None:
        self.name, self.readings = name, readings

    def translate(self, utterance: str, discourse: Discourse) -> tuple[Reading, ...]:
        return tuple(
            Reading("observation", code, weight, self.name, names=("tom", "john"), events=1)
            for code, weight in self.readings.items()
        )


@pytest.mark.parametrize("ensemble", ["weighted", "vote", "stacking"])
def test_readings_that_disagree_give_two_answers_and_a_question(ensemble: str) -> None:
    experts = (Says("a", {TOM_WON: 1.0}), Says("b", {TOM_LOST: 1.0}))
    talk = WORLD.conversation(facts=False, goal=Goal(precision=0.02))
    mixture = Mixture((Stage(experts),), scheme_called(ensemble))
    unclear = WORLD.conversation(facts=False, translators=(mixture,), goal=talk.goal)
    (told,) = unclear.translate("Tom and John had a match.")
    talk.add(told)
    answer = talk.ask("Is Tom stronger than John?", readings=True)
    assert answer.probability == pytest.approx(0.5, abs=0.1)
    assert answer.ambiguities is not None
    (found,) = answer.ambiguities
    assert {one.reading: one.marginal.probability > 0.6 for one in found.options} == {TOM: True, JOHN: False}  # type: ignore[union-attr]
    assert found.disagree
    assert answer.clarifying_question is not None
    assert "By “Tom and John had a match.”, do you mean" in answer.clarifying_question
    assert answer.to_json()["clarifying_question"] == answer.clarifying_question
    assert "clarifying question: By" in str(answer)
    assert talk.told == (told,), "nothing was added"
    plain = talk.ask("Is Tom stronger than John?")
    assert plain.ambiguities is None
    assert "clarifying_question" not in plain.to_json()


def test_what_does_not_bear_on_the_question_is_not_asked() -> None:
    talk = WORLD.conversation(facts=False, goal=Goal(precision=0.02))
    unclear = WORLD.conversation(facts=False, translators=(Says("a", {TOM_WON: 1.0, TOM_LOST: 1.0}),), goal=talk.goal)
    talk.add(unclear.translate("Tom and John had a match.")[0])
    answer = talk.ask("Is Ann stronger than Sue?", readings=True)
    assert answer.ambiguities is not None
    assert not answer.ambiguities[0].disagree
    assert answer.clarifying_question is None


@pytest.mark.parametrize("ensemble", ["weighted", "cascade", "ranking"])
def test_on_the_command_line(ensemble: str, monkeypatch: pytest.MonkeyPatch, tmp_path: object) -> None:
    for variable in ("PLOT_CACHE_DIR", "PLOT_CONFIG_DIR"):
        monkeypatch.setenv(variable, str(tmp_path))

    def reply(request: ReceivedRequest) -> str:
        return json.dumps({"code": TOM_WON if request.model == "a" else TOM_LOST})

    with ScriptedModel(reply, models=("a", "b")) as server:
        models = [
            "--model",
            "a",
            "--model",
            "b",
            "--base-url",
            server.base_url,
            "--samples",
            "1",
            "--ensemble",
            ensemble,
        ]
        unsure = ["--no-facts", "--no-memory", "--precision", "0.02", *models]
        asked = ["ask", "tugofwar", "Is Tom stronger than John?", "--given", "Tom and John had a close fight.", *unsure]
        found = CliRunner().invoke(main, [*asked, "--readings"])
        assert found.exit_code == 0, found.output
        disagree = ensemble != "cascade"  # whose first model was sure
        assert ("! the answer depends on which reading was meant" in found.output) == disagree
        assert ("clarifying question: By “Tom and John had a close fight.”, do you mean" in found.output) == disagree
        assert ("every utterance has a single reading" in found.output) != disagree
