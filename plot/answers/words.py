"""The wording of answers, with one verbal scale for probabilities."""

from __future__ import annotations

import math
from collections.abc import Mapping

from plot.figures import error_in_points, number, percent
from plot.inference.contract import Boolean, Choice, Marginal, Members, Number
from plot.inference.outcomes import Figure
from plot.pictures.outcome_texts import NOTHING, Speller, labelled, texts_of
from plot.text import clean

SCALE = ((0.99, "almost certainly"), (0.85, "very probably"), (0.55, "probably"))
MOST_NAMED = 6
APART = 2.0
LEAST_UNDEFINED = 1e-12  # of the posterior: less is a rounding error
ROUGHLY = 0.005  # the standard error that the probability of being undefined, which has none, is shown with
NOT_KNOWN = "Unknown: the samples give no standard error"


def verbal(probability: float, error: float = 0.0) -> str:
    """Return the word for a probability of at least one half; empty where it is not clearly above one half.

    >>> verbal(1.0), verbal(0.995, 0.001), verbal(0.9), verbal(0.585, 0.005), verbal(0.51)
    ('certainly', 'almost certainly', 'very probably', 'probably', '')
    """
    if probability >= 1 and error <= 0:
        return "certainly"
    if not math.isfinite(error) or not probability - 0.5 > APART * error:
        return ""
    return next((word for least, word in SCALE if probability >= least), "")


def speller(names: Mapping[str, str]) -> Speller:
    """Return the function that writes a name of the program as people write it."""
    return lambda name: clean(names.get(name, name))


def in_words(marginal: Marginal, spell: Speller = clean) -> str:
    """Return the answer as a sentence without its full stop; what is undefined in some worlds comes with how often."""
    if isinstance(marginal, Choice):
        return _choice(marginal, spell)
    if isinstance(marginal, Boolean):
        nothing, text = "Neither true nor false", _boolean(marginal)
    elif isinstance(marginal, Number):
        nothing, text = "No finite number", _number(marginal)
    else:
        nothing, text = "No list", _members(marginal, spell)
    if not LEAST_UNDEFINED < marginal.undefined < 1:
        return text
    share = percent(marginal.undefined, ROUGHLY)
    return f"{nothing} with probability {share}; otherwise {text[:1].lower()}{text[1:]}"


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
        return "No answer: it is neither true nor false"
    if not math.isfinite(error):
        return NOT_KNOWN
    yes = verbal(probability, error)
    no = verbal(1 - probability, error)
    shown = figure(probability, error)
    if marginal.bounds is not None:
        least, most = marginal.bounds
        shown += f"; whatever the noise, between {percent(least)} and {percent(most)}"
    if not yes and not no:
        return f"About as likely as not: {shown}"
    word = f"{yes} yes" if yes else f"{no} no"
    return f"{_capital(word)}: {shown}"


def _number(marginal: Number) -> str:
    if math.isnan(marginal.mean):
        return "No such number exists"
    if marginal.sd == 0 and marginal.mcse > 0:
        return _capital(f"{verbal(1.0, marginal.relative_error)} {number(marginal.mean)}: {_certainty(marginal)}")
    if marginal.sd == 0:
        return _capital(f"it is {number(marginal.mean)}")
    low, high = _interval(marginal)
    around = f"between {low} and {high} with 90% probability"
    if marginal.heavy or not all([math.isfinite(figure) for figure in (marginal.mean, marginal.sd, marginal.mcse)]):
        return f"About {number(marginal.median)} (the median), {around}; the mean can't be estimated"
    mean = f"{number(marginal.mean, marginal.mcse)} ± {number(marginal.mcse, marginal.mcse)}"
    best = max(marginal.histogram, key=lambda bar: bar[2], default=None)
    if marginal.integer and best is not None and best[0] == best[1]:
        word = verbal(best[2]) or "most likely"
        share = percent(best[2], marginal.mcse / marginal.sd * 0.5)
        return f"{_capital(word)} {number(best[0])} ({share}); {mean} on average, {around}"
    return f"About {mean}, {around}"


def _certainty(marginal: Number) -> str:
    """Return the bound on the probability of a number that all samples have."""
    return percent(1.0, marginal.relative_error)


def _interval(marginal: Number) -> tuple[str, str]:
    """Return the interval, whose ends are known about half as well as the mean, unless that has a heavy tail."""
    low, high = marginal.interval
    error = min(2 * marginal.mcse, high / 100 - low / 100)
    if not marginal.integer and error > 0:
        return number(low, error), number(high, error)
    if math.isnan(low) or math.isnan(high):
        return number(low), number(high)
    texts = texts_of([Figure(low), Figure(high)])
    return texts[Figure(low)], texts[Figure(high)]


def _choice(marginal: Choice, spell: Speller) -> str:
    options = [(share, marginal.errors[option]) for option, share in marginal.probabilities.items()]
    if not options:
        return "There is no answer"
    share, error = options[0]
    if not math.isfinite(error):
        return NOT_KNOWN
    names = list(labelled(list(marginal.probabilities)[:MOST_NAMED], spell).values())
    word = verbal(share, error)
    if word:
        return f"{_capital(word)} {names[0]}: {figure(share, error)}"
    tied = sum(share - other <= APART * math.hypot(error, its) for other, its in options)
    if tied > MOST_NAMED:
        return f"Any of {tied:,} about equally: {figure(share, error)} each"
    if tied > 1:
        return f"{_either(names[:tied])}, about equally likely: {figure(share, error)} each"
    text = f"Most likely {names[0]}: {figure(share, error)}"
    return text if len(options) < 2 else f"{text}, then {names[1]}: {percent(*options[1])}"


def _members(marginal: Members, spell: Speller) -> str:
    shares, errors = marginal.probabilities, marginal.errors
    inside = [option for option, share in shares.items() if verbal(share, errors[option])]
    if inside:
        texts = labelled(inside[:MOST_NAMED], spell)
        named = [f"{text} ({percent(shares[option], errors[option])})" for option, text in texts.items()]
        more = len(inside) - MOST_NAMED
        return f"Likelier than not: {_all(named + ([f'{more:,} more'] if more > 0 else []))}"
    none = verbal(marginal.empty, marginal.mcse)
    likeliest = labelled(list(shares)[:1], spell)
    if not any(shares[option] > 0 for option in likeliest):
        return f"{_capital(none or 'probably')} {NOTHING}"
    (closest,) = (f"{text} ({percent(shares[option], errors[option])})" for option, text in likeliest.items())
    if none:
        return f"{_capital(none)} {NOTHING} ({percent(marginal.empty, marginal.mcse)}); the likeliest is {closest}"
    return f"None is clearly likelier than not; the likeliest is {closest}"


def _either(names: list[str]) -> str:
    return f"{', '.join(names[:-1])} or {names[-1]}"


def _all(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
