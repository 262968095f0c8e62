"""Seeing: a picture is an observation; beliefs agree with a sum done by hand, and go together with what is told."""

from __future__ import annotations

import importlib
import importlib.util
import json
import math
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageDraw

from plot import World
from plot.cli import main
from plot.errors import PlotError, PlotErrors
from plot.inference import Goal
from plot.pictures.sight import shares
from tests.pictures.scenes.render import FOLDER, render, scenes
from tests.support.tolerances import agrees

COLOURS = ("red", "blue", "green", "yellow")
FEW, MANY = str(FOLDER / "few.png"), str(FOLDER / "many.png")
MOST = 12
GOAL = Goal(precision=0.05, seconds=60)


@cache
def tabletop() -> World:
    return World.load("tabletop")


# -- by hand: given how many there are of each colour, the colours are independent ---------------------------

DRAWS = 40_000


def likelihood(share: float, visible: Any) -> Any:
    """Return the density of a share under a Student's t with three degrees of freedom."""
    scale = 0.00003 + 0.06 * visible
    return 2 / (math.pi * math.sqrt(3)) / scale / (1 + ((share - visible) / scale) ** 2 / 3) ** 2


@cache
def by_hand(path: str) -> Any:
    """Return the joint weight of how many things there are, how many of them red, and how many of them cans."""
    found = shares(path, tabletop().picture, COLOURS)
    rng = np.random.default_rng(0)
    weights = np.zeros(
        (4, MOST + 1, MOST + 1, MOST + 1)
    )  # by colour, all things, those of the colour, cans among these
    for many in range(MOST + 1):
        shape = rng.integers(0, 3, (DRAWS, many))
        full = (0.0049 / (1 + 0.0069 * rng.uniform(0, 80, (DRAWS, many))) ** 2).sum(1)
        cans = (shape == 1).sum(1)
        for (colour, share), number in product(enumerate(found.values()), range(many, MOST + 1)):
            density = likelihood(share, full * (1 - 0.005 * (number - 1)))
            own = np.bincount(cans, density, minlength=MOST + 1) / DRAWS
            weights[colour, number, many] = own * 0.25**many / math.factorial(many)
    joint = np.zeros((MOST + 1, MOST + 1, MOST + 1))
    for number in range(MOST + 1):
        last = math.exp(-number / MOST) - (math.exp(-(number + 1) / MOST) if number < MOST else 0)
        for counts in product(range(number + 1), repeat=3):
            if sum(counts) <= number:
                all_counts = (*counts, number - sum(counts))
                cans = np.ones(1)
                for colour, many in enumerate(all_counts):
                    cans = np.convolve(cans, weights[colour, number, many])[: MOST + 1]
                joint[number, counts[0]] += last * math.factorial(number) * cans
    return joint


def probabilities(weights: Any) -> Any:
    return weights / weights.sum()


# -- what is believed after seeing, and after being told as well ---------------------------------------------


def believed(path: str, question: str, *given: str) -> tuple[dict[int, float], Any]:
    talk = tabletop().conversation(goal=GOAL)
    talk.see(path)
    for text in given:
        talk.tell(text)
    answer = talk.ask(question)
    return {int(low): share for low, _, share in answer.marginal.histogram}, answer


@pytest.mark.full
@pytest.mark.parametrize(("path", "true"), [(FEW, 2), (MANY, 3)])
def test_the_reds_are_counted(path: str, true: int) -> None:
    found, answer = believed(path, "How many red things are there?")
    exact = probabilities(by_hand(path).sum((0, 2)))
    assert max(found, key=lambda count: found[count]) == true
    assert found[true] > 0.7
    assert agrees(answer.mean, float(exact @ np.arange(MOST + 1)), answer.mcse, 0.003)


