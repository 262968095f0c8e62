"""The experts of the mixture: a translator for a world with a prompt; the worlds' weights are shared out among them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from plot.routing.base import ordered


@dataclass(frozen=True, slots=True)
class Expert:
    """A translator for a world with a prompt.

    Attributes:
        translator: The name of the translator.
        world: The name of the world.
        prompt: `builtin`, or the folder of its templates.
    """

    translator: str
    world: str
    prompt: str = "builtin"

    def __str__(self) -> str:
        return f"{self.translator}@{self.world}" + ("" if self.prompt == "builtin" else f"[{self.prompt}]")


def shared(weights: Mapping[str, float], experts: Sequence[Expert]) -> dict[str, float]:
    """Return the weight of each expert by its name: a world's, in equal parts. What has no expert is left out.

    >>> shared({"a": 0.5, "b": 0.5}, [Expert("grammar", "a"), Expert("gpt", "a"), Expert("grammar", "b")])
    {'grammar@b': 0.5, 'grammar@a': 0.25, 'gpt@a': 0.25}

    Args:
        weights: World to weight.
        experts: Those among whom it is shared.
    """
    of = {world: [one for one in experts if one.world == world] for world in weights}
    return ordered({str(one): weights[world] / len(of[world]) for world in weights for one in of[world]})


__all__ = ["Expert", "shared"]
