"""torch: draws by a generator, tensors without a value, and the operations that run, as they reach its dispatcher."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from plot._lazy import torch

if TYPE_CHECKING:
    from torch import Generator, Tensor


def gammas(concentration: Tensor, generator: Generator) -> Tensor:
    """Return draws from gamma distributions of rate one; torch's own `Gamma.sample` takes no generator.

    Args:
        concentration: The shapes, of any shape.
        generator: The source of random numbers.
    """
    return torch._standard_gamma(concentration, generator=generator)


def dirichlets(concentration: Tensor, generator: Generator) -> Tensor:
    """Return draws from Dirichlet distributions; torch's own `Dirichlet.sample` takes no generator.

    Args:
        concentration: (…, K).
        generator: The source of random numbers.
    """
    return torch._sample_dirichlet(concentration, generator=generator)


def valueless(kind: Any) -> Any:
    """Return a tensor of a subclass, of shape (), whose value is never to be read.

    Args:
        kind: A subclass of `torch.Tensor`.
    """
    return torch.Tensor._make_subclass(kind, torch.zeros((), dtype=torch.float64))


def is_view(tensor: Tensor) -> bool:
    """Return whether a tensor shares its memory with another one from which it was made."""
    return tensor._is_view()


def is_in_place(function: Any) -> bool:
    """Return whether an operation changes one of its arguments."""
    found: bool = function._schema.is_mutable
    return found


def is_written(function: Any) -> Iterator[bool]:
    """Yield for each argument of an operation whether it is changed in place.

    Args:
        function: An operation as a dispatch mode gets it, such as `torch.ops.aten.add_.Tensor`.
    """
    for declared in function._schema.arguments:
        yield declared.alias_info is not None and declared.alias_info.is_write


def dispatch_mode() -> Any:
    """Return the class of contexts that get each operation before it runs (`__torch_dispatch__`)."""
    from torch.utils._python_dispatch import TorchDispatchMode

    class DispatchMode(TorchDispatchMode):  # type: ignore[no-untyped-call]
        """A context that gets each operation before it runs."""

        @classmethod
        def _should_skip_dynamo(cls) -> bool:
            return False  # else torch loads its compiler at the first operation, which takes seconds

    return DispatchMode


__all__ = ["dirichlets", "dispatch_mode", "gammas", "is_in_place", "is_view", "is_written", "valueless"]
