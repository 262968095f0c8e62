"""An answer in words: built from its kind and its figures, with one scale of words for probabilities."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

from plot.answers.figures import error_in_points, number, percent
from plot.inference.contract import Boolean, Choice, Marginal, Members, Number
from plot.inference.texts import NOTHING
from plot.visible import clean

SCALE = ((0.99, "almost certainly"), (0.85, "very probably"), (0.55, "probably"))
MOST_NAMED = 6
APART = 2.0

Speller = Callable[[str], str]


def verbal(probability: float, error: float = 0.0) -> str:
    """Return the word for a probability of at least one half; empty where it is not clearly above one half.

    >>> verbal(1.0), verbal(0.995, 0.001), verbal(0.9), verbal(0.585, 0.005), verbal(0.51)
    ('certainly', 'almost certainly', 'very probably', 'probably', '')
    """
    if probability >= 1 and error <= 0:
        return "certainly"
    if probability - 0.5 <= APART * error:
        return ""
    return next((word for least, word in SCALE if probability >= least), "")


def speller(names: Mapping[str, str]) -> Speller:
    """Return the function that writes a name of the program as people write it."""
    return lambda name: clean(names.get(name, name))


def in_words(marginal: Marginal, spell: Speller = clean) -> str:
    """Return the answer as a sentence without its full stop."""
    if isinstance(marginal, Boolean):
        return _boolean(marginal)
    if isinstance(marginal, Number):
        return _number(marginal)
    if isinstance(marginal, Choice):
        return _choice(marginal, spell)
    return _members(marginal, spell)


def figure(probability: float, error: float) -> str:
    """Return a probability with its standard error.

    >>> figure(0.5853, 0.0047)
    '58.5% ± 0.5%'
    """
    shown = percent(probability, error)
    return shown if error <= 0 or shown[0] in "<>" else f"{shown} ± {error_in_points(error)}"


def _boolean(marginal: Boolean) -> str:
    probability, error = marginal.probability, marginal.mcse
    if math.isnan(probability):
        return "There is no answer: it is neither true nor false"
    yes = verbal(probability, error)
    no = verbal(1 - probability, error)
    if not yes and not no:
        return f"About as likely as not: {figure(probability, error)}"
    word = f"{yes} yes" if yes else f"{no} no"
    return f"{_capital(word)}: {figure(probability, error)}"


def _number(marginal: Number) -> str:
    if math.isnan(marginal.mean):
        return "There is no such number"
    if marginal.sd == 0:
        return _capital(f"it is {number(marginal.mean)}")
    low, high = _interval(marginal)
    around = f"between {low} and {high} with 90% probability"
    mean = f"{number(marginal.mean, marginal.mcse)} ± {number(marginal.mcse, marginal.mcse)}"
    best = max(marginal.histogram, key=lambda bar: bar[2], default=None)
    if marginal.integer and best is not None and best[0] == best[1]:
        word = verbal(best[2]) or "most likely"
        share = percent(best[2], marginal.mcse / marginal.sd * 0.5)
        return f"{_capital(word)} {number(best[0])} ({share}); {mean} on average, {around}"
    return f"About {mean}, {around}"


def _interval(marginal: Number) -> tuple[str, str]:
    """Return the interval, whose ends are known about half as well as the mean."""
    error = 0.0 if marginal.integer else 2 * marginal.mcse
    return number(marginal.interval[0], error), number(marginal.interval[1], error)


def _choice(marginal: Choice, spell: Speller) -> str:
    options = [(spell(name), share, marginal.errors[name]) for name, share in marginal.probabilities.items()]
    if not options:
        return "There is no answer"
    name, share, error = options[0]
    word = verbal(share, error)
    if word:
        return f"{_capital(word)} {name}: {figure(share, error)}"
    tied = [option for option in options if share - option[1] <= APART * math.hypot(error, option[2])]
    if len(tied) > MOST_NAMED:
        return f"Any of {len(tied)} about equally: {figure(share, error)} each"
    if len(tied) > 1:
        return f"{_either([option[0] for option in tied])}, about equally likely: {figure(share, error)} each"
    text = f"Most likely {name}: {figure(share, error)}"
    return text if len(options) < 2 else f"{text}, then {options[1][0]}: {percent(options[1][1], options[1][2])}"


def _members(marginal: Members, spell: Speller) -> str:
    inside = [
        f"{spell(name)} ({percent(share, marginal.errors[name])})"
        for name, share in marginal.probabilities.items()
        if verbal(share, marginal.errors[name])
    ]
    if inside:
        more = len(inside) - MOST_NAMED
        named = inside[:MOST_NAMED] + ([f"{more} more"] if more > 0 else [])
        return f"Likelier than not: {_all(named)}"
    none = verbal(marginal.empty, marginal.mcse)
    first = next(iter(marginal.probabilities.items()), None)
    if first is None or first[1] <= 0:
        return f"{_capital(none or 'probably')} {NOTHING}"
    closest = f"{spell(first[0])} ({percent(first[1], marginal.errors[first[0]])})"
    if none:
        return f"{_capital(none)} {NOTHING} ({percent(marginal.empty, marginal.mcse)}); the likeliest is {closest}"
    return f"None is clearly likelier than not; the likeliest is {closest}"


def _either(names: list[str]) -> str:
    return f"{', '.join(names[:-1])} or {names[-1]}"


def _all(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
