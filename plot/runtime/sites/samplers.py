"""Samplers that use an explicit stream instead of torch's global generator."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from plot._lazy import dist, once, torch
from plot.compat.torch import dirichlets, gammas
from plot.runtime.sites.discrete_uniform import kind as discrete_uniform_kind
from plot.runtime.sites.randomness import STEP, Stream
from plot.runtime.values.probes import probe

if TYPE_CHECKING:
    from torch import Tensor

Shape = tuple[int, ...]
Sampler = Callable[[Any, Shape, Stream], "Tensor"]

SMALL = 0.05  # shape of a beta distribution, from which on torch's sampler divides no 0 by 0
TINY = 2.0**-1022  # the smallest normal number: what is drawn from an open interval is no less


def sampled(distribution: Any, shape: Shape, stream: Stream) -> Tensor:
    """Draw numbers of a shape to which the distribution's own broadcasts. Raises TypeError for an unknown kind."""
    samplers = _samplers()
    for kind in type(distribution).__mro__:
        if kind in samplers:
            return samplers[kind](distribution, shape, stream)
    raise TypeError(f"no sampler for {type(distribution).__name__}")


def drawn(distribution: Any, particles: int, stream: Stream) -> Tensor:
    """Draw a value for each particle, as in a plate."""
    return sampled(distribution, (*distribution.batch_shape[:-1], particles), stream)


@once
def _samplers() -> Mapping[type, Sampler]:
    return {
        dist.Normal: _normal,
        dist.Uniform: _uniform,
        dist.Bernoulli: _bernoulli,
        dist.Categorical: _categorical,
        dist.Poisson: _poisson,
        dist.Exponential: _exponential,
        dist.Beta: _beta,
        dist.Gamma: lambda d, shape, stream: _gamma(d.concentration, shape, stream) / d.rate,
        dist.Binomial: _binomial,
        dist.Geometric: _geometric,
        dist.HalfNormal: lambda d, shape, stream: stream.normals(shape, d.scale.device).abs_() * d.scale,
        dist.LogNormal: lambda d, shape, stream: _normal(d, shape, stream).exp(),
        dist.StudentT: _student_t,
        dist.Cauchy: _cauchy,
        dist.Laplace: _laplace,
        dist.NegativeBinomial: _negative_binomial,
        dist.Weibull: _weibull,
        discrete_uniform_kind(): _discrete_uniform,
    }


def _normal(distribution: Any, shape: Shape, stream: Stream) -> Tensor:
    x = stream.normals(shape, distribution.loc.device)
    return _stretched(x, _one_of_each(distribution.scale), _one_of_each(distribution.loc))


def _uniform(distribution: Any, shape: Shape, stream: Stream) -> Tensor:
    low, high = _one_of_each(distribution.low), _one_of_each(distribution.high)
    return _stretched(stream.uniforms(shape, low.device), high - low, low)


def _bernoulli(distribution: Any, shape: Shape, stream: Stream) -> Tensor:
    return stream.uniforms(shape, distribution.probs.device).lt_(distribution.probs)


def _categorical(distribution: Any, shape: Shape, stream: Stream) -> Tensor:
    ends = distribution.probs.cumsum(-1)
    x = stream.uniforms(shape, ends.device) * ends[..., -1]
    if ends.dim() == 1:  # without a table of particles times values
        return torch.searchsorted(ends, x, right=True).clamp_(max=len(ends) - 1)
    return (ends <= x.unsqueeze(-1)).sum(-1).clamp_(max=ends.shape[-1] - 1)  # type: ignore[no-any-return]


def _poisson(distribution: Any, shape: Shape, stream: Stream) -> Tensor:
    rate = distribution.rate.detach().expand(shape)
    return torch.poisson(rate, generator=stream.on(rate.device))


def _exponential(distribution: Any, shape: Shape, stream: Stream) -> Tensor:
    return _waits(shape, distribution.rate.device, stream) / distribution.rate  # type: ignore[no-any-return]


def _waits(shape: Shape, device: Any, stream: Stream) -> Tensor:
    """Draw from the exponential distribution of rate one."""
    return torch.empty(shape, dtype=torch.float64, device=device).exponential_(generator=stream.on(device))


