"""Names and numbers are no evidence of a world; words are, also at the beginning of a sentence."""

from __future__ import annotations

import pytest

from plot.errors import PlotError
from plot.routing import Learned
from plot.routing.normalise import COMMON, Normaliser


@pytest.mark.parametrize(
    ("said", "text"),
    [
        ("Tom beat John.", "§ beat §"),
        ("Did Avery beat Blake?", "did § beat §"),
        ("Mary Ann Smith is Kyle’s aunt", "§ is § 's aunt"),
        ("Mugs are red.", "mugs are red"),
        ("Gabe was biking East on Barlow Street.", "§ was biking east on barlow street"),
        ("The mass is 4.5 kg, not 1,000.", "the mass is # kg not #"),
        ("Will Sue win? Grace might.", "will § win § might"),
        ("I think so.", "i think so"),
        ("", ""),
        ("?!…", ""),
    ],
)
def test_names_and_numbers_become_placeholders(learned: Learned, said: str, text: str) -> None:
    assert learned.plain.text(said) == text


def test_the_name_of_a_person_is_a_name_though_it_is_a_word_too() -> None:
    plain = Normaliser(frozenset(COMMON | {"beat"}), frozenset())
    assert plain.text("Ann beat Grace.") == "§ beat §"
    assert plain.text("Will Ann win?") == "will § win"


def test_a_text_that_is_far_too_long_is_refused(learned: Learned) -> None:
    with pytest.raises(PlotError, match="too long"):
        learned.route(["beat " * 10_000])
