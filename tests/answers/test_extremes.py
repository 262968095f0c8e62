"""Figures at the edges of what numbers can be: words, console and JSON that are finite, bounded and true."""

from __future__ import annotations

import json
import math
import unicodedata
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plot.answers import Answer, make_answer
from plot.figures import error_in_points, number, percent, plain_number
from plot.inference import Boolean, Choice, Marginal, Members, Number, Posterior
from plot.inference.outcomes import Figure, Items
from plot.text import plain

ANY = st.floats() | st.sampled_from([0.0, -0.0, 1e300, -1e300, 1e-300, 5e-324, 1.7e308, math.inf, -math.inf, math.nan])
TINY = st.floats(0, 1e-290) | st.floats(0, 1e-12)
ERROR = st.floats(min_value=0) | st.sampled_from([0.0, math.inf, math.nan, 1e-300, 1e300])
SHARE = st.floats(0, 1) | st.just(math.nan)
NAME = st.text(max_size=5) | st.sampled_from(["a" * 10_000, "\x1b[31m", "\u202etom", "\x00", "\ud800", "\n\n"])
MOST_WORDS = 1_000  # letters of an answer in words: six names of at most a hundred, and their figures


def answer(marginal: Marginal) -> Answer:
    posterior = Posterior((marginal,), math.inf, 1, -math.inf, math.inf, "smc", "because", math.nan, True)
    return make_answer("Who?", marginal, posterior)


def check(marginal: Marginal) -> None:
    found = answer(marginal)
    json.loads(json.dumps(found.to_json(), allow_nan=False))
    assert 0 < len(found.answer) < MOST_WORDS
    text = str(found)
    assert not [one for one in text if one != "\n" and unicodedata.category(one) in ("Cc", "Cf", "Cs", "Zl", "Zp")]
    assert not any(word in f" {text} " for word in (" nan", " inf ", "inf%", "nan%"))


@settings(max_examples=50, deadline=None)
@given(SHARE, ERROR)
def test_any_truth_value(share: float, error: float) -> None:
    check(Boolean(share, error))


@settings(max_examples=50, deadline=None)
@given(ANY, ERROR, ERROR, ANY, ANY, st.booleans())
def test_any_number(mean: float, sd: float, mcse: float, low: float, high: float, integer: bool) -> None:
    bars = ((low, high, 0.5), (high, high, 0.5)) if math.isfinite(low + high) else ()
    check(Number(mean, sd, mcse, (low, high), mean, bars, integer))


@settings(max_examples=40, deadline=None)
@given(st.dictionaries(NAME, st.tuples(SHARE, ERROR), max_size=20), SHARE)
def test_any_choice_and_set(options: dict[str, tuple[float, float]], empty: float) -> None:
    shares = {name: share for name, (share, _) in options.items()}
    errors = {name: error for name, (_, error) in options.items()}
    check(Choice(shares, errors))
    check(Members(shares, errors, empty))


def test_a_huge_outcome_and_many_of_them_are_bounded() -> None:
    count = 500
    many = {Items(tuple(Figure(place + i / count) for place in range(100))): 1 / count for i in range(count)}
    check(Choice(many, dict.fromkeys(many, 1e-4)))


@settings(max_examples=200, deadline=None)
@given(ANY, ERROR)
def test_a_number_with_its_error_reads_as_itself(value: float, error: float) -> None:
    text = number(value, error)
    if abs(value) < 1e307 and math.isfinite(error):
        digit = 10.0 ** math.floor(math.log10(error)) if error > 0 else 0.0
        assert abs(float(text) / 2 - value / 2) <= max(digit, 1e-5 * abs(value), 1e-12)
        assert not text.startswith("-0") or float(text) != 0
    else:
        assert text


NEAR = TINY | st.floats(0, 1) | TINY.map(lambda rest: 1 - rest) | st.just(0.25).map(lambda x: math.nextafter(x, 0))


@settings(max_examples=500, deadline=None)
@given(st.floats(0, 1) | NEAR, ERROR | TINY | st.floats(0, 0.5), st.booleans())
def test_a_percentage_is_true(share: float, error: float, alike: bool) -> None:
    error = share if alike else error
    text, exact = percent(share, error), Fraction(share)
    if text == "unknown":
        assert not math.isfinite(error) or share + 4 * error >= 0.99 or share - 4 * error <= 0.01
    elif text[0] in "<>":
        bound = Fraction(text[2:-1]) / 100
        assert 0 < bound < 1
        assert exact <= bound <= exact + 40 * Fraction(error) if text[0] == "<" else exact >= bound
    else:
        shown = Fraction(text[:-1]) / 100
        assert abs(shown - exact) <= max(Fraction(error), exact / 1000)
        assert shown > 0 or share == 0
        assert shown < 1 or share == 1


@settings(max_examples=200, deadline=None)
@given(ERROR | TINY)
def test_an_error_in_points_is_true(error: float) -> None:
    text = error_in_points(error)
    if text == "unknown":
        assert not error <= 1
    else:
        assert Fraction(error) / 2 <= Fraction(text[:-1]) / 100 <= 2 * Fraction(error)


def test_an_error_that_is_not_known_claims_nothing() -> None:
    assert percent(0.0, math.inf) == percent(0.4, math.nan) == error_in_points(math.inf) == "unknown"
    assert answer(Boolean(0.0, math.inf)).answer.startswith("Unknown")
    assert answer(Choice({"a": 0.3, "b": 0.7}, {"a": math.inf, "b": math.inf})).answer.startswith("Unknown")


@pytest.mark.parametrize(
    ("value", "text"),
    [(-0.0, "0"), (1000000.3, "1000000.3"), (1234567, "1234567"), (1e15, "1e+15"), (1e-300, "1e-300")],
)
def test_exact_numbers(value: float, text: str) -> None:
    assert plain_number(value) == text


def test_plain_data_has_no_number_that_json_lacks() -> None:
    data = {"a": [math.nan, (math.inf, 1.0)], "b": {"c": -math.inf}}
    assert plain(data) == {"a": [None, [None, 1.0]], "b": {"c": None}}
