"""A program is an ordinary Pyro model: handlers and algorithms of Pyro work on it."""

from __future__ import annotations

import math
import warnings

import pyro
import pyro.distributions as dist
import pytest
import torch
from pyro.infer import MCMC, NUTS, SVI, Importance, Trace_ELBO
from pyro.infer.autoguide import AutoNormal
from pyro.optim import Adam

from plot.errors import PlotError
from plot.language import parse
from plot.runtime import Given, RunPlan, as_pyro_model, run
from tests.support.tolerances import agrees

TUG = """
@mem
def strength(player):
    return normal(50, 20)
def pull(player):
    return strength(player) / 2 if flip(0.3) else strength(player)
lazy = flip(0.3)
observe(normal(strength("tom"), 5), 60)
condition(strength("tom") > strength("john") or lazy)
query(strength("tom"))
"""
GAUSS = "x = normal(1, 2)\ny = normal(x, 1)\nobserve(normal(y, 0.5), 3)\nquery(x)"
# x ~ N(1, 4), y | x ~ N(x, 1), 3 | y ~ N(y, 0.25): the posterior of x is Gaussian
POSTERIOR_VARIANCE = 1 / (1 / 4 + 1 / 1.25)
POSTERIOR_MEAN = POSTERIOR_VARIANCE * (1 / 4 + 3 / 1.25)


def names_of(model: object) -> list[str]:
    trace = pyro.poutine.trace(model).get_trace()
    return [
        name
        for name, site in trace.nodes.items()
        if site["type"] == "sample" and not isinstance(site["fn"], pyro.poutine.subsample_messenger._Subsample)
    ]


def test_sites_have_the_names_of_the_program() -> None:
    pyro.set_rng_seed(0)
    names = names_of(as_pyro_model(parse(TUG)))
    assert names[:2] == ["lazy", "strength(tom)"]
    assert set(names) >= {"observe", "condition", "strength(john)"}
    assert names_of(as_pyro_model(parse(TUG), particles=7)) == names


def test_the_density_of_a_trace_is_the_joint() -> None:
    pyro.set_rng_seed(1)
    trace = pyro.poutine.trace(as_pyro_model(parse(TUG))).get_trace()
    value = {name: site["value"] for name, site in trace.nodes.items() if site["type"] == "sample"}
    tom, john, lazy = value["strength(tom)"], value["strength(john)"], value["lazy"]
    joint = dist.Normal(50.0, 20.0).log_prob(torch.stack([tom, john])).sum()
    joint += dist.Normal(tom, 5.0).log_prob(torch.tensor(60.0)) + math.log(0.3 if lazy else 0.7)
    joint += 0.0 if tom > john or lazy else -math.inf
    assert float(trace.log_prob_sum()) == pytest.approx(float(joint))


def test_without_particles_sites_are_scalars() -> None:
    trace = pyro.poutine.trace(as_pyro_model(parse(TUG))).get_trace()
    assert all(site["value"].shape == () for _, site in trace.iter_stochastic_nodes())
    assert trace.nodes["_RETURN"]["value"].shape == ()


def test_with_particles_sites_stand_in_a_plate() -> None:
    trace = pyro.poutine.trace(as_pyro_model(parse(TUG), particles=7)).get_trace()
    trace.compute_log_prob()
    for name, site in trace.iter_stochastic_nodes():
        if name != "particles":
            assert site["value"].shape == (7,)
            assert site["log_prob"].shape == (7,)
            assert [frame.name for frame in site["cond_indep_stack"]] == ["particles"]


def test_weights_of_a_trace_are_those_of_a_run() -> None:
    pyro.set_rng_seed(3)
    trace = pyro.poutine.trace(as_pyro_model(parse(TUG), particles=50)).get_trace()
    trace.compute_log_prob()
    sites = [site for site in trace.nodes.values() if site["type"] == "sample"]
    observed = sum(site["log_prob"] for site in sites if site["is_observed"])
    given = {name: Given(trace.nodes[name]["value"]) for name in trace.stochastic_nodes if name != "particles"}
    assert torch.allclose(observed, run(parse(TUG), 50, RunPlan(given=given)).log_weight)


def test_condition() -> None:
    model = pyro.condition(as_pyro_model(parse(TUG)), data={"strength(tom)": torch.tensor(70.0, dtype=torch.float64)})
    assert float(model()) == 70.0
    trace = pyro.poutine.trace(model).get_trace()
    assert trace.nodes["strength(tom)"]["is_observed"]


def test_do() -> None:
    model = pyro.poutine.do(as_pyro_model(parse(TUG)), data={"strength(tom)": torch.tensor(70.0, dtype=torch.float64)})
    assert float(model()) == 70.0
    trace = pyro.poutine.trace(model).get_trace()
    assert float(trace.nodes["strength(tom)"]["value"]) != 70.0  # Pyro keeps what it would have been
    assert float(trace.nodes["observe"]["fn"].loc) == 70.0


def test_replay_and_block() -> None:
    model = as_pyro_model(parse(TUG))
    first = pyro.poutine.trace(model).get_trace()
    again = pyro.poutine.trace(pyro.poutine.replay(model, trace=first)).get_trace()
    assert float(first.log_prob_sum()) == float(again.log_prob_sum())
    blocked = pyro.poutine.trace(pyro.poutine.block(model, hide=["lazy"])).get_trace()
    assert "lazy" not in blocked.nodes
    assert "strength(tom)" in blocked.nodes


