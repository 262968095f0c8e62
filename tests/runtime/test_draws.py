"""A run that draws for itself is what it is when `pyro.sample` draws: the same sites, values and log probabilities."""

from __future__ import annotations

from typing import Any

import pyro
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from plot.errors import PlotError
from plot.language import Program, parse
from plot.runtime import Dims, Run, run
from plot.runtime import replay as replaying
from plot.runtime.machine import Site
from plot.runtime.masks import Mask
from plot.runtime.replay import Given
from plot.runtime.values import as_tensor
from tests.inference.generated import finite_problems
from tests.runtime.agreement import BUDGET, same
from tests.runtime.programs import programs
from tests.runtime.test_agreement import first_run, often


def heard(program: Program, particles: int, **options: Any) -> tuple[Run, dict[str, Any]]:
    """Run a program where a handler of Pyro listens; return what it heard, too."""
    with pyro.poutine.trace() as listener:
        found = run(program, particles, **options)
    return found, dict(listener.trace.nodes)


def equal(one: Any, other: Any) -> bool:
    """Tell whether two tensors or masks are the same in every bit, nothing being as good as itself."""
    a, b = as_tensor(one), as_tensor(other)
    return a.shape == b.shape and torch.equal(a.double().nan_to_num(0.1234), b.double().nan_to_num(0.1234))


def log_prob(site: Site) -> Tensor:
    """Return the log probability of a site where it is reached, 0 elsewhere."""
    return torch.where(as_tensor(site.mask), site.distribution.log_prob(site.raw), 0.0)


def check(alone: Run, listened: Run, messages: dict[str, Any]) -> None:
    assert list(alone.choices) == list(listened.choices)
    for name, site in alone.choices.items():
        other = listened.choices[name]
        assert (site.of, site.observed, type(site.distribution)) == (other.of, other.observed, type(other.distribution))
        assert equal(site.raw, other.raw)
        assert equal(site.mask, other.mask)
        assert equal(log_prob(site), log_prob(other))
        if name in messages and not site.observed:
            assert equal(messages[name]["value"], site.raw)
            theirs = messages[name]["fn"].log_prob(site.raw)
            assert equal(log_prob(site).expand(theirs.shape), theirs)
    assert equal(alone.log_weight, listened.log_weight)
    assert [fault.message for fault in alone.warnings] == [fault.message for fault in listened.warnings]


@often
@given(programs(interventions=True), st.integers(0, 2**31 - 1))
def test_what_is_drawn_is_what_pyro_would_draw(text: str, seed: int) -> None:
    program, alone = first_run(text, seed)
    check(alone, *heard(program, alone.particles, seed=seed, budget=BUDGET))


@often
@given(programs(), st.integers(0, 2**31 - 1))
def test_sites_that_have_values_in_some_particles(text: str, seed: int) -> None:
    program, before = first_run(text, seed)
    some = torch.arange(before.particles) % 3 > 0
    masks: list[Mask] = [True, some]
    sites = [site for site in before.choices.values() if not site.observed and site.name == site.of]
    known = {site.of: Given(site.raw, masks[i % 2]) for i, site in enumerate(sites) if i % 3 < 2}
    options: dict[str, Any] = {"seed": seed + 1, "budget": BUDGET, "given": known}
    try:
        alone = run(program, before.particles, **options)
    except PlotError as error:
        with pytest.raises(type(error)):
            heard(program, before.particles, **options)
        return
    listened, _ = heard(program, before.particles, **options)  # a message has the value before some of it is kept
    check(alone, listened, {})


@often
@given(finite_problems(), st.integers(1, 5))
def test_sites_that_have_all_their_values_at_once(texts: tuple[str, list[str], str], particles: int) -> None:
    setting, evidence, ask = texts
    program = parse("\n".join([setting, *evidence, ask]))
    try:
        alone = run(program, particles, dims=Dims())
    except PlotError as error:
        with pytest.raises(type(error)):
            run(program, particles, dims=Dims())
        return
    listened, _ = heard(program, particles, dims=Dims())
    assert list(alone.choices) == list(listened.choices)
    for name, site in alone.choices.items():
        assert equal(site.raw, listened.choices[name].raw)
        assert equal(log_prob(site), log_prob(listened.choices[name]))
    for mine, theirs in zip(alone.factors, listened.factors, strict=True):
        assert equal(mine.log_factor, theirs.log_factor)
    assert all(same(str(a), str(b)) for a, b in zip(alone.queries, listened.queries, strict=True))


def test_a_draw_that_differs_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    program = parse("x = normal(0, 1)\ny = flip(0.5)\nquery(x)")
    check(run(program, 20, seed=3), *heard(program, 20, seed=3))
    right = replaying.drawn
    monkeypatch.setattr(replaying, "drawn", lambda d, n: right(d, n).flip(0))
    with pytest.raises(AssertionError):
        check(run(program, 20, seed=3), *heard(program, 20, seed=3))
