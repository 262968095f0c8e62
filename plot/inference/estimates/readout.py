"""Exact marginals of queries, from the probabilities of the values that they depend on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from plot._lazy import np, torch
from plot.inference.contract import Boolean, Marginal, Members, Number
from plot.inference.estimates.islands import Sample
from plot.inference.estimates.tally import Tally
from plot.inference.evidence.elimination import dims_of
from plot.runtime.sites.fast_distributions import both
from plot.runtime.sites.machine import RuntimeFault
from plot.runtime.values.values import Atoms, ListValue, RecordValue, Union, Value

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True, slots=True)
class Readout:
    """The marginal of a query, the number of combinations of values, and warnings."""

    marginal: Marginal
    combinations: int
    warnings: tuple[str, ...] = ()


def scope_of(value: Value) -> tuple[int, ...]:
    """Return the dimensions in which a value varies, in order."""
    if isinstance(value, torch.Tensor):
        if value is both(-value.dim()).truths:
            return (-value.dim(),)
        return tuple([place - value.dim() for place, size in enumerate(value.shape[:-1]) if size > 1])
    return tuple(sorted(_dims_in(value)))


def _dims_in(value: Value) -> frozenset[int]:
    if isinstance(value, torch.Tensor):
        return dims_of(value)
    if isinstance(value, Atoms):
        return dims_of(value.codes)
    parts: list[Any] = []
    if isinstance(value, ListValue):
        parts = [*value.items, *value.present]
    elif isinstance(value, RecordValue):
        parts = list(value.fields.values())
    elif isinstance(value, Union):
        parts = [item for case in value.cases for item in case]
    return frozenset(dim for part in parts for dim in _dims_in(part))


def in_scope(value: Value, share: Any, scope: Sequence[int], faults: Sequence[RuntimeFault]) -> Readout:
    """Read a value that varies in the dimensions of a scope; `share` (a NumPy array) is the probability of each."""
    if isinstance(value, torch.Tensor) and value.dtype == torch.bool and scope and not faults:
        return Readout(Boolean(_probability(value, share), 0.0), share.size)
    shape = [1] * max([-dim for dim in scope], default=1)
    for place, dim in enumerate(scope):
        shape[dim] = share.shape[place]
    log_weight = torch.as_tensor(share.reshape(-1), dtype=torch.float64).log()
    return over(_flat(value, shape), log_weight, faults)


def over(value: Value, log_weight: Tensor, faults: Sequence[RuntimeFault]) -> Readout:
    """Read a value over combinations with these log weights."""
    tally = Tally(sampled=False)
    tally.add(Sample(1, log_weight, (value,), tuple(faults)))
    marginal = tally.marginals[0]
    if isinstance(marginal, (Boolean, Number)):
        marginal = replace(marginal, mcse=0.0)
    else:
        marginal = replace(marginal, errors=dict.fromkeys(marginal.errors, 0.0))
        if isinstance(marginal, Members):
            marginal = replace(marginal, empty_error=0.0)
    return Readout(marginal, tally.particles, tuple(tally.warnings()))


def _probability(truth: Tensor, share: Any) -> float:
    if truth is not both(-truth.dim()).truths:
        share = np.bincount(truth.reshape(-1).numpy(force=True), share.reshape(-1), minlength=2)
    no, yes = share.tolist()
    return yes / (yes + no)  # type: ignore[no-any-return]


def _flat(value: Any, shape: Sequence[int]) -> Any:
    """Return a value with one particle for each combination."""
    if isinstance(value, torch.Tensor):
        if value.dim() <= 1:
            return value
        beyond = max(0, value.dim() - len(shape))  # dimensions of sites with a single value
        return value.reshape(value.shape[beyond:]).expand(shape).reshape(-1)
    if isinstance(value, Atoms):
        return Atoms(_flat(value.codes, shape))
    if isinstance(value, ListValue):
        items = tuple(_flat(item, shape) for item in value.items)
        return ListValue(items, tuple(_flat(mask, shape) for mask in value.present), value.compact)
    if isinstance(value, RecordValue):
        return RecordValue({name: _flat(item, shape) for name, item in value.fields.items()})
    if isinstance(value, Union):
        return Union(tuple((_flat(mask, shape), _flat(case, shape)) for mask, case in value.cases))
    return value


__all__ = ["Readout", "in_scope", "over", "scope_of"]
