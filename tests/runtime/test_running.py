"""What a run gives: the same for the same seed, torch's state as it was, values and sites that can be replayed."""

from __future__ import annotations

import warnings

import pytest
import torch

from plot.language import parse
from plot.runtime import RunPlan, run
from plot.runtime.sites.randomness import Stream
from plot.runtime.sites.replay import Given
from plot.runtime.values.values import MISSING, unbatch
from tests.runtime.running import ran, values

TEXT = """
@mem
def f(x):
    return normal(0, 1)
def g(n):
    return [] if n <= 0 or flip(0.3) else [f(n)] + g(n - 1)
x = choice(["a", "b", None])
condition(flip(0.9))
query([x, g(randint(0, 4)), shuffle([1, 2, 3])])
"""


def test_the_same_seed_gives_the_same() -> None:
    first, again, other = (ran(TEXT, 50, seed) for seed in (3, 3, 4))
    assert values(first) == values(again)
    assert first.log_weight.tolist() == again.log_weight.tolist()
    assert values(first) != values(other)


def test_the_random_state_of_torch_stays_as_it_was() -> None:
    before = torch.random.get_rng_state()
    ran(TEXT)
    assert torch.equal(before, torch.random.get_rng_state())
    with pytest.raises(Exception, match="division by zero"):
        ran("x = flip()\nquery(1 / (x - x))")
    assert torch.equal(before, torch.random.get_rng_state())


def test_runs_go_on_from_a_stream() -> None:
    program, stream = parse("query(normal(0, 1))"), Stream(5)
    begun = stream.copy()
    first, second = (values(run(program, 3, RunPlan(stream=stream))) for _ in range(2))
    assert values(run(program, 3, RunPlan(stream=begun))) == first != second
    assert values(run(program, 3, RunPlan(stream=begun))) == second


def test_no_warnings() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        ran(TEXT)


def test_a_replay_gives_the_same_choices() -> None:
    first = ran(TEXT, 50)
    again = run(parse(TEXT), 50, RunPlan(seed=99, replay=first))
    assert values(first) == values(again)


def test_a_replay_in_pieces() -> None:
    text = "@mem\ndef f(x):\n    return normal(x, 1)\na = f(5) if flip() else 0\nb = f(5)\nquery([a, b])"
    first = ran(text, 100)
    assert len([site for site in first.choices.values() if site.of == "f(5)"]) == 2
    assert values(run(parse(text), 100, RunPlan(seed=7, replay=first))) == values(first)


def test_a_replay_draws_what_was_not_drawn() -> None:
    first = ran("x = flip()\ny = 0\nif x:\n    y = normal(100, 1)\nquery(y)", 400)
    more = run(parse("x = flip()\ny = normal(100, 1)\nquery(y)"), 400, RunPlan(replay=first))
    kept = [a == b for a, b in zip(values(first), values(more), strict=True)]
    assert kept == first.choices["x"].value.tolist()  # type: ignore[union-attr]
    assert all(abs(y - 100) < 10 for y in values(more))


def test_given_values_are_by_address() -> None:
    given = {"x": Given(torch.tensor([1.0, 2.0, 3.0], dtype=torch.float64))}
    found = run(parse("x = normal(0, 1)\ny = normal(x, 1e-9)\nquery([x, y])"), 3, RunPlan(given=given))
    for i, (x, y) in enumerate(values(found)):
        assert x == i + 1
        assert y == pytest.approx(x, abs=1e-6)


def test_sites_show_their_distributions() -> None:
    found = ran("m = 3\nx = normal(m + 1, sd=2)\nobserve(poisson(2), 1)\nquery(x)")
    shown = {name: info.distribution for name, info in found.sites.items()}
    assert shown == {"x": "Normal(m + 1, sd=2)", "observe": "Poisson(2)"}


def test_unbatched_values() -> None:
    found = ran('x = flip()\nquery([1, 2.5, True, None, "a", [], {"a": x}, abs, x])', 1)
    one = values(found)[0]
    assert one[:6] == [1, 2.5, True, None, "a", []]
    assert [type(item) for item in one[:3]] == [int, float, bool]
    assert one[6] == {"a": one[8]}
    assert one[7] == "<function abs>"
    assert unbatch(MISSING, 0) is MISSING


def test_no_particles_differ_from_one() -> None:
    assert run(parse("x = 2\nquery(x + 1)"), 1).queries == (3,)
