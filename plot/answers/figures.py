"""Numbers as text with as many digits as their standard error leaves known."""

from __future__ import annotations

import math

EXACT_DIGITS = 6


def decimals(error: float) -> int:
    """Return how many decimals show the first digit of a standard error.

    >>> decimals(0.0045), decimals(0.3), decimals(20)
    (3, 1, 0)
    """
    if not (error > 0 and math.isfinite(error)):
        return EXACT_DIGITS
    return min(12, max(0, -math.floor(math.log10(error))))


def number(value: float, error: float = 0.0) -> str:
    """Return a number rounded to its standard error; an exact one (error 0) has up to six digits.

    >>> number(59.3437, 0.18), number(2.0), number(1 / 3), number(1234567.0, 3000)
    ('59.3', '2', '0.333333', '1235000')
    """
    if not math.isfinite(value):
        return "unknown" if math.isnan(value) else ("infinite" if value > 0 else "minus infinite")
    if not (error > 0 and math.isfinite(error)):
        return f"{value:.{EXACT_DIGITS}g}" if abs(value) < 1e15 else f"{value:.3g}"
    if abs(value) >= 1e7 or (error < 1e-6 and abs(value) < 1e-3):
        digits = max(0, math.floor(math.log10(max(abs(value), error))) - math.floor(math.log10(error)))
        return f"{value:.{min(digits, 15)}e}"
    if error >= 10:
        step = 10.0 ** math.floor(math.log10(error))
        return f"{round(value / step) * step:.0f}"
    return _no_negative_zero(f"{value:.{decimals(error)}f}")


def _no_negative_zero(text: str) -> str:
    return text.lstrip("-") if not text.strip("-0.") else text


def percent(probability: float, error: float = 0.0) -> str:
    """Return a probability in percent, rounded to its standard error.

    Where it would round to 0 or 100 without being so, a bound stands instead.

    >>> percent(0.5853, 0.0045), percent(0.5), percent(1.0), percent(0.0, 0.0003), percent(0.9999, 0.0001)
    ('58.5%', '50%', '100%', '< 0.09%', '> 99.96%')
    """
    if math.isnan(probability):
        return "unknown"
    if error <= 0:
        return f"{100 * probability:.4g}%"
    if probability <= error:
        return f"< {_up(100 * min(1.0, probability + 3 * error), error)}%"
    if 1 - probability <= error:
        return f"> {_down(100 * max(0.0, probability - 3 * error), error)}%"
    return f"{100 * probability:.{decimals(100 * error)}f}%"


def _up(value: float, error: float) -> str:
    places = decimals(100 * error)
    return f"{math.ceil(value * 10**places - 1e-9) / 10**places:.{places}f}"


def _down(value: float, error: float) -> str:
    places = decimals(100 * error)
    return f"{math.floor(value * 10**places + 1e-9) / 10**places:.{places}f}"


def error_in_points(error: float) -> str:
    """Return the standard error of a probability, in percent, with its first digit.

    >>> error_in_points(0.0047), error_in_points(0)
    ('0.5%', '0%')
    """
    return "0%" if error <= 0 else f"{100 * error:.{decimals(100 * error)}f}%"
