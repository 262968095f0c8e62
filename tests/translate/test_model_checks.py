"""What an examiner of a model's replies refuses and lets through, one reply at a time."""

from __future__ import annotations

import pytest

from plot.conversation import World
from plot.translate.grammar import Grammar
from plot.translate.model import trial
from plot.translate.model.examine import Examiner, Verdict
from plot.translate.model.reply import Reply
from plot.translate.model.trial import kinds_asked


def verdict(world: str, say: str, code: str, *given: str) -> Verdict:
    told = World.load(world)
    talk = told.conversation(facts=False, translators=(Grammar(),))
    for said in given:
        talk.tell(said)
    return Examiner(say, talk.discourse, "a model", budget=told.budget).examine(Reply(code=code))


def refused(world: str, say: str, code: str, *given: str) -> str:
    found = verdict(world, say, code, *given)
    assert not found.readings
    (mistake,) = found.mistakes
    return mistake


def passes(world: str, say: str, code: str, *given: str) -> bool:
    found = verdict(world, say, code, *given)
    return bool(found.readings) and not found.mistakes and not found.doubts


def rule(event: str, chance: str, when: str | None = None) -> str:
    return (
        f'rules = rules + [{{"event": "{event}", "chance": {chance}, "general": {when is None}, '
        f'"when": lambda event: {when or "True"}}}]'
    )


@pytest.mark.parametrize(
    ("code", "why"),
    [
        ('rules = rules + [{"event": "green", "probability": 0.3}]', "has no field 'general'"),
        (rule("green", "30"), "must be a probability between 0 and 1, not 30"),
        (rule("green", "0.3", 'happens("green")'), "over the budget of depth"),
    ],
)
def test_a_rule_is_tried_and_not_only_added(code: str, why: str) -> None:
    assert why in refused("bayesnet", "Green has a thirty percent chance.", code)


def test_a_rule_that_goes_round_in_a_circle_with_one_told_before_is_refused() -> None:
    before = "If there is rain, the probability of traffic is 80%."
    say = "Where there is traffic, rain is at ninety percent."
    assert "over the budget of depth" in refused("bayesnet", say, rule("rain", "0.9", 'happens("traffic")'), before)


def test_a_rule_as_it_should_be_passes() -> None:
    assert passes("bayesnet", "Green has a thirty percent chance.", rule("green", "0.3"))


def test_a_mistake_in_the_code_of_the_world_does_not_tell_where_its_file_lies() -> None:
    mistake = refused("kinship", "Blake and Dana are siblings.", 'condition(sibling("blake", "dana"))')
    assert "at the world “kinship”, line" in mistake
    assert ".yaml" not in mistake
    assert "what does your code call it with?" in mistake


def test_a_variable_of_the_world_is_not_replaced_by_what_is_made_of_it() -> None:
    say = "Had the push been twice as strong, would they have met?"
    assert "belongs to the world" in refused("collisions", say, 'push = push * 2\nquery(hits("red", "blue"))')
    assert passes("collisions", say, 'do(push, push * 2)\nquery(hits("red", "blue"))')


def test_where_may_ask_for_a_number() -> None:
    assert passes("collisions", "Where does the red thing end up?", 'query(motion("red").position)')
    assert kinds_asked("Where is Alex?") == {"choice", "set", "number"}


@pytest.mark.parametrize(
    "code",
    [
        'query(first([x for x in parents(person("blake")) if not male(x)]))',
        'query([x for x in parents(person("blake")) if not male(x)])',
    ],
)
def test_who_does_not_ask_for_the_numbers_of_individuals(code: str) -> None:
    assert "hint: what answers call x is called(x)" in refused("kinship", "Who is Blake's mother?", code)


def test_who_asks_for_names() -> None:
    code = 'query([called(x) for x in parents(person("blake")) if not male(x)])'
    assert passes("kinship", "Who is Blake's mother?", code)


