"""What `plot/compat/pyro.py` relies on."""

from __future__ import annotations

import math

import pyro
import pytest
import torch

from plot.compat import pyro as compat
from plot.compat.pyro import effective_draws, mean_acceptance, pareto_shape, split_r_hat
from tests.compat import relies_on
from tests.support.tolerances import Z

N = 20_000


def normals(*shape: int) -> torch.Tensor:
    return torch.randn(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(3))


@pytest.mark.parametrize("shape", [0.2, 0.7])
def test_the_shape_of_a_tail(shape: float) -> None:
    uniform = torch.rand(N, dtype=torch.float64, generator=torch.Generator().manual_seed(5))
    excess = torch.expm1(-shape * uniform.log()) / shape
    with relies_on("pyro-ppl", "the fit of a generalised Pareto distribution"):
        assert abs(pareto_shape(excess) - shape) < Z * (1 + shape) / math.sqrt(N)  # the error of the likeliest shape


def test_effective_draws() -> None:
    with relies_on("pyro-ppl", "effective sample sizes of chains"):
        independent = effective_draws(normals(4, 1000, 2))
        assert independent.shape == (2,) and bool((independent > 2000).all())
        walk = normals(4, 1000, 2).cumsum(1)
        assert bool((effective_draws(walk) < 100).all())


def test_split_r_hat() -> None:
    with relies_on("pyro-ppl", "R-hat of the halves of chains"):
        assert float((split_r_hat(normals(4, 1000, 2)) - 1).abs().max()) < 0.02
        apart = normals(4, 1000, 2) + torch.arange(4.0).reshape(4, 1, 1)
        assert float(split_r_hat(apart).min()) > 1.2


def test_the_acceptance_of_a_kernel() -> None:
    with relies_on("pyro-ppl", "kernels that keep their mean acceptance probability"):
        kernel = pyro.infer.NUTS(potential_fn=lambda values: 0.5 * (values["u"] ** 2).sum(), adapt_mass_matrix=False)
        params = {"u": torch.zeros(2)}
        kernel.initial_params = params
        with torch.random.fork_rng():
            torch.manual_seed(0)
            kernel.setup(0)
            for _ in range(5):
                params = kernel.sample(params)
        assert 0 < mean_acceptance(kernel) <= 1


def test_what_is_missing_is_told_with_the_library(monkeypatch: pytest.MonkeyPatch) -> None:
    class Newer:
        """A pyro without the function."""

    monkeypatch.setattr(compat, "pyro", Newer())
    with pytest.raises(AssertionError, match=r"^pyro-ppl [\d.]+ does not do what PLoT relies on: .*AttributeError"):
        test_split_r_hat()