@pytest.mark.slow
@pytest.mark.full
@pytest.mark.parametrize(("path", "cans"), [(FEW, 1), (MANY, 2)])
def test_seeing_and_being_told_multiply(path: str, cans: int) -> None:
    number = {1: "one", 2: "two"}[cans]
    talk = tabletop().conversation(goal=GOAL)
    talk.see(path)
    seen = talk.ask("How many objects are there?")
    talk.tell(f"There are exactly {number} cans." if cans > 1 else "There is exactly one can.")
    both = talk.ask("How many objects are there?")
    joint = by_hand(path)
    exact = probabilities(joint.sum((1, 2))) @ np.arange(MOST + 1)
    after = probabilities(joint[:, :, cans].sum(1)) @ np.arange(MOST + 1)
    assert agrees(seen.mean, float(exact), seen.mcse, 0.003)
    assert agrees(both.mean, float(after), both.mcse, 0.003)
    told = math.log(joint[:, :, cans].sum() / joint.sum())
    error = math.hypot(seen.posterior.log_evidence_error, both.posterior.log_evidence_error)
    assert agrees(both.posterior.log_evidence - seen.posterior.log_evidence, told, error, 0.01)


@pytest.mark.full
def test_a_picture_of_another_scene_is_improbable() -> None:
    """The same sum for the other picture: what is true of one is all but ruled out by the other."""
    few, many = probabilities(by_hand(FEW).sum((1, 2))), probabilities(by_hand(MANY).sum((1, 2)))
    assert few[4] > 0.9 and few[8] < 1e-3
    assert many[8] > 0.4 and many[4] < 1e-3
    found, _ = believed(MANY, "How many objects are there?")
    assert found.get(4, 0) < 0.02 < 0.3 < found[8]


def test_what_is_seen_is_an_observation_like_what_is_told() -> None:
    talk = tabletop().conversation()
    told = talk.see(FEW)
    assert talk.told == (told,)
    assert told.say == "(the picture few.png)" and told.act == "observation"
    lines = told.readings[0].code.splitlines()
    assert len(lines) == 4
    assert lines[3].startswith('observe(student_t(3, visible("yellow"), ')
    text = talk.program("How many cans are there?")
    assert "# 1. (the picture few.png)" in text and lines[0] in text
    assert not tabletop().conversation().told


# -- pixels --------------------------------------------------------------------------------------------------


def seen(path: str | Path) -> Any:
    return shares(path, tabletop().picture, COLOURS)


def changed(path: str, made: Path, size: tuple[int, int] | None = None, box: Any = None, fill: Any = None) -> Path:
    """Write a copy of a picture: of another size, cut to a box, or with a box filled."""
    image = Image.open(path).convert("RGB")
    if fill is not None:
        ImageDraw.Draw(image).rectangle(box, fill=fill)
    elif box is not None:
        image = image.crop(box)
    image.resize(size or image.size).save(made, quality=95, subsampling=0)
    return made


def test_colours_are_found_in_light_and_shadow_and_none_where_there_is_none() -> None:
    few = seen(FEW)
    assert few["yellow"] < 5e-5
    assert 0.005 < few["red"] < 0.007 and 0.002 < few["green"] < few["blue"] < 0.004


@pytest.mark.parametrize("name", ["half.png", "twice.png", "same.jpg"])
def test_a_picture_may_have_another_size_or_format(tmp_path: Path, name: str) -> None:
    size = {"half.png": (320, 190), "twice.png": (1280, 760), "same.jpg": (640, 380)}[name]
    found = seen(changed(MANY, tmp_path / name, size))
    for colour, share in seen(MANY).items():
        assert found[colour] == pytest.approx(share, rel=0.08)


def test_what_is_no_picture_of_this_world_is_refused(tmp_path: Path) -> None:
    plan, chart = tmp_path / "plan.png", tmp_path / "chart.png"
    Image.new("RGB", (640, 380), "#e9dcc6").save(plan)
    Image.new("RGB", (640, 380), "white").save(chart)
    blocks = {
        plan: "does not show this world's ground",
        chart: "does not show this world's ground",
        changed(FEW, tmp_path / "cut.png", (640, 380), (160, 95, 480, 285)): "does not show this world's ground",
        changed(FEW, tmp_path / "square.png", (400, 400)): "400 × 400 pixels, which is not the shape",
        changed(
            FEW, tmp_path / "purple.png", None, (400, 220, 425, 250), "purple"
        ): "colours that this world does not have",
        changed(
            FEW, tmp_path / "black.png", None, (400, 220, 425, 250), "black"
        ): "colours that this world does not have",
    }
    for path, message in blocks.items():
        with pytest.raises(PlotError, match=message):
            seen(path)


