"""The uniform distribution on 0, …, count - 1, for counts too large to list all probabilities in every particle."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from plot._lazy import dist, once, torch

if TYPE_CHECKING:
    from torch import Tensor


@once
def kind() -> Any:
    """Return the class of the distribution: its base is Pyro's, which is loaded late."""

    class DiscreteUniform(dist.TorchDistribution):  # type: ignore[misc]
        """Whole numbers below `count` (float64), all alike."""

        arg_constraints: dict[str, Any] = {}  # noqa: RUF012 - torch's own attribute

        def __init__(self, count: Tensor) -> None:
            self.count = count
            super().__init__(count.shape, validate_args=False)

        @property
        def support(self) -> Any:
            return dist.constraints.integer_interval(torch.zeros_like(self.count), self.count - 1)

        def expand(self, batch_shape: Any, _instance: Any = None) -> Any:
            return DiscreteUniform(self.count.expand(batch_shape))

        def sample(self, sample_shape: Any = ()) -> Tensor:
            shape = torch.Size(sample_shape) + self.batch_shape
            drawn = (torch.rand(shape, dtype=torch.float64) * self.count).floor()
            return torch.minimum(drawn, self.count - 1).to(torch.int64)

        def log_prob(self, value: Tensor) -> Tensor:
            inside = (value >= 0) & (value < self.count)
            return torch.where(inside, -self.count.log(), -torch.inf)

    return DiscreteUniform


def discrete_uniform(count: Tensor) -> Any:
    """Return the uniform distribution on the whole numbers below `count`, a float64 tensor of at least 1."""
    return kind()(count)


__all__ = ["discrete_uniform", "kind"]
