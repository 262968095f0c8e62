"""Outcomes are keyed by value and type: what differs is counted apart, what is equal together, and texts tell them."""

from __future__ import annotations

import json
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plot.answers.picture import rows_of
from plot.errors import PlotError
from plot.inference import Choice, Members, Number
from plot.inference.outcomes import Fields, Figure, Items, Outcome, Truth, source_text
from plot.pictures.outcome_texts import shortened, texts_of
from plot.program import run_program
from tests.support.tolerances import agrees

# Pairs of expressions whose values differ, though their texts may be alike.
UNLIKE = [
    ("[[1, 2], [3]]", "[[1], [2, 3]]"),
    ('"yes"', "True"),
    ('"no"', "False"),
    ("None", '"none"'),
    ("None", '"None"'),
    ("[1000000.3]", "[1000000.4]"),
    ("[0.1 + 0.2]", "[0.3]"),
    ("[9007199254740991]", "[9007199254740990]"),
    ('[1, "1"]', "[1, 1]"),
    ("[[]]", '["nothing", 0]'),
    ("[[], 1]", "[1]"),
    ("[1]", "1"),
    ('[["a", "b"]]', '[["a, b"]]'),
    ('[["a"], ["b"]]', '[["a"], ["B"]]'),
    ('[{"a": 1, "b": 2}]', '[{"a": 1}]'),
    ('[{"a": "1, b: 2"}]', '[{"a": 1, "b": 2}]'),
    ("[None, 1]", '["none", 1]'),
    ("[None, 1]", "[1]"),
    ("[1e300, 0]", "[1e-300, 0]"),
]
ALIKE = [("[0.0, 1]", "[-0.0, 1]"), ("[1, 2]", "[1.0, 2.0]"), ('[{"a": 1, "b": 2}]', '[{"b": 2, "a": 1}]')]


@pytest.mark.parametrize(("one", "two"), UNLIKE)
@pytest.mark.parametrize("method", ["exact", "importance"])
def test_values_that_differ_are_counted_apart(one: str, two: str, method: str) -> None:
    (answer,) = run_program(f"query({one} if flip(0.3) else {two})", method=method)
    assert isinstance(answer.marginal, Choice)
    shares, errors = list(answer.marginal.probabilities.values()), list(answer.marginal.errors.values())
    assert len(shares) == 2
    assert agrees(shares[0], 0.7, errors[0]) if method == "importance" else shares == pytest.approx([0.7, 0.3])
    assert answer.distribution is not None and len(answer.distribution) == 2
    data = json.loads(json.dumps(answer.to_json(), allow_nan=False))
    assert len(data["distribution"]) == 2


@pytest.mark.parametrize(("one", "two"), ALIKE)
def test_values_that_are_equal_are_one_outcome(one: str, two: str) -> None:
    (answer,) = run_program(f"query({one} if flip(0.3) else {two})")
    assert isinstance(answer.marginal, Choice)
    assert list(answer.marginal.probabilities.values()) == [1.0]


def test_members_that_look_alike_are_counted_apart() -> None:
    (answer,) = run_program('query([None if flip(0.3) else "none", "nothing"])')
    assert isinstance(answer.marginal, Members)
    assert answer.marginal.probabilities == pytest.approx({"nothing": 1.0, "none": 0.7, None: 0.3})
    assert answer.distribution is not None and len(answer.distribution) == 3


NAMES = st.text(max_size=4) | st.sampled_from(["yes", "no", "none", "None", "True", "1", "[]", "[1, 2]", '"yes"', ""])
LEAVES = (
    NAMES | st.none() | st.booleans().map(Truth) | st.floats(allow_nan=False).map(Figure) | st.integers().map(Figure)
)
OUTCOMES: st.SearchStrategy[Outcome] = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=3).map(lambda items: Items(tuple(items)))
        | st.dictionaries(NAMES, inner, max_size=2).map(lambda fields: Fields(tuple(sorted(fields.items()))))
    ),
    max_leaves=5,
)


