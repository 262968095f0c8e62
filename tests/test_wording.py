"""The project's language: names and phrases that were replaced by the terms of docs/GLOSSARY.md do not come back."""

from __future__ import annotations

import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

# Identifiers, with the names that took their place.
NAMES = {
    "CLASH": "contradiction",
    "Climbers": "NewtonIterates",
    "Lesson": "TrainingSet",
    "Piece": "Factor",
    "Pieces": "Factors",
    "Pupil": "GuideTrainer",
    "SCOUTS": "PILOT_PARTICLES",
    "Surroundings": "ConditionalNormal",
    "Untaught": "Unfitted",
    "Urn": "CollapsedBeta",
    "eves": "ancestors",
    "learnt": "learned",
    "pupil": "trainer",
    "put_off": "collapsed",
    "scouts": "pilot",
    "surroundings": "conditionals",
    "told_at_once": "try_condition_on_tape",
    "urn": "collapsed_beta",
    "urns": "collapsed_betas",
}
# Phrases, with better ones. No single ordinary word is among them.
PHRASES = {
    r"\bdid not do\b": "was unreliable; failed",
    r"\bthings? (that were )?said\b": "evidence; observations",
    r"\bTell whether\b": "Return whether",
    r"\bputs? off\b": "collapse; integrate out",
    r"\bsaid to be told of\b": "mentioned",
    r"\blearnt\b": "learned",
    r"\banew\b": "again",
    r"\bamiss\b": "wrong",
    r"\bhardly (any|an?|ever)\b": "almost no; rarely",
    r"\bunknowns\b": "latent variables",
    r"\bprior's particles\b": "prior samples",
    r"\b[Pp]articles of the prior\b": "prior samples",
    r"\bPareto's k\b": "Pareto k",
    r"\bsum(s|med)? out\b": "marginalise",
    r"\bdear(er)? (one|model|stage)s?\b": "expensive",
    r"\bload-bearing walls?\b": "invariants",
    r"\b(?<!there )is no (function|number|folder|model|mapping|question|template)\b": "is not a …",
    r"\bhere should be\b": "expected …",
}
# The translator of English and the results of benchmarks have texts of their own.
ELSEWHERE = ("plot/translate/english", "docs/benchmarks.md")
QUOTED = re.compile(r"`[^`\n]*`|“[^”\n]*”|\*[^*\s][^*\n]*\*")


def pages() -> Iterator[Path]:
    yield from (ROOT / "README.md", ROOT / "ARCHITECTURE.md", ROOT / "CHANGELOG.md", ROOT / "CONTRIBUTING.md")
    yield from sorted((ROOT / "docs").rglob("*.md"))


def files() -> list[Path]:
    found = [*sorted((ROOT / "plot").rglob("*.py")), *pages()]
    return [path for path in found if not str(path.relative_to(ROOT)).startswith(ELSEWHERE)]


def names_in(text: str) -> list[str]:
    """Return the listed identifiers in Python code, each as often as it occurs."""
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    return [token.string for token in tokens if token.type == tokenize.NAME and token.string in NAMES]


def phrases_in(text: str) -> list[str]:
    """Return the listed phrases in a text, without what is quoted in it."""
    plain = " ".join(QUOTED.sub("", text).split())
    return [match[0] for phrase in PHRASES for match in re.finditer(phrase, plain)]


def test_the_listed_names_and_phrases_are_gone() -> None:
    found = {}
    for path in files():
        text = path.read_text(encoding="utf-8")
        listed = [*(names_in(text) if path.suffix == ".py" else ()), *phrases_in(text)]
        if listed:
            found[str(path.relative_to(ROOT))] = listed
    assert found == {}, "see docs/GLOSSARY.md, and NAMES and PHRASES here, for what to write"


@pytest.mark.parametrize(
    ("text", "listed"),
    [
        ("scouts = run(program)\n", ["scouts"]),
        ("class Pupil:\n    pass\n", ["Pupil"]),
        ("found = 'urn'\n", []),
    ],
)
def test_planted_names_are_found(text: str, listed: list[str]) -> None:
    assert names_in(text) == listed


@pytest.mark.parametrize(
    ("text", "listed"),
    [
        ('"""Tell whether a site is finite."""', ["Tell whether"]),
        ("a proposal for many unknowns,\n    learnt from\nhardly\nany particle", ["learnt", "hardly any", "unknowns"]),
        ("*Tom* is weak; `put off` and “Tell whether” are quoted", []),
        ("what is unknown", []),
    ],
)
def test_planted_phrases_are_found(text: str, listed: list[str]) -> None:
    assert phrases_in(text) == listed
