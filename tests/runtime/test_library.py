"""Every function of the library against plain Python, on every particle."""

from __future__ import annotations

import pytest

from plot.errors import PlotError
from plot.language import LIBRARY
from tests.runtime.running import agrees, ran, shares

NUMBERS = {
    "constant": "[3, 1, 2]",
    "integers": "[randint(0, 3), randint(0, 3), 1]",
    "floats": "[normal(0, 1), 2, 0.5]",
    "truth values": "[flip(), flip(), True]",
    "with holes": "[x for x in [3, 1, 4, 1] if flip()]",
    "random with holes": "[randint(0, 5) for i in range(4) if flip(0.7)]",
    "mixed": "[1, 2.5, flip()]",
}
LISTS = {
    **NUMBERS,
    "names": '[choice(["a", "b"]), "a", "c"]',
    "names with holes": '[p for p in ["b", "a", "b", "c"] if flip()]',
    "records": '[{"a": flip()}, {"a": True}]',
    "lists": "[[1], [flip()], [1, 2]]",
    "of kinds": '[1, "a", None, 1.0, True]',
    "empty": "[]",
}
OF_NUMBERS = ["sum({})", "mean({})", "min({})", "max({})", "sorted({})", "sorted({}, reverse=True)", "max([0] + {})"]
OF_LISTS = [
    "len({})",
    "any({})",
    "all({})",
    "count({})",
    "first({})",
    "last({})",
    "distinct({})",
    "zip({}, [1, 2])",
    "zip({})",
    "enumerate({})",
    "enumerate({}, 5)",
    "concat({}, [1])",
    "concat([{}, [1], {}])",
    "[len(x) for x in zip({}, {}, [0, 0, 0])]",
]
OF_FUNCTIONS = [
    "argmax(lambda x: -x * x, {})",
    "argmin(lambda x: (x - 1) ** 2, {})",
    "count(lambda x: x > 1, {})",
    "sorted({}, key=lambda x: -x)",
    "sorted({}, lambda x: x % 2, True)",
]
OF_ONE = [
    "abs(x)",
    "floor(x)",
    "ceil(x)",
    "round(x)",
    "exp(x)",
    "log(x * x + 1)",
    "sqrt(x * x)",
    "pow(x, 2)",
    "pow(2, x)",
    "log(x)",
    "sqrt(x)",
]


@pytest.mark.parametrize("items", NUMBERS.values(), ids=NUMBERS)
@pytest.mark.parametrize("call", [*OF_NUMBERS, *OF_FUNCTIONS])
def test_of_numbers(call: str, items: str) -> None:
    agrees(f"xs = {items}\nquery({call.replace('{}', 'xs')})", checked=False)


@pytest.mark.parametrize("items", LISTS.values(), ids=LISTS)
@pytest.mark.parametrize("call", OF_LISTS)
def test_of_lists(call: str, items: str) -> None:
    text = f"xs = {items}\nquery({call.replace('{}', 'xs')})"
    if items == "[]" and call.startswith(("first", "last")):
        with pytest.raises(PlotError, match="out of range"):
            ran(text, checked=False)
    else:
        agrees(text, checked=False)


@pytest.mark.parametrize("number", ["2", "0.5", "True", "randint(-2, 3)", "normal(0, 1)", "flip()"])
@pytest.mark.parametrize("call", OF_ONE)
def test_of_one_number(call: str, number: str) -> None:
    agrees(f"x = {number}\nquery({call})", checked=False)


@pytest.mark.parametrize(
    "call",
    [
        "range(n)",
        "range(n, 4)",
        "range(-1, n)",
        "range(0, n, 2)",
        "range(n, -3, -2)",
        "range(4.0)",
        "range(n, n + 2)",
        "range(5, n, -1)",
        "range(flip())",
    ],
)
def test_range(call: str) -> None:
    agrees(f"n = randint(-2, 4)\nquery([{call}, len({call}), sum({call})])", checked=False)


def test_min_and_max_of_arguments() -> None:
    agrees("x = normal(0, 1)\nquery([min(x, 0, flip()), max(x, 0.5), max(flip(), flip()), min(2, 1)])")


def test_lists_of_the_empty_kind() -> None:
    for call, message in {
        "min(xs)": "min of an empty list",
        "max(xs)": "max of an empty list",
        "mean(xs)": "the mean of an empty list",
        "argmax(abs, xs)": "argmax of an empty list",
        "argmin(abs, xs)": "argmin of an empty list",
        "first(xs)": "list index out of range",
        "choice(xs)": "choice from an empty list",
    }.items():
        found = ran(f"xs = [1 for i in range(2) if flip()]\nquery({call})")
        assert list(shares(found)) == [message]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        ("sum([1, 'a'])", "sum needs numbers, not a name"),
        ("max([None])", "max needs numbers, not None"),
        ("len(3)", "len needs a list, not a number"),
        ("abs('a')", "abs needs numbers, not a name"),
        ("sorted([1, 'a'])", "sorted can't compare names with numbers"),
        ("sorted([None, None])", "sorted can't compare None"),
        ("sorted([[1], [2]])", "sorted needs numbers, not a list"),
        ("argmax(lambda x: 'a', [1])", "the function of argmax needs numbers, not a name"),
        ("log(0)", "log needs a number above 0"),
        ("sqrt(-1)", "sqrt needs a number of at least 0"),
        ("range(1.5)", "range needs whole numbers, not 1.5"),
        ("range(normal(0, 1))", "range needs whole numbers"),
        ("range(0, 5, randint(1, 2))", "the step of a range must be a constant whole number other than 0"),
        ("range(0, 5, 0)", "the step of a range must be a constant whole number other than 0"),
        ("round(1.5, randint(0, 1))", "the number of digits of round must be a constant whole number"),
        ("pow(0, -1)", "division by zero: 0 to a negative power"),
        ("pow(-8, 0.5)", "a negative number to a fractional power"),
        ("sorted([1], reverse=flip())", "reverse must be True or False"),
    ],
)
def test_what_they_refuse(call: str, message: str) -> None:
    with pytest.raises(PlotError) as caught:
        ran(f"f = {call.partition('(')[0]}\nx = f({call.partition('(')[2]}\nquery(x)", checked=False)
    assert caught.value.message == message
    assert caught.value.span is not None


def test_every_function_is_tested_here() -> None:
    tested = " ".join([*OF_NUMBERS, *OF_LISTS, *OF_FUNCTIONS, *OF_ONE, "range("])
    for entry in LIBRARY.values():
        if entry.category == "function" and entry.name != "actual":  # see test_counterfactuals
            assert f"{entry.name}(" in tested, entry.name
