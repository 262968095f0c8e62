"""Choices between floats by flips that have both their values at once: tables, read off the program."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from plot.heavy import np, torch
from plot.language.nodes import Constant, Expr, IfExpr, Name
from plot.runtime.frames import Frame
from plot.runtime.quick import both

if TYPE_CHECKING:
    from torch import Tensor

MOST_DIMS = 12


def looked_up(node: IfExpr, frame: Frame) -> Tensor | None:
    """Return the value of a choice as a table with a dimension for each flip, None where it is anything else.

    Nothing in it can fail, and each of its sides is taken for some of the values: it needs no masks.
    """
    table = _table(node, frame, set())
    return None if table is None else torch.from_numpy(table)


def _table(node: Expr, frame: Frame, dims: set[int]) -> Any:
    """Return a float as it is, a choice as a NumPy array over the `dims` of its tests."""
    if isinstance(node, IfExpr):
        test = frame.scope.variables.get(node.test.id) if isinstance(node.test, Name) else None
        if not isinstance(test, torch.Tensor):
            return None
        values = both(-test.dim())
        dims.add(test.dim())
        if test is not values.truths or len(dims) > MOST_DIMS:
            return None
        then = _table(node.then, frame, dims)
        orelse = None if then is None else _table(node.orelse, frame, dims)
        return None if orelse is None else np.where(values.array, then, orelse)
    return node.value if isinstance(node, Constant) and isinstance(node.value, float) else None


__all__ = ["looked_up"]
