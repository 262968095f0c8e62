"""Another name, figure, unit, negation, adverb or event's noun in a sentence: another code, or a refusal."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from plot.errors import PlotError
from plot.translate.base import Discourse, Reading
from plot.translate.grammar import Grammar
from plot.world import WorldSpec
from tests.support.sizes import FULL
from tests.translate.said import extended

HERE = Path(__file__).parent
WORLDS = {path.stem: path for path in (HERE / "worlds").glob("*.yaml")}
GRAMMAR = Grammar()
EACH = 4 if FULL else 8  # of the large file, one sentence in so many is changed
WORD_NUMBERS = {"two": "three", "three": "four", "twice": "three times", "second": "third", "first": "second"}
ADVERBS = ("very", "much", "far", "slightly", "twice", "by a lot", "a bit", "narrowly", "easily", "exactly three times")
EVENTS = {"canoe race": "biathlon", "biathlon": "canoe race", "tug-of-war": "biathlon"}

Translate = Callable[[str, Discourse], tuple[Reading, ...]]


def changed(say: str, names: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """Yield a sentence with one thing in it changed, and what that is."""
    for figure in set(re.findall(r"(?<![\w.,-])\d+(?![\w.,%])", say)):
        yield "figure", re.sub(rf"(?<![\w.,-]){figure}(?![\w.,%])", str(int(figure) + 1), say, count=1)
    if "%" in say:
        yield "percent sign", say.replace("%", "", 1)
    for name in names:
        shown = name.replace("_", " ").title()
        if re.search(rf"\b{shown}\b", say):
            yield "name", re.sub(rf"\b{shown}\b", "Zed", say)
    for word, other in WORD_NUMBERS.items():
        if re.search(rf"\b{word}\b", say):
            yield "number", re.sub(rf"\b{word}\b", other, say, count=1)
    for adverb in ADVERBS:
        if re.search(rf" {adverb}\b", say):
            yield "adverb", re.sub(rf" {adverb}\b", "", say, count=1)
    if say.count(" is ") == 1 and " is not" not in say and not say.endswith("?"):
        yield "negation", say.replace(" is ", " is not ")
    for one, other in EVENTS.items():
        if one in say:
            yield "event", say.replace(one, other)


def unchanged(world: WorldSpec, says: list[str], translate: Translate) -> list[str]:
    """Return the changes that make no difference. A line with `+` is told; one with `>` is only read."""
    found: list[str] = []
    discourse = Discourse(world)
    for line in says:
        if line == "---":
            discourse = Discourse(world)
            continue
        say = line[2:]
        try:
            readings = translate(say, discourse)
        except PlotError:
            continue
        codes = [one.code for one in readings]
        for kind, other in changed(say, readings[0].names):
            try:
                after = [one.code for one in translate(other, discourse)]
            except PlotError:
                continue
            if after == codes:
                found.append(f"{kind}: “{say}” and “{other}”")
        if line.startswith("+"):
            discourse = extended(discourse, say, readings)
    return found


def sentences(name: str) -> list[str]:
    lines = (HERE / "goldens" / f"{name}.txt").read_text(encoding="utf-8").splitlines()
    said = [line for line in lines if line[:2] in ("+ ", "> ") or line == "---"]
    return said if len(said) < 400 else [line for n, line in enumerate(said) if line[0] in "+-" or n % EACH == 0]


def examples(name: str) -> list[str]:
    return [f"> {example.say}" for example in WorldSpec.load(name).examples if not example.given]


@pytest.mark.parametrize("name", sorted(path.stem for path in (HERE / "goldens").glob("*.txt")))
def test_what_is_changed_in_a_sentence_changes_its_code(name: str) -> None:
    world = WorldSpec.load(WORLDS.get(name, name))
    assert unchanged(world, sentences(name), GRAMMAR.translate) == []


@pytest.mark.parametrize("name", ["olympics", "clinic", "lunch", "kinship", "collisions"])
def test_what_is_changed_in_an_example_changes_its_code(name: str) -> None:
    assert unchanged(WorldSpec.load(name), examples(name), GRAMMAR.translate) == []


@pytest.mark.parametrize(
    ("drop", "say"),
    [
        (r" very", "> Tom is very strong."),
        (r" twice", "> Tom won twice against Sue."),
        (r"%", "> Tom is 20% stronger than Sue."),
        (r" not", "> Tom is lazy."),
        (r"\d+", "> Tom is 10 points stronger than Sue."),
    ],
)
def test_a_translator_that_drops_a_word_is_found_out(drop: str, say: str) -> None:
    def dropping(said: str, discourse: Discourse) -> tuple[Reading, ...]:
        return GRAMMAR.translate(re.sub(drop, "5" if drop == r"\d+" else "", said), discourse)

    assert unchanged(WorldSpec.load("tugofwar"), [say], dropping)
