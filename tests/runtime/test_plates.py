"""Loops that are evaluated for all rows at once: which they are, and that nothing is different from one row at a time."""

# ruff: noqa: E501 - a program of a test stands on one line

from __future__ import annotations

import math

import pytest
import torch

from plot.language import parse
from plot.runtime import RunPlan, run
from plot.runtime.evaluator.plates import plates_of
from tests.runtime.running import agrees, values

NAMES = ("tom", "ann", "bob")
NUMBERS = [round(0.7 * i % 3 - 1, 2) for i in range(12)]
PAIRS = str([[NAMES[i % 3], NAMES[i * i % 3]] for i in range(12)]).replace("'", '"')
RECORDS = "[" + ", ".join(f'{{"who": "{NAMES[i % 3]}", "x": {i % 5}, "y": {0.3 * i:.1f}}}' for i in range(12)) + "]"
START = "a = normal(0, 1)\nb = normal(0, 1)\n"
STRENGTH = '@mem\ndef strength(p):\n    return normal(0, 1)\ndef margin(p, q):\n    return strength(p) - strength(q)\nfirst = [strength(p) for p in ["tom", "ann", "bob"]]\n'

PLATES = {
    "numbers": START + f"for x in {NUMBERS}:\n    observe(normal(a * x + b, 1), 2 * x)\nquery(a)",
    "numbers that the row does not decide": START
    + f"for x in {NUMBERS}:\n    observe(normal(a, 1), b)\n    condition(a < 2)\nquery(a)",
    "branches": START
    + f"for x in {NUMBERS}:\n    y = a * x\n    if y > b:\n        observe(normal(y, 1), x)\n    elif x > 0:\n        condition(y < 3)\nquery(a)",
    "a row is left": START
    + f"for x in {NUMBERS}:\n    if x < a:\n        continue\n    observe(normal(x, 1), b)\nquery(a)",
    "within a branch": START
    + f"if a > 0:\n    for x in {NUMBERS}:\n        observe(normal(a * x, 1), b)\nelse:\n    b = 0\nquery(b)",
    "records": START + f"for r in {RECORDS}:\n    observe(normal(a * r.x + b, 1), r.y)\nquery(a)",
    "random rows": START
    + "ys = [a * normal(i, 1) for i in range(12)]\nfor y in ys:\n    observe(normal(y, 1), b)\nquery(a)",
    "an index": "theta = [normal(0, 1) for i in range(3)]\nfor i in range(12):\n    observe(normal(theta[i % 3], 1), i)\nquery(theta[0])",
    "pairs": START + f"for x, y in zip({NUMBERS}, range(12)):\n    observe(normal(a * x + b, 1), y)\nquery(a)",
    "what is impossible": START + f"for x in {NUMBERS}:\n    observe(beta(1 + abs(a), 1), x)\nquery(a)",
    "an error in a row": START + f"for x in {NUMBERS}:\n    observe(normal(0, a + x + 1.5), 1)\nquery(a)",
    "names with memory": STRENGTH
    + f'for w, l in {PAIRS}:\n    observe(normal(strength(w) - strength(l), 1), 1)\nquery(strength("tom"))',
    "a name alone": STRENGTH + "for r in " + RECORDS + ":\n    condition(strength(r.who) > -2)\nquery(first[0])",
    "a function": START
    + f"def line(x):\n    if x > 0:\n        return a * x\n    return b\nfor x in {NUMBERS}:\n    observe(normal(line(x), 1), x)\nquery(a)",
    "a function with evidence": START
    + f"def see(x):\n    observe(normal(a, 1), x)\n    return x\nfor x in {NUMBERS}:\n    y = see(x)\n    observe(normal(b, 1), y)\nquery(a)",
    "memory with evidence": START
    + "@mem\ndef seen(p):\n    observe(normal(a, 1), 1)\n    return b\nfor r in "
    + RECORDS
    + ":\n    observe(normal(seen(r.who), 1), r.x)\nquery(a)",
    "groups": START
    + f"for g in [1, 2]:\n    c = a * g\n    for x in {NUMBERS}:\n        observe(normal(c, 1), x)\nquery(a)",
    "a name that is bound again": START
    + f"for x in {NUMBERS}:\n    observe(normal(a, 1), x)\nfor x in {NUMBERS}:\n    observe(normal(b, 1), x)\nx = 3\nquery(x)",
}

