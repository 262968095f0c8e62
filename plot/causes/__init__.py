"""Causes: the causal graph of a program, what follows from it alone, and effects with their figures."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plot._lazy import exports

if TYPE_CHECKING:
    from plot.causes.effects import CausalEstimate as CausalEstimate
    from plot.causes.effects import Causation as Causation
    from plot.causes.effects import Effect as Effect
    from plot.causes.effects import Effects as Effects
    from plot.causes.effects import Mediation as Mediation
    from plot.causes.graph import causal_graph as causal_graph

_LATE = {
    **dict.fromkeys(("Causation", "Effect", "Effects", "CausalEstimate", "Mediation"), "plot.causes.effects"),
    "causal_graph": "plot.causes.graph",
}
__getattr__ = exports("plot.causes", _LATE)

__all__ = ["CausalEstimate", "Causation", "Effect", "Effects", "Mediation", "causal_graph"]
