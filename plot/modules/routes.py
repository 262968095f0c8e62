"""Enumerated routes of a policy on a map; one uniform number selects a route as stepwise sampling would."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from plot._lazy import torch

if TYPE_CHECKING:
    from torch import Tensor

MOST_WAYS = 400
LAST = 1 - 1e-12  # the greatest number that picks: aims are added to it, and must stay apart
Way = tuple[float, list[int], list[int]]


@dataclass(frozen=True, slots=True)
class RoutePlans:
    """The ways to several aims, one after the other.

    `ends` tells where the share of each way ends, aim and number added; `cells` and `headings` have a row for each way,
    `lengths` how many steps it has.
    """

    ends: Tensor
    cells: Tensor
    headings: Tensor
    lengths: Tensor

    def pick(self, aim: Tensor, luck: Tensor) -> Tensor:
        """Return the number of the way that a number between 0 and 1 picks among those to an aim."""
        return torch.searchsorted(self.ends, (aim + luck.clamp(max=LAST)).contiguous(), right=True)


def listed(
    policies: Sequence[Sequence[Sequence[float]]], neighbours: list[list[int]], start: int, goals: Sequence[int | None]
) -> RoutePlans | None:
    """Return the ways from a start to each goal (None: to stay) by its policy, cells by headings.

    None where there are too many of them.
    """
    ends: list[float] = []
    found: list[Way] = []
    for aim, (policy, goal) in enumerate(zip(policies, goals, strict=True)):
        ways: list[Way] = [(1.0, [start], [])] if goal is None else []
        for way in _ways(policy, neighbours, start, goal) if goal is not None else ():
            ways.append(way)
            if len(found) + len(ways) > MOST_WAYS:
                return None
        total = 0.0
        for share, _, _ in ways:
            total += share
            ends.append(aim + total)
        if ways:
            ends[-1] = aim + 1.0
        else:  # a goal that can't be reached is no one's aim
            ways, ends = [(1.0, [start], [])], [*ends, aim + 1.0]
        found += ways
    most = max([len(headings) for _, _, headings in found])
    cells = [cells + [cells[-1]] * (most + 1 - len(cells)) for _, cells, _ in found]
    headings = [headings + [len(policies[0][0]) - 1] * (most - len(headings)) for _, _, headings in found]
    lengths = [len(headings) for _, _, headings in found]
    rows = torch.tensor(headings, dtype=torch.int64).reshape(len(found), most)
    return RoutePlans(torch.tensor(ends, dtype=torch.float64), torch.tensor(cells), rows, torch.tensor(lengths))


def _ways(policy: Sequence[Sequence[float]], neighbours: list[list[int]], start: int, goal: int) -> Iterator[Way]:
    """Yield each way to a goal with its probability, in the order of the headings."""
    pending: list[Way] = [(1.0, [start], [])]
    while pending:
        share, cells, headings = pending.pop()
        if cells[-1] == goal:
            yield share, cells, headings
            continue
        here = policy[cells[-1]]
        for heading in range(len(here) - 2, -1, -1):
            if here[heading] > 0:
                there = neighbours[cells[-1]][heading]
                pending.append((share * here[heading], [*cells, there], [*headings, heading]))


__all__ = ["RoutePlans", "listed"]
