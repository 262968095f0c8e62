"""Posterior inference: one contract, one file per method, and an automatic choice of method with its reason."""

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
