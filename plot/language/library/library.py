"""The library table: distributions, functions and speech acts."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType
from typing import Any, Final, Literal

Category = Literal["distribution", "function", "act"]
Kind = Literal["number", "boolean", "name", "list", "record", "function", "distribution", "any", "none"]


class _Required(Enum):
    REQUIRED = "required"

    def __repr__(self) -> str:
        return "REQUIRED"


REQUIRED: Final = _Required.REQUIRED
Default = int | float | bool | str | None | Literal[_Required.REQUIRED]


@dataclass(frozen=True, slots=True)
class ArgumentRange:
    """The range of a numeric argument: in words, as a test (of a float or a tensor), and one member."""

    words: str
    test: Callable[[Any], Any]
    default: float


REAL = ArgumentRange("a number", lambda x: abs(x) < math.inf, 0.0)
POSITIVE = ArgumentRange("a number above 0", lambda x: (x > 0) & (x < math.inf), 1.0)
NONNEGATIVE = ArgumentRange("a number of at least 0", lambda x: (x >= 0) & (x < math.inf), 1.0)
PROBABILITY = ArgumentRange("a probability between 0 and 1", lambda x: (x >= 0) & (x <= 1), 0.5)
SUCCESS = ArgumentRange("a probability above 0, up to 1", lambda x: (x > 0) & (x <= 1), 0.5)
TRIALS = ArgumentRange("a whole number from 0 to 1e9", lambda x: (x >= 0) & (x < 1e9) & (x == x // 1), 1.0)
WHOLE = ArgumentRange("a whole number between -1e9 and 1e9", lambda x: (abs(x) < 1e9) & (x == x // 1), 0.0)


@dataclass(frozen=True, slots=True)
class Parameter:
    """One argument of a library entry: its kind, its default or REQUIRED, and what its number must be."""

    name: str
    kind: Kind = "number"
    default: Default = REQUIRED
    support: ArgumentRange | None = None


Rule = Callable[[Mapping[str, Any]], str | None]


@dataclass(frozen=True, slots=True)
class LibraryEntry:
    """One name of the library.

    With `variadic`, the arguments are positional only, between `least` and `most` (None: any number) of them,
    and `parameters` describe the first ones. `rule` gets the arguments that are constants, by name, and says
    what is wrong with them together, or None. `shown` is the signature that people read.
    """

    name: str
    parameters: tuple[Parameter, ...]
    category: Category
    returns: Kind
    doc: str
    variadic: bool = False
    least: int = 0
    most: int | None = None
    rule: Rule | None = None
    shown: str = ""

    @property
    def signature(self) -> str:
        """The call as people write it: `normal(mean, sd)`.

        >>> LIBRARY["normal"].signature, LIBRARY["flip"].signature
        ('normal(mean, sd)', 'flip(p=0.5)')
        """
        return self.shown or f"{self.name}({', '.join(_shown(parameter) for parameter in self.parameters)})"


def _shown(parameter: Parameter) -> str:
    return parameter.name if parameter.default is REQUIRED else f"{parameter.name}={parameter.default!r}"


# -- what arguments must be together ---------------------------------------------------------------------


def _low_below_high(given: Mapping[str, Any]) -> str | None:
    if "low" in given and "high" in given and not given["low"] < given["high"]:
        return f"uniform needs low < high, not {given['low']:g} and {given['high']:g}"
    return None


def _low_up_to_high(given: Mapping[str, Any]) -> str | None:
    if "low" in given and "high" in given and not given["low"] <= given["high"]:
        return f"randint needs low <= high, not {given['low']:g} and {given['high']:g}"
    return None


def _not_empty(name: str) -> Rule:
    def rule(given: Mapping[str, Any]) -> str | None:
        return f"{name} from an empty list" if given.get("items") == [] else None

    return rule


def _weights(given: Mapping[str, Any]) -> str | None:
    weights, values = given.get("probabilities"), given.get("values")
    if not isinstance(weights, list):
        return None
    if not weights:
        return "categorical of no probabilities"
    if isinstance(values, list) and len(values) != len(weights):
        return f"categorical needs as many values as probabilities, not {len(values)} for {len(weights)}"
    if not all(isinstance(weight, (bool, int, float)) for weight in weights):
        return None
    for weight in weights:
        if not weight >= 0:
            return f"a probability of categorical must be {NONNEGATIVE.words}, not {weight:g}"
    return "the probabilities of categorical sum to 0" if sum(weights) == 0 else None


def _nonzero_step(given: Mapping[str, Any]) -> str | None:
    return "the step of a range must not be 0" if given.get("step") == 0 else None


def _no_items(name: str) -> Rule:
    def rule(given: Mapping[str, Any]) -> str | None:
        return f"{name} of an empty list" if given.get("items") == [] else None

    return rule


# -- the table -------------------------------------------------------------------------------------------

_MEAN, _SD = Parameter("mean", support=REAL), Parameter("sd", support=POSITIVE)
_ITEMS = Parameter("items", "list")
_X = Parameter("x", support=REAL)


def _distribution(
    name: str, parameters: tuple[Parameter, ...], doc: str, returns: Kind = "number", rule: Rule | None = None
) -> LibraryEntry:
    return LibraryEntry(name, parameters, "distribution", returns, doc, rule=rule)


_FLIP = (Parameter("p", default=0.5, support=PROBABILITY),)

FINITE = frozenset(["flip", "bernoulli", "choice", "categorical", "randint"])  # whose values can be listed

DISTRIBUTIONS = (
    _distribution("flip", _FLIP, "True with probability p.", "boolean"),
    _distribution("bernoulli", _FLIP, "The same as flip.", "boolean"),
    _distribution("normal", (_MEAN, _SD), "A normally distributed number; sd is the standard deviation."),
    _distribution(
        "uniform",
        (Parameter("low", support=REAL), Parameter("high", support=REAL)),
        "A uniformly distributed number from low to high.",
        rule=_low_below_high,
    ),
    _distribution(
        "randint",
        (Parameter("low", support=WHOLE), Parameter("high", support=WHOLE)),
        "A whole number from low to high, both included.",
        rule=_low_up_to_high,
    ),
    _distribution("choice", (_ITEMS,), "One of the items, uniformly at random.", "any", _not_empty("choice")),
    _distribution(
        "categorical",
        (Parameter("probabilities", "list"), Parameter("values", "list", None)),
        "One of the values with these probabilities (they are normalised); without values, the index 0, 1, …",
        "any",
        _weights,
    ),
    _distribution("shuffle", (_ITEMS,), "The items in a random order.", "list"),
    _distribution("poisson", (Parameter("rate", support=NONNEGATIVE),), "A count with mean rate."),
    _distribution("exponential", (Parameter("rate", support=POSITIVE),), "A waiting time with mean 1 / rate."),
    _distribution(
        "beta",
        (Parameter("a", support=POSITIVE), Parameter("b", support=POSITIVE)),
        "A number between 0 and 1 with mean a / (a + b).",
    ),
    _distribution(
        "gamma",
        (Parameter("shape", support=POSITIVE), Parameter("rate", support=POSITIVE)),
        "A number above 0 with mean shape / rate.",
    ),
    _distribution(
        "binomial",
        (Parameter("n", support=TRIALS), Parameter("p", support=PROBABILITY)),
        "The number of true flips among n of probability p.",
    ),
    _distribution(
        "geometric",
        (Parameter("p", support=SUCCESS),),
        "The number of failures before the first success (0, 1, …).",
    ),
    _distribution(
        "negative_binomial",
        (Parameter("n", support=POSITIVE), Parameter("p", support=SUCCESS)),
        "The number of failures before the n-th success.",
    ),
    _distribution(
        "weibull",
        (Parameter("shape", support=POSITIVE), Parameter("scale", support=POSITIVE)),
        "A time to failure; its rate rises if shape is above 1, and falls if it is below.",
    ),
    _distribution("half_normal", (_SD,), "The absolute value of a number from normal(0, sd)."),
    _distribution("log_normal", (_MEAN, _SD), "exp of a number from normal(mean, sd)."),
    _distribution(
        "student_t",
        (Parameter("df", support=POSITIVE), _MEAN, _SD),
        "As normal, with heavier tails (df degrees of freedom).",
    ),
    _distribution(
        "cauchy",
        (Parameter("location", support=REAL), Parameter("scale", support=POSITIVE)),
        "Heavy tails around location; it has no mean.",
    ),
    _distribution(
        "laplace",
        (Parameter("location", support=REAL), Parameter("scale", support=POSITIVE)),
        "Two exponential tails around location.",
    ),
)


def _function(
    name: str,
    parameters: tuple[Parameter, ...],
    returns: Kind,
    doc: str,
    rule: Rule | None = None,
) -> LibraryEntry:
    return LibraryEntry(name, parameters, "function", returns, doc, rule=rule)


def _variadic(
    shown: str,
    parameters: tuple[Parameter, ...],
    returns: Kind,
    doc: str,
    least: int,
    most: int | None = None,
    rule: Rule | None = None,
) -> LibraryEntry:
    name = shown.partition("(")[0]
    return LibraryEntry(name, parameters, "function", returns, doc, True, least, most, rule, shown)


FUNCTIONS = (
    _function("len", (_ITEMS,), "number", "The number of items of a list."),
    _function("sum", (_ITEMS,), "number", "The sum of a list of numbers; 0 if it is empty."),
    _function("mean", (_ITEMS,), "number", "The mean of a list of numbers.", _no_items("mean")),
    _variadic(
        "min(items) or min(a, b, …)",
        (Parameter("items", "any"),),
        "number",
        "The smallest.",
        1,
        rule=_no_items("min"),
    ),
    _variadic(
        "max(items) or max(a, b, …)",
        (Parameter("items", "any"),),
        "number",
        "The largest.",
        1,
        rule=_no_items("max"),
    ),
    _function("abs", (_X,), "number", "The absolute value of a number."),
    _function(
        "round",
        (_X, Parameter("digits", default=None, support=WHOLE)),
        "number",
        "The nearest whole number, or rounded to a number of digits.",
    ),
    _function("floor", (_X,), "number", "The whole number at or below x."),
    _function("ceil", (_X,), "number", "The whole number at or above x."),
    _function("exp", (_X,), "number", "e to the power of x."),
    _function("log", (Parameter("x", support=POSITIVE),), "number", "The natural logarithm."),
    _function("sqrt", (Parameter("x", support=NONNEGATIVE),), "number", "The square root."),
    _function(
        "pow",
        (Parameter("base", support=REAL), Parameter("exponent", support=REAL)),
        "number",
        "base ** exponent.",
    ),
    _function("any", (_ITEMS,), "boolean", "Whether at least one item of a list is true."),
    _function("all", (_ITEMS,), "boolean", "Whether every item of a list is true."),
    _variadic(
        "count(tests) or count(f, items)",
        (Parameter("items", "any"), Parameter("of", "list", None)),
        "number",
        "The number of true items of a list, or of items that satisfy f.",
        1,
        2,
    ),
    _function(
        "sorted",
        (_ITEMS, Parameter("key", "function", None), Parameter("reverse", "boolean", False)),
        "list",
        "The items in ascending order (of key(item)).",
    ),
    _function(
        "argmax",
        (Parameter("f", "function"), _ITEMS),
        "any",
        "The item with the greatest f(item); the first of several.",
        _no_items("argmax"),
    ),
    _function(
        "argmin",
        (Parameter("f", "function"), _ITEMS),
        "any",
        "The item with the least f(item); the first of several.",
        _no_items("argmin"),
    ),
    _variadic("zip(a, b, …)", (_ITEMS,), "list", "The list of [a[i], b[i], …], as long as the shortest.", 1),
    _function(
        "enumerate",
        (_ITEMS, Parameter("start", default=0, support=WHOLE)),
        "list",
        "The list of [index, item].",
    ),
    _variadic(
        "range(stop) or range(start, stop, step=1)",
        (
            Parameter("start", support=WHOLE),
            Parameter("stop", default=None, support=WHOLE),
            Parameter("step", default=None, support=WHOLE),
        ),
        "list",
        "Whole numbers from start (or 0) up to, without, stop; a bound may be random.",
        1,
        3,
        _nonzero_step,
    ),
    _function("first", (_ITEMS,), "any", "The first item of a list.", _no_items("first")),
    _function("last", (_ITEMS,), "any", "The last item of a list.", _no_items("last")),
    _variadic("concat(lists) or concat(a, b, …)", (_ITEMS,), "list", "The concatenation of lists, as `a + b` does.", 1),
    _function("distinct", (_ITEMS,), "list", "The items without repetitions, in order."),
    _function(
        "actual",
        (Parameter("value", "any"),),
        "any",
        "What value is in fact, before any do: actual(x) > x.",
    ),
)

ACTS = (
    LibraryEntry(
        "condition",
        (Parameter("test", "any"),),
        "act",
        "none",
        "Rule out every world in which test is false.",
    ),
    LibraryEntry(
        "observe",
        (Parameter("distribution", "distribution"), Parameter("value", "any")),
        "act",
        "none",
        "Weight every world by the density of value under a distribution: observe(normal(x, 1), 3.2).",
    ),
    LibraryEntry("query", (Parameter("value", "any"),), "act", "none", "Ask for value; at the top level only."),
    LibraryEntry(
        "do",
        (Parameter("target", "any"), Parameter("value", "any")),
        "act",
        "none",
        "Set a variable, or a @mem call, to a value from here on, regardless of its causes; or restrict its draw to "
        "values that pass a test: do(size, where=lambda s: s > 3). At the top level only.",
        shown="do(target, value) or do(target, where=test)",
    ),
)

LIBRARY: Mapping[str, LibraryEntry] = MappingProxyType(
    {entry.name: entry for entry in (*DISTRIBUTIONS, *FUNCTIONS, *ACTS)}
)
