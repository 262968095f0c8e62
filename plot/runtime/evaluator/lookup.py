"""Lookup tables: choices between floats by enumerated flips, read off the program."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from plot._lazy import np, torch
from plot.language.syntax.nodes import Constant, Expr, IfExpr, Name
from plot.runtime.evaluator.frames import Frame
from plot.runtime.sites.fast_distributions import both
from plot.runtime.values.values import Value

if TYPE_CHECKING:
    from torch import Tensor

MOST_DIMS = 12


def looked_up(node: IfExpr, frame: Frame) -> Tensor | None:
    """Return the value of a choice as a table with a dimension for each flip, None where it is anything else.

    Nothing in it can fail, and each of its sides is taken for some of the values: it needs no masks.
    """
    table = _table(node, frame.scope.variables, set())
    return None if table is None else torch.from_numpy(table)


def _table(node: Expr, variables: Mapping[str, Value], dims: set[int]) -> Any:
    """Return a float as it is, a choice as a NumPy array over the `dims` of its tests."""
    if isinstance(node, Constant):
        return node.value if type(node.value) is float else None
    test = variables.get(node.test.id) if isinstance(node, IfExpr) and isinstance(node.test, Name) else None
    if not isinstance(test, torch.Tensor):
        return None
    values = both(-test.dim())
    dims.add(test.dim())
    if test is not values.truths or len(dims) > MOST_DIMS:
        return None
    then = _table(node.then, variables, dims)  # type: ignore[union-attr]
    if then is None:
        return None
    orelse = _table(node.orelse, variables, dims)  # type: ignore[union-attr]
    if type(then) is type(orelse) is float:
        return np.array([orelse, then]).reshape(values.array.shape)
    return None if orelse is None else np.where(values.array, then, orelse)


__all__ = ["looked_up"]
