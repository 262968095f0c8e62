"""Transcripts: what is written down is read again, replayed, and never run."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plot import PlotError, World
from plot.conversation import Conversation
from plot.errors import PlotErrors
from plot.text import clean
from plot.translate.base import Reading, Told
from plot.translate.grammar import Grammar
from plot.translate.stages import Cascade
from plot.ways.session import begun, resumed
from plot.ways.transcript import RecordedReadings, Transcript, Turn, parsed, read

SAID = st.text(min_size=1).map(clean).filter(bool)
TOLD = st.builds(
    lambda say, code, weight, name: Told(
        say, "observation", (Reading("observation", f"condition({code})", weight, "a model", None, (name,), 1),)
    ),
    SAID,
    st.sampled_from(["True", "x > 1", 'f("---") == 2', '"```" == y']),
    st.sampled_from([1.0, 0.25]),
    SAID,
)
SHOWN = st.sampled_from(["## tell", "> no", "```", "---", "", "a  b"])
ENTRIES = st.one_of(
    st.builds(
        Turn,
        st.sampled_from(["tell", "suppose"]),
        SAID,
        st.lists(SAID, max_size=2).map(tuple),
        st.dictionaries(st.integers(0, 5), TOLD, max_size=2),
    ),
    st.builds(
        Turn,
        st.just("ask"),
        SAID,
        st.lists(st.sampled_from(["## tell", "> no", "```", "---", "", "a  b"])).map(tuple),
    ),
    st.just(Turn("undo")),
)


def start(world: str, facts: bool, recorded: RecordedReadings) -> Conversation:
    return World.load(world).conversation(facts=facts, translators=[Cascade(((recorded,), (Grammar(),)))])


@given(SAID, st.booleans(), st.lists(ENTRIES, max_size=4))
def test_what_is_written_down_is_read_again(world: str, facts: bool, entries: list[Turn]) -> None:
    made = Transcript(world, facts, tuple(entries))
    found = parsed(made.text)
    assert (found.world, found.facts) == (world, facts)
    assert [(one.what, one.say, one.told) for one in found.entries] == [
        (one.what, one.say, one.told) for one in entries
    ]
    for one, before in zip(found.entries, entries, strict=True):
        assert [line for line in one.shown if line] == [line for line in before.shown if line]


def test_a_session_goes_on_as_if_it_had_never_ended(tmp_path: Path) -> None:
    file = tmp_path / "inner" / "talk.md"
    session = begun("tugofwar", False, start, [file])
    session.tell("Tom beat John. John beat Sue.")
    session.tell("John is lazy in the first match.", "suppose")
    assert session.supposing
    session.undo()
    session.tell("Ann beat Tom.", "suppose")
    answer = session.ask("Who is stronger, Tom or John?")
    assert file.stat().st_mode & 0o077 == 0
    again = resumed(read(file), start, [file])
    assert again.talk.discourse == session.talk.discourse and again.notes == [] and again.supposing
    assert again.ask("Who is stronger, Tom or John?").distribution == answer.distribution
    assert [told.say for told in again.undo()] == ["Ann beat Tom."]
    assert not again.supposing
    assert resumed(read(file), start).talk.discourse == again.talk.discourse


class Model:
    """A translator that reads what the grammar can't."""

    name = "a model"

    def translate(self, utterance: str, discourse: object) -> tuple[Reading, ...]:
        if "crushed" not in utterance:
            raise PlotError("not understood")
        code = 'condition(won_against(["mary"], ["tom"], {}))'
        return tuple(
            Reading("observation", code.format(event), weight, self.name, "Mary won.", ("mary", "tom"), event)
            for event, weight in ((1, 0.75), (2, 0.25))
        )


def test_readings_of_models_are_replayed_without_the_model(tmp_path: Path) -> None:
    file = tmp_path / "talk.md"

    def with_model(world: str, facts: bool, recorded: RecordedReadings) -> Conversation:
        return World.load(world).conversation(facts=facts, translators=[Cascade(((Grammar(),), (Model(),)))])

    session = begun("tugofwar", False, with_model, [file])
    session.tell("Tom beat John. Mary crushed poor Tom.")
    again = resumed(read(file), start)
    assert again.talk.program() == session.talk.program()
    assert [one.weight for one in again.talk.told[1].readings] == [0.75, 0.25]
    with pytest.raises(PlotError):  # they are known at their place only
        again.tell("Mary crushed poor Tom.")


HEAD = "---\nformat: 1\nworld: tugofwar\nfacts: false\n---\n"
EVIL = '{"sentence": 0, "say": "Hi there.", "act": "observation", "readings": [%s]}'
FIELDS = '"weight": 1, "translator": "x", "paraphrase": null, "names": [], "events": 0, "ignored": [], "assumed": []'


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "no transcript"),
        ("# Notes\n", "no transcript"),
        ("---\nformat: 2\nworld: tugofwar\n---\n", "is in format 2"),
        ("---\nformat: 1\n---\n", "names its world"),
        ("---\nworld: [1, 2]\n---\n", "names its world"),
        ("---\n- 1\n---\n", "begins with keys"),
        (f"{HEAD}\n## run\n\n> rm\n", "is nothing that is done"),
        (f"{HEAD}\n## tell\n\n    nothing\n", "there is nothing to tell"),
        (f"{HEAD}\n## tell\n\n> Hi there.\n\n```json readings\n{{\n```\n", "readings can't be read"),
        (f"{HEAD}\n## tell\n\n> Hi there.\n\n```json readings\n{EVIL % '{}'}\n```\n", "readings can't be read"),
        (f"{HEAD}\n## tell\n\n> Tom beats.\n", "line 9|Tom beats"),
        (f"{HEAD}\n## undo\n", "nothing to undo"),
        ("---\nworld: nowhere\n---\n", "there is no world"),
    ],
)
def test_what_is_no_transcript_is_refused(text: str, message: str) -> None:
    with pytest.raises(PlotError, match=message):
        resumed(parsed(text, "talk.md"), start)


@pytest.mark.parametrize("code", ["import os", "__import__('os')", "open('/etc/passwd')", "condition(nowhere(1))"])
def test_the_code_of_a_transcript_is_checked(code: str) -> None:
    evil = EVIL % f'{{"code": "{code}", {FIELDS}}}'
    with pytest.raises((PlotError, PlotErrors)):
        resumed(parsed(f"{HEAD}\n## tell\n\n> Hi there.\n\n```json readings\n{evil}\n```\n"), start)


def test_what_is_understood_otherwise_now_is_told() -> None:
    session = resumed(parsed(f"{HEAD}\n## tell\n\n> Tom beat John.\n\n    understood as: John beat Tom.\n"), start)
    assert "was understood otherwise before: understood as: John beat Tom." in session.notes[0]