def test_files_that_are_no_pictures_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text, cut = tmp_path / "text.png", tmp_path / "cut.png"
    text.write_text("no picture")
    cut.write_bytes(Path(FEW).read_bytes()[:9_000])
    bad = {
        str(tmp_path / "none.png"): "can't be read: no such file",
        str(tmp_path): "is a folder",
        str(text): "is not in a supported",
        str(cut): "can't be read",
        "a\0b": "can't be read",
    }
    for path, message in bad.items():
        with pytest.raises(PlotError, match=message):
            seen(path)
    monkeypatch.setattr("plot.pictures.sight.MOST_PIXELS", 1_000)
    with pytest.raises(PlotError, match="too many"):
        seen(FEW)
    monkeypatch.setattr("plot.pictures.sight.MOST_BYTES", 1_000)
    with pytest.raises(PlotError, match="larger than 1,000 bytes"):
        seen(FEW)


def test_without_pillow_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    real = importlib.import_module

    def found(name: str) -> Any:
        if name.startswith("PIL"):
            raise ImportError(name)
        return real(name)

    monkeypatch.setattr(importlib, "import_module", found)
    with pytest.raises(PlotError, match="need PIL") as caught:
        tabletop().conversation().see(FEW)
    assert "plot-ppl[pictures]" in (caught.value.hint or "")


# -- what a world's file says --------------------------------------------------------------------------------

WORLD = """
name: marbles
model: |
  marbles = range(2)

  @mem
  def colour(x):
      return choice(["red", "blue"])

  def seen(hue):
      return sum([0.01 for x in marbles if colour(x) == hue])
picture:
  {{kind: scene, items: marbles, shape: '"ball"', {colour}across: 1, away: 1, width: 3, depth: 2, seen: '{seen}'}}
lexicon:
  attributes:
    colour: {{value: colour(x){values}}}
"""
GIVEN = {"colour": "colour: colour(x), ", "seen": "normal(seen(hue), 0.01)", "values": ", values: [red, blue]"}


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"seen": "seen(hue)"}, "is a distribution of the share"),
        ({"seen": "normal(seen(x), 0.01)"}, "'x' is not defined|x"),
        ({"values": ""}, "does not list them"),
        ({"colour": ""}, "does not list them"),
    ],
)
def test_what_is_seen_is_checked_when_the_file_is_read(wrong: dict[str, str], message: str) -> None:
    assert World.parse(WORLD.format(**GIVEN)).picture
    with pytest.raises((PlotError, PlotErrors), match=message):
        World.parse(WORLD.format(**GIVEN | wrong))


def test_a_world_that_does_not_say_what_is_seen() -> None:
    talk = World.load("tugofwar").conversation(facts=False)
    with pytest.raises(PlotError, match="does not describe what its pictures"):
        talk.see(FEW)
    assert not talk.told


def test_a_colour_without_a_hue_is_told() -> None:
    with pytest.raises(PlotError, match="'grey' can't be recognised"):
        shares(FEW, tabletop().picture, ("red", "grey"))


# -- the command, and pictures made afresh -------------------------------------------------------------------


def test_a_picture_that_is_not_there(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["ask", "tabletop", "Is there a red thing?", "--see", "none.png"])
    assert ended.value.code == 1
    assert "none.png" in capsys.readouterr().err


@pytest.mark.full
def test_the_command_sees(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["ask", "tabletop", "Is there a red thing?", "--see", FEW, "--precision", "0.05", "--json"])
    assert ended.value.code == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown["utterances"][0]["say"] == "(the picture few.png)"
    assert shown["probability"] > 0.95


@pytest.mark.slow
@pytest.mark.skipif(importlib.util.find_spec("mujoco") is None, reason="needs plot-ppl[scenes]")
def test_the_pictures_are_those_of_the_scenes(tmp_path: Path) -> None:
    render(tmp_path)
    for name in scenes():
        fresh, kept = seen(tmp_path / f"{name}.png"), seen(FOLDER / f"{name}.png")
        for colour in COLOURS:
            assert fresh[colour] == pytest.approx(kept[colour], rel=0.03, abs=1e-4)