def _beta(distribution: Any, shape: Shape, stream: Stream) -> Tensor:
    ones, zeros = distribution.concentration1, distribution.concentration0
    if probe(_is_any_below, ones, zeros):
        return (_log_gamma(ones, shape, stream) - _log_gamma(zeros, shape, stream)).sigmoid()
    both = torch.stack([ones.expand(shape), zeros.expand(shape)], -1)
    return dirichlets(both.detach(), stream.on(both.device))[..., 0]


def _is_any_below(ones: Tensor, zeros: Tensor) -> bool:
    return bool((torch.minimum(ones.amin(), zeros.amin()) < SMALL).item())


def _log_gamma(concentration: Tensor, shape: Shape, stream: Stream) -> Tensor:
    """Draw logarithms of numbers from gamma distributions of rate one: those of small shapes are no numbers themselves.

    A draw of shape a is one of shape a + 1, times a uniform number to the power of 1 / a (Marsaglia and Tsang 2000).
    """
    uniform = stream.uniforms(shape, concentration.device).clamp_(min=TINY)
    return _gamma(concentration + 1, shape, stream).log() + uniform.log() / concentration.detach()


def _gamma(concentration: Tensor, shape: Shape, stream: Stream) -> Tensor:
    """Draw from gamma distributions of rate one."""
    wide = concentration.detach().expand(shape)
    return gammas(wide, stream.on(wide.device)).clamp_(min=TINY)


def _binomial(distribution: Any, shape: Shape, stream: Stream) -> Tensor:
    count, probs = distribution.total_count.expand(shape), distribution.probs.detach().expand(shape)
    return torch.binomial(count, probs, generator=stream.on(probs.device))


def _geometric(distribution: Any, shape: Shape, stream: Stream) -> Tensor:
    uniform = stream.uniforms(shape, distribution.probs.device).clamp_(min=TINY)
    return (uniform.log_() / (-distribution.probs.detach()).log1p()).floor_()  # type: ignore[no-any-return]


def _negative_binomial(distribution: Any, shape: Shape, stream: Stream) -> Tensor:
    failure = distribution.probs.detach()
    rate = _gamma(distribution.total_count, shape, stream) * failure / (1 - failure)
    return torch.poisson(rate, generator=stream.on(rate.device))


def _weibull(distribution: Any, shape: Shape, stream: Stream) -> Tensor:
    waited = _waits(shape, distribution.scale.device, stream)
    return distribution.scale * waited ** (1 / distribution.concentration)  # type: ignore[no-any-return]


def _student_t(distribution: Any, shape: Shape, stream: Stream) -> Tensor:
    df = distribution.df
    ratio = 2.0 * _gamma(0.5 * df, shape, stream) / df
    return distribution.loc + distribution.scale * stream.normals(shape, df.device) * ratio.rsqrt()  # type: ignore[no-any-return]


def _cauchy(distribution: Any, shape: Shape, stream: Stream) -> Tensor:
    x = torch.empty(shape, dtype=torch.float64, device=distribution.loc.device)
    return x.cauchy_(generator=stream.on(x.device)) * distribution.scale + distribution.loc  # type: ignore[no-any-return]


def _laplace(distribution: Any, shape: Shape, stream: Stream) -> Tensor:
    x = stream.uniforms(shape, distribution.loc.device).mul_(2.0).sub_(1.0)  # from -1 to below 1
    below = x.abs().neg_().clamp_(min=STEP - 1).log1p_()
    return distribution.loc - distribution.scale * x.sign_() * below  # type: ignore[no-any-return]


def _discrete_uniform(distribution: Any, shape: Shape, stream: Stream) -> Tensor:
    count = distribution.count
    return torch.minimum((stream.uniforms(shape, count.device) * count).floor_(), count - 1).to(torch.int64)


def _one_of_each(x: Tensor) -> Tensor:
    """Return a tensor with each dimension along which it repeats itself cut to one."""
    for dim, (stride, size) in enumerate(zip(x.stride(), x.shape, strict=True)):
        if stride == 0 and size > 1:
            x = x.narrow(dim, 0, 1)
    return x


def _stretched(x: Tensor, scale: Tensor, offset: Tensor) -> Tensor:
    """Return numbers that are nobody else's, scaled and moved: in place unless someone asks for gradients."""
    if scale.requires_grad or offset.requires_grad:
        return x * scale + offset
    return x.mul_(scale).add_(offset)


__all__ = ["drawn", "sampled"]
