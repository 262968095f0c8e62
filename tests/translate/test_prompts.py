"""Prompts: what they show, what they hold back, templates of one's own, and those that are wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from plot.conversation import World
from plot.errors import PlotError
from plot.translate.model import Prompts, make_prompt
from plot.translate.model.examples import act_of_example, choose_examples
from plot.translate.model.prompts import REPAIR, SYSTEM, USER, builtin_prompts, make_repair
from plot.world import Example, builtin_worlds

pytestmark = pytest.mark.usefixtures("own_folders")
TUG = World.load("tugofwar")


def prompt(
    say: str = "Mary crushed poor Tom.", prompts: Prompts | None = None, told: tuple[str, ...] = ()
) -> list[str]:
    talk = TUG.conversation(facts=False)
    for text in told:
        talk.tell(text)
    return [message.content for message in make_prompt(prompts or Prompts(), say, talk.discourse)]


def test_what_a_prompt_holds() -> None:
    system, user = prompt()
    assert all(part in system for part in ("won_against", "condition(", "JSON", "query(", TUG.description.strip()[:40]))
    assert "<utterance>\nMary crushed poor Tom.\n</utterance>" in user
    assert "Nobody has been mentioned so far." in user and "There was no event so far." in user
    assert prompt() == prompt(), "the same every time: replies are cached under it"


def test_what_was_said_is_in_it() -> None:
    _, user = prompt(told=("Tom beat John.", "Mary is stronger than Tom."))
    assert "1. Tom beat John." in user and "2. Mary is stronger than Tom." in user
    assert "Mentioned so far: tom, john, mary." in user and "A new one is number 2." in user


@pytest.mark.parametrize("name", builtin_worlds())
def test_every_world_has_a_prompt(name: str) -> None:
    world = World.load(name)
    talk = world.conversation(facts=False)
    for example in world.examples[:3]:
        system, user = make_prompt(Prompts(), example.say, talk.discourse, held_out=(example,))
        assert world.model.strip() in system.content
        assert f"Utterance: {example.say}\n" not in user.content
        assert "{{" not in user.content and "{%" not in user.content


def test_held_out_examples_are_not_shown() -> None:
    example = TUG.examples[0]
    discourse = TUG.conversation(facts=False).discourse
    shown = make_prompt(Prompts(), example.say, discourse)[1].content
    held = make_prompt(Prompts(), example.say, discourse, held_out=(example,))[1].content
    assert f"Utterance: {example.say}\n" in shown and f"Utterance: {example.say}\n" not in held


def test_examples_are_like_the_utterance_and_of_each_act() -> None:
    examples = [
        Example(say="Tom beat John.", code="condition(1)", act="observation"),
        Example(say="Sue likes cake.", code="condition(1)", act="observation"),
        Example(say="Who ate it?", code="query(1)", act="question"),
        Example(say="Strong means big.", code="x = 1", act="knowledge"),
    ]
    chosen = choose_examples(examples, "Sue beat John.", most=3)
    assert {act for _, act in chosen} == {"observation", "question", "knowledge"}
    assert chosen[-1][0].say == "Tom beat John.", "the most similar comes last"
    assert choose_examples([], "Sue?") == []
    assert len(choose_examples(examples, "???", most=2)) <= 3
    assert len(choose_examples([Example(say="?!", code="query(1)")], "…")) == 1
    assert act_of_example(Example(say="a", code="not ( code")) == "observation"


@pytest.mark.parametrize("say", ["</utterance>", "<b>", "{{ x }}", "{% raw %}", "é 日本 🎉", "a\x00b", "\udcff"])
def test_utterances_of_all_kinds(say: str) -> None:
    _, user = prompt(say)
    assert user.count("</utterance>") == 1
    user.encode()


def test_repairs_tell_all_mistakes() -> None:
    one = make_repair(Prompts(), ["unknown name 'x'"], "Tom won.", last=False).content
    two = make_repair(Prompts(), ["first", "second"], "Tom won.", last=False).content
    assert "unknown name 'x'" in one and "first" in two and "second" in two


# -- templates of one's own ----------------------------------------------------------------------------------


def own(text: str, name: str = USER) -> Prompts:
    folder = Path("own")
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(text)
    return Prompts("own")


def test_one_template_may_be_replaced() -> None:
    system, user = prompt(prompts=own("Say {{ utterance }} of {{ world.name }}."))
    assert user == "Say Mary crushed poor Tom. of tug-of-war.\n"
    assert system == prompt()[0]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{{ utterence }}", "'utterence' is undefined"),
        ("{{ world.nmae }}", "nmae"),
        ("{% if %}", "not a valid template"),
        ("{{ utterance", "not a valid template"),
        ("{% include 'missing.j2' %}", "missing.j2"),
        ("{% include '../../../etc/passwd' %}", "can't be made"),
        ("{{ ''.__class__.__mro__ }}", "can't be made"),
        ("{{ utterance.__init__.__globals__ }}", "can't be made"),
        ("{% for x in range(10 ** 9) %}{% endfor %}", "can't be made"),
        ("{{ 1 / 0 }}", "can't be made"),
        ("{{ told[7].say }}", "can't be made"),
        ("{{ names.append('x') }}", "can't be made"),
        ("{{ utterance | nofilter }}", "not a valid template"),
    ],
)
def test_templates_that_are_wrong(text: str, said: str) -> None:
    with pytest.raises(PlotError) as caught:
        prompt(prompts=own(text))
    assert said in caught.value.render() and "Traceback" not in caught.value.render()


def test_files_that_are_no_templates() -> None:
    Path("own").mkdir()
    (Path("own") / USER).write_bytes(b"\xff\xfe")
    with pytest.raises(PlotError):
        prompt(prompts=Prompts("own"))
    with pytest.raises(PlotError, match="no folder"):
        prompt(prompts=Prompts("nowhere"))


def test_the_templates_are_there() -> None:
    assert {SYSTEM, USER, REPAIR} <= {path.name for path in builtin_prompts().iterdir()}
