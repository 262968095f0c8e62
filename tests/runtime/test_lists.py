"""Lists: literals, `+`, indices, slices and their limits, over lists of different lengths."""

# ruff: noqa: E501 - a program of a test stands on one line

from __future__ import annotations

import pytest

from plot.errors import PlotError
from tests.runtime.running import agrees, ran, shares, value

LISTS = {
    "constant": "[5, 6, 7]",
    "random items": "[normal(0, 1), randint(0, 3), 2]",
    "with holes": "[i for i in range(4) if flip()]",
    "names with holes": '[p for p in ["a", "b", "c", "d"] if flip(0.6)]',
    "one of two": "([1, 2] if flip() else [3, randint(0, 3), 5])",
    "lists": "[[flip()], [1, 2], []][:randint(1, 3)]",
    "records": '[{"a": i, "b": flip()} for i in range(3) if flip()]',
    "mixed": '[1, "a", None, flip(), [2]]',
    "functions": "[abs, lambda x: x + 1]",
}


@pytest.mark.parametrize("items", LISTS.values(), ids=LISTS)
@pytest.mark.parametrize("index", ["0", "1", "-1", "-2", "randint(-2, 2)", "True"])
def test_indices(items: str, index: str) -> None:
    agrees(f"xs = {items}\nquery(xs[{index}])", checked=False)


@pytest.mark.parametrize("items", LISTS.values(), ids=LISTS)
@pytest.mark.parametrize(
    "bounds",
    ["1:", ":2", "1:3", "-2:", ":-1", ":", "2:1", "randint(-2, 2):", ":randint(0, 3)", "randint(0, 1):randint(-1, 4)"],
)
def test_slices(items: str, bounds: str) -> None:
    agrees(f"xs = {items}\nquery(xs[{bounds}])", checked=False)


@pytest.mark.parametrize("left", LISTS.values(), ids=LISTS)
@pytest.mark.parametrize("right", [LISTS["constant"], LISTS["with holes"], LISTS["one of two"], "[]"])
def test_concatenation(left: str, right: str) -> None:
    agrees(
        f"xs = {left}\nys = {right}\nzs = xs + ys + xs\nquery([zs, len(zs), zs[len(xs):], zs == ys + xs])",
        checked=False,
    )


def test_meeting_of_lists() -> None:
    agrees(
        "xs = [1]\nif flip():\n    xs = xs + [randint(0, 5), 7]\nif flip():\n    xs = [0] + xs\nelse:\n    xs = xs[1:]\nquery([xs, len(xs)])"
    )
    agrees('xs = [1, [2]] if flip() else ["a"] if flip() else [None, {"a": 1}, [3, 4]]\nquery(xs)')


def test_holes_everywhere() -> None:
    agrees(
        "x = randint(0, 1)\nxs = [1 if i > x else x for i in range(2) if i > x + 1]\nquery([xs[:], len(xs), shuffle(xs), xs + [x]])"
    )


def test_unpacking() -> None:
    agrees("a, (b, c) = [1, [flip(), 3]]\nb, a = [a, b]\nquery([a, b, c])")
    found = ran("a, b = [1, 2] if flip() else [1, 2, 3]\nquery(a)")
    assert list(shares(found)) == ["2 names can't be assigned a list of a different length"]


def test_out_of_range() -> None:
    found = ran("xs = [i for i in range(3) if flip()]\nquery(xs[1])")
    short = [
        len([x for x in row if x]) < 2 for row in zip(*[s.value.tolist() for s in found.choices.values()], strict=True)
    ]  # type: ignore[union-attr]
    assert found.warnings[0].mask.tolist() == short  # type: ignore[union-attr]
    for index in ("3", "-4", "randint(3, 9)", "1e300", "-1e300", "normal(0, 1) * 1e200"):
        with pytest.raises(PlotError, match=r"out of range|whole number"):
            ran(f"xs = [1, 2, 3]\nquery(xs[{index}])", checked=False)


def test_an_index_is_a_whole_number() -> None:
    assert value("xs = [1, 2]\nquery(xs[1.0])", checked=False) == 2
    for index in ("0.5", '"a"', "None", "[0]", "normal(0, 1)"):
        with pytest.raises(PlotError, match="index"):
            ran(f"xs = [1, 2]\nquery(xs[{index}])", checked=False)


def test_only_lists_have_items() -> None:
    for other in ("3", '"tom"', "None", "flip()"):
        with pytest.raises(PlotError, match="has no items to index"):
            ran(f"query({other}[0])", checked=False)
    found = ran("x = [1] if flip() else 3\nquery(x[0])")
    assert list(shares(found)) == ["a number has no items to index"]
