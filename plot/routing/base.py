"""The interface of routers: a conversation in, probabilities of worlds with reasons out."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, Protocol

from plot.text import Json
from plot.translate.mixture.pooling.gates import ordered

MOST_REASONS = 6
MOST_NEAREST = 3


@dataclass(frozen=True, slots=True)
class RoutingReason:
    """Why a world is likely.

    Attributes:
        kind: `word`, `example`, `model` (what a language model says) or `grammar` (it can read what was said).
        text: The word, the example, or what is said.
        world: The world.
        amount: The contribution in nats (`word`, `grammar`), the similarity (`example`) or the probability (`model`).
    """

    kind: Literal["word", "example", "model", "grammar"]
    text: str
    world: str
    amount: float


@dataclass(frozen=True, slots=True)
class Routing:
    """The result of routing a conversation.

    Attributes:
        router: The name of the router.
        scores: World to probability, the likeliest first.
        abstains: Whether the conversation seems to be about none of them.
        reasons: Why.
        nearest: The worlds that come nearest all the same.
        inside: The probability that it is about one of them at all; None where the router does not know.
    """

    router: str
    scores: Mapping[str, float]
    abstains: bool = False
    reasons: tuple[RoutingReason, ...] = ()
    nearest: tuple[str, ...] = ()
    inside: float | None = None

    @property
    def best(self) -> str:
        """The likeliest world."""
        return next(iter(self.scores))

    @property
    def probability(self) -> float:
        """The probability of the likeliest world."""
        return self.scores[self.best]

    def to_json(self) -> dict[str, Json]:
        """Return the routing as JSON data."""
        return {
            "router": self.router,
            "scores": dict(self.scores),
            "abstains": self.abstains,
            "inside": self.inside,
            "nearest": list(self.nearest),
            "reasons": [
                {"kind": one.kind, "text": one.text, "world": one.world, "amount": one.amount} for one in self.reasons
            ],
        }


class Router(Protocol):
    """A gate: how likely each world is, given all that was said."""

    @property
    def name(self) -> str:
        """What tables and options call it."""
        ...

    def route(self, utterances: Sequence[str]) -> Routing:
        """Return the probabilities of the worlds for a whole conversation.

        Args:
            utterances: What was said, in order.

        Raises:
            PlotError: There are none.
        """
        ...


def pooled(evidence: Sequence[Mapping[str, float]], tempering: float = 0.0) -> dict[str, float]:
    """Return the probabilities of worlds given several utterances, from those given each.

    All worlds are equally likely beforehand. Each utterance adds the logarithm of its likelihood ratio, so that the
    prior is counted once however many utterances there are. With a `tempering`, n utterances count as much as
    n^(1 - tempering) that are independent.

    >>> {world: round(share, 3) for world, share in pooled([{"a": 0.8, "b": 0.2}, {"a": 0.8, "b": 0.2}]).items()}
    {'a': 0.941, 'b': 0.059}
    """
    worlds = list(evidence[0])
    prior = -math.log(len(worlds))
    scale = len(evidence) ** -tempering
    sums = {world: scale * sum(math.log(max(one[world], 1e-300)) - prior for one in evidence) for world in worlds}
    top = max(sums.values())
    shares = {world: math.exp(found - top) for world, found in sums.items()}
    total = sum(shares.values())
    return ordered({world: share / total for world, share in shares.items()})


def weighed(routing: Routing, evidence: Mapping[str, float], reasons: Sequence[RoutingReason] = ()) -> Routing:
    """Return a routing with further evidence: logarithms of likelihoods of worlds, 0 for those that aren't named.

    >>> found = weighed(Routing("any", {"a": 0.6, "b": 0.4}), {"b": math.log(6)})
    >>> {world: round(share, 3) for world, share in found.scores.items()}
    {'b': 0.8, 'a': 0.2}
    """
    found = {world: share * math.exp(evidence.get(world, 0.0)) for world, share in routing.scores.items()}
    total = sum(found.values())
    scores = ordered({world: share / total for world, share in found.items()})
    return replace(routing, scores=scores, reasons=(*routing.reasons, *reasons), nearest=tuple(scores)[:MOST_NEAREST])


__all__ = ["MOST_NEAREST", "MOST_REASONS", "Router", "Routing", "RoutingReason", "ordered", "pooled", "weighed"]
