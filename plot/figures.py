"""Numbers as text with as many digits as their standard error leaves known."""

from __future__ import annotations

import math
from decimal import ROUND_CEILING, ROUND_FLOOR, Context, Decimal, localcontext

EXACT_DIGITS = 6
MOST_DECIMALS = 12
LONGEST_NUMBER = 1e15  # from here on floating-point numbers leave out whole ones


def decimals(error: float) -> int:
    """Return the number of decimals at which a standard error has its first digit.

    >>> decimals(0.0045), decimals(0.3), decimals(20)
    (3, 1, 0)
    """
    if not (error > 0 and math.isfinite(error)):
        return EXACT_DIGITS
    return min(MOST_DECIMALS, max(0, -math.floor(math.log10(error))))


def plain_number(value: float, digits: int = EXACT_DIGITS) -> str:
    """Return an exact number: whole ones with all their digits, others with at least two decimals if they are large.

    >>> plain_number(2.0), plain_number(1 / 3), plain_number(1000000.3), plain_number(1234567), plain_number(1e-300)
    ('2', '0.333333', '1000000.3', '1234567', '1e-300')
    """
    if not math.isfinite(value):
        return "unknown" if math.isnan(value) else ("infinite" if value > 0 else "minus infinite")
    if abs(value) >= LONGEST_NUMBER:
        return f"{value:.{digits}g}"
    if value == int(value):
        return f"{int(value)}"
    whole = len(str(abs(int(value))))
    return _no_negative_zero(f"{value:.{max(digits, whole + 2)}g}")


def number(value: float, error: float = 0.0) -> str:
    """Return a number rounded to its standard error; an exact one (error 0) as `plain_number` does.

    >>> number(59.3437, 0.18), number(2.0), number(1 / 3), number(1234567.0, 3000)
    ('59.3', '2', '0.333333', '1235000')
    """
    if not (error > 0 and math.isfinite(error) and math.isfinite(value)):
        return plain_number(value)
    if abs(value) >= LONGEST_NUMBER or (abs(value) >= 1e7 and error >= 1) or (error < 1e-6 and abs(value) < 1e-3):
        digits = max(0, math.floor(math.log10(max(abs(value), error))) - math.floor(math.log10(error)))
        return _no_negative_zero(f"{value:.{min(digits, 15)}e}")
    if error >= 10:
        step = 10.0 ** math.floor(math.log10(error))
        return _no_negative_zero(f"{round(value / step) * step:.0f}")
    return _no_negative_zero(f"{value:.{decimals(error)}f}")


def _no_negative_zero(text: str) -> str:
    return text.lstrip("-") if float(text) == 0 else text


def percent(probability: float, error: float = 0.0) -> str:
    """Return a probability in percent, rounded to its standard error.

    Where it would round to 0 or 100 without being so, a bound stands instead; where there is none either, and where
    the error is not known, it is unknown. Bounds are rounded away from the probability, in decimal arithmetic.

    >>> percent(0.5853, 0.0045), percent(0.5), percent(1.0), percent(0.0, 0.0003), percent(0.9999, 0.0001)
    ('58.5%', '50%', '100%', '< 0.09%', '> 99.96%')
    >>> percent(1 - 2e-9), percent(0.0, 0.4), percent(0.0, math.inf), percent(0.0, 2e-302), percent(3e-20, 1e-21)
    ('99.9999998%', 'unknown', 'unknown', '< 6e-300%', '3.0e-18%')
    """
    if not (math.isfinite(probability) and math.isfinite(error)):
        return "unknown"
    if error <= 0:
        return _exact_percent(probability)
    with localcontext(Context(prec=50)):
        return _rounded_percent(*(100 * Decimal(str(float(one))) for one in (probability, error)))


def _rounded_percent(points: Decimal, spread: Decimal) -> str:
    places = decimals(float(spread))
    if points <= spread:
        return _below(points + 3 * spread, places)
    if 100 - points <= spread:
        return _above(points - 3 * spread, places)
    if points.adjusted() < EXACT_DIGITS - MOST_DECIMALS and places == MOST_DECIMALS:
        return f"{points:.{min(EXACT_DIGITS, points.adjusted() - spread.adjusted())}e}%"
    text = f"{points:.{places}f}"
    return f"{text}%" if float(text) < 100 else _above(points - 3 * spread, places)


def _exact_percent(probability: float) -> str:
    text = f"{100 * probability:.4g}"
    if text == "100" and probability < 1:
        text = f"{100 * probability:.{-math.floor(math.log10(100 * (1 - probability)))}f}"
    return f"{text}%"


def _below(points: Decimal, places: int) -> str:
    if points >= 100:
        return "unknown"
    if places == MOST_DECIMALS:
        return f"< {points.quantize(Decimal(1).scaleb(points.adjusted()), ROUND_CEILING):.0e}%"
    bound = points.quantize(Decimal(1).scaleb(-places), ROUND_CEILING)
    return f"< {bound}%" if bound < 100 else "unknown"


def _above(points: Decimal, places: int) -> str:
    last = Decimal(1).scaleb(-places)
    bound = min(points.quantize(last, ROUND_FLOOR), 100 - last) if points > 0 else Decimal(0)
    return f"> {bound}%" if bound > 0 else "unknown"


def error_in_points(error: float) -> str:
    """Return the standard error of a probability, in percent, with its first digit.

    >>> error_in_points(0.0047), error_in_points(0), error_in_points(math.inf), error_in_points(2e-30)
    ('0.5%', '0%', 'unknown', '2e-28%')
    """
    if not error <= 1:
        return "unknown"
    if error <= 0:
        return "0%"
    text = f"{100 * error:.{decimals(100 * error)}f}"
    return f"{text}%" if float(text) > 0 else f"{Decimal(str(float(error))).scaleb(2):.0e}%"
