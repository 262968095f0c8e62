"""Bucket elimination against the sum over the whole joint table, for random factors."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor

from plot.inference.evidence.elimination import TooWide
from plot.inference.methods.exact import contraction
from plot.inference.methods.exact.contraction import (
    Arithmetic,
    FactorTable,
    FunctionTable,
    Network,
    Table,
    logs,
    numbers,
)

SIZES = {-2: 2, -3: 3, -4: 2, -5: 4, -6: 2}


def random_factors(seed: int, zeros: float = 0.0, spread: float = 3.0) -> list[Tensor]:
    """Return log weights over random sets of the dimensions; a share of them are impossible."""
    torch.manual_seed(seed)
    factors = []
    for _ in range(6):
        shape = [1] * 6
        for dim, size in SIZES.items():
            if torch.rand(()) < 0.5:
                shape[dim] = size
        weights = torch.randn(shape, dtype=torch.float64) * spread
        factors.append(weights.masked_fill(torch.rand(shape) < zeros, -torch.inf))
    return factors


def joint(factors: list[Tensor]) -> Tensor:
    """Return the log of the product over all dimensions that a factor has, (…, 1)."""
    total = torch.zeros([1] * 6, dtype=torch.float64)
    for factor in factors:
        total = total + factor
    return total


def summed(table: Tensor, keep: list[int]) -> Tensor:
    others = [dim for dim in range(-6, 0) if dim not in keep]
    found = torch.logsumexp(table, others)
    order = sorted(keep)
    return found.permute([order.index(dim) for dim in keep])


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("zeros", [0.0, 0.2])
@pytest.mark.parametrize("spread", [3.0, 2_000.0])
@pytest.mark.parametrize("arithmetic", [numbers, logs])
def test_sums_are_those_of_the_joint_table(
    seed: int, zeros: float, spread: float, arithmetic: Callable[[], Arithmetic]
) -> None:
    factors = random_factors(seed, zeros, spread)
    table, network = joint(factors), Network(factors, arithmetic=arithmetic())
    present = [dim for dim in SIZES if table.shape[dim] > 1]
    for keep in ([], present[:1], present[:2], present[::-1][:2], present):
        sums, right = torch.as_tensor(network.log_sum(keep)), summed(table, keep)
        near = right.max() - 500  # what is far below the rest may count as nothing
        torch.testing.assert_close(sums.where(sums > near, -torch.inf), right.where(right > near, -torch.inf))
    scopes = [tuple(sorted(keep)) for size in (0, 1, 2, 3) for keep in itertools.combinations(present, size)]
    log_total, shares = network.shares(scopes)
    assert log_total == pytest.approx(float(summed(table, [])))
    assert sorted(shares) == (sorted(scopes) if log_total > -math.inf else [])
    for scope, share in shares.items():
        torch.testing.assert_close(torch.as_tensor(share), (summed(table, list(scope)) - log_total).exp())


@pytest.mark.parametrize("seed", range(10))
def test_what_nothing_depends_on_is_left_out(seed: int) -> None:
    torch.manual_seed(seed)
    dims = list(SIZES)
    given: dict[int, list[Tensor]] = {}
    for place, dim in enumerate(dims):
        parents = [other for other in dims[:place] if torch.rand(()) < 0.5]
        shape = [SIZES[other] if other in (dim, *parents) else 1 for other in range(-6, -1)] + [1]
        weights = torch.rand(shape, dtype=torch.float64)
        given[dim] = [weights / weights.sum(dim, keepdim=True)]
    seen = torch.rand([1, 1, SIZES[-4], 1, 1, 1][1:], dtype=torch.float64).log()
    table = joint([item.log() for items in given.values() for item in items] + [seen])
    conditionals = {dim: [FactorTable.of(item.numpy()) for item in items] for dim, items in given.items()}
    network = Network([seen], conditionals)
    log_total, shares = network.shares([(dim,) for dim in dims])
    assert log_total == pytest.approx(float(summed(table, [])))
    for dim in dims:
        torch.testing.assert_close(torch.as_tensor(shares[dim,]), (summed(table, [dim]) - log_total).exp())
        torch.testing.assert_close(torch.as_tensor(network.log_sum([dim])), summed(table, [dim]))
    conditionals[-4] = [FactorTable(item.scope, 2 * item.weights) for item in conditionals[-4]]
    assert Network([seen], conditionals).log_sum() == pytest.approx(log_total + math.log(2))
    assert Network([], conditionals).log_sum() == 0  # nothing is asked: nothing is summed


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("arithmetic", [numbers, logs])
def test_functions_are_tables_of_ones_and_zeros(seed: int, arithmetic: Callable[[], Arithmetic]) -> None:
    """Numbers 1 to 5 are random, 6 to 9 are functions of two earlier ones each; factors join them, a mask cuts one."""
    rng, of = np.random.default_rng(seed), arithmetic()
    sizes = {dim: int(rng.integers(2, 6)) for dim in range(1, 6)}
    given: dict[int, list[Table]] = {
        dim: [FactorTable((dim,), of.from_log(np.log(rng.dirichlet(np.ones(size)))))] for dim, size in sizes.items()
    }
    dense = {dim: list(tables) for dim, tables in given.items()}
    for dim in range(6, 10):
        scope = tuple(sorted(int(other) for other in rng.choice(range(1, dim), 2, replace=False)))
        codes = rng.integers(0, 3, [sizes[other] for other in scope])
        sizes[dim] = 3
        given[dim] = [FunctionTable(dim, FactorTable(scope, codes), 3)]
        ones = np.where(codes[..., None] == np.arange(3), of.one, of.nothing)
        dense[dim] = [FactorTable((*scope, dim), ones)]
    joins = [tuple(sorted(int(dim) for dim in rng.choice(range(1, 10), 2, replace=False))) for _ in range(3)]
    factors = [FactorTable(scope, rng.normal(0, 2, [sizes[dim] for dim in scope])) for scope in joins]
    if seed % 2:
        factors.append(FactorTable((7,), np.arange(3) == rng.integers(3)))
    one, other = Network(factors, given, of), Network(factors, dense, of)
    scopes = [(), *[(dim,) for dim in sizes], (8, 9), (1, 9), joins[0]]
    (total, shares), (right, others) = one.shares(scopes), other.shares(scopes)
    assert total == pytest.approx(right, abs=1e-9)
    assert shares.keys() == others.keys()
    for scope, share in shares.items():
        np.testing.assert_allclose(share, others[scope], atol=1e-9)
        if total > -math.inf:
            np.testing.assert_allclose(np.exp(one.log_sum(scope)), np.exp(other.log_sum(scope)), atol=1e-9)


def test_nothing_is_possible() -> None:
    ruled_out = [torch.zeros(2, 1, dtype=torch.bool), torch.zeros(3, 1, 1, dtype=torch.float64)]
    assert Network(ruled_out).shares([(-2,)]) == (-math.inf, {})
    apart = [torch.tensor([[True], [False]]), torch.tensor([[False], [True]])]
    assert Network(apart).shares([(-2,)]) == (-math.inf, {})
    assert Network(apart).log_sum() == -math.inf


def test_a_product_far_below_the_smallest_float() -> None:
    factors = [torch.tensor([-400.0, -401.0], dtype=torch.float64).reshape(2, 1) for _ in range(10)]
    network = Network(factors)
    total = math.log(math.exp(0) + math.exp(-10)) - 4000
    log_total, shares = network.shares([(-2,)])
    assert log_total == pytest.approx(total)
    assert float(network.log_sum(())) == pytest.approx(total)
    assert shares[-2,].tolist() == pytest.approx([1 / (1 + math.exp(-10)), 1 / (1 + math.exp(10))])


def test_what_is_lost_on_the_way_is_found_in_logs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contraction, "SMALL", 1)  # one by one
    same = torch.eye(3, dtype=torch.bool)
    weights = [[0.0, -800.0, -300.0], [-1000.0, 0.0, -300.0], [-1000.0, 0.0, -300.0]]
    own = [torch.tensor(row, dtype=torch.float64).reshape(3, *[1] * i) for i, row in enumerate(weights, start=1)]
    factors = [*own, same.reshape(3, 3, 1), same.reshape(3, 3, 1, 1)]
    log_total, shares = Network(factors).shares([(-2,), (-4,)])
    assert log_total == pytest.approx(-800)
    assert shares[-2,].tolist() == shares[-4,].tolist() == pytest.approx([0, 1, math.exp(-100)])
    assert Network(factors).log_sum([-3]).tolist() == pytest.approx([-2000, -800, -900])
    monkeypatch.setattr(contraction, "FAINT", -math.inf)
    assert Network(factors).shares([(-2,)])[1][-2,].tolist() == pytest.approx([0, 0, 1])


def test_a_table_that_is_too_large_is_refused_before_it_is_made() -> None:
    dims = range(-28, -1)
    pairs = [(one, other) for one in dims for other in dims if one < other]
    shapes = [[2 if dim in pair else 1 for dim in range(-28, 0)] for pair in pairs]
    network = Network([torch.zeros(shape, dtype=torch.float64) for shape in shapes])
    with pytest.raises(TooWide):
        network.log_sum(())
    with pytest.raises(TooWide):
        network.shares([(-2,)])
