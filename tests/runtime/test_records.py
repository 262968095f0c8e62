"""Records: fields by attribute and by name, records within records, and records of different fields that meet."""

# ruff: noqa: E501 - a program of a test stands on one line

from __future__ import annotations

import math

import pytest

from plot.errors import PlotError
from plot.program import run_program
from tests.runtime.running import agrees, ran, shares, value
from tests.support.tolerances import Z

PROGRAMS = {
    "fields": 'r = {"mass": normal(0, 1), "hot": flip()}\nquery([r.mass, r.hot, r])',
    "by name": 'r = {"mass": 2, "hot": flip()}\nquery([r["mass"], r["hot"]])',
    "within each other": 'r = {"a": {"b": {"c": randint(0, 3)}}, "xs": [flip()]}\nquery([r.a.b.c, r.a.b, r.xs[0]])',
    "meeting": 'r = {"a": 1, "b": "x"} if flip() else {"a": 2.5, "b": "y"}\nquery([r.a, r.b, r])',
    "different order": 'r = {"a": 1, "b": 2} if flip() else {"b": 3, "a": 4}\nquery([r.a, r.b, r == {"a": 1, "b": 2}])',
    "in lists": 'rs = [{"n": i, "ok": flip()} for i in range(3)]\nquery([r.n for r in rs if r.ok])',
    "chosen": 'rs = [{"n": i, "who": p} for i, p in enumerate(["a", "b"])]\nr = choice(rs)\nquery([r.who, r.n])',
    "updated in a branch": 'r = {"n": 0}\nif flip():\n    r = {"n": r.n + 1}\nquery(r.n)',
    "from a function": 'def make(n):\n    if n == 0:\n        return {"leaf": True, "kids": []}\n    return {"leaf": False, "kids": [make(n - 1) for i in range(randint(0, 2))]}\nt = make(2)\nquery([t.leaf, [k.leaf for k in t.kids], t])',
    "functions in fields": 'r = {"f": abs} if flip() else {"f": lambda x: x * 2}\nf = r.f\nquery(f(-3))',
}


@pytest.mark.parametrize("text", PROGRAMS.values(), ids=PROGRAMS)
def test_programs(text: str) -> None:
    agrees(text)


def test_different_fields() -> None:
    text = 'r = {"a": 1, "b": 2} if flip() else {"a": 3, "c": 4}\nquery([r.a, r])'
    assert {tuple(sorted(row[1])) for row in agrees(text)} == {("a", "b"), ("a", "c")}
    agrees('r = {"a": 1, "b": 2} if flip() else {"a": 3, "c": 4}\nquery(r.b)')
    found = ran('r = {"a": 1, "b": 2} if flip() else {"a": 3, "c": 4}\nquery(r.b)')
    assert list(shares(found)) == ["the record has no field 'b'"]


def test_truth_of_records_that_meet() -> None:
    agrees(
        'r = {} if flip() else {"a": 1} if flip() else {"b": 0}\nquery([1 if r else 0, r == {}, not r])', checked=False
    )


def test_what_has_no_fields() -> None:
    for other in ("None", "3", '"tom"', "[1]", "abs"):
        with pytest.raises(PlotError, match="has no field 'a'"):
            ran(f"x = {other}\nquery(x.a)", checked=False)
    found = ran('x = {"a": 1} if flip() else None\nquery(x.a)')
    assert list(shares(found)) == ["None has no field 'a'"]
    assert value('r = {"a": 1}\nquery(r["a"])') == 1
    with pytest.raises(PlotError, match="indexed by a field name, not by"):
        ran('r = {"a": 1, "b": 2}\nquery(r[choice([0, 1])])', checked=False)


RANDOM_NAMES = {
    'r = {"tom": 3, "sue": 5}\nquery(r[choice(["tom", "sue"])])': 4.0,
    'r = {"tom": 3, "sue": 5, "ann": 100}\nwho = "tom" if flip(0.25) else "sue"\nquery(r[who])': 4.5,
    'r = {"tom": {"age": 10}, "sue": {"age": 20}}\nquery(r[choice(["tom", "sue"])].age)': 15.0,
    'r = {"a": "b", "b": "a"}\nx = choice(["a", "b"])\nquery(1 if r[r[x]] == x else 0)': 1.0,
    'r = {"up": lambda x: x + 1, "down": lambda x: x - 1}\nquery(r["up" if flip(0.75) else "down"](5))': 5.5,
    'r = {"tom": [1, 2, 3], "sue": []}\nquery(len(r[choice(["tom", "sue"])]))': 1.5,
    'r = {"tom": 3, "sue": 5}\nw = choice(["tom", "sue"])\nobserve(normal(r[w], 1), 3)\nquery(r[w])': 5
    - 2 / (1 + math.exp(-2)),
    'r = {"tom": 3, "sue": 5}\nx = normal(0, 1)\nquery(r["tom" if x > 0 else "sue"])': 4.0,
}


@pytest.mark.parametrize("text", RANDOM_NAMES)
def test_a_record_is_indexed_by_a_random_name(text: str) -> None:
    answer = run_program(text)[0]
    assert answer.mean is not None
    assert abs(answer.mean - RANDOM_NAMES[text]) <= Z * answer.mcse + 1e-9


def test_a_random_name_that_is_no_field_is_an_error_where_it_is_drawn() -> None:
    with pytest.raises(PlotError, match="no field of that name"):
        run_program('r = {"tom": 3}\nquery(r[choice(["ann", "sue"])])')
    some = run_program('r = {"tom": 3, "sue": 4}\nquery(r[choice(["tom", "sue", "ann"])])')[0]
    assert some.mean == pytest.approx(3.5)
    assert any("no field of that name" in warning for warning in some.warnings)
