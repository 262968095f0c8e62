"""Amounts in words as code: figures, spreads, ranges, choices, shares, counts, and what is made of other amounts."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from plot.building.sketch import NoFormError, Sketch, code_of, identifier, singular_words
from plot.world.derived.naming import singular

_COUNTED = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
_WORDS = {word: number for number, word in enumerate(_COUNTED)}
_FRACTIONS = {
    "half": "0.5",
    "a third": "1 / 3",
    "two thirds": "2 / 3",
    "a quarter": "1 / 4",
    "three quarters": "3 / 4",
}
_NUMBER = r"-?\d[\d,]*(?:\.\d+)?|" + "|".join(_WORDS)
_SHARE = re.compile(
    rf"(?P<percent>[\d.]+)\s*(?:%|per ?cent)|"
    rf"(?P<one>{_NUMBER}) (?:in|out of) (?P<of>{_NUMBER})|one (?P<word>half|third|quarter)"
)
SPREAD_OF_SKEW = 0.5  # of the log of a quantity that is "usually around" a figure
CONCENTRATION = 10  # of a share that is said to be around a figure, as so many observations


@dataclass
class Reach:
    """Whom a sentence speaks of: the variable of each kind; `subject` is the kind that pronouns mean."""

    sketch: Sketch
    variables: dict[str, str] = field(default_factory=dict)
    subject: str | None = None
    base: str | None = None


Rule = tuple[re.Pattern[str], Callable[[re.Match[str], Reach], str]]


def amount(text: str, scope: Reach) -> str:
    """Return the code of an amount. Raises NoFormError for words that are none."""
    text = _plain(text)
    for pattern, make in _RULES:
        found = pattern.fullmatch(text)
        if found is not None:
            return make(found, scope)
    raise NoFormError(f"“{text}” is no amount")


def chance(text: str, scope: Reach) -> str:
    """Return the code of a probability."""
    plain = _plain(text)
    found = _SHARE.fullmatch(plain)
    return _share_of(found) if found is not None else amount(plain, scope)


def figure(text: str) -> str | None:
    """Return a bare number as code; None for other words."""
    plain = text.strip().lower().replace(",", "")
    if plain in _WORDS:
        return str(_WORDS[plain])
    return plain if re.fullmatch(r"-?\d+(?:\.\d+)?", plain) else None


def _share_of(found: re.Match[str]) -> str:
    if found["percent"]:
        return f"{float(found['percent']) / 100:.6g}"
    if found["word"]:
        return {"half": "0.5", "third": "1 / 3", "quarter": "0.25"}[found["word"]]
    return f"{figure(found['one'])} / {figure(found['of'])}"


def _plain(text: str) -> str:
    text = " ".join(text.strip().rstrip(".").split())
    return re.sub(r"^(?:roughly|about) ", "around ", text)


def value(text: str, scope: Reach) -> str:
    """Return the code of a value that is not itself spread: a figure, a quantity, or what is made of them."""
    text = _plain(text)
    for pattern, make in _VALUES:
        found = pattern.fullmatch(text)
        if found is not None:
            return make(found, scope)
    return referred(text, scope)


def referred(text: str, scope: Reach) -> str:
    """Return the code of a quantity that is spoken of: *their strength*, *the wait*, *the speed of the runner*."""
    found = re.fullmatch(r"(?:their|its|his|her) (?P<name>.+)", text)
    if found is not None and scope.subject is not None:
        return _called(found["name"], scope.subject, scope)
    found = re.fullmatch(r"the (?P<name>.+?) of (?:the|an?|each) (?P<owner>[\w ]+)", text)
    if found is not None and found["owner"] in scope.variables:
        return _called(found["name"], found["owner"], scope)
    name = singular_words(text)
    for owner in (None, scope.subject):
        one = scope.sketch.measured(name, owner)
        if one is not None:
            return code_of(one, scope.variables)
    raise NoFormError(f"nothing was said of “{text}”")


def _called(name: str, owner: str, scope: Reach) -> str:
    one = scope.sketch.measured(name, owner) or scope.sketch.measured(name, None)
    if one is None:
        raise NoFormError(f"nothing was said of the {name} of a {owner}")
    return code_of(one, scope.variables)


def _members(found: re.Match[str], scope: Reach) -> str:
    """*The sum of its players*: of what each of them does as the group does."""
    kind = singular(found["kind"]) or found["kind"]
    wanted = found["name"]
    numbers = [one for one in scope.sketch.quantities.values() if one.owner == kind and one.sort == "number"]
    one = scope.sketch.measured(wanted, kind) if wanted else (numbers[-1] if numbers else None)
    if one is None or scope.subject is None:
        raise NoFormError(f"nothing was said of what a {kind} adds")
    scope.sketch.groups[scope.subject] = kind
    inner = code_of(one, {kind: "member"})
    function = {"sum": "sum", "total": "sum", "mean": "mean", "average": "mean", "maximum": "max", "minimum": "min"}[
        found["how"]
    ]
    return f"{function}([{inner} for member in {scope.variables[scope.subject]}])"


def _pair(function: str) -> Callable[[re.Match[str], Reach], str]:
    return lambda m, s: f"{function}([{value(m['one'], s)}, {value(m['other'], s)}])"


def _joined(op: str) -> Callable[[re.Match[str], Reach], str]:
    return lambda m, s: f"({value(m['one'], s)}) {op} ({value(m['other'], s)})"


def _relative(m: re.Match[str], scope: Reach) -> str:
    """*Twice as long*, *20% less*, *1 minute more*: a change of what the quantity is otherwise."""
    if m["times"]:
        times = {"twice": "2", "half": "0.5"}.get(m["times"]) or figure(m["times"].removesuffix(" times"))
        return f"* {times}"
    sign = "-" if m["down"] in ("less", "lower", "shorter", "slower", "fewer", "smaller") else "+"
    share = _SHARE.fullmatch(m["by"])
    if share is not None:
        return f"* (1 {sign} {_share_of(share)})"
    return f"{sign} {value(m['by'], scope)}"


def _chosen(m: re.Match[str], scope: Reach) -> str:
    del scope
    words = _listed(m["words"])
    texts = ", ".join(f'"{identifier(word)}"' for word in words)
    if not m["chances"]:
        return f"choice([{texts}])"
    shares = [_SHARE.fullmatch(part) for part in _listed(m["chances"])]
    if len(shares) != len(words) or None in shares:
        raise NoFormError(f"{len(words)} words need as many chances")
    return f"categorical([{', '.join(_share_of(one) for one in shares if one is not None)}], [{texts}])"


def _listed(text: str) -> list[str]:
    return [part.strip() for part in re.split(r",\s*(?:and |or )?| and | or ", text) if part.strip()]


def _beta(m: re.Match[str], scope: Reach) -> str:
    share = _SHARE.fullmatch(m["mean"])
    mean = fraction(_share_of(share)) if share is not None else float(m["mean"])
    del scope
    return f"beta({CONCENTRATION * mean:g}, {CONCENTRATION * (1 - mean):g})"


def fraction(code: str) -> float:
    """Return a figure, or a fraction of two, as a number.

    >>> fraction("1 / 4")
    0.25
    """
    one, _, of = code.partition("/")
    return float(one) / float(of or 1)


def _skewed(m: re.Match[str], scope: Reach) -> str:
    middle = value(m["mean"], scope)
    return f"({middle}) * log_normal(0, {SPREAD_OF_SKEW})"


def _like_before(m: re.Match[str], scope: Reach) -> str:
    """*Around 10* of a count is a count too."""
    if scope.base is None or not scope.base.startswith("poisson"):
        raise NoFormError("say how much more or less it may be: “around 10, give or take 2”")
    return f"poisson({value(m['mean'], scope)})"


_VALUE = r".+?"
_UNIT = r"(?: [a-z]+)?"
_RULES: list[Rule] = [
    (re.compile(r"a share around (?P<mean>.+)"), _beta),
    (re.compile(r"a share"), lambda m, s: "uniform(0, 1)"),
    (
        re.compile(rf"a (?:whole )?(?:number|count) (?:of )?(?:around|about) (?P<mean>{_VALUE})"),
        lambda m, s: f"poisson({value(m['mean'], s)})",
    ),
    (
        re.compile(rf"a whole number (?:between|from) (?P<low>{_VALUE}) (?:and|to) (?P<high>{_VALUE}){_UNIT}"),
        lambda m, s: f"randint({value(m['low'], s)}, {value(m['high'], s)})",
    ),
    (
        re.compile(rf"between (?P<low>{_VALUE}) and (?P<high>{_NUMBER}){_UNIT}"),
        lambda m, s: f"uniform({value(m['low'], s)}, {value(m['high'], s)})",
    ),
    (re.compile(rf"usually around (?P<mean>{_VALUE}){_UNIT},? sometimes much more"), _skewed),
    (
        re.compile(rf"at least (?P<low>{_NUMBER}){_UNIT},? usually around (?P<mean>{_NUMBER}){_UNIT}"),
        lambda m, s: f"{value(m['low'], s)} + exponential(1 / ({value(m['mean'], s)} - {value(m['low'], s)}))",
    ),
    (
        re.compile(
            r"(?:either )?(?:one of )?(?P<words>[a-z]+(?:, [a-z]+)*,? (?:and|or) [a-z]+)"
            r"(?:, with chances of (?P<chances>.+))?"
        ),
        _chosen,
    ),
    (
        re.compile(rf"around (?P<mean>{_VALUE}){_UNIT}, give or take (?P<sd>{_VALUE}){_UNIT}"),
        lambda m, s: f"normal({value(m['mean'], s)}, {value(m['sd'], s)})",
    ),
    (
        re.compile(rf"(?P<mean>{_VALUE}), give or take (?P<sd>{_NUMBER}){_UNIT}"),
        lambda m, s: f"normal({value(m['mean'], s)}, {value(m['sd'], s)})",
    ),
    (
        re.compile(
            rf"(?P<times>twice|half|(?:{_NUMBER}) times) as (?:\w+)(?: as otherwise)?|"
            rf"(?P<by>[\w.%]+)(?: [a-z]+)? "
            rf"(?P<down>less|lower|shorter|slower|fewer|smaller|more|higher|longer|faster)"
        ),
        _relative,
    ),
    (re.compile(rf"around (?P<mean>{_NUMBER}){_UNIT}"), _like_before),
    (re.compile(r"(?P<whole>.+)"), lambda m, s: value(m["whole"], s)),
]
_VALUES: list[Rule] = [
    (re.compile(rf"(?P<figure>{_NUMBER}){_UNIT}"), lambda m, s: str(figure(m["figure"]))),
    (_SHARE, lambda m, s: _share_of(m)),
    (
        re.compile(
            r"the (?P<how>sum|total|mean|average|maximum|minimum) of (?:its|their|the) "
            r"(?P<kind>\w+)(?:'s?)?(?: (?P<name>\w+))?(?<!of)"
        ),
        _members,
    ),
    (re.compile(r"the sum of (?P<one>.+) and (?P<other>.+)"), _joined("+")),
    (re.compile(r"the product of (?P<one>.+) and (?P<other>.+)"), _joined("*")),
    (re.compile(r"the (?:mean|average) of (?P<one>.+) and (?P<other>.+)"), _pair("mean")),
    (re.compile(r"the (?:larger|maximum|higher) of (?P<one>.+) and (?P<other>.+)"), _pair("max")),
    (re.compile(r"the (?:smaller|minimum|lower) of (?P<one>.+) and (?P<other>.+)"), _pair("min")),
    (re.compile(r"(?P<one>.+) plus (?P<other>.+)"), _joined("+")),
    (re.compile(r"(?P<one>.+) minus (?P<other>.+)"), _joined("-")),
    (
        re.compile(r"(?P<share>half|a third|two thirds|a quarter|three quarters) (?:of )?(?P<of>.+)"),
        lambda m, s: f"{_FRACTIONS[m['share']]} * ({value(m['of'], s)})",
    ),
    (re.compile(r"twice (?P<of>.+)"), lambda m, s: f"2 * ({value(m['of'], s)})"),
    (
        re.compile(rf"(?P<times>{_NUMBER}) times (?P<of>.+)"),
        lambda m, s: f"{figure(m['times'])} * ({value(m['of'], s)})",
    ),
    (
        re.compile(r"(?P<share>[\d.]+ ?%) of (?P<of>.+)"),
        lambda m, s: f"{chance(m['share'], s)} * ({value(m['of'], s)})",
    ),
    (re.compile(r"(?P<one>.+) times (?P<other>.+)"), _joined("*")),
    (re.compile(r"(?P<one>.+) divided by (?P<other>.+)"), _joined("/")),
]


__all__ = ["Reach", "amount", "chance", "figure", "fraction", "referred", "value"]
