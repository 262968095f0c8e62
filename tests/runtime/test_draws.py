"""A run of our own is what the Pyro model is: the same sites, log probabilities and weights; no handler hears it."""

from __future__ import annotations

from typing import Any

import pyro
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from plot.language import ProgramNode, parse
from plot.runtime import Run, RunPlan, as_pyro_model, run
from plot.runtime.sites.machine import Site
from plot.runtime.sites.replay import Given
from plot.runtime.values.values import as_tensor
from tests.oracle.programs import programs
from tests.runtime.agreement import BUDGET
from tests.runtime.test_agreement import first_run, often


class Keeping(pyro.poutine.messenger.Messenger):
    """Gives each site of a Pyro model the value that it has in a run."""

    def __init__(self, found: Run) -> None:
        super().__init__()
        self.found = found

    def _pyro_sample(self, msg: dict[str, Any]) -> None:
        if not msg["is_observed"] and msg["name"] in self.found.choices:
            msg["value"], msg["done"] = self.found.choices[msg["name"]].raw, True


def messages_of(program: ProgramNode, found: Run) -> dict[str, Any]:
    """Return what Pyro hears of the model of a program, its sites having the values that they have in a run."""
    with pyro.poutine.trace() as listener, Keeping(found):
        as_pyro_model(program, found.particles, BUDGET)()
    listener.trace.compute_log_prob()
    return {name: node for name, node in listener.trace.nodes.items() if node["type"] == "sample"}


def equal(one: Any, other: Any) -> bool:
    """Return whether two tensors are the same in every bit, nothing being as good as itself."""
    a, b = torch.broadcast_tensors(as_tensor(one), as_tensor(other))
    return torch.equal(a.double().nan_to_num(0.1234), b.double().nan_to_num(0.1234))


def log_prob(site: Site) -> Tensor:
    """Return the log probability of a site where it is reached, 0 elsewhere."""
    return torch.where(as_tensor(site.mask), site.distribution.log_prob(site.raw), 0.0)


def check(found: Run, messages: dict[str, Any]) -> None:
    assert [name for name in messages if name in found.choices] == list(found.choices)
    total = torch.zeros(found.particles, dtype=torch.float64)
    for name, message in messages.items():
        if name in found.choices:
            site = found.choices[name]
            assert (site.observed, type(site.distribution)) == (message["is_observed"], type(plain(message["fn"])))
            if not site.observed:  # a value that can't be observed has some possible one in its place
                assert equal(message["value"], site.raw)
                assert equal(message["log_prob"], log_prob(site))
        else:
            assert message["is_observed"] or name == "particles"
        if message["is_observed"]:
            total = total + message["log_prob"]
    assert equal(torch.where(total.isnan(), -torch.inf, total).exp(), found.log_weight.exp())


def plain(distribution: Any) -> Any:
    """Return a distribution without the mask or the shape around it; a log-normal is what it is, not a normal."""
    wrappers = ("MaskedDistribution", "ExpandedDistribution", "Independent")
    return plain(distribution.base_dist) if type(distribution).__name__ in wrappers else distribution


@often
@given(programs(interventions=True), st.integers(0, 2**31 - 1))
def test_a_run_is_what_the_pyro_model_is(text: str, seed: int) -> None:
    program, found = first_run(text, seed)
    check(found, messages_of(program, found))


def test_a_model_that_differs_is_noticed() -> None:
    found = run(parse("x = normal(0, 1)\ny = flip(0.5)\nobserve(normal(x, 1), 2)\nquery(x)"), 20, RunPlan(seed=3))
    for text in ("normal(0, 2)", "normal(0.1, 1)"):
        other = parse(f"x = {text}\ny = flip(0.5)\nobserve(normal(x, 1), 2)\nquery(x)")
        with pytest.raises(AssertionError):
            check(found, messages_of(other, found))


def test_no_handler_of_pyro_hears_a_run() -> None:
    program = parse("x = normal(0, 1)\nobserve(normal(x, 1), 2)\ncondition(x > 0 or flip(0.5))\nquery(x)")
    alone = run(program, 20, RunPlan(seed=3))
    with pyro.poutine.trace() as listener, pyro.poutine.condition(data={"x": torch.tensor(5.0)}):
        found = run(program, 20, RunPlan(seed=3))
    assert not listener.trace.nodes
    assert equal(found.queries[0], alone.queries[0])


def test_sites_keep_what_they_have_in_some_particles() -> None:
    program = parse("x = normal(0, 1)\ny = normal(x, 1)\nquery(y)")
    before, some = run(program, 30, RunPlan(seed=3)), torch.arange(30) % 3 > 0
    known = {"x": Given(before.choices["x"].raw, some), "y": Given(before.choices["y"].raw)}
    after = run(program, 30, RunPlan(seed=4, given=known))
    assert torch.equal(after.choices["x"].raw == before.choices["x"].raw, some)
    assert equal(after.choices["y"].raw, before.choices["y"].raw)
