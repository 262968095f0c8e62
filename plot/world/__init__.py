"""World files: the specification of a world, its lexicon, and what its pictures show."""

from __future__ import annotations

from plot.world.spec import Example, Expectation, WorldSpec, WorldTest, builtin_worlds
from plot.world.spec import find as find

__all__ = ["Example", "Expectation", "WorldSpec", "WorldTest", "builtin_worlds"]
