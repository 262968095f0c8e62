"""Sparse Bayes nets of binary nodes, drawn at random, as data and as PLoT programs."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from benchmarks.inference.tasks import Skip, Task

SIZES = (5, 10, 20, 30, 40)
SEED = 1988
PARENTS = 3


@dataclass(frozen=True)
class Node:
    """A node: its parents, and the probability of true for each combination of them, the last one counting fastest."""

    parents: tuple[int, ...]
    chances: tuple[float, ...]


@dataclass(frozen=True)
class Net:
    """Nodes in order, some of them seen; `asked` are those whose marginals are wanted."""

    name: str
    nodes: tuple[Node, ...]
    seen: Mapping[int, bool]
    asked: tuple[int, ...]

    @cached_property
    def setting(self) -> str:
        """One line for each node."""
        return "\n".join(
            [f"x{i} = flip({_chance(node.chances, node.parents)})" for i, node in enumerate(self.nodes)] + [""]
        )

    @property
    def evidence(self) -> tuple[str, ...]:
        """One condition for each node that was seen."""
        return tuple(f"condition({'' if value else 'not '}x{i})" for i, value in self.seen.items())

    @property
    def questions(self) -> Mapping[str, str]:
        """The marginals that are asked."""
        return {f"x{i}": f"x{i}" for i in self.asked}

    @property
    def digest(self) -> str:
        """A fingerprint of the net and of what was seen: references hold for these and no others."""
        return hashlib.sha256(repr((self.nodes, sorted(self.seen.items()))).encode()).hexdigest()[:16]


def _chance(chances: tuple[float, ...], parents: tuple[int, ...]) -> str:
    """Return the probability as nested choices on the parents."""
    if not parents:
        return repr(chances[0])
    half = len(chances) // 2
    false, true = _chance(chances[:half], parents[1:]), _chance(chances[half:], parents[1:])
    return f"({true} if x{parents[0]} else {false})"


def random_net(size: int, seed: int = SEED) -> Net:
    """Draw a net: up to three parents among all earlier nodes; a fifth of the nodes is seen as it fell out.

    >>> net = random_net(10)
    >>> len(net.nodes), len(net.seen), net == random_net(10)
    (10, 2, True)
    """
    draw = random.Random(seed * 1000 + size)
    nodes: list[Node] = []
    values: list[bool] = []
    for number in range(size):
        parents = tuple(
            sorted(sorted(range(number), key=lambda _: draw.random())[: int(draw.random() * (PARENTS + 1))])
        )
        chances = tuple(round(0.05 + 0.9 * draw.random(), 3) for _ in range(2 ** len(parents)))
        nodes.append(Node(parents, chances))
        place = sum(values[parent] << (len(parents) - 1 - k) for k, parent in enumerate(parents))
        values.append(draw.random() < chances[place])
    seen = sorted(sorted(range(size), key=lambda _: draw.random())[: size // 5])
    asked = tuple(number for number in range(size) if number not in seen)
    return Net(f"net{size}", tuple(nodes), {number: values[number] for number in seen}, asked)


def as_net(task: Task) -> Net:
    """Return the task as what it is; Skip where it is something else."""
    if not isinstance(task, Net):
        raise Skip("for Bayes nets only")
    return task


def nets() -> dict[str, Net]:
    """Return all of them by name: every hidden node asked, and for `-one` a single one in the middle."""
    found = [random_net(size) for size in SIZES]
    single = [Net(f"{net.name}-one", net.nodes, net.seen, (net.asked[len(net.asked) // 2],)) for net in found[2:]]
    return {net.name: net for net in [*found, *single]}
