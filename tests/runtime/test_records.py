"""Records: fields by attribute and by name, records within records, and records of different fields that meet."""

# ruff: noqa: E501 - a program of a test stands on one line

from __future__ import annotations

import pytest

from plot.errors import PlotError
from tests.runtime.running import agrees, ran, shares, value

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
    with pytest.raises(PlotError, match="constant field name"):
        ran('r = {"a": 1, "b": 2}\nquery(r[choice(["a", "b"])])', checked=False)
