"""Objects on a line: stopping distances, momentum and energy derived by hand, and a slow integrator in small steps."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch

from plot.modules.line import Bodies, MotionOutcome, in_order, positions_at, simulate

G = 9.8
DEFAULTS = {"velocity": 0.0, "mass": 1.0, "radius": 0.5, "static": 0.0, "kinetic": 0.0, "force": 0.0, "seconds": 0.0}


def bodies(position: list[Any], **given: list[Any]) -> Bodies:
    """Return objects from a list of numbers (or of batches of them) for each of their figures."""
    count = len(position)
    rows = {"position": position} | {name: given.get(name, [default] * count) for name, default in DEFAULTS.items()}
    tensors = {name: torch.as_tensor(np.array(row, dtype=float)) for name, row in rows.items()}
    shape = max((tensor.shape for tensor in tensors.values()), key=len)
    aligned = {n: t.reshape(t.shape + (1,) * (len(shape) - t.dim())).expand(shape) for n, t in tensors.items()}
    return Bodies(**aligned, present=torch.ones(shape, dtype=torch.bool))


def outcome(
    position: list[Any], restitution: float = 1.0, until: float | None = None, **given: list[Any]
) -> MotionOutcome:
    end = None if until is None else torch.tensor(until, dtype=torch.float64)
    return simulate(bodies(position, **given), torch.tensor(G), torch.tensor(restitution, dtype=torch.float64), end)


@pytest.mark.parametrize("velocity", [3.0, -0.2])
def test_an_object_stops_after_v_squared_over_two_mu_g(velocity: float) -> None:
    found = outcome([1.0], velocity=[velocity], kinetic=[0.1])
    assert found.position[0].item() == pytest.approx(1 + velocity * abs(velocity) / (2 * 0.1 * G))
    assert found.velocity[0].item() == 0
    assert found.time.item() == pytest.approx(abs(velocity) / (0.1 * G))


def test_a_push_gives_speed_against_friction_and_the_object_slides_on() -> None:
    mass, force, seconds, mu = 2.0, 8.0, 0.5, 0.05
    found = outcome([0.0], mass=[mass], force=[force], seconds=[seconds], static=[0.1], kinetic=[mu])
    speed = (force / mass - mu * G) * seconds
    assert found.position[0].item() == pytest.approx(speed * seconds / 2 + speed**2 / (2 * mu * G))


@pytest.mark.parametrize(("force", "moves"), [(1.95, False), (1.97, True), (-1.95, False), (-1.97, True)])
def test_nothing_moves_unless_the_push_exceeds_static_friction(force: float, moves: bool) -> None:
    found = outcome(
        [0.0], mass=[2.0], force=[force], seconds=[0.5], static=[0.1], kinetic=[0.05]
    )  # 0.1 · 2 · 9.8 = 1.96
    assert found.moved[0].item() is moves
    assert (found.position[0].item() != 0) is moves


def test_a_push_against_the_motion_stops_the_object_and_turns_it() -> None:
    found = outcome([0.0], velocity=[1.0], force=[-3.0], seconds=[1.0], static=[0.1], kinetic=[0.1])
    stop = 1 / (3 + 0.98)  # friction helps the push at first, and then resists it
    back = (3 - 0.98) * (1 - stop)
    there = stop / 2 - back * (1 - stop) / 2 - back**2 / (2 * 0.98)
    assert found.position[0].item() == pytest.approx(there)


@pytest.mark.parametrize("masses", [(2.0, 3.0), (5.0, 1.0), (1.0, 1.0)])
def test_an_elastic_collision_keeps_momentum_and_energy(masses: tuple[float, float]) -> None:
    one, two = masses
    found = outcome([0.0, 5.0], velocity=[2.0, 0.0], mass=[one, two])
    after = [row.item() for row in found.after]
    assert after == pytest.approx([2 * (one - two) / (one + two), 2 * 2 * one / (one + two)])
    assert found.before[:, None].flatten().tolist() == [2.0, 0.0]
    assert found.when.tolist() == [2.0, 2.0]


@pytest.mark.parametrize("restitution", [0.0, 0.3, 0.9])
def test_restitution_is_the_share_of_the_speed_of_approach_that_is_kept(restitution: float) -> None:
    found = outcome([0.0, 5.0], restitution, velocity=[2.0, -1.0], mass=[2.0, 3.0], until=4.0)
    one, two = [row.item() for row in found.after]
    assert two - one == pytest.approx(restitution * 3)
    assert 2 * one + 3 * two == pytest.approx(2 * 2 - 3)


def test_friction_between_push_and_contact() -> None:
    found = outcome(
        [-3.0, 0.0],
        mass=[2.0, 3.0],
        radius=[1.0, 1.0],
        static=[0.02] * 2,
        kinetic=[0.01] * 2,
        force=[8.0, 0.0],
        seconds=[0.5, 0.0],
    )
    pushed = 8 / 2 - 0.01 * G
    speed = math.sqrt((pushed * 0.5) ** 2 - 2 * 0.01 * G * (1 - pushed * 0.125))
    assert found.before[0].item() == pytest.approx(speed)
    assert found.after.tolist() == pytest.approx([-speed / 5, 4 * speed / 5])
    stops = [-2 - (speed / 5) ** 2 / (2 * 0.01 * G), (4 * speed / 5) ** 2 / (2 * 0.01 * G)]
    assert found.position.tolist() == pytest.approx(stops)


def test_a_push_ends_at_contact() -> None:
    found = outcome([0.0, 1.5], mass=[1.0, 1e9], force=[4.0, 0.0], seconds=[100.0, 0.0], static=[0, 1], kinetic=[0, 1])
    assert found.before[0].item() == pytest.approx(2.0)  # half a metre with 4 m/s²
    assert found.after[0].item() == pytest.approx(-2.0)
    assert found.velocity[0].item() == pytest.approx(-2.0)  # and on for ever: nothing pushes or slows it


def test_in_a_row_of_equal_balls_only_the_last_one_flies_off() -> None:
    found = outcome([0.0, 5.0, 6.0, 7.0], velocity=[2.0, 0.0, 0.0, 0.0])
    assert found.velocity.tolist() == pytest.approx([0, 0, 0, 2])
    assert found.hits.int().tolist() == [[0, 1, 0, 0], [1, 0, 1, 0], [0, 1, 0, 1], [0, 0, 1, 0]]


def test_objects_that_stay_together_share_their_friction() -> None:
    found = outcome([0.0, 2.0], 0.0, velocity=[3.0, 0.0], mass=[3.0, 2.0], kinetic=[0.0, 0.1])
    together = 3 * 3 / 5
    slowing = 0.1 * 2 * G / 5  # the friction of the second alone slows both
    distance = together**2 / (2 * slowing)
    assert found.position.tolist() == pytest.approx([1 + distance, 2 + distance])


def test_objects_that_slow_down_differently_part() -> None:
    found = outcome([0.0, 2.0], 0.0, velocity=[3.0, 0.0], mass=[1.0, 1.0], kinetic=[0.1, 0.05])
    speed = math.sqrt(9 - 2 * 0.1 * G) / 2
    assert found.position.tolist() == pytest.approx([1 + speed**2 / (0.2 * G), 2 + speed**2 / (0.1 * G)])


def test_an_end_of_time_cuts_the_motion() -> None:
    found = outcome([0.0, 9.0], velocity=[2.0, 0.0], until=1.25)
    assert found.position.tolist() == [2.5, 9.0]
    assert not found.hits.any()


def test_positions_at_a_time_lie_on_the_parabolas() -> None:
    given = bodies([0.0, 5.0], velocity=[2.0, 0.0], kinetic=[0.05, 0.05])
    found = simulate(given, torch.tensor(G), torch.tensor(1.0))
    at = positions_at(found.phases, torch.tensor(1.0, dtype=torch.float64))
    assert at.tolist() == pytest.approx([2 - 0.49 / 2, 5])
    late = positions_at(found.phases, torch.tensor(1e3, dtype=torch.float64))
    assert late.tolist() == pytest.approx(found.position.tolist())


# -- random worlds ---------------------------------------------------------------------------------------------


def random_worlds(count: int, worlds: int, seed: int) -> dict[str, Any]:
    rng = np.random.default_rng(seed)
    steps = rng.uniform(1.2, 4, (count, worlds))
    return {
        "position": list(np.cumsum(steps, axis=0)),
        "velocity": list(rng.normal(0, 1.5, (count, worlds))),
        "mass": list(rng.uniform(0.5, 5, (count, worlds))),
        "kinetic": list(rng.uniform(0.01, 0.1, (count, worlds))),
        "static": list(rng.uniform(0.1, 0.2, (count, worlds))),
        "force": list(rng.normal(0, 5, (count, worlds))),
        "seconds": list(rng.uniform(0, 1, (count, worlds))),
    }


def stepped(world: dict[str, Any], restitution: float, end: float, step: float) -> tuple[np.ndarray, np.ndarray]:
    """Return positions and velocities by many small steps: all that the closed form avoids."""
    x, v, m = (np.array(world[name], dtype=float) for name in ("position", "velocity", "mass"))
    mu, still, force, left = (np.array(world[name]) for name in ("kinetic", "static", "force", "seconds"))
    pushed, weight = np.ones(x.shape, dtype=bool), m * G
    holds = np.maximum(mu, still) * weight
    for number in range(round(end / step)):
        push = np.where(pushed & (number * step < left), force, 0.0)
        along = np.where(v != 0, np.sign(v), np.sign(push))
        new = v + np.where((v != 0) | (np.abs(push) > holds), (push - along * mu * weight) / m, 0.0) * step
        v = np.where((v * new < 0) & (np.abs(push) <= holds), 0.0, new)
        x = x + v * step
        for i in range(len(x) - 1):
            meet = (x[i + 1] - x[i] <= 1.0) & (v[i] > v[i + 1])
            common, closing = (m[i] * v[i] + m[i + 1] * v[i + 1]) / (m[i] + m[i + 1]), v[i] - v[i + 1]
            v[i] = np.where(meet, common - restitution * closing * m[i + 1] / (m[i] + m[i + 1]), v[i])
            v[i + 1] = np.where(meet, common + restitution * closing * m[i] / (m[i] + m[i + 1]), v[i + 1])
            pushed[i : i + 2] &= ~meet
    return x, v


@pytest.mark.parametrize(("count", "restitution", "seed"), [(2, 1.0, 0), (3, 1.0, 1), (3, 0.6, 2), (4, 0.8, 3)])
def test_small_steps_come_to_the_same(count: int, restitution: float, seed: int) -> None:
    worlds = random_worlds(count, 100, seed)
    found = outcome(restitution=restitution, until=1.5, **worlds)
    errors = []
    for step in (4e-4, 1e-4):
        x, _ = stepped(worlds, restitution, 1.5, step)
        errors.append(np.sort(np.abs(x - found.position.numpy()).max(axis=0)))
    assert found.hits.any()
    assert errors[1][94] < 2e-3  # a step may be late for a contact that just does, or does not, come about
    assert errors[1].mean() < errors[0].mean()  # the steps converge to the closed form


def test_a_batch_is_its_worlds_one_by_one() -> None:
    worlds = random_worlds(4, 50, 5)
    found = outcome(restitution=0.7, **worlds)
    assert found.settled.all()
    assert found.hits.any()
    for number in range(50):
        one = outcome(restitution=0.7, **{name: [row[number] for row in rows] for name, rows in worlds.items()})
        assert torch.equal(one.position, found.position[:, number])
        assert torch.equal(one.after, found.after[:, number])


def test_momentum_is_kept_and_energy_never_grows_without_friction() -> None:
    worlds = random_worlds(5, 200, 6) | {"kinetic": [0.0] * 5, "static": [0.0] * 5, "force": [0.0] * 5}
    mass, before = np.array(worlds["mass"]), np.array(worlds["velocity"])
    for restitution in (1.0, 0.5, 0.0):
        found = outcome(restitution=restitution, **worlds)
        after = found.velocity.numpy()
        assert (mass * after).sum(0) == pytest.approx((mass * before).sum(0))
        energies = (mass * before**2).sum(0), (mass * after**2).sum(0)
        if restitution == 1.0:
            assert energies[1] == pytest.approx(energies[0])
        else:
            assert (energies[1] <= energies[0] * (1 + 1e-9)).all()
        assert (np.diff(after, axis=0) >= -1e-9).all()  # no one is about to meet another any more


def test_absent_objects_are_in_no_ones_way_and_order_does_not_matter() -> None:
    given = bodies([4.0, 0.0, 2.0], velocity=[0.0, 1.0, 0.0], kinetic=[0.01] * 3)
    given.present[2] = False
    there, order = in_order(given)
    assert order.tolist() == [1, 0, 2]
    found = simulate(there, torch.tensor(G), torch.tensor(1.0))
    assert found.hits[0, 1].item() and not found.hits[0, 2].item()
