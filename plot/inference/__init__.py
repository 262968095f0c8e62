"""Belief from programs: one contract, one file for each algorithm, and a chooser that says why."""

from __future__ import annotations

from plot.inference.choose import METHODS, infer
from plot.inference.choose import choose as choose
from plot.inference.contract import (
    Boolean,
    Choice,
    Goal,
    Marginal,
    Members,
    Method,
    Number,
    Part,
    Posterior,
    Problem,
    State,
)

__all__ = [
    "METHODS",
    "Boolean",
    "Choice",
    "Goal",
    "Marginal",
    "Members",
    "Method",
    "Number",
    "Part",
    "Posterior",
    "Problem",
    "State",
    "infer",
]
