"""The lexicon of a world: what it may hold, and its mistakes told with their line."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Collection
from contextlib import suppress
from itertools import combinations
from pathlib import Path

import pytest

from plot.conversation import World
from plot.errors import PlotError, PlotErrors
from plot.world.inflect import compared, plural, verb_forms
from plot.world.lexicon import Lexicon
from plot.worldfile.marked import read

DOCS = Path(__file__).resolve().parents[2] / "docs" / "lexicon.md"
BLOCKS = re.findall(r"^```yaml\n(.*?)^```$", DOCS.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
MODEL = """\
name: small
model: |
  @mem
  def strength(player):
      return normal(50, 20)
  def beats(a, b, match):
      return strength(a) > strength(b)
lexicon:
  derived: false
"""


def world(lexicon: str) -> World:
    return World.parse(MODEL + textwrap.indent(textwrap.dedent(lexicon), "  "), "w.yaml")


def mistakes(lexicon: str) -> list[tuple[str, str, str | None]]:
    """Return message, line in the lexicon, and hint of each mistake."""
    with pytest.raises(PlotError) as caught:
        world(lexicon)
    error = caught.value
    errors = error.errors if isinstance(error, PlotErrors) else (error,)
    lines = MODEL.count("\n")
    return [(one.message, f"line {one.span.line - lines}" if one.span else "", one.hint) for one in errors]


def test_a_lexicon_is_optional() -> None:
    assert World.parse("name: a\nmodel: x = 3\nlexicon: {derived: false}").lexicon == Lexicon(derived=False)
    assert set(World.parse("name: a\nmodel: wet = flip(0.5)\n").lexicon.adjectives) == {"wet"}
    assert Lexicon().name_lists == ()


def test_name_lists_are_one_or_more() -> None:
    assert world("names: players").name_lists == ("players",)
    assert world("names: [players, judges]").name_lists == ("players", "judges")


@pytest.mark.parametrize(
    ("lexicon", "message", "hint"),
    [
        ("nuons: {}", "unknown key 'nuons'", "did you mean 'nouns'?"),
        ("verbs:\n  beat: {mean: 'beats(subject, object, event)'}", "unknown key 'mean'", "did you mean 'means'?"),
        ("adjectives:\n  strong: {degre: strength(x)}", "unknown key 'degre'", "did you mean 'degree'?"),
        ("quantifiers: {manny: 3}", "unknown key 'manny'", "did you mean 'many'?"),
        (
            "adjectives:\n  strong: {degree: strenght(x), above: 1}",
            "unknown name 'strenght'",
            "did you mean 'strength'?",
        ),
        ("attributes:\n  power: {value: force(x)}", "unknown name 'force'", None),
    ],
)
def test_misspelt_words(lexicon: str, message: str, hint: str | None) -> None:
    found = [mistake for mistake in mistakes(lexicon) if mistake[0] == message]
    assert found
    assert hint is None or found[0][2] == hint
    assert found[0][1] == f"line {lexicon.count(chr(10)) + 1}"


@pytest.mark.parametrize(
    "lexicon",
    [
        "adjectives:\n  strong: {degree: 'strength(x, 1)', above: 1}",
        "adjectives:\n  strong: {degree: strength(), above: 1}",
        "verbs:\n  beat: {means: 'beats(subject, object)'}",
        "verbs:\n  beat: {means: 'beats(subject, object, event)', manners: {easily: beats(subject)}}",
        "nouns:\n  player: {domain: players(1)}",
        "prepositions: {near: 'strength(x, of)'}",
        "individuals: {tom: strength}",
    ],
)
def test_functions_must_fit(lexicon: str) -> None:
    if "individuals" in lexicon:
        world(lexicon)  # a function is a value; only a call of it could not fit
        return
    ((_, line, _),) = mistakes(lexicon)
    assert line == f"line {lexicon.count(chr(10)) + 1}"


@pytest.mark.parametrize(
    ("word", "message"),
    [
        ("verbs:\n  train: {action: true}", "a verb with 'action' needs 'means'"),
        ("verbs:\n  train: {means: strength(subject) + 1 > 3, action: true}", "an action must be drawn"),
        ("adjectives:\n  fed: {means: x == 3, action: true}", "an action must be drawn"),
        ("adjectives:\n  fed: {means: x == 3, action: 5}", "expected true or false"),
    ],
)
def test_what_is_done_can_be_made_so(word: str, message: str) -> None:
    found = mistakes(word)
    assert any(message in f"{said} {hint}" and line for said, line, hint in found), found


@pytest.mark.parametrize(
    ("lexicon", "message"),
    [
        ("nouns: {player: {}}", "a noun needs one of"),
        ("nouns: {player: {group: true, event: true}}", "of one kind only"),
        ("nouns: {player: {means: strength(x) > 1}}", "a noun needs one of"),
        ("adjectives: {strong: {above: 1}}", "an adjective needs 'degree'"),
        ("adjectives: {strong: {degree: strength(x)}}", "one of 'above' and 'below'"),
        ("adjectives: {strong: {degree: strength(x), above: 1, below: 2}}", "one of 'above' and 'below'"),
        ("adjectives: {strong: {means: strength(x) > 1, above: 3}}", "only an adjective with a 'degree'"),
        ("adjectives: {strong: {degree: strength(x), above: high}}", "expected a number"),
        ("verbs: {beat: {means: x = 3}}", ""),
        ("verbs: {beat: {means: import os}}", ""),
        ("verbs: {beat: {forms: {pasts: beat}}}", "there is no form 'pasts'"),
        ("verbs: {'b<eat': {}}", "characters that can't be part of a word"),
        ("names: 3x", "can't be the name of a variable"),
        ("names: normal", "can't be the name of a variable"),
        ("attributes: {strength: {value: strength(x), precision: 0}}", "greater than 0"),
        ("nouns: [player]", "expected a mapping"),
    ],
)
def test_entries_that_say_nothing(lexicon: str, message: str) -> None:
    assert any(message in found for found, _, _ in mistakes(lexicon))


def test_an_expression_is_data() -> None:
    for code in ("__import__('os')", "x.__class__", "open('f')", "(lambda: exec('1'))()"):
        assert mistakes(f'adjectives:\n  strong: {{means: "{code}"}}')


@pytest.mark.parametrize("block", BLOCKS)
def test_the_documentation_shows_lexicons_that_can_be_read(block: str) -> None:
    plain = read(block, "docs").plain
    Lexicon.model_validate(plain["lexicon"])


def test_the_documentation_names_every_part() -> None:
    text = DOCS.read_text(encoding="utf-8")
    assert all(f"`{name}`" in text for name in Lexicon.model_fields)


# -- inflection ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("noun", "many"),
    [
        ("match", "matches"), ("party", "parties"), ("boy", "boys"), ("box", "boxes"), ("child", "children"),
        ("grandchild", "grandchildren"), ("sister-in-law", "sisters-in-law"), ("bowl of soup", "bowls of soup"),
        ("great-grandchild", "great-grandchildren"), ("tennis player", "tennis players"),
    ],
)  # fmt: skip
def test_plurals(noun: str, many: str) -> None:
    assert plural(noun) == many


@pytest.mark.parametrize(
    ("verb", "forms"),
    [
        ("beat", "beats beat beaten beating"), ("win", "wins won won winning"), ("lose", "loses lost lost losing"),
        ("try", "tries tried tried trying"), ("stop", "stops stopped stopped stopping"), ("lie", "lies lay lain lying"),
        ("go", "goes went gone going"), ("have", "has had had having"), ("visit", "visits visited visited visiting"),
        ("agree", "agrees agreed agreed agreeing"), ("play", "plays played played playing"),
    ],
)  # fmt: skip
def test_verbs(verb: str, forms: str) -> None:
    found = verb_forms(verb)
    assert [found[name] for name in ("third", "past", "participle", "ing")] == forms.split()


@pytest.mark.parametrize(
    ("adjective", "forms"),
    [
        ("strong", ("stronger", "strongest")), ("lazy", ("lazier", "laziest")), ("big", ("bigger", "biggest")),
        ("large", ("larger", "largest")), ("good", ("better", "best")), ("slow", ("slower", "slowest")),
        ("reliable", None), ("hard-working", None), ("careful", None),
    ],
)  # fmt: skip
def test_comparison(adjective: str, forms: tuple[str, str] | None) -> None:
    assert compared(adjective) == forms


# -- combinations of keys: each loads and works, or is refused with its line ----------------------------------------

KEYS = {
    "nouns": {
        "domain": "people",
        "means": "open_(x)",
        "of": "kids(of)",
        "among": "kids(of)",
        "group": "true",
        "event": "true",
        "person": "true",
        "plural": "zorps",
        "also": "[gadget]",
        "chance": "0.3",
    },
    "adjectives": {
        "degree": "strength(x)",
        "above": "60",
        "below": "40",
        "degrees": "{very: 70}",
        "margins": "{much: 10}",
        "means": "open_(x)",
        "event": "'lazy(x, event)'",
        "mutual": "'knows(x, of)'",
        "team": "sum([strength(y) for y in x])",
        "opposite": "[zopless]",
        "verbs": "[slack off]",
    },
    "verbs": {
        "means": "'knows(subject, object)'",
        "teams": "true",
        "manners": "{by a lot: 'knows(subject, object)'}",
        "degree": "strength(subject)",
        "forms": "{past: zumped}",
        "object": "person",
    },
    "attributes": {"value": "strength(x)", "share": "'lazy(x, 1)'", "values": "[red, green]", "units": "[point]"},
}
SAID = {
    "nouns": ["Is Tom a zorp?", "Tom is Ann's zorp.", "How many zorps are there?", "Tom beat Ann in the first zorp."],
    "adjectives": ["Is Tom zippy?", "Tom is zopless.", "Is Tom more zippy than Ann?", "Are Tom and Ann very zippy?"],
    "verbs": [
        "Tom zumped Ann.",
        "Does Tom zump?",
        "Does Tom zump Ann more than Bob?",
        "Tom zumped Bob by a lot.",
    ],
    "attributes": ["What is Tom's zower?", "Is Tom red?", "Tom's zower is 60 points.", "Who has the highest zower?"],
}
WORD = {"nouns": "zorp", "adjectives": "zippy", "verbs": "zump", "attributes": "zower"}
COMBINED = """\
name: combined
model: |
  @mem
  def strength(x): return normal(50, 10)
  @mem
  def lazy(x, m): return flip(0.3)
  @mem
  def open_(x): return flip(0.3)
  @mem
  def knows(x, of): return flip(0.3)
  def kids(x): return [y for y in people if knows(x, y)]
  def won(a, b, m): return strength(a[0]) > strength(b[0])
