"""How much the tests do: what takes minutes in all, or with `--full` thousands of programs and long calibrations."""

from __future__ import annotations

import os

FULL_TESTS = "PLOT_FULL_TESTS"  # in the environment: set by the option, and read before tests are collected
FULL = os.environ.get(FULL_TESTS) == "1"
PROGRAMS = int(os.environ.get("PLOT_FULL_PROGRAMS", "5000"))
LONGER = 10


def sized(few: int, in_full: int) -> int:
    """Return how many a test takes: a few, or in the full tier more."""
    return in_full if FULL else few


def examples(few: int) -> int:
    """Return how many programs are generated for a property: a few, or in the full tier PLOT_FULL_PROGRAMS."""
    return max(few, PROGRAMS) if FULL else few


def replicates(few: int) -> int:
    """Return how many data sets are simulated for a calibration: a few, or in the full tier so many times more."""
    return LONGER * few if FULL else few
