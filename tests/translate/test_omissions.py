"""The attack by omission: a reading that drops part of what was said would win, since it is easier to satisfy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pytest

from plot.conversation import World
from plot.errors import PlotError
from plot.translate.base import Discourse, Reading
from plot.translate.grammar import Grammar
from plot.translate.mixture import Mixture, Stage, scheme_called
from plot.translate.omissions import disqualified

WORLD = World.load("tugofwar")
SAID = "Tom and Ann beat Sue, who is stronger than 100."
HONEST = 'condition(won_against(["tom", "ann"], ["sue"], 1) and strength("sue") > 100)'
ATTACKS = {
    "a name is left out": 'condition(won_against(["tom"], ["sue"], 1) and strength("sue") > 100)',
    "a figure is left out": 'condition(won_against(["tom", "ann"], ["sue"], 1))',
    "a tautology": 'condition(strength("sue") > 100 or not strength("sue") > 100 or strength("tom") > strength("ann"))',
}


@dataclass
class Says:
    name: str
    readings: Mapping[str, float]

    def translate(self, utterance: str, discourse: Discourse) -> tuple[Reading, ...]:
        if utterance != SAID:
            raise PlotError("not mine")
        names = ("tom", "ann", "sue")
        return tuple(
            Reading("observation", code, weight, self.name, names=names, events=1)
            for code, weight in self.readings.items()
        )


@pytest.mark.parametrize("attack", ATTACKS)
@pytest.mark.parametrize("mixed", [False, True])
def test_a_reading_that_leaves_something_out_is_disqualified(attack: str, mixed: bool) -> None:
    experts = (Says("honest", {HONEST: 1.0}), Says("attacker", {ATTACKS[attack]: 1.0}))
    translators = (Mixture((Stage(experts),), scheme_called("vote")),) if mixed else experts
    talk = WORLD.conversation(facts=False, translators=translators)
    (told,) = talk.translate(SAID)
    assert [reading.code.strip() for reading in told.readings] == [HONEST]


def test_the_attack_would_have_won() -> None:
    """Kept with equal weights, the posterior would be for the reading that is easier to satisfy."""
    easier = HONEST.replace('strength("sue") > 100', '(strength("sue") > 0 or 100 > 0)')
    talk = WORLD.conversation(facts=False, translators=(Says("both", {HONEST: 0.5, easier: 0.5}), Grammar()))
    talk.tell(SAID)
    asked = talk.ask("Is Sue stronger than Tom?")
    honest, dropped = (reading.posterior for reading in asked.utterances[0].readings)
    assert dropped > 0.9 > 0.1 > honest


def test_readings_of_different_people_are_both_kept() -> None:
    """Whom a pronoun means: neither reading uses more of the words than the other."""
    one = Reading("observation", 'condition(strength("tom") > 60)', names=("tom",))
    two = Reading("observation", 'condition(strength("ann") > 60)', names=("ann",))
    assert disqualified([one, two], "He is strong.") == [None, None]
    assert disqualified([one, two], "Tom told Ann that he is strong.") == [None, None]


@pytest.mark.parametrize(
    ("code", "fault"),
    [
        ('condition(strength("tom") > 62)', None),
        ('condition(strength("tom") > 0.62)', "it leaves out 62, which the utterance mentions"),
        ('condition(strength("tom") >= 63)', None),
        ('condition(strength("tom") > 50)', "it leaves out 62, which the utterance mentions"),
    ],
)
def test_a_figure_may_be_written_in_several_ways(code: str, fault: str | None) -> None:
    full = Reading("observation", 'condition(strength("tom") > 62)')
    found = disqualified([full, Reading("observation", code)], "Tom's strength is over 62.")
    assert (found[1].message if found[1] is not None else None) == fault
    assert found[0] is None
