"""Modules: engines that programs call by name, vectorised over particles."""

from __future__ import annotations

from plot._lazy import once
from plot.modules.physics import PHYSICS
from plot.modules.planning import PLANNING
from plot.modules.registry import Module

ALL: tuple[Module, ...] = (PHYSICS, PLANNING)


@once
def load_modules() -> None:
    """Make the functions of all modules known to the checker and to the evaluator."""
    for module in ALL:
        module.register()


__all__ = ["ALL", "Module", "load_modules"]
