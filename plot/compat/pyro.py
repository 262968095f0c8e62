"""Pyro: statistics of chains and of tails, and what a NUTS kernel knows of itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from plot._lazy import pyro

if TYPE_CHECKING:
    from torch import Tensor


def pareto_shape(excess: Tensor) -> float:
    """Return the shape k of the generalised Pareto distribution that fits excesses over a threshold.

    By Zhang and Stephens (2009), as Vehtari, Simpson, Gelman, Yao and Gabry (2024) use it.

    Args:
        excess: (N,), all above 0, in any order.
    """
    shape, _ = pyro.ops.stats.fit_generalized_pareto(excess)
    return float(shape)


def effective_draws(chains: Tensor) -> Tensor:
    """Return the effective number of draws of each coordinate, (d,), from autocorrelations.

    Args:
        chains: (chains, draws, d).
    """
    found: Tensor = pyro.ops.stats.effective_sample_size(chains)
    return found


def split_r_hat(chains: Tensor) -> Tensor:
    """Return R-hat of the halves of chains for each coordinate, (d,) (Gelman and Rubin 1992, split).

    Args:
        chains: (chains, draws, d).
    """
    found: Tensor = pyro.ops.stats.split_gelman_rubin(chains)
    return found


def mean_acceptance(kernel: Any) -> float:
    """Return the mean acceptance probability along the trajectories of a NUTS kernel since it began.

    Args:
        kernel: A `pyro.infer.NUTS` that has made a draw.
    """
    return float(kernel._mean_accept_prob)


__all__ = ["effective_draws", "mean_acceptance", "pareto_shape", "split_r_hat"]
