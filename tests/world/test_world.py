"""Worlds: what a file must hold, mistakes told with their line in the file, and where worlds are found."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest

from plot.conversation import World as Talk
from plot.errors import PlotError, PlotErrors
from plot.inference import Goal
from plot.language import DEFAULT, HARD_CAP
from plot.language.syntax.nodes import walk
from plot.world import WorldSpec, builtin_worlds, find

MODEL = """
name: small
model: |
  @mem
  def strength(player):
      return normal(50, 20)
"""

QUESTION = "Does Ann have the flu?"


def parsed(more: str = "") -> WorldSpec:
    return WorldSpec.parse(MODEL + textwrap.dedent(more), "w.yaml")


def mistakes(text: str) -> list[tuple[str, str, str | None]]:
    """Return message, place and hint of all mistakes of a world."""
    with pytest.raises(PlotError) as caught:
        WorldSpec.parse(text, "w.yaml")
    error = caught.value
    errors = error.errors if isinstance(error, PlotErrors) else (error,)
    return [(one.message, (one.where or "").removeprefix("w.yaml, "), one.hint) for one in errors]


def mistake(more: str) -> tuple[str, str, str | None]:
    (found,) = mistakes(MODEL + textwrap.dedent(more))
    return found


def test_a_whole_world() -> None:
    world = parsed(
        """
        description: Strong people.
        facts: [Tom is strong.]
        examples:
          - {say: Tom is strong., code: condition(strength("tom") > 60), act: observation, note: vague}
        tests:
          - {ask: How strong is Tom?, given: [Tom is strong.], expect: {mean: 71.4, tolerance: 1}}
          - {ask: How strong is Tom?, expect: {mean: 50}}
        budgets: {sites: 100, memory: 64 MiB}
        """
    )
    assert world.facts == ("Tom is strong.",)
    assert [test.tells_facts for test in world.tests] == [False, True]
    assert (world.budget.sites, world.budget.memory, world.budget.depth) == (100, 64 * 2**20, DEFAULT.depth)
    assert world.program.body[0].span.line == 5


def test_a_world_does_not_change() -> None:
    with pytest.raises(ValueError, match="frozen"):
        parsed().name = "other"  # type: ignore[misc]


# -- keys and kinds of values --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ("2", "this world file is in format 2, and this version of PLoT reads format 1"),
        ("0", "there is no format 0 of a world file"),
        ("true", "there is no format True of a world file"),
        ("one", "there is no format 'one' of a world file"),
        ("[1]", "there is no format [1] of a world file"),
    ],
)
def test_a_format_that_is_not_known_is_told_before_all_else(said: str, message: str) -> None:
    with pytest.raises(PlotError) as caught:
        WorldSpec.parse(f"format: {said}\nnaem: coin\n", "w.yaml")
    assert caught.value.message == message
    assert caught.value.where == "w.yaml, line 1, column 9" and caught.value.hint


def test_a_world_without_a_format_is_in_the_first() -> None:
    assert WorldSpec.parse("name: coin\nmodel: heads = flip(0.5)").format == 1
    assert all(WorldSpec.load(name).format == 1 for name in builtin_worlds())


def test_unknown_keys_are_told_with_the_nearest_one() -> None:
    found = mistakes("nam: a\nmodle: x\nlexikon: {}\n")
    assert found == [
        ("unknown key 'nam'", "line 1, column 1", "did you mean 'name'?"),
        ("unknown key 'modle'", "line 2, column 1", "did you mean 'model'?"),
        ("unknown key 'lexikon'", "line 3, column 1", "did you mean 'lexicon'?"),
    ]


def test_unknown_keys_deep_inside() -> None:
    message, place, hint = mistake("tests:\n  - ask: Who?\n    expect: {probabilty: 0.3}\n")
    assert (message, hint) == ("unknown key 'probabilty'", "did you mean 'probability'?")
    assert place == "line 9, column 14"


def test_a_key_that_is_like_no_other() -> None:
    message, _, hint = mistake("zzz: 1\n")
    assert message == "unknown key 'zzz'"
    assert hint is not None
    assert hint.startswith("the keys here are budgets, data, description")


def test_missing_keys() -> None:
    assert [found[0] for found in mistakes("description: nothing\n")] == [
        "the key 'model' is missing",
        "the key 'name' is missing",
    ]


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (
            "facts: Tom is strong.\n",
            "expected a list (lines that begin with '- '), not the text 'Tom is strong.'",
        ),
        ("facts:\n  - 3\n", "expected a text, not the number 3"),
        ("facts:\n  - yes: 1\n", "expected a text, not a mapping"),
        ("facts: ['']\n", "expected a text, but it is empty"),
        ("description: [a]\n", "expected a text, not a list"),
        ("examples: [{say: a, code: ' '}]\n", "expected a text, but it is empty"),
        (
            "examples: [{say: a, code: b, act: guess}]\n",
            "this should be 'knowledge', 'observation' or 'question'",
        ),
        (
            "tests: [{ask: a, expect: {}}]\n",
            "no expectation: give a probability, mean, sd, distribution or answer",
        ),
        ("tests: [{ask: a, expect: {probability: 3}}]\n", "this should be less than or equal to 1"),
        ("tests: [{ask: a, expect: {mean: high}}]\n", "expected a number, not the text 'high'"),
        ("tests: [{ask: a, expect: {mean: true}}]\n", "expected a number, not true"),
        ("tests: [{ask: a, expect: {mean: '1'}}]\n", "expected a number, not the text '1'"),
        ("tests: [{ask: a, expect: {mean: .nan}}]\n", "expected a number, not the text '.nan'"),
        ("lexicon: {adjectives: {tall: {degree: heads, above: true}}}\n", "expected a number, not true"),
        ("lexicon: {adjectives: {tall: {degree: heads, above: 1.0e+999}}}\n", "this should be a finite number"),
        ("budgets: {depth: true}\n", "the budget of depth must be a whole number above 0, not true"),
        ("budgets: {seconds: no}\n", "the budget of seconds must be a number above 0, not 'no'"),
        ("budgets: {sites: [3]}\n", "the budget of sites must be a whole number above 0, not [3]"),
        ("budgets: {sites: }\n", "the budget of sites must be a whole number above 0, not nothing"),
        ("tests: [{ask: a}]\n", "the key 'expect' is missing"),
        ("lexicon: 3\n", "expected a mapping (lines such as 'key: value'), not the number 3"),
    ],
)
def test_values_of_the_wrong_kind(more: str, message: str) -> None:
    assert mistake(more)[0] == message


@pytest.mark.parametrize("text", ["[1, 2]", "a world", "3", "- name: a\n"])
def test_a_world_is_a_mapping(text: str) -> None:
    assert mistakes(text)[0][0] == "a world is a mapping of keys to values"


def test_the_whole_message() -> None:
    with pytest.raises(PlotError) as caught:
        WorldSpec.parse("name: a\nmodel: x = 1\nfact:\n  - Tom beat John.\n", "w.yaml")
    assert str(caught.value) == textwrap.dedent(
        """\
        unknown key 'fact'
          at w.yaml, line 3, column 1
          3 | fact:
            | ^^^^
          hint: did you mean 'facts'?"""
    )


# -- the model -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("block", "place"),
    [
        ("model: |\n  x = 1\n  import os\n", "line 4, column 3"),
        ("model: |-\n      x = 1\n\n      # é\n      import os\n", "line 6, column 7"),
        ("model: |2\n  x = 1\n  import os\n", "line 4, column 3"),
        ("model: |  # a comment\n\n\n  x = 1\n  import os\n", "line 6, column 3"),
        ("model: import os\n", "line 2, column 8"),
        ("model: 'import os'\n", "line 2, column 9"),
    ],
)
def test_mistakes_of_the_model_stand_in_the_file(block: str, place: str) -> None:
    ((message, where, _),) = mistakes("name: a\n" + block)
    assert "import" in message
    assert where == place


def test_every_span_of_the_model_shows_its_own_text() -> None:
    world = parsed()
    lines = {node.span.line for node in walk(world.program)}
    assert lines <= {1, 4, 5, 6, 7}
    function = world.program.body[0]
    assert function.span.source is not None
    assert function.span.source.name == "w.yaml"
    assert "def strength" in world.program.body[0].span.source.text  # type: ignore[union-attr]


def test_all_mistakes_of_the_model_are_told() -> None:
    assert len(mistakes(MODEL + "  class X: pass\n  y = __import__('os')\n")) == 2


def test_the_checker_has_looked_at_the_model() -> None:
    ((message, where, _),) = mistakes("name: a\nmodel: |\n  x = strenght('tom')\n")
    assert "strenght" in message
    assert where.startswith("line 3")


def test_a_folded_model_is_refused() -> None:
    ((message, where, hint),) = mistakes("name: a\nmodel: >\n  x = 1\n  y = 2\n")
    assert message == "YAML joins the lines of a text written like this"
    assert where == "line 2, column 1"
    assert hint == "write 'model: |' and the model indented below it"


# -- budgets -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("named", [True, False])
def test_an_answer_tells_of_a_budget_that_the_file_raises(named: bool) -> None:
    text = builtin_worlds()["clinic"].read_text(encoding="utf-8")
    world = Talk.parse(text + "\nbudgets:\n  seconds: 120\n  memory: 3 GiB\n  depth: 100\n")
    goal = Goal(budget=world.budget) if named else Goal()
    found = world.conversation(goal=goal).ask(QUESTION)
    told = [warning for warning in found.warnings if "raises the budget" in warning]
    assert told == found.to_json()["warnings"]
    assert [words.split("budget of ")[1] for words in told] == (
        ["memory to 3 GiB (else it is 2 GiB)", "seconds to 120 s (else it is 60 s)"] if named else []
    )


def test_budgets_stay_below_the_cap() -> None:
    too_many = HARD_CAP.sites + 1
    found = mistakes(MODEL + f"budgets:\n  sites: {too_many}\n  depht: 3\n  seconds: -1\n")
    assert [(message.split(", ")[0], place) for message, place, _ in found] == [
        (f"the budget of sites is {too_many:,}", "line 8, column 3"),
        ("there is no budget called 'depht'", "line 9, column 3"),
        ("the budget of seconds must be a number above 0", "line 10, column 3"),
    ]


def test_a_small_budget_holds_for_the_model_itself() -> None:
    message, _, _ = mistake("budgets: {nodes: 3}\n")
    assert "over the budget of nodes" in message


# -- files ---------------------------------------------------------------------------------------------------


def test_builtin_worlds_are_found_by_name() -> None:
    worlds = builtin_worlds()
    assert "tugofwar" in worlds
    assert find("tugofwar") == worlds["tugofwar"]
    assert WorldSpec.load("tugofwar").name
    assert WorldSpec.load(worlds["tugofwar"]).name == WorldSpec.load(str(worlds["tugofwar"])).name


@pytest.mark.parametrize(
    "name", ["tugowar", "worlds/tugofwr.yaml", "tug-of-war", "TugOfWar", "elsewhere/tugofwar.yaml"]
)
def test_a_missing_world_is_told_with_the_nearest(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(PlotError, match="there is no world") as caught:
        WorldSpec.load(name)
    assert "tugofwar" in (caught.value.hint or "")


def test_a_missing_file_is_told_with_its_neighbour(tmp_path: Path) -> None:
    (tmp_path / "kitchen.yaml").write_text(MODEL)
    with pytest.raises(PlotError) as caught:
        WorldSpec.load(tmp_path / "kichen.yaml")
    assert caught.value.hint == f"did you mean '{tmp_path / 'kitchen.yaml'}'?"


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "is empty"),
        (b"  \n\n", "is empty"),
        (b"\x7fELF\x00\x01", "is a binary file"),
        ("name: é".encode("latin-1"), "is not UTF-8 text"),
        ("name: a".encode("utf-16"), "is a binary file"),
        (b"a: " + b"x" * 1_000_001, "is larger than"),
    ],
)
def test_files_that_are_no_world(data: bytes, message: str, tmp_path: Path) -> None:
    path = tmp_path / "w.yaml"
    path.write_bytes(data)
    with pytest.raises(PlotError, match=message):
        WorldSpec.load(path)


def test_a_byte_order_mark_is_no_mistake(tmp_path: Path) -> None:
    path = tmp_path / "w.yaml"
    path.write_bytes(b"\xef\xbb\xbf" + MODEL.encode())
    assert WorldSpec.load(path).name == "small"


def test_a_folder_is_no_world(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(MODEL)
    with pytest.raises(PlotError, match="is a folder, not a world") as caught:
        WorldSpec.load(tmp_path)
    assert "a.yaml" in (caught.value.hint or "")


@pytest.mark.parametrize("name", ["", "x" * 5000, "a\0b", "."])
def test_strange_paths(name: str) -> None:
    with pytest.raises(PlotError):
        WorldSpec.load(name)
