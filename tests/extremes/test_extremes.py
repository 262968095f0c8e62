"""Extreme and hostile programs: each is answered rightly or refused clearly, within its budgets of time and memory.

What a program takes is measured in a process of its own. The processor's time can't exceed the seconds of the clock in
which it was used, so that a busy machine does not fail what stops in time.
"""

from __future__ import annotations

import json
import math
import re
import subprocess
import sys
from dataclasses import replace
from typing import Any

import pytest

from plot.language import Budget
from tests.extremes.programs import EXTREMES, Extreme
from tests.support.tolerances import Z

SECONDS = 10.0
PATIENT = 600.0  # seconds, for what is over at once however busy the machine is
LATER = 1.2  # times the seconds
MORE = 1.25  # times the memory
SMALL = 256 * 2**20
ENOUGH = 1_000  # effective particles, for the normal error of a sample's sd
ROUNDING = 1e-4  # of the right answers, as they are written

QUICK = [name for name, extreme in EXTREMES.items() if extreme.quick]
OTHERS = [name for name, extreme in EXTREMES.items() if not extreme.quick]


def measured(names: list[str], goal: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Answer programs one by one; return the answers, with what they took."""
    texts = json.dumps([{"text": EXTREMES[name].text, "goal": goal} for name in names])
    command = [sys.executable, "-m", "tests.extremes.measured"]
    done = subprocess.run(command, input=texts, capture_output=True, text=True, check=True)
    return dict(zip(names, map(json.loads, done.stdout.splitlines()), strict=True))


def check(extreme: Extreme, found: dict[str, Any], seconds: float = SECONDS, memory: float = Budget().memory) -> None:
    """Demand the right answer within its error, or a refusal that is as good, within the budgets."""
    assert found["cpu"] <= LATER * seconds
    assert found["held"] <= MORE * memory
    if "error" in found:
        assert extreme.refused is not None, found["error"]
        assert re.search(extreme.refused, found["error"]), found["error"]
        return
    assert extreme.right is not None, f"{found['answer']} is no refusal"
    assert found["stopped_by"] in ("exact", "precision", "seconds", "memory")
    assert found["converged"] == (found["stopped_by"] in ("exact", "precision"))
    value = found["mean"] if found["kind"] == "number" else found["probability"]
    assert abs(value - extreme.right) <= Z * found["mcse"] + ROUNDING * abs(extreme.right)
    size = math.inf if found["ess"] is None else found["ess"]
    if extreme.sd is not None and size >= ENOUGH:
        rough = max(ROUNDING, Z * extreme.spread / math.sqrt(size))
        assert found["sd"] == pytest.approx(extreme.sd, rel=rough, abs=ROUNDING)


@pytest.fixture(scope="module")
def quick() -> dict[str, dict[str, Any]]:
    """The answers to those that are over at once."""
    return measured(QUICK, {"seconds": PATIENT})


@pytest.mark.parametrize("name", QUICK)
def test_what_is_over_at_once(name: str, quick: dict[str, dict[str, Any]]) -> None:
    check(EXTREMES[name], quick[name])


@pytest.fixture(scope="module")
def all_of_them() -> dict[str, dict[str, Any]]:
    """The answers to all others."""
    return measured(OTHERS, {"seconds": SECONDS})


@pytest.mark.full
@pytest.mark.parametrize("name", OTHERS)
def test_extremes(name: str, all_of_them: dict[str, dict[str, Any]]) -> None:
    check(EXTREMES[name], all_of_them[name])


@pytest.fixture(scope="module")
def in_little_memory() -> dict[str, dict[str, Any]]:
    """The answers to all in an eighth of the memory, and a third of the time."""
    return measured(list(EXTREMES), {"seconds": SECONDS / 3, "budget": {"memory": SMALL}})


@pytest.mark.full
@pytest.mark.parametrize("name", EXTREMES)
def test_in_little_memory(name: str, in_little_memory: dict[str, dict[str, Any]]) -> None:
    extreme = EXTREMES[name]
    refused = extreme.refused or "over the budget of (seconds|memory)"
    check(replace(extreme, refused=refused), in_little_memory[name], SECONDS / 3, SMALL)
