"""Pictures: what is given to the drawing comes from the posterior, files are whole, and mistakes are told."""

from __future__ import annotations

import importlib
import importlib.util
import math
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from plot import World
from plot.errors import PlotError
from plot.files import write_whole
from plot.inference import Goal
from plot.pictures.lines import bands
from plot.pictures.routes import ways
from plot.pictures.scene import PLANS
from plot.pictures.solid import PROFILES, scene_text, view
from plot.pictures.tree import PARENT, layout, trees
from plot.world.picture import Picture
from tests.support.tolerances import agrees

PNG = b"\x89PNG\r\n\x1a\n"

MARBLES = """
name: marbles
model: |
  marbles = range(4)

  @mem
  def colour(x):
      return choice(["red", "blue"])

  @mem
  def weight(x):
      return {weight}

  @mem
  def across(x):
      return uniform(0, 10)

  def place(x, time):
      return across(x) + time * weight(x)
picture:
{picture}
lexicon:
  nouns:
    marble: {{domain: marbles, person: false}}
  attributes:
    colour: {{value: colour(x), values: [red, blue]}}
  adjectives:
    heavy: {{degree: weight(x), above: {above}}}
"""
SCENE = (
    "  {kind: scene, items: marbles, shape: '\"ball\"', colour: colour(x), across: across(x), away: 2, "
    "width: 10, depth: 4}"
)
LINES = "  {kind: lines, items: marbles, place: 'place(x, time)', colour: colour(x), until: 3, size: 0.5}"


def marbles(picture: str, above: float = 1.0, weight: str = "normal(0, 1)") -> World:
    return World.parse(MARBLES.format(picture=picture, above=above, weight=weight))


def drawn(world: World, question: str, *given: str, count: int, seed: int = 0) -> list[Any]:
    """Return the worlds that a picture of an answer is made of."""
    talk = world.conversation(goal=Goal(seed=seed, precision=0.02, seconds=5))
    for text in given:
        talk.tell(text)
    answer = talk.ask(question)
    assert answer.source is not None
    return answer.source.draw(count)


def itself(name: str) -> str:
    return name


# -- the worlds ----------------------------------------------------------------------------------------------


def test_every_sampled_scene_is_one_that_was_told_of() -> None:
    found = drawn(marbles(SCENE), "Is there a blue marble?", "There are exactly three red marbles.", count=64)
    assert len(found) == 64
    assert all([item["colour"] for item in world["items"]].count("red") == 3 for world in found)
    assert len({tuple(item["colour"] for item in world["items"]) for world in found}) == 4, "each may be the blue one"
    assert len({world["items"][0]["across"] for world in found}) > 32, "what nobody mentioned varies"


def test_sampled_scenes_have_the_probabilities_of_the_posterior() -> None:
    count = 1_000
    found = drawn(marbles(SCENE), "How many red marbles are there?", "There is a red marble.", count=count)
    shares = np.bincount([[item["colour"] for item in world["items"]].count("red") for world in found], minlength=5)
    for number in range(5):
        exact = math.comb(4, number) / 15 if number else 0.0
        # The particles that are picked from are a finite sample themselves: twice the variance of free draws.
        error = math.sqrt(2 * exact * (1 - exact) / count)
        assert agrees(float(shares[number]) / count, exact, error)


def test_scenes_of_what_is_hardly_ever_true_are_sampled_too() -> None:
    told = ["All of the marbles are heavy.", "All of the marbles are red."]
    found = drawn(marbles(LINES, above=2.5), "Is there a red marble?", *told, count=40)  # of 2e-10 a priori
    for world in found:
        assert [item["colour"] for item in world["items"]] == ["red"] * 4
        speeds = [item["place"][-1] - item["place"][0] for item in world["items"]]
        assert min(speeds) > 3 * 2.5, "a heavy marble moves by more than 2.5 in each unit of time"


def test_a_question_with_a_condition_is_pictured_with_it() -> None:
    found = drawn(marbles(SCENE), "If all of the marbles are red, is there a blue marble?", count=16)
    assert all(item["colour"] == "red" for world in found for item in world["items"])


def test_a_seed_gives_the_same_worlds_and_another_one_others() -> None:
    first, again, other = (drawn(marbles(SCENE), "Is there a red marble?", count=4, seed=seed) for seed in (3, 3, 4))
    assert first == again != other


# -- what is made of them ------------------------------------------------------------------------------------


def test_bands_are_quantiles_of_the_sampled_worlds() -> None:
    picture = Picture(kind="lines", items="things", place="place(x, time)", until=1)
    worlds = [
        {"items": [{"item": name, "place": [float(number)] * len(picture.times)} for name in ("a", "b")]}
        for number in range(101)
    ]
    found = bands(picture, worlds, itself)
    assert [band.label for band in found] == ["a", "b"]
    assert found[0].quantiles[:, -1].tolist() == pytest.approx([5, 25, 50, 75, 95])


