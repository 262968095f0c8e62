"""Classic causal models, as programs."""

from __future__ import annotations

from plot.causes.effects import Effects
from plot.inference import Goal, Part, Problem
from plot.language import parse
from plot.language.syntax.nodes import ProgramNode

# Charig et al. (1986): kidney stones
SIMPSON = """
large = flip(343 / 700)
open = flip(263 / 343 if large else 87 / 357)
success = flip((192 / 263 if large else 81 / 87) if open else (55 / 80 if large else 234 / 270))
"""
FIRING_SQUAD = """
order = flip(0.7)
nervous = flip(0.1)
a = order or nervous
b = order
dead = a or b
"""
FRONT_DOOR = """
gene = flip(0.5)
smokes = flip(0.8 if gene else 0.2)
tar = flip(0.9 if smokes else 0.1)
cancer = flip((0.6 if gene else 0.2) + (0.3 if tar else 0.0))
"""
MEDIATION = """
x = flip(0.5)
m = flip(0.75 if x else 0.4)
y = flip((0.8 if m else 0.4) if x else (0.3 if m else 0.2))
"""
CHAIN = """
a = flip(0.5)
b = flip(0.9 if a else 0.1)
c = flip(0.9 if b else 0.1)
"""
COLLIDER = """
talent = flip(0.3)
beauty = flip(0.3)
famous = flip(0.9 if talent or beauty else 0.05)
"""


def effects(text: str, told: str = "") -> Effects:
    """Return the effects in a program, which are exact for these models."""
    parts = (Part("what was told", parse(told)),) if told else ()
    return Effects(Problem(parse(text), parts, ProgramNode(body=())), Goal(), "exact")
