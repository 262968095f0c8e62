"""Events that readings speak of, utterances that say nothing of a world, and translations that are in doubt."""

from __future__ import annotations

from typing import Any

import pytest

from plot.conversation import Conversation, World
from plot.errors import PlotError
from plot.language import parse
from plot.llm import Client
from plot.llm.store import Store
from plot.testing import ReceivedRequest, ScriptedModel
from plot.translate import Cascade, Grammar, LanguageModel
from plot.translate.model.events import events_in, new_events
from plot.translate.model.examine import Examiner, Verdict, prior_of
from plot.translate.model.reply import Reply
from tests.llm.helpers import entry, reply

pytestmark = pytest.mark.usefixtures("own_folders", "quick")
TUG = World.load("tugofwar")
THRASHED = "def thrashed(a, b, m):\n    return won_against(a, b, m)\n"


@pytest.mark.parametrize(
    ("code", "events"),
    [
        ('condition(won_against(["tom"], ["john"], 1))', {1}),
        (f'{THRASHED}condition(thrashed(["tom"], ["john"], 2))', {2}),
        ('condition(all([won_against(["tom"], ["john"], m) for m in [1, 2]]))', {1, 2}),
        ('condition(all([won_against(["tom"], ["john"], m) for m in range(2, 5)]))', {2, 3, 4}),
        ('condition(sum([pulling(p, 2) for p in ["tom"]]) > pulling("john", 2))', {2}),
        ('m = 1 + 2\ncondition(won_against(["tom"], ["john"], m))', {3}),
        ('observe(normal(pulling("tom", 2), 1), 60)', {2}),
        ('for m in [2, 3]:\n    condition(lazy("tom", m))', {2, 3}),
        ('query(any([lazy("tom", m) for m in range(1, 3)]))', {1, 2}),
        ('query(argmax(lambda p: pulling(p, 4), ["tom", "john"]))', {4}),
        ('m = randint(2, 3)\ncondition(lazy("tom", m))', {2, 3}),
        ('condition(strength("tom") > 60)', set()),
        ("query(mean([strength(p) for p in players]))", set()),
    ],
)
def test_events_are_counted_by_evaluation(code: str, events: set[int]) -> None:
    talk = TUG.conversation(facts=False)
    talk.tell("Tom beat John.")
    found = events_in(prior_of(talk.discourse), parse(code), TUG.lexicon)
    assert set(found) == events
    assert new_events(found, talk.discourse.events) == max(0, max(events, default=0) - 1)


def verdict(say: str, code: str, *given: str, **more: Any) -> Verdict:
    talk = TUG.conversation(facts=False)
    for said in given:
        talk.tell(said)
    return Examiner(say, talk.discourse, "a model").examine(Reply(code=code, **more))


def test_a_fact_that_puts_others_into_a_known_event_is_doubted() -> None:
    code = 'condition(won_against(["mary"], ["sue"], %d))'
    (doubt,) = verdict("Mary thrashed Sue.", code % 1, "Tom beat John.").doubts
    assert "event 1 was told of with john and tom" in doubt and "a new event is number 2" in doubt
    assert not verdict("Mary thrashed Sue.", code % 2, "Tom beat John.").doubts
    assert not verdict("Tom dogged it in that match.", 'condition(lazy("tom", 1))', "Tom beat John.").doubts
    asked = 'query(won_against(["mary"], ["sue"], 1))'
    assert not verdict("Would Mary thrash Sue?", asked, "Tom beat John.").doubts


# -- what says nothing, and what is in doubt -----------------------------------------------------------------

LUCKY = reply('condition(strength("tom") > 60)', paraphrase="Tom is strong.", unsure=True, left_out=["lucky"])
SAID = {
    "sun": reply("", "nothing", paraphrase="the weather is no part of this world"),
    "lucky": LUCKY,
    "crushed": reply('condition(won_against(["mary"], ["tom"], 1))'),
}


def speak(request: ReceivedRequest) -> Any:
    utterance = request.last_text.rpartition("<utterance>\n")[2]
    return next(said for word, said in SAID.items() if word in utterance)


@pytest.fixture
def talk() -> Any:
    with ScriptedModel(speak) as server, Client(store=Store(), cache=False) as client:
        model = LanguageModel(entry(server), client)
        yield TUG.conversation(facts=False, translators=(Cascade(((Grammar(),), (model,))),))


def test_scenery_is_passed_over_and_shown(talk: Conversation) -> None:
    scenery, fact = talk.tell("The sun was shining over the meadow. Mary crushed poor Tom.")
    assert (scenery.act, fact.act) == ("nothing", "observation")
    assert fact.readings[0].events == 1 and talk.discourse.events == 1
    answer = talk.ask("Is Mary stronger than Tom?")
    assert answer.probability is not None and answer.probability > 0.5
    assert "nothing about this world" in str(answer) and "the weather is no part of this world" in str(answer)
    first = answer.to_json()["utterances"][0]
    assert (first["act"], first["readings"][0]["own_words"]) == ("nothing", "the weather is no part of this world")


def test_a_doubtful_statement_is_no_hard_condition(talk: Conversation) -> None:
    (told,) = talk.tell("Perhaps Tom was lucky all along.")
    assert [(one.act, one.weight) for one in told.readings] == [("observation", 0.5), ("nothing", 0.5)]
    answer = talk.ask("How strong is Tom?")
    assert answer.mean is not None and 50 < answer.mean < 60
    assert any("is unsure what “Perhaps Tom was lucky all along.” means" in text for text in answer.warnings)
    assert any("“lucky” says nothing in this world" in text for text in answer.warnings)


def test_what_says_nothing_must_say_why_and_what_names_someone_is_doubted() -> None:
    for wrong in ({"act": "nothing"}, {"act": "nothing", "code": "query(1)", "paraphrase": "no"}, {"code": " "}):
        with pytest.raises(ValueError, match=r"code|why"):
            Reply.model_validate(wrong)
    found = verdict("Tom beat John.", "", act="nothing", paraphrase="a remark")
    assert found.readings and "speaks of John" in found.doubts[0]
    assert verdict("What a day?", "", act="nothing", paraphrase="a remark").mistakes


def test_no_model_that_can_be_asked_is_still_an_error() -> None:
    with ScriptedModel([]) as server, Client(store=Store(), cache=False) as client:
        talk = TUG.conversation(translators=(LanguageModel(entry(server, retries=0), client),), facts=False)
        with pytest.raises(PlotError, match="script ended"):
            talk.tell("The sun was shining over the meadow.")


def test_examples_for_models_only_are_valid() -> None:
    world = World.load("bayesnet")
    assert len(world.model_examples) >= 3
    for example in world.model_examples:
        talk = world.conversation(facts=False)
        if example.given and example.given[0].startswith("The season"):
            talk = _told(world, example.given[0])
        else:
            for said in example.given:
                talk.tell(said)
        found = Examiner(example.say, talk.discourse, "a model").examine(Reply(code=example.code, act=example.act))
        assert found.readings and not found.mistakes, (example.say, found.mistakes)


def _told(world: World, say: str) -> Conversation:
    """Return a conversation in which an utterance of another example has been told."""
    code = next(one.code for one in world.model_examples if one.say == say)
    with ScriptedModel([reply(code, "knowledge")]) as server, Client(store=Store(), cache=False) as client:
        talk = world.conversation(facts=False, translators=(LanguageModel(entry(server), client),))
        talk.tell(say)
    return talk