def test_a_way_that_crosses_a_step_twice_counts_once_in_its_world() -> None:
    east = {"row": 0, "column": 0, "heading": "east"}
    worlds = [{"items": [{"item": "ann", "steps": steps}]} for steps in ([east, east], [east], [], [])]
    (found,) = ways(worlds, str.title)
    assert (found.label, found.shares, found.stays) == ("Ann", {(0, 0, "east"): 0.5}, 0.5)


def family(children: list[tuple[int, str]], *, top: str = "ann") -> dict[str, Any]:
    """Return a sampled tree: a founder, 0, and children by number and name."""
    items = [{"item": 0, "label": top, "shape": "circle"}]
    items += [{"item": number, "label": name, "shape": ""} for number, name in children]
    return {"items": items, "parents": [[], *([[0]] * len(children))], "partners": [[] for _ in items]}


def test_trees_that_differ_by_the_order_of_the_nameless_alone_are_one() -> None:
    worlds = [
        family([(1, "bob"), (2, "")]),
        family([(2, ""), (3, "bob")]),
        family([(1, "bob")]),
        family([(1, "ann")], top="bob"),
    ]
    found = trees(worlds)
    assert [tree.share for tree in found] == [0.5, 0.25, 0.25]
    assert sorted(data["label"] for _, data in found[0].graph.nodes(data=True)) == ["", "ann", "bob"]


def test_trees_in_which_parent_and_child_change_places_are_two() -> None:
    one = {"items": [{"item": n, "label": ""} for n in (0, 1)], "partners": [[], []], "parents": [[], [0]]}
    three = {"items": [{"item": n, "label": ""} for n in (0, 1, 2)], "partners": [[], [], []]}
    down, up = {**three, "parents": [[], [0], [0]]}, {**three, "parents": [[1, 2], [], []]}
    assert [len(trees([one, down, up])), len(trees([down, down]))] == [3, 1]


@pytest.mark.parametrize("seed", [1, *[pytest.param(seed, marks=pytest.mark.full) for seed in (0, 2)]])
def test_a_tree_is_laid_out_with_parents_above_and_nobody_on_another(seed: int) -> None:
    world = World.load("kinship")
    found = trees(drawn(world, "How many people are there?", "Blake is Avery's sister.", count=200, seed=seed))
    assert math.isclose(sum(tree.share for tree in found), 1)
    for tree in found:
        places = layout(tree.graph)
        assert places.keys() == set(tree.graph)
        assert len({(round(x, 3), y) for x, y in places.values()}) == len(places)
        for one, other, data in tree.graph.edges(data=True):
            below = places[one][1] - places[other][1]
            assert below > 0 if data["kind"] == PARENT else below == 0


def test_solids_are_as_many_as_the_things_and_stand_where_they_are() -> None:
    picture = Picture(
        kind="scene", items="things", shape="s(x)", across="a(x)", away="b(x)", width=100, depth=50, size=5
    )
    things = [("mug", 0.0, 0.0), ("can", 100.0, 50.0), ("bowl", 50.0, 25.0), ("ball", 25.0, 0.0), ("tower", 75.0, 0.0)]
    world = {"items": [{"shape": s, "across": a, "away": b, "colour": "red", "size": 5} for s, a, b in things]}
    root = ElementTree.fromstring(scene_text(picture, world))
    places = [tuple(float(part) for part in body.attrib["pos"].split()) for body in root.iter("body")]
    assert places == [(-1, -0.5, 0), (1, 0.5, 0), (0, 0, 0), (-0.5, -0.5, 0), (0.5, -0.5, 0)]
    assert len(root.findall("asset/mesh")) == 3
    assert PROFILES.keys() <= PLANS.keys()


def test_a_camera_sees_the_colours_of_the_things() -> None:
    if importlib.util.find_spec("mujoco") is None:  # it is not imported here: how it renders is settled before that
        pytest.skip("mujoco is not installed")
    picture = Picture(kind="scene", items="things", shape="s(x)", across="a(x)", away="b(x)", width=100, depth=50)
    empty: dict[str, Any] = {"items": []}
    full = {"items": [{"shape": s, "across": 50.0, "away": 10.0 * n, "colour": "blue"} for n, s in enumerate(PROFILES)]}
    views, note = view(picture, [empty, full])
    if views is None:
        pytest.skip(note or "")
    blue = [int((seen[..., 2].astype(int) > seen[..., 0].astype(int) + 60).sum()) for seen in views]
    assert blue[0] == 0 and blue[1] > 500


