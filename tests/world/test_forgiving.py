"""World files are read where their meaning is clear; elsewhere the message says what to write."""

from __future__ import annotations

import pytest

from plot.conversation import World
from plot.errors import PlotError
from plot.inference import Goal
from plot.quality.check import check_world

WORLD = """
name: pulling
model: |
  @mem
  def strength(player):
      mean = 50
      return normal(mean, 20)

  @mem
  def at_home(player, day):
      return flip(0.6)

  def won(one, other, match):
      return strength(one) > strength(other)
lexicon:
  names: players
  nouns: {player: {domain: players, person: true}, match: {event: true}}
  verbs:
    beat: {means: won(subject, object, event), also: [defeat]}
    stay in: {means: at_home(subject, 1)}
  adjectives:
    strong: {degree: strength(x), above: 60, also: [tough]}
"""
TESTS = """
tests:
  - {ask: Is Ann tougher than Bob?, given: [Ann stayed in.], expect: {probability: [0.4, 0.6]}}
  - {ask: Did Bob stay in?, expect: {probability: 0.5 to 0.7}}
  - {ask: How strong is Bob?, given: [Bob beat Ann.], expect: {mean: 58..65}}
"""


def test_a_file_with_commas_ranges_and_local_names_is_read() -> None:
    outcomes = check_world(World.parse(WORLD + TESTS), Goal())
    assert [one.detail for one in outcomes if not one.ok] == []


def test_a_range_that_is_missed_fails() -> None:
    world = World.parse(WORLD + "tests: [{ask: Did Bob stay in?, expect: {probability: 0.1 to 0.2}}]")
    assert [one.ok for one in check_world(world, Goal()) if one.kind == "test"] == [False]


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("mean = 50\n      return normal(mean, 20)", "max = 50\n      return max([max, 2])", "can't be redefined"),
        ("won(subject, object, event), also", "won(subject, object, also", "unknown key|never closed"),
        ("above: 60", "above: 60, degrees: {very: [1, 2]}", "expected a number"),
    ],
)
def test_what_is_not_clear_is_told(old: str, new: str, says: str) -> None:
    with pytest.raises(PlotError, match=says):
        World.parse(WORLD.replace(old, new))


def test_a_lexicon_refines_what_the_model_says() -> None:
    model = "model: |\n  @mem\n  def strength(player):\n      return normal(50, 20)\n"
    world = World.parse(f"name: w\n{model}lexicon:\n  adjectives: {{strong: {{above: 80, also: [mighty]}}}}")
    code = world.conversation().translate("Ann is mighty.")[0].readings[0].code
    assert code.strip() == 'condition(strength("ann") > 80)'


def test_what_draws_again_has_no_words() -> None:
    world = World.of_model("def mood(player):\n    return choice(['good', 'bad'])")
    with pytest.raises(PlotError):
        world.conversation().translate("Ann's mood is good.")