lexicon:
  names: people
"""
BASE = {
    "nouns": ["person: {domain: people, person: true}"],
    "adjectives": ["strong: {degree: strength(x), above: 60}"],
    "verbs": ["beat: {means: 'won(subject, object, event)', teams: true}"],
    "attributes": ["height: {value: strength(x)}"],
}


def combined(part: str, keys: Collection[str]) -> World:
    """Return a world in which one word has these keys. Raises PlotError."""
    entry = ", ".join(f"{key}: {KEYS[part][key]}" for key in keys)
    parts = {name: [*rows, *([f"{WORD[part]}: {{{entry}}}"] if name == part else [])] for name, rows in BASE.items()}
    text = "".join(f"  {name}:\n" + "".join(f"    {row}\n" for row in rows) for name, rows in parts.items())
    return World.parse(COMBINED + text, "combined.yaml")


def check_combination(part: str, keys: Collection[str]) -> None:
    try:
        found = combined(part, keys)
    except PlotError as error:
        errors = error.errors if isinstance(error, PlotErrors) else (error,)
        assert all(one.span is not None for one in errors)
        return
    for text in SAID[part]:
        with suppress(PlotError):  # any other error is a mistake of ours
            found.conversation(facts=False).translate(text)


@pytest.mark.parametrize("part", KEYS)
def test_any_two_keys_load_and_work_or_are_refused_with_their_line(part: str) -> None:
    needed = {"adjectives": ("degree", "above"), "attributes": ("value",)}.get(part, ())
    for pair in combinations(KEYS[part], 2):
        check_combination(part, dict.fromkeys((*needed, *pair)))


@pytest.mark.full
@pytest.mark.parametrize("part", KEYS)
def test_any_keys_load_and_work_or_are_refused_with_their_line(part: str) -> None:
    for count in range(1, len(KEYS[part]) + 1):
        for keys in combinations(KEYS[part], count):
            check_combination(part, keys)


def test_a_degree_has_no_list_of_opposites() -> None:
    ((message, line, _),) = mistakes("adjectives:\n  strong: {degree: strength(x), above: 60, opposite: [feeble]}\n")
    assert "'opposite' is for an adjective with 'means'" in message and line == "line 2"
