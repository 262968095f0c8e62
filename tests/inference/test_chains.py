"""Chains of finite states of any length, however they are written, against a forward filter in NumPy."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest

from plot.errors import BudgetError, PlotError
from plot.inference import Boolean, Goal, Number, Posterior, Problem, infer
from plot.language import ProgramNode, parse

NOTHING = ProgramNode(body=())
STAY = np.array([[0.9, 0.1], [0.1, 0.9]])
MEANS = np.array([0.0, 2.0])


def readings(length: int, seed: int = 7) -> list[float]:
    rng = np.random.default_rng(seed)
    state, found = 0, []
    for _ in range(length):
        state = state if rng.random() < 0.9 else 1 - state
        found.append(round(float(rng.normal(MEANS[state], 1)), 3))
    return found


def likelihoods(ys: list[float]) -> np.ndarray:
    return np.exp(-0.5 * (np.array(ys)[:, None] - MEANS) ** 2) / math.sqrt(2 * math.pi)


def filtered(ys: list[float]) -> tuple[float, float]:
    """Return the probability of the last state being 1, and the log evidence."""
    belief, log_evidence = np.array([0.5, 0.5]), 0.0
    for likelihood in likelihoods(ys):
        belief = belief @ STAY * likelihood
        log_evidence += math.log(belief.sum())
        belief /= belief.sum()
    return float(belief[1]), log_evidence


def smoothed(ys: list[float], place: int) -> float:
    """Return the probability of the state at a place (from 0) being 1."""
    forward, backward = np.array([0.5, 0.5]), np.ones(2)
    for likelihood in likelihoods(ys[: place + 1]):
        forward = forward @ STAY * likelihood
        forward /= forward.sum()
    for likelihood in likelihoods(ys[place + 1 :])[::-1]:
        backward = STAY @ (likelihood * backward)
        backward /= backward.sum()
    both = forward * backward
    return float(both[1] / both.sum())


def answer(text: str, method: str = "auto", seconds: float = 600.0) -> Posterior:
    return infer(Problem(NOTHING, (), parse(text)), Goal(seconds=seconds), method)[0]


def in_lines(step: str) -> Callable[[list[float]], str]:
    seen = "observe(normal(2 if s else 0, 1), {})"
    return lambda ys: "\n".join(["s = flip(0.5)", *[f"{step}\n{seen.format(y)}" for y in ys], "query(s)"])


def in_a_loop(
    step: str, before: str = "", seen: str = "observe(normal(2 if s else 0, 1), y)"
) -> Callable[[list[float]], str]:
    body = "\n".join(["    " + line for line in [*step.splitlines(), *seen.splitlines()]])
    return lambda ys: f"{before}s = flip(0.5)\nfor y in {ys}:\n{body}\nquery(s)"


def remembered(first: str, then: str) -> Callable[[list[float]], str]:
    state = f"@mem\ndef state(t):\n    if t == 0:\n        return {first}\n    return {then}\n"
    return lambda ys: (
        f"ys = {ys}\n{state}for t in range({len(ys)}):\n    observe(normal(2 if state(t + 1) else 0, 1), ys[t])\n"
        f"query(state({len(ys)}))"
    )


WAYS: dict[str, Callable[[list[float]], str]] = {
    "a parameter": in_lines("s = flip(0.9 if s else 0.1)"),
    "two branches": in_lines("s = flip(0.9) if s else flip(0.1)"),
    "a loop": in_a_loop("s = flip(0.9 if s else 0.1)"),
    "if and else": in_a_loop(
        "if s:\n    s = flip(0.9)\nelse:\n    s = flip(0.1)",
        seen="if s:\n    observe(normal(2, 1), y)\nelse:\n    observe(normal(0, 1), y)",
    ),
    "nested branches": in_a_loop(
        "if flip(0.5):\n    s = flip(0.9) if s else flip(0.1)\nelif s:\n    s = not flip(0.1)\nelse:\n    s = flip(0.1)"
    ),
    "a function": in_a_loop("s = step(s)", "def step(s):\n    if s:\n        return flip(0.9)\n    return flip(0.1)\n"),
    "memory": remembered("flip(0.5)", "flip(0.9 if state(t - 1) else 0.1)"),
    "memory of branches": remembered("flip(0.5)", "flip(0.9) if state(t - 1) else flip(0.1)"),
    "a table": lambda ys: (
        f"rows = [[0.9, 0.1], [0.1, 0.9]]\ns = categorical([0.5, 0.5])\nfor y in {ys}:\n"
        "    s = categorical(rows[s])\n    observe(normal(2 * s, 1), y)\nquery(s == 1)"
    ),
    "names": lambda ys: (
        f"s = choice(['low', 'high'])\nfor y in {ys}:\n    other = 'low' if s == 'high' else 'high'\n"
        "    s = s if flip(0.9) else other\n    observe(normal(2 if s == 'high' else 0, 1), y)\nquery(s == 'high')"
    ),
    "a list that grows": lambda ys: (
        f"states = [flip(0.5)]\nfor y in {ys}:\n    states = states + [flip(0.9 if last(states) else 0.1)]\n"
        "    observe(normal(2 if last(states) else 0, 1), y)\nquery(last(states))"
    ),
}


@pytest.mark.parametrize("length", [4, 150])
@pytest.mark.parametrize("way", WAYS)
def test_a_chain_is_summed_however_it_is_written(way: str, length: int) -> None:
    ys = readings(length)
    found = answer(WAYS[way](ys))
    probability, log_evidence = filtered(ys)
    assert found.method == "exact"
    assert isinstance(found.marginals[0], Boolean)
    assert found.marginals[0].probability == pytest.approx(probability, abs=1e-9)
    assert found.log_evidence == pytest.approx(log_evidence, abs=1e-7)


@pytest.mark.full
def test_a_thousand_states() -> None:
    ys = readings(1_000)
    found = answer(WAYS["a loop"](ys), "exact")
    probability, log_evidence = filtered(ys)
    assert isinstance(found.marginals[0], Boolean)
    assert found.marginals[0].probability == pytest.approx(probability, abs=1e-9)
    assert found.log_evidence == pytest.approx(log_evidence, abs=1e-6)


def test_a_state_in_the_middle_is_smoothed() -> None:
    ys = readings(150)
    found = answer(WAYS["memory"](ys).rsplit("query", 1)[0] + "query(state(76))\nquery(state(1) == state(150))")
    assert isinstance(found.marginals[0], Boolean)
    assert found.marginals[0].probability == pytest.approx(smoothed(ys, 75), abs=1e-9)


def test_two_chains_side_by_side() -> None:
    ys, others = readings(150), readings(150, seed=8)
    found = answer(
        f"a = flip(0.5)\nb = flip(0.5)\nfor pair in {[list(pair) for pair in zip(ys, others, strict=True)]}:\n"
        "    a = flip(0.9 if a else 0.1)\n    b = flip(0.9) if b else flip(0.1)\n"
        "    observe(normal(2 if a else 0, 1), pair[0])\n    observe(normal(2 if b else 0, 1), pair[1])\nquery(a and b)"
    )
    (one, first), (other, second) = filtered(ys), filtered(others)
    assert isinstance(found.marginals[0], Boolean)
    assert found.marginals[0].probability == pytest.approx(one * other, abs=1e-9)
    assert found.log_evidence == pytest.approx(first + second, abs=1e-7)


def test_a_walk_among_many_states_with_an_unknown_pace() -> None:
    ys = readings(150)
    found = answer(
        f"pace = choice([0.1, 0.3, 0.5])\ns = randint(0, 5)\nfor y in {ys}:\n"
        "    if flip(pace):\n        s = min(5, max(0, s + choice([-1, 1])))\n    observe(normal(s / 2, 1), y)\n"
        "query(s)\nquery(pace)"
    )
    totals, means = [], []
    for pace in (0.1, 0.3, 0.5):
        rows = np.eye(6) * (1 - pace)
        for state in range(6):
            for after in (max(0, state - 1), min(5, state + 1)):
                rows[state, after] += pace / 2
        belief, log_evidence = np.full(6, 1 / 6), 0.0
        for y in ys:
            belief = belief @ rows * np.exp(-0.5 * (y - np.arange(6) / 2) ** 2) / math.sqrt(2 * math.pi)
            log_evidence += math.log(belief.sum())
            belief /= belief.sum()
        totals.append(log_evidence)
        means.append(float(belief @ np.arange(6)))
    shares = np.exp(np.array(totals) - max(totals))
    where, pace_found = found.marginals
    assert isinstance(where, Number)
    assert isinstance(pace_found, Number)
    assert where.mean == pytest.approx(float(shares @ means / shares.sum()), abs=1e-9)
    assert pace_found.mean == pytest.approx(float(shares @ [0.1, 0.3, 0.5] / shares.sum()), abs=1e-9)


@pytest.mark.parametrize("how", ["sum(xs)", "count(xs)", "len([x for x in xs if x])"])
def test_many_flips_are_counted(how: str) -> None:
    above = [math.comb(100, k) / 2**100 for k in range(61, 101)]
    found = answer(f"xs = [flip(0.5) for i in range(100)]\ncondition({how} > 60)\nquery({how} > 65)\nquery(xs[50])")
    more, one = found.marginals
    assert isinstance(more, Boolean)
    assert isinstance(one, Boolean)
    assert found.log_evidence == pytest.approx(math.log(sum(above)), abs=1e-9)
    assert more.probability == pytest.approx(sum(above[5:]) / sum(above), abs=1e-9)
    mean = sum(k * share for k, share in zip(range(61, 101), above, strict=True)) / sum(above)
    assert one.probability == pytest.approx(mean / 100, abs=1e-9)


@pytest.mark.parametrize("count", [300, pytest.param(3_000, marks=pytest.mark.full)])
def test_the_sum_of_many_flips_is_a_convolution(count: int) -> None:
    seen = round(0.32 * count)
    found = answer(f"n = 0\nfor i in range({count}):\n    n = n + flip(0.3)\nobserve(normal(n, 5), {seen})\nquery(n)")
    numbers = np.arange(count + 1)
    logs = [math.lgamma(count + 1) - math.lgamma(k + 1) - math.lgamma(count - k + 1) for k in numbers]
    weights = np.exp(np.array(logs) + numbers * math.log(0.3) + (count - numbers) * math.log(0.7))
    weights *= np.exp(-0.5 * ((seen - numbers) / 5) ** 2) / (5 * math.sqrt(2 * math.pi))
    assert found.method == "exact"
    assert isinstance(found.marginals[0], Number)
    assert found.log_evidence == pytest.approx(math.log(weights.sum()), abs=1e-7)
    assert found.marginals[0].mean == pytest.approx(float(weights @ numbers / weights.sum()), abs=1e-7)


@pytest.mark.parametrize("length", [200, pytest.param(1_000, marks=pytest.mark.full)])
def test_a_chain_of_ten_states_that_stay_or_start_anew(length: int) -> None:
    """Ten states, each of them kept with probability .9 or drawn anew: T K ** 2 operations, not K ** T."""
    ys, states = [3 * y for y in readings(length)], np.arange(10)
    found = answer(
        f"s = choice(range(10))\nfor y in {ys}:\n    s = s if flip(0.9) else choice(range(10))\n"
        "    observe(normal(s, 1), y)\nquery(s)"
    )
    belief, log_evidence = np.full(10, 0.1), 0.0
    for y in ys:
        belief = (0.9 * belief + 0.01) * np.exp(-0.5 * (y - states) ** 2) / math.sqrt(2 * math.pi)
        log_evidence += math.log(belief.sum())
        belief /= belief.sum()
    assert found.method == "exact"
    assert isinstance(found.marginals[0], Number)
    assert found.marginals[0].mean == pytest.approx(float(belief @ states), abs=1e-9)
    assert found.log_evidence == pytest.approx(log_evidence, abs=1e-6)


GRAMMAR = """
def words():
    return [choice(['a', 'b'])] if flip(0.7) else words() + words()
xs = words()
query(first(xs) == 'a')
"""
ENDLESS: dict[str, tuple[str, float]] = {
    "tries": ("def tries(p):\n    return 1 if flip(p) else 1 + tries(p)\nquery(tries(0.3) > 2)", 0.49),
    "a grammar": (GRAMMAR, 0.5),
}


@pytest.mark.parametrize("name", ENDLESS)
def test_what_has_no_end_is_sampled(name: str) -> None:
    text, probability = ENDLESS[name]
    found = answer(text)
    assert found.method == "importance"
    assert isinstance(found.marginals[0], Boolean)
    assert abs(found.marginals[0].probability - probability) < 5 * found.marginals[0].mcse
    with pytest.raises((PlotError, BudgetError), match="exact"):
        answer(text, "exact")
