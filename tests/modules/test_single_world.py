"""Modules in a single world of scalars, and under Pyro's own handlers: no plate, no particle dimension."""

from __future__ import annotations

import pyro
import pytest
import torch

from plot.program import Program

PHYSICS = """
mass = uniform(1, 5)
out = slide([{"position": -3, "velocity": 2}, {"position": 0, "mass": mass}], until=9)
query(out[1].after)
query(out[0].hit)
"""
PLANNING = """
map = ["out road sushi", "lawn lawn road"]
luck = uniform(0, 1)
good = normal(1, 0.1)
trip = plan(map, "out", [["sushi", good]], 0.2, luck=luck)
query(trip.value)
query(trip.goal == "sushi")
"""


@pytest.mark.parametrize("text", [PHYSICS, PLANNING], ids=["physics", "planning"])
def test_one_world_is_what_a_batch_is_where_its_sites_are_the_same(text: str) -> None:
    program = Program.parse(text)
    single = program.as_pyro_model()
    trace = pyro.poutine.trace(single).get_trace()
    sites = {name: site["value"] for name, site in trace.iter_stochastic_nodes()}
    assert all(value.dim() == 0 for value in sites.values())
    number, test = single_results = pyro.poutine.condition(single, data=sites)()
    assert torch.as_tensor(number).dim() == 0
    assert bool(test)
    wide = {name: value.expand(7) for name, value in sites.items()}
    for one, many in zip(single_results, pyro.poutine.condition(program.as_pyro_model(7), data=wide)(), strict=True):
        assert torch.equal(torch.as_tensor(many).expand(7), torch.as_tensor(one).expand(7))


def test_gradients_flow_through_a_collision() -> None:
    model = Program.parse(PHYSICS).as_pyro_model()
    mass = torch.tensor(2.0, dtype=torch.float64, requires_grad=True)
    after, _ = pyro.poutine.condition(model, data={"mass": mass})()
    after.backward()
    assert mass.grad is not None
    assert mass.grad.item() == pytest.approx(-4 / 9)  # of 2 · 2 / (1 + mass)
