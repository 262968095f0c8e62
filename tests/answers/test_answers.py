"""Answers: words that fit the figures, digits that are known, JSON that keeps its promise, text that is safe."""

from __future__ import annotations

import io
import json
import math

import pytest
from rich.console import Console

from plot.answers import Answer, Belief, Utterance, make_answer
from plot.inference import Boolean, Choice, Marginal, Members, Number, Posterior
from plot.program import run_program

PROMISED = [
    "question",
    "kind",
    "answer",
    "probability",
    "mean",
    "sd",
    "interval",
    "distribution",
    "ess",
    "mcse",
    "method",
    "log_evidence",
    "utterances",
    "seed",
    "seconds",
]

BARS = ((0.0, 10.0, 0.25), (10.0, 20.0, 0.5), (20.0, 30.0, 0.25))
EXAMPLES: dict[str, Marginal] = {
    "boolean": Boolean(0.5853, 0.0047),
    "number": Number(59.34, 18.12, 0.18, (29.1, 88.6), 59.2, BARS),
    "choice": Choice({"mary": 0.6, "tom": 0.3, "sue": 0.1}, dict.fromkeys(["mary", "tom", "sue"], 0.005)),
    "set": Members({"tom": 0.83, "sue": 0.2}, {"tom": 0.004, "sue": 0.004}, 0.1),
}


def answer(marginal: Marginal, question: str = "Who is stronger?", **more: object) -> Answer:
    posterior = Posterior((marginal,), 9_876.0, 40_000, -1.4, 0.01, "importance", "because", 0.2, True)
    said = Utterance("Tom beat John.", "observation", (Belief("condition(x)", 1.0, 1.0, "grammar", "Tom beat John."),))
    return make_answer(question, marginal, posterior, utterances=(said,), **more)  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", EXAMPLES)
def test_json_has_every_promised_key(kind: str) -> None:
    data = json.loads(json.dumps(answer(EXAMPLES[kind]).to_json(), allow_nan=False))
    assert list(data)[: len(PROMISED)] == PROMISED
    assert data["kind"] == kind
    figures = {"boolean": ["probability"], "number": ["mean", "sd", "interval"]}.get(kind, ["distribution"])
    for key in ("probability", "mean", "sd", "interval", "distribution"):
        assert (data[key] is not None) == (key in figures)
    assert data["utterances"][0]["readings"][0] == {
        "code": "condition(x)",
        "weight": 1.0,
        "posterior": 1.0,
        "translator": "grammar",
        "paraphrase": "Tom beat John.",
        "literal": False,
        "own_words": None,
        "reliability": 1.0,
    }


def test_not_a_number_never_reaches_json() -> None:
    nothing = Number(math.nan, math.inf, math.inf, (math.nan, math.nan), math.nan, (), undefined=1.0)
    data = json.loads(json.dumps(answer(nothing).to_json(), allow_nan=False))
    assert data["mean"] is None and data["mcse"] is None and data["interval"] == [None, None]
    assert data["warnings"]


WORDS: dict[str, Marginal] = {
    "Probably yes: 58.5% ± 0.5%": Boolean(0.5853, 0.0047),
    "Probably no: 41.5% ± 0.5%": Boolean(0.4147, 0.0047),
    "About as likely as not: 50.3% ± 0.5%": Boolean(0.503, 0.0047),
    "Certainly yes: 100%": Boolean(1.0, 0.0),
    "Almost certainly no: < 0.09%": Boolean(0.0, 0.0003),
    "About 59.3 ± 0.2, between 29.1 and 88.6 with 90% probability": EXAMPLES["number"],
    "Probably mary: 60.0% ± 0.5%": EXAMPLES["choice"],
    "a or b, about equally likely: 50.1% ± 0.5% each": Choice({"a": 0.501, "b": 0.499}, {"a": 0.005, "b": 0.005}),
    "Likelier than not: tom (83.0%)": EXAMPLES["set"],
    "Very probably none (90.0%); the likeliest is tom (5.0%)": Members({"tom": 0.05}, {"tom": 0.002}, 0.9),
}


@pytest.mark.parametrize("words", WORDS)
def test_words(words: str) -> None:
    assert answer(WORDS[words]).answer == words


def test_names_are_spelt_as_people_write_them_and_found_either_way() -> None:
    found = answer(EXAMPLES["choice"], names={"mary": "Mary"})
    assert "Mary" in found.answer
    assert found.distribution is not None
    assert found.distribution["Mary"] == found.distribution["mary"] == 0.6
    with pytest.raises(KeyError):
        found.distribution["nobody"]


@pytest.mark.parametrize("kind", EXAMPLES)
def test_text_shows_words_chart_and_error(kind: str) -> None:
    text = str(answer(EXAMPLES[kind]))
    assert answer(EXAMPLES[kind]).answer.split(":")[0] in text
    assert "█" in text and "standard error" in text and "9,876" in text
    assert max(len(line) for line in text.splitlines()) <= 90


def test_text_of_users_is_never_markup_or_control() -> None:
    odd = Choice({"[red]x[/red]": 0.5, "\x1b[31mevil\u202e": 0.5}, {"[red]x[/red]": 0.01, "\x1b[31mevil\u202e": 0.01})
    text = str(answer(odd))
    assert "[red]x[/red]" in text
    assert "\x1b" not in text and "\u202e" not in text


def test_a_stream_that_knows_only_ascii_gets_ascii_bars() -> None:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="ascii", errors="replace")
    answer(EXAMPLES["choice"]).show(Console(file=stream, width=80))
    stream.flush()
    assert b"####" in raw.getvalue()


def test_quiet_is_one_line() -> None:
    stream = io.StringIO()
    answer(EXAMPLES["number"]).show(Console(file=stream, width=20), quiet=True)
    assert stream.getvalue() == f"{answer(EXAMPLES['number']).answer}.\n"


def test_several_readings_and_warnings_are_shown() -> None:
    readings = (Belief("condition(a)", 0.5, 0.61, "grammar"), Belief("condition(b)", 0.5, 0.39, "grammar"))
    said = Utterance("Tom is strong.", "observation", readings)
    marginal = EXAMPLES["boolean"]
    posterior = Posterior(
        (marginal,), 50.0, 400, -1.4, 0.01, "importance", "because", 0.2, False, "time was up", warnings=("low",)
    )
    text = str(make_answer("?", marginal, posterior, utterances=(said,)))
    assert "“Tom is strong.” may mean" in text and "condition(a)" in text
    assert text.index("61%") < text.index("39%")
    assert "! not as precise as asked: time was up" in text and "! low" in text


@pytest.mark.parametrize(
    ("text", "start"),
    [
        ("None if a else 3", "No finite number with probability 40.0%; otherwise it is 3"),
        ("None if a else flip(0.2)", "Neither true nor false with probability 40.0%; otherwise probably no"),
        ('None if a else ["tom"]', "No list with probability 40.0%; otherwise "),
        ('None if a else "tom"', "Probably tom: 60%"),
    ],
)
def test_the_headline_says_how_often_there_is_none(text: str, start: str) -> None:
    assert run_program(f"a = flip(0.4)\nquery({text})")[0].answer.startswith(start)
