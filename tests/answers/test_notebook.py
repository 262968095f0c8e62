"""What notebooks show: HTML that is well formed and escaped, charts in the colours of the page, text besides."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET

import pytest

from plot import Conversation, World
from plot.html import Rich, bars, scatter
from plot.inference import Goal

QUESTIONS = ["How strong is Tom?", "Is Tom stronger than John?", "Who is stronger?", "Who was lazy in the first match?"]


@pytest.fixture(scope="module")
def talk() -> Conversation:
    """A conversation in which one match was told."""
    talk = World.load("tugofwar").conversation(facts=False, goal=Goal(precision=0.05))
    talk.tell("Tom beat John.")
    return talk


@pytest.mark.parametrize("asked", QUESTIONS)
def test_answers_show_words_chart_reading_and_folded_diagnostics(asked: str, talk: Conversation) -> None:
    answer = talk.ask(asked)
    shown = answer._repr_mimebundle_()
    tree = ET.fromstring(shown["text/html"])
    texts = " ".join(tree.itertext())
    assert answer.answer in texts and "understood as: " in texts and "effective sample size" in texts
    assert tree.find("{http://www.w3.org/2000/svg}svg") is not None
    assert next(part.find("summary").text for part in tree.iter("details")) == "diagnostics"  # type: ignore[union-attr]
    assert shown["text/plain"] == str(answer) and answer.answer in repr(answer)


def test_the_rest_is_shown_too(talk: Conversation) -> None:
    for one, said in ((talk.world, "pull in teams"), (talk, "Tom beat John."), (talk.told[0], "100%")):
        assert isinstance(one, Rich)
        shown = one._repr_mimebundle_()
        assert said in " ".join(ET.fromstring(shown["text/html"]).itertext())
        assert shown["text/plain"] == str(one)
    assert ET.fromstring(talk.told[0].readings[0]._repr_html_()) is not None


def test_what_people_write_is_no_markup() -> None:
    shown = bars([("<script>&\x1b", 0.5, "50%")], '"><script>')
    assert "<script" not in shown and "\x1b" not in shown
    ET.fromstring(shown)


def test_charts_take_the_colours_of_the_page(talk: Conversation) -> None:
    for shown in (bars([("a", 0.2, "20%")], "a"), scatter([(0, 1), (2, 3)], "a", "b"), talk._repr_html_()):
        assert not re.search(r"(?:color|background|fill|stroke)(?:: ?|=\")(?:white|black|#fff|#000)", shown)
    lengths = [
        float(found)
        for found in re.findall(r'<rect [^>]*width="([\d.]+)"', bars([("a", 0.5, ""), ("b", 0.25, "")], ""))
    ]
    assert lengths[0] == pytest.approx(2 * lengths[1])
