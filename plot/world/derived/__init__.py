"""Words derived from a model: what its names, parameters and docstrings say, for worlds without a lexicon."""

from __future__ import annotations

from plot.world.derived.lexicon import derived_lexicon

__all__ = ["derived_lexicon"]
