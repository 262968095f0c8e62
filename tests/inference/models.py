"""What tests of inference share: the tug-of-war as a program, and problems from their texts."""

from __future__ import annotations

from plot.inference import Boolean, Number, Part, Posterior, Problem
from plot.language import parse

SAFETY_NET = 3_600.0  # seconds, on any machine more than what a test takes that ends by precision or particles

PULLING = """
@mem
def strength(player):
    return normal(50, 20)

@mem
def laziness(player):
    return uniform(0, 1)

@mem
def lazy(player, match):
    return flip(laziness(player))

def pull(player, match):
    return strength(player) / 2 if lazy(player, match) else strength(player)
"""


def problem(setting: str, *evidence: str, ask: str) -> Problem:
    """Return a problem from its texts, an utterance for each factor of evidence."""
    parts = tuple(Part(text, parse(text, f"utterance {i}")) for i, text in enumerate(evidence, 1))
    return Problem(parse(setting), parts, parse(ask))


def number(found: Posterior, i: int = 0) -> Number:
    """Return the marginal of a query that is a number."""
    marginal = found.marginals[i]
    assert isinstance(marginal, Number)
    return marginal


def boolean(found: Posterior, i: int = 0) -> Boolean:
    """Return the marginal of a query that is a truth value."""
    marginal = found.marginals[i]
    assert isinstance(marginal, Boolean)
    return marginal