def test_a_masked_site_counts_where_it_is_on() -> None:
    text = "x = flip()\nif x:\n    y = normal(0, 1)\nquery(x)"
    pyro.set_rng_seed(0)
    trace = pyro.poutine.trace(as_pyro_model(parse(text), particles=40)).get_trace()
    trace.compute_log_prob()
    on = trace.nodes["x"]["value"].bool()
    assert torch.equal(trace.nodes["y"]["log_prob"] != 0, on)


def test_importance() -> None:
    pyro.set_rng_seed(0)
    found = Importance(as_pyro_model(parse(GAUSS)), num_samples=1000).run()
    weights = torch.stack([torch.as_tensor(weight) for weight in found.log_weights]).exp()
    x = torch.stack([trace.nodes["x"]["value"] for trace in found.exec_traces])
    mean = float((weights * x).sum() / weights.sum())
    error = float(((weights * (x - mean)) ** 2).sum().sqrt() / weights.sum())
    assert agrees(mean, POSTERIOR_MEAN, error)
    assert not agrees(1.0, POSTERIOR_MEAN, error)  # the prior would fail


def test_importance_under_a_plate() -> None:
    pyro.set_rng_seed(0)
    trace = pyro.poutine.trace(as_pyro_model(parse(GAUSS), particles=100_000)).get_trace()
    trace.compute_log_prob()
    weights, x = trace.nodes["observe"]["log_prob"].exp(), trace.nodes["x"]["value"]
    mean = float((weights * x).sum() / weights.sum())
    assert agrees(mean, POSTERIOR_MEAN, float(((weights * (x - mean)) ** 2).sum().sqrt() / weights.sum()))


def test_nuts() -> None:
    pyro.set_rng_seed(0)
    mcmc = MCMC(NUTS(as_pyro_model(parse(GAUSS))), num_samples=120, warmup_steps=60, disable_progbar=True)
    mcmc.run()
    x = mcmc.get_samples()["x"].double()
    size = float(mcmc.diagnostics()["x"]["n_eff"])
    assert agrees(float(x.mean()), POSTERIOR_MEAN, math.sqrt(POSTERIOR_VARIANCE / size))
    assert abs(float(x.var()) / POSTERIOR_VARIANCE - 1) < 6 * math.sqrt(2 / size)


def test_nuts_on_constrained_sites() -> None:
    pyro.set_rng_seed(0)
    text = "p = beta(2, 2)\nfor i in range(8):\n    observe(flip(p), i < 6)\nquery(p)"
    mcmc = MCMC(NUTS(as_pyro_model(parse(text))), num_samples=80, warmup_steps=50, disable_progbar=True)
    mcmc.run()
    p = mcmc.get_samples()["p"].double()
    assert agrees(float(p.mean()), 8 / 12, math.sqrt(8 * 4 / (144 * 13) / float(mcmc.diagnostics()["p"]["n_eff"])))


def test_svi() -> None:
    pyro.clear_param_store()
    pyro.set_rng_seed(0)
    model = as_pyro_model(parse(GAUSS))
    guide = AutoNormal(model)
    svi = SVI(model, guide, Adam({"lr": 0.1}), Trace_ELBO(num_particles=2))
    for _ in range(150):
        svi.step()
    assert abs(float(guide.median()["x"]) - POSTERIOR_MEAN) < 0.5
    pyro.clear_param_store()


def test_errors_are_impossible_worlds() -> None:
    text = "x = randint(0, 1)\ny = 1 / x\nquery(y)"
    pyro.set_rng_seed(0)
    trace = pyro.poutine.trace(as_pyro_model(parse(text), particles=20)).get_trace()
    trace.compute_log_prob()
    zero = trace.nodes["x"]["value"] == 0
    assert torch.equal(trace.nodes["errors"]["log_prob"] == -math.inf, zero)
    with pytest.raises(PlotError, match="division by zero"):
        pyro.condition(as_pyro_model(parse(text)), data={"x": torch.tensor(0)})()


def test_what_a_model_returns() -> None:
    assert as_pyro_model(parse("x = flip()\nquery(3)"))() == torch.tensor(3)
    assert as_pyro_model(parse('x = flip()\nquery("tom")\nquery(1.5)'))() == (
        "tom",
        torch.tensor(1.5, dtype=torch.float64),
    )
    assert as_pyro_model(parse("x = flip()"))() == ()
    assert as_pyro_model(parse('query(choice(["a", "b"]))'), particles=5)().shape == (5,)


def test_gradients_reach_the_parameters() -> None:
    model = pyro.condition(
        as_pyro_model(parse("x = normal(0, 1)\ny = normal(exp(x) / 2 + max(x, 0), 1)\nquery(y)")),
        data={"y": torch.tensor(1.0)},
    )
    x = torch.tensor(0.5, dtype=torch.float64, requires_grad=True)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        trace = pyro.poutine.trace(pyro.condition(model, data={"x": x})).get_trace()
        trace.log_prob_sum().backward()
    value = math.exp(0.5)
    assert x.grad is not None
    assert float(x.grad) == pytest.approx(-0.5 + (1 - value / 2 - 0.5) * (value / 2 + 1))
