"""The library table and the card that is made of it."""

from __future__ import annotations

import pytest

from plot.language import LIBRARY, REQUIRED, card, check, parse
from plot.language.library.card import EXAMPLE
from plot.language.library.library import LibraryEntry
from plot.language.syntax.refusals import METHODS, REFUSED

DISTRIBUTIONS = {
    "flip",
    "normal",
    "uniform",
    "choice",
    "categorical",
    "poisson",
    "exponential",
    "beta",
    "gamma",
    "binomial",
    "geometric",
    "negative_binomial",
    "weibull",
    "shuffle",
    "half_normal",
    "log_normal",
    "student_t",
    "cauchy",
    "laplace",
    "randint",
    "bernoulli",
}
FUNCTIONS = {
    "len",
    "sum",
    "min",
    "max",
    "abs",
    "round",
    "floor",
    "ceil",
    "exp",
    "log",
    "sqrt",
    "pow",
    "any",
    "all",
    "count",
    "sorted",
    "argmax",
    "argmin",
    "zip",
    "enumerate",
    "range",
    "first",
    "last",
    "mean",
    "concat",
    "distinct",
}


def test_the_library_is_complete() -> None:
    by_category: dict[str, set[str]] = {}
    for name, entry in LIBRARY.items():
        assert name == entry.name
        by_category.setdefault(entry.category, set()).add(name)
    assert by_category["distribution"] == DISTRIBUTIONS
    assert by_category["function"] >= FUNCTIONS
    assert by_category["act"] == {"condition", "observe", "query", "do"}


@pytest.mark.parametrize("entry", LIBRARY.values(), ids=lambda entry: entry.name)
def test_each_entry_explains_itself(entry: LibraryEntry) -> None:
    assert entry.doc.endswith((".", "?")) or "…" in entry.doc or ":" in entry.doc
    assert entry.doc[0].isupper() or entry.doc.startswith(("exp", "e ", "base"))
    assert entry.signature.startswith(entry.name + "(")
    optional = [parameter.default is not REQUIRED for parameter in entry.parameters]
    assert optional == sorted(optional)
    for parameter in entry.parameters:
        if parameter.support is not None:
            assert parameter.support.test(parameter.support.default)
            assert not parameter.support.test(float("nan"))


def test_the_table_cannot_be_changed() -> None:
    with pytest.raises(TypeError):
        LIBRARY["mine"] = LIBRARY["flip"]  # type: ignore[index]


def test_the_card_tells_everything_and_is_always_the_same() -> None:
    text = card()
    assert text == card()
    for entry in LIBRARY.values():
        assert f"`{entry.signature}`: {entry.doc}" in text
    for name in ("While", "ClassDef", "Import", "Try", "Global", "NamedExpr", "JoinedStr"):
        assert REFUSED[name][0].replace("'", "`") in text
    assert len(text) < 9_000


def test_the_example_of_the_card_is_right() -> None:
    assert EXAMPLE in card()
    check(parse(EXAMPLE))


def test_hints_for_methods_name_only_what_exists() -> None:
    assert "append" in METHODS
    for hint in METHODS.values():
        for name in ("sorted(", "count(", "sum(", "mean(", "max(", "min(", "len(", "distinct(", "first("):
            if name in hint:
                assert name[:-1] in LIBRARY