# -- files ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("picture", "name"), [(SCENE, "scene.png"), (LINES, "lines.PNG")])
def test_a_picture_is_a_png_file_and_the_same_for_a_seed(tmp_path: Path, picture: str, name: str) -> None:
    answer = marbles(picture).conversation(goal=Goal(precision=0.02)).ask("Is there a red marble?")
    first, second = (answer.render(tmp_path / f"{number}{name}") for number in range(2))
    data = first.path.read_bytes()
    assert data.startswith(PNG) and data == second.path.read_bytes()
    width, height = (int.from_bytes(data[place : place + 4], "big") for place in (16, 20))
    assert 300 <= width <= 1_500 and 200 <= height <= 1_500
    assert first.worlds > 0 and len(list(tmp_path.iterdir())) == 2, "nothing else is left"


def test_a_moving_picture_has_a_frame_for_each_time(tmp_path: Path) -> None:
    image = pytest.importorskip("PIL.Image")
    answer = marbles(LINES).conversation(goal=Goal(precision=0.02)).ask("Is there a red marble?")
    found = answer.render(tmp_path / "out.gif")
    with image.open(found.path) as shown:
        assert (shown.format, shown.info["duration"]) == ("GIF", 50), "three units of time in sixty steps"
        assert 40 <= shown.n_frames <= 61, "frames that are the same may be one"
    assert found.worlds == 1


@pytest.mark.parametrize("world", ["tugofwar", "clinic"])
def test_a_world_without_a_picture_gets_a_chart(tmp_path: Path, world: str) -> None:
    loaded = World.load(world)
    answer = loaded.conversation(facts=False, goal=Goal(precision=0.02)).ask(
        {"tugofwar": "How strong is Tom?", "clinic": "Does Ann have a fever?"}[world]
    )
    found = answer.render(str(tmp_path / "chart.png"))
    assert found.path.read_bytes().startswith(PNG) and found.worlds == 0


def test_what_cannot_be_written_leaves_what_was_there(tmp_path: Path) -> None:
    target = tmp_path / "out.png"
    target.write_text("before")

    def fail(path: Path) -> None:
        path.write_text("half")
        raise OSError(28, "No space left on device")

    with pytest.raises(PlotError, match="no space left"):
        write_whole(target, fail)
    assert target.read_text() == "before" and list(tmp_path.iterdir()) == [target]


# -- mistakes ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("out.jpeg", "'.jpeg'"),
        ("out", "without an extension"),
        ("out.gif", "animation"),
        ("missing/out.png", "no folder"),
        ("folder.png", "is a folder"),
    ],
)
def test_a_picture_that_cannot_be_is_refused(tmp_path: Path, name: str, said: str) -> None:
    (tmp_path / "folder.png").mkdir()
    answer = marbles(SCENE).conversation(goal=Goal(precision=0.02)).ask("Is there a red marble?")
    with pytest.raises(PlotError, match=said) as caught:
        answer.render(tmp_path / name)
    assert caught.value.hint


@pytest.mark.parametrize("missing", ["matplotlib", "networkx", "PIL"])
def test_a_missing_library_is_named_with_its_extra(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, missing: str
) -> None:
    answer = marbles(SCENE).conversation(goal=Goal(precision=0.02)).ask("Is there a red marble?")
    there = importlib.import_module

    def found(name: str, *rest: Any) -> Any:
        if name.split(".")[0] == missing:
            raise ImportError(name)
        return there(name, *rest)

    monkeypatch.setattr(importlib, "import_module", found)
    with pytest.raises(PlotError, match=missing) as caught:
        answer.render(tmp_path / "out.png")
    assert "plot-ppl[pictures]" in (caught.value.hint or "")


@pytest.mark.parametrize(
    ("picture", "said"),
    [
        ("  {kind: scene, items: marbles, shape: colour(x)}", "needs 'across'"),
        ("  {kind: film, items: marbles}", "'lines'"),
        ("  {kind: lines, items: marbles, place: 'place(x, time)', until: 0}", "greater than 0"),
        ("  {kind: lines, items: marbles, place: 'place(x, time)', until: 3, rows: marbles}", "has no 'rows'"),
        ("  {kind: lines, items: marbles, place: 'plaice(x, time)', until: 3}", "plaice"),
        ("  {kind: lines, items: marbles, place: 'place(x)', until: 3}", "place"),
        ("  {kind: lines, items: 'marbles =', place: 'place(x, time)', until: 3}", "read as a program"),
    ],
)
def test_a_mistake_in_the_picture_of_a_world_has_its_place(picture: str, said: str) -> None:
    with pytest.raises(PlotError, match=said) as caught:
        marbles(picture)
    assert "line 21" in str(caught.value) or "line 20" in str(caught.value)
