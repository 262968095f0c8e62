"""The vectorised semantics: a program over many particles at once, as an ordinary Pyro model."""

from __future__ import annotations

from plot.runtime.evaluator.program import Run, RunPlan, as_pyro_model, run
from plot.runtime.sites.replay import Dims, Given

__all__ = ["Dims", "Given", "Run", "RunPlan", "as_pyro_model", "run"]