OTHERS = {
    "what one row leaves to the next": START
    + f"t = 0\nfor x in {NUMBERS}:\n    t += x\n    observe(normal(a * t, 1), x)\nquery(a)",
    "what is read after it": START + f"for x in {NUMBERS}:\n    observe(normal(a, 1), x)\nquery(x)",
    "what a function reads after it": START
    + f"x = 1\ndef f():\n    return x\nfor x in {NUMBERS}:\n    observe(normal(a, 1), f())\nquery(f())",
    "draws of a real number": START
    + f"for x in {NUMBERS}:\n    z = normal(0, 1)\n    observe(normal(a + z, 1), x)\nquery(a)",
    "draws that are kept": START
    + f"for x in {NUMBERS}:\n    z = flip()\n    observe(normal(a if z else b, 1), x)\nquery(z)",
    "draws in a list": START
    + f"for x in {NUMBERS}:\n    observe(normal(sum([flip() for i in range(3)]), 1), x)\nquery(a)",
    "many values": START
    + f"for x in {NUMBERS}:\n    z = randint(0, 100000)\n    observe(normal(a, 1 + z), x)\nquery(a)",
    "a function that draws": "def noisy(x):\n    return normal(x, 1)\n"
    f"for x in {NUMBERS}:\n    observe(normal(noisy(x), 1), x)\nquery(1)",
    "memory of a number that varies": START
    + f"@mem\ndef effect(x):\n    return normal(0, 1)\nfor x in {NUMBERS}:\n    observe(normal(effect(a * x), 1), x)\nquery(a)",
    "a function that is passed on": STRENGTH
    + f'for x in {NUMBERS}:\n    observe(normal(strength(argmax(strength, ["tom", "ann"])), 1), x)\nquery(1)',
    "a way out": START + f"for x in {NUMBERS}:\n    if x > a:\n        break\n    observe(normal(b, 1), x)\nquery(a)",
    "a result": START
    + f"def f():\n    for x in {NUMBERS}:\n        if x > a:\n            return x\n    return 0\nquery(f())",
    "an intervention": START + f"do(b, 1)\nfor x in {NUMBERS}:\n    observe(normal(a + b, 1), x)\nquery(a)",
    "rows of several kinds": START + 'for x in [1, "tom", 2, 3, 4, 5, 6, 7, 8]:\n    condition(x != a)\nquery(a)',
    "lists of several lengths": START
    + "for xs in [[1, 2, 3][:i % 3] for i in range(12)]:\n    condition(len(xs) < 3 + a * a)\nquery(a)",
}


@pytest.mark.parametrize("text", PLATES.values(), ids=PLATES)
def test_all_rows_at_once_are_as_one_by_one(text: str) -> None:
    program = parse(text)
    found = run(program, 64, RunPlan(seed=1))
    assert len(plates_of(program)) >= 1
    assert len(found.factors) < 12
    agrees(text, checked=False)


@pytest.mark.parametrize("text", OTHERS.values(), ids=OTHERS)
def test_other_loops_go_row_by_row(text: str) -> None:
    agrees(text, checked=False)


def test_rows_are_evaluated_in_pieces_that_give_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    for text in (PLATES["branches"], PLATES["names with memory"]):
        whole = run(parse(text), 50, RunPlan(seed=3)).log_weight
        monkeypatch.setattr("plot.runtime.evaluator.rows.LARGEST_PIECE", 50 * 5)
        assert torch.allclose(run(parse(text), 50, RunPlan(seed=3)).log_weight, whole, rtol=1e-12)
        monkeypatch.undo()


SUMMED = {
    "a mixture": (
        "p = beta(1, 1)\n" + START + "for x in XS:\n    z = flip(p)\n    observe(normal(a if z else b, 1), x)\n",
        lambda at, x: [(at["p"], at["a"] - x), (1 - at["p"], at["b"] - x)],
    ),
    "an index": (
        "p = beta(1, 1)\n"
        + START
        + "m = [a, b, 0]\nfor x in XS:\n    k = categorical([p, 1 - p, 1])\n    observe(normal(m[k], 1), x)\n",
        lambda at, x: [(at["p"] / 2, at["a"] - x), ((1 - at["p"]) / 2, at["b"] - x), (0.5, -x)],
    ),
    "memory of what was drawn": (
        "p = beta(1, 1)\n" + START + "@mem\ndef centre(k):\n    return a if k else b\n"
        "for x in XS:\n    k = flip(p)\n    observe(normal(centre(k), 1), x)\n",
        lambda at, x: [(at["p"], at["a"] - x), (1 - at["p"], at["b"] - x)],
    ),
    "a choice within a branch": (
        "p = beta(1, 1)\n"
        + START
        + "for x in XS:\n    y = a\n    if x > 0:\n        y = choice([a, b])\n    observe(normal(y, 1), x)\n",
        lambda at, x: [(0.5, at["a"] - x), (0.5, (at["b"] if x > 0 else at["a"]) - x)],
    ),
    "a condition and two draws": (
        "p = beta(1, 1)\n"
        + START
        + "for x in XS:\n    y = flip(p)\n    z = flip(0.2)\n    condition(y or z)\n"
        + "    observe(normal(a if y else b, 1), x)\n",
        lambda at, x: [(at["p"], at["a"] - x), ((1 - at["p"]) * 0.2, at["b"] - x)],
    ),
    "an error that one value has": (
        "p = beta(1, 1)\n"
        + START
        + "for x in XS:\n    y = flip(p)\n    observe(normal(a if y else b, 1 if y else -1), x)\n",
        lambda at, x: [(at["p"], at["a"] - x)],
    ),
}


@pytest.mark.parametrize("name", SUMMED)
def test_draws_of_a_row_are_summed_out(name: str) -> None:
    text, terms = SUMMED[name]
    found = run(parse(text.replace("XS", str(NUMBERS)) + "query([p, a, b])"), 40, RunPlan(seed=2))
    assert {site.of for site in found.choices.values() if not site.observed} <= {"p", "a", "b"}
    for particle in range(40):
        at = dict(zip("pab", values(found)[particle], strict=True))
        rows = [math.log(sum(p * math.exp(-0.5 * off * off) for p, off in terms(at, x))) for x in NUMBERS]
        expected = sum(rows) - len(NUMBERS) * 0.5 * math.log(2 * math.pi)
        assert float(found.log_weight[particle]) == pytest.approx(expected, rel=1e-9)


def test_a_row_that_nothing_explains_rules_a_particle_out() -> None:
    text = START + f"for x in {NUMBERS}:\n    z = flip()\n    condition(a > 0 and z)\nquery(a)"
    found = run(parse(text), 40, RunPlan(seed=2))
    assert [float(weight) == -math.inf for weight in found.log_weight] == [one <= 0 for one in values(found)]