def test_which_does_not_ask_for_truth_values() -> None:
    before = ("Bob likes pizza.", "Ann likes sushi.")
    code = "query([rides(x) for x in people])"
    assert "this queries a list of truth values" in refused("lunch", "Which of them cycled?", code, *before)
    assert passes("lunch", "Which of them cycled?", "query([x for x in people if rides(x)])", *before)


def test_how_did_does_not_ask_for_a_number() -> None:
    assert passes("lunch", "How did Gabe get to lunch?", 'query(rides("gabe"))')
    assert kinds_asked("How is Tom related to Ann?") == kinds_asked("How will it end?") == frozenset()
    assert kinds_asked("How isolated is Tom?") == kinds_asked("How many are there?") == {"number"}


@pytest.mark.parametrize("code", ['condition(abs(motion("blue").after) == 1.4)', 'condition(4 == mass("red"))'])
def test_what_varies_continuously_is_not_just_so_much(code: str) -> None:
    mistake = refused("collisions", "It was 1.4, or 4.", code)
    assert "varies continuously: in no world is it exactly" in mistake
    assert "observe(normal(" in mistake


def test_what_is_whole_may_be_just_so_much() -> None:
    assert passes("collisions", "There is one collision.", "condition(len(collisions) == 1)")


def test_a_condition_that_no_world_was_found_for_is_in_doubt(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trial, "SECONDS", 0.1)  # a quick machine may come so far as to call it impossible in more
    charlie, dana = 'person("charlie")', 'person("dana")'
    code = f"condition(grandparent({charlie}, {dana}) and parents_sibling({charlie}, {dana}))"
    found = verdict("kinship", "Charlie, though Dana's grandparent, is a sibling of Dana's parent.", code)
    (doubt,) = found.doubts
    assert found.readings
    assert not found.mistakes
    assert "no world was found in which this condition is true" in doubt


@pytest.mark.parametrize(
    "code",
    [
        "condition(all([not healthy(x) for x in patients]))",
        "condition(any([not healthy(x) for x in patients]))",
    ],
)
def test_what_is_said_of_all_who_were_mentioned_may_come_before_anyone_is(code: str) -> None:
    assert passes("clinic", "They are ill.", code)


def test_who_may_be_asked_before_anyone_is_mentioned() -> None:
    assert passes("clinic", "Who is ill?", "query([x for x in patients if not healthy(x)])")


def test_what_a_question_presumes_has_to_be_possible() -> None:
    say = "If Ann has a cold, will she recover?"
    wrong = 'condition(cough("ann") == "cold")\nquery(recovered("ann"))'
    assert "no world was found" in refused("clinic", say, wrong)
    assert passes("clinic", say, 'condition(infection("ann") == "cold")\nquery(recovered("ann"))')


def test_what_a_question_presumes_may_be_so_in_every_world() -> None:
    code = 'condition(mass("red") > 0)\nquery(mass("red"))'
    assert passes("collisions", "How heavy is red?", code)


@pytest.mark.parametrize("code", ["condition(flip(0.8))", "observe(normal(uniform(0, 1), 1), 0.5)"])
def test_chance_that_has_to_do_with_nothing_is_refused(code: str) -> None:
    assert "this says nothing about the world" in refused("clinic", "Ann probably has the flu.", code)


def test_an_answer_is_not_drawn_anew() -> None:
    assert "this says nothing about the world" in refused("collisions", "How heavy is red?", "query(normal(5, 3))")


@pytest.mark.parametrize("name", ["everyone", "nobody", "she"])
def test_pronouns_are_no_names(name: str) -> None:
    mistake = refused("clinic", "Nobody but she, and everyone, is ill.", f'condition(not healthy("{name}"))')
    assert f"'{name}' is not the name of anyone" in mistake


def test_what_is_so_of_all_whoever_they_are_says_nothing() -> None:
    code = "condition(all([healthy(x) or not healthy(x) for x in patients]))"
    assert "true in every world" in refused("clinic", "They are ill or not.", code)