@settings(max_examples=60, deadline=None)
@given(st.lists(OUTCOMES, unique=True, max_size=6))
def test_texts_tell_outcomes_apart(outcomes: list[Outcome]) -> None:
    for spell in (str, str.casefold, lambda _: "x"):
        texts = texts_of(outcomes, spell)
        assert list(texts) == outcomes
        assert len(set(texts.values())) == len(outcomes)
    assert len({source_text(one) for one in outcomes}) == len(outcomes)


def test_texts_are_as_short_as_they_can_be() -> None:
    assert list(texts_of(["yes", "tom"]).values()) == ["yes", "tom"]
    close = [Figure(0.1), Figure(math.nextafter(0.1, 1))]
    assert list(texts_of(close).values()) == ["0.1", "0.10000000000000002"]


@settings(max_examples=100, deadline=None)
@given(st.lists(st.text("ab", max_size=60), unique=True, max_size=12), st.integers(12, 40))
def test_shortened_texts_stay_apart(texts: list[str], most: int) -> None:
    found = shortened(texts, most)
    assert len(set(found)) == len(texts)
    assert max(map(len, found), default=0) <= most


# -- what has no distribution that could be listed, and what has one though it is large -------------------------


def test_a_list_of_real_numbers_is_refused() -> None:
    for program in ("query([normal(0, 1), 2])", "x = normal(0, 1)\ncondition(x > 1)\nquery([x, 1])"):
        with pytest.raises(PlotError, match="too many to list"):
            run_program(program)


def test_many_outcomes_that_are_all_listed_are_an_answer() -> None:
    (answer,) = run_program("query(shuffle(range(5)))")
    assert isinstance(answer.marginal, Choice)
    assert answer.marginal.probabilities[Items(tuple(map(Figure, (3, 1, 0, 2, 4))))] == pytest.approx(1 / 120, abs=0.01)
    assert len(answer.marginal.probabilities) == 120
    assert len(answer.answer) < 200


# -- moments of numbers whose squares overflow or vanish ----------------------------------------------------------


@pytest.mark.parametrize("power", [-990, -520, 520, 1_000])
def test_moments_keep_their_digits_at_every_scale(power: int) -> None:
    (plain,) = run_program("query(normal(0, 1))")
    (answer,) = run_program(f"query(normal(0, 1) * {2.0**power!r})")
    one, found = plain.marginal, answer.marginal
    assert isinstance(one, Number) and isinstance(found, Number)
    for name in ("mean", "sd", "mcse"):
        assert getattr(found, name) / 2.0**power == getattr(one, name)
    assert sum(share for _, _, share in found.histogram) == pytest.approx(1)
    assert len(found.histogram) > 5


def test_numbers_too_large_to_square_have_an_answer() -> None:
    (answer,) = run_program("x = normal(0, 1)\nquery(exp(x * 1000))")
    assert answer.median is not None and math.isfinite(answer.median)
    json.dumps(answer.to_json(), allow_nan=False)


@pytest.mark.parametrize("value", [0.1, 1e300, 5e-324, -7.3])
def test_a_constant_is_not_taken_for_a_heavy_tail(value: float) -> None:
    program = f"x = normal(0, 1)\nobserve(normal(x, 1), 1)\nquery({value!r} + 0 * x)"
    (answer,) = run_program(program)
    assert answer.mean == value and answer.sd == 0
    assert not [warning for warning in answer.warnings if "one sample" in warning]


@pytest.mark.parametrize(("middle", "spread"), [(1e6, 1e-3), (1e9, 1e-6)])
def test_bars_of_close_numbers_have_width(middle: float, spread: float) -> None:
    (answer,) = run_program(f"query(normal({middle!r}, {spread!r}))")
    assert isinstance(answer.marginal, Number)
    assert all(low < high for low, high, _ in answer.marginal.histogram)
    labels = [label for label, _, _ in rows_of(answer, str)]
    assert len(set(labels)) == len(labels) > 5
