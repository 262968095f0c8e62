"""How worlds and programs name modules: functions known where they are used, clear refusals elsewhere."""

from __future__ import annotations

import pytest

from plot import World
from plot.errors import PlotError
from plot.language import card
from plot.modules import ALL, load_modules
from plot.program import Program

MODEL = 'model: |\n  m = uniform(1, 2)\n  out = slide([{"position": 0, "mass": m}])\n'


def test_a_world_names_the_modules_whose_functions_it_calls() -> None:
    world = World.parse(f"name: one\nmodules: [physics]\n{MODEL}")
    assert world.modules == ("physics",)


def test_a_function_of_a_module_that_is_not_named_is_unknown_and_the_hint_names_the_module() -> None:
    with pytest.raises(PlotError) as caught:
        World.parse(f"name: one\n{MODEL}")
    assert "unknown name 'slide'" in caught.value.message
    assert "modules: [physics]" in str(caught.value)


def test_a_module_that_does_not_exist_is_refused_at_its_line() -> None:
    with pytest.raises(PlotError) as caught:
        World.parse(f"name: one\nmodules: [phisics]\n{MODEL}")
    assert caught.value.message == "there is no module 'phisics'"
    assert caught.value.span is not None and caught.value.span.line == 2


def test_names_of_a_module_that_is_used_cannot_be_redefined() -> None:
    with pytest.raises(PlotError, match="'slide' is a function of the module physics and can't be redefined"):
        World.parse("name: one\nmodules: [physics]\nmodel: |\n  def slide(x):\n      return flip()\n")
    assert World.parse("name: one\nmodel: |\n  def slide(x):\n      return flip()\n").modules == ()


def test_a_programs_own_function_goes_before_one_of_a_module() -> None:
    text = "def slide(x):\n    return x + 1\nquery(slide(1))"
    assert Program.parse(text).answers()[0].mean == 2
    with pytest.raises(PlotError, match="module physics"):
        Program.parse(text, modules=["physics"])


def test_programs_may_say_which_modules_they_use() -> None:
    text = 'query(slide([{"position": flip()}])[0].position)'
    assert Program.parse(text, modules=["physics"]).answers()[0].mean == 0.5
    with pytest.raises(PlotError, match="unknown name 'slide'"):
        Program.parse(text, modules=[])


def test_the_card_tells_the_functions_of_the_modules_of_a_world() -> None:
    load_modules()
    for module in ALL:
        text = card([module.name])
        assert module.doc in text
        assert all(f"`{entry.signature}`: {entry.doc}" in text for entry in module.entries)
        assert not any(f"`{entry.name}(" in card() for entry in module.entries)


def test_a_function_of_a_module_is_a_value_as_well() -> None:
    text = 'f = slide\nquery(f([{"position": 3}])[0].position)'
    assert Program.parse(text).answers()[0].mean == 3
