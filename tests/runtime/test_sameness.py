"""`distinct` of long lists: sorting tells the same items as comparing each with each, and Python's own."""

from __future__ import annotations

import pytest

from plot.runtime.library import functions
from tests.runtime.running import agrees, ran, values
from tests.runtime.test_library import LISTS

FURTHER = {
    "ragged lists": "[[randint(0, 1) for j in range(2) if flip()], [0, 1]]",
    "records of lists": '[{"a": [flip()], "b": choice(["x", None])}, {"b": "x", "a": [1]}]',
    "records that lack fields": '[{"a": 1} if flip() else {"a": 1, "b": randint(0, 1)}]',
    "of kinds that vary": '[randint(0, 2) if flip() else choice(["a", None]), [0] if flip() else 0]',
    "lists under other kinds": '[[randint(0, 1)] if flip() else [[randint(0, 1)]] if flip() else "a"]',
    "functions": "[abs if flip() else sqrt, abs]",
}
ALL = {**LISTS, **FURTHER}


@pytest.mark.parametrize("items", ALL.values(), ids=ALL)
def test_long_lists(items: str) -> None:
    text = f"xs = [x for i in range(30) for x in {items}]\nys = distinct(xs)\n"
    query = "query(len(ys))" if "abs" in items else "query(ys)"
    agrees(text + query, particles=6)


@pytest.mark.parametrize("items", ALL.values(), ids=ALL)
def test_both_ways_tell_the_same(items: str, monkeypatch: pytest.MonkeyPatch) -> None:
    text = f"xs = [x for i in range(3) for x in {items}]\nquery(distinct(xs))"
    compared = values(ran(text))
    monkeypatch.setattr(functions, "FEW", 0)
    assert values(ran(text)) == compared


def test_thousands_of_items() -> None:
    found = ran("query(len(distinct([randint(1, 30) for i in range(1200)])))", 3)
    assert values(found) == [30] * 3  # that one of them is missing has a probability of 3 * 30 * (29/30)**1200 < 1e-15


def test_a_shuffle_of_thousands_holds_all() -> None:
    found = ran("query(len(distinct(shuffle(range(1200)))))", 2)
    assert values(found) == [1200] * 2
