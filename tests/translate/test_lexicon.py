"""The lexicon of a world: what it may hold, and its mistakes told with their line."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path

import pytest

from plot.errors import PlotError, PlotErrors
from plot.lexicon import Lexicon
from plot.translate.english.inflect import compared, plural, verb_forms
from plot.world import World
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
    assert World.parse("name: a\nmodel: x = flip(0.5)\n").lexicon == Lexicon()
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
    ("lexicon", "message"),
    [
        ("nouns: {player: {}}", "a noun needs one of"),
        ("nouns: {player: {group: true, event: true}}", "of one kind only"),
        ("nouns: {player: {means: strength(x) > 1}}", "a noun needs one of"),
        ("adjectives: {strong: {above: 1}}", "an adjective needs 'degree'"),
        ("adjectives: {strong: {degree: strength(x)}}", "one of 'above' and 'below'"),
        ("adjectives: {strong: {degree: strength(x), above: 1, below: 2}}", "one of 'above' and 'below'"),
        ("adjectives: {strong: {means: strength(x) > 1, above: 3}}", "only an adjective with a 'degree'"),
        ("adjectives: {strong: {degree: strength(x), above: high}}", "here should be a number"),
        ("verbs: {beat: {means: x = 3}}", ""),
        ("verbs: {beat: {means: import os}}", ""),
        ("verbs: {beat: {forms: {pasts: beat}}}", "there is no form 'pasts'"),
        ("verbs: {'b<eat': {}}", "characters that are in no word"),
        ("names: 3x", "can't be the name of a variable"),
        ("names: normal", "can't be the name of a variable"),
        ("attributes: {strength: {value: strength(x), precision: 0}}", "greater than 0"),
        ("nouns: [player]", "here should be a mapping"),
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
