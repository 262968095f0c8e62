"""All rows of the table but PLoT's own, with the sizes at which they run."""

from __future__ import annotations

from benchmarks.inference import family_methods, net_methods, pyro_methods
from benchmarks.inference.numpy_forward import likelihood_weighting, rejection
from benchmarks.inference.numpy_gibbs import gibbs
from benchmarks.inference.numpy_smc import Sampled, SummedOut, smc
from benchmarks.inference.tasks import Method
from benchmarks.inference.webppl import webppl_methods

PARTICLES = 20_000


def numpy_methods() -> list[Method]:
    """Return the samplers of tournaments that are written by hand in NumPy."""
    return [
        Method("NumPy rejection", "400,000 tries, dropped at the first contradiction", rejection(400_000)),
        Method("NumPy likelihood weighting", "flips summed out, 200,000 particles", likelihood_weighting(200_000)),
        Method("NumPy SMC, flips sampled", f"{PARTICLES:,} particles, 2 sweeps", smc(Sampled, PARTICLES, 2)),
        Method("NumPy SMC, flips summed out", f"{PARTICLES:,} particles, 3 sweeps", smc(SummedOut, PARTICLES, 3)),
        Method("NumPy Gibbs", "200 chains, 200 sweeps after 20", gibbs(200, 200, 20)),
    ]


def baselines() -> list[Method]:
    """Return every row, by hand first, then the libraries."""
    return [
        *numpy_methods(),
        family_methods.vectorised(100_000),
        family_methods.growing(400_000),
        family_methods.looped(50_000),
        pyro_methods.plate(400_000),
        pyro_methods.per_trace(300),
        pyro_methods.nuts(300, 150, 1.0),
        net_methods.joint(),
        net_methods.einsum(),
        net_methods.pgmpy(),
        net_methods.pyagrum("LazyPropagation"),
        net_methods.pyagrum("VariableElimination"),
        pyro_methods.marginals(),
        *webppl_methods(),
    ]
