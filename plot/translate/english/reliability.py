"""How likely a reading of the grammar is what was meant: from counts of right and wrong readings per construction.

A reading is right if each of its constructions did its part, so that its probability is the product of theirs. What is
known of a construction is a Beta posterior; the counts come from sentences that people judged, in `reliability.csv`.
"""

from __future__ import annotations

import csv
import math
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from plot._lazy import once

FILE = Path(__file__).with_name("reliability.csv")
UNJUDGED = 0.95  # of a reading of whose constructions no sentence was judged
TYPICAL = 6  # constructions in a sentence: the median over the examples of the built-in worlds
STRENGTH = 10.0  # sentences that the prior of a construction counts for
RISKY = 0.9  # a construction that is less reliable is told of
MOST_ROUNDS = 200
CLOSE = 1e-9


@dataclass(frozen=True, slots=True)
class Judged:
    """In how many sentences a construction was read rightly, and in how many wrongly; shares of blame are fractions."""

    right: float = 0.0
    wrong: float = 0.0

    @property
    def reliability(self) -> float:
        """The posterior mean of the probability that it is read rightly."""
        prior: float = UNJUDGED ** (1 / TYPICAL)
        return (self.right + STRENGTH * prior) / (self.right + self.wrong + STRENGTH)


def reading_probability(constructions: Collection[str], table: Mapping[str, Judged] | None = None) -> float:
    """Return the probability that a reading by these constructions is right.

    >>> round(reading_probability(["clause"] * 6, {}), 3), round(reading_probability(["a"], {"a": Judged(30, 10)}), 2)
    (0.95, 0.8)
    """
    known = judgements() if table is None else table
    return math.prod(known.get(name, Judged()).reliability for name in constructions)


def risky(constructions: Collection[str], table: Mapping[str, Judged] | None = None) -> list[str]:
    """Return the constructions that are known to be read wrongly too often."""
    known = judgements() if table is None else table
    return sorted({name for name in constructions if known.get(name, Judged()).reliability < RISKY})


@once
def judgements() -> Mapping[str, Judged]:
    """Return the counts that come with the package."""
    return loaded(FILE)


def loaded(path: Path) -> dict[str, Judged]:
    """Return the counts of a file."""
    with path.open(encoding="utf-8", newline="") as file:
        return {row["construction"]: Judged(float(row["right"]), float(row["wrong"])) for row in csv.DictReader(file)}


def saved(path: Path, table: Mapping[str, Judged]) -> None:
    """Write counts, in the order of the names."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("construction", "right", "wrong"))
        writer.writerows((name, f"{one.right:.3f}", f"{one.wrong:.3f}") for name, one in sorted(table.items()))


def estimated(sentences: Iterable[tuple[Collection[str], bool]]) -> dict[str, Judged]:
    """Return the counts of each construction, from sentences by their constructions and whether they were read rightly.

    Of a wrong sentence it is not known which construction was at fault. Expectation maximisation (Dempster, Laird and
    Rubin 1977) shares the blame: each is at fault with probability (1 - its own) / (1 - the product of all).
    """
    judged = [(frozenset(names), right) for names, right in sentences]
    table = {name: Judged() for names, _ in judged for name in names}
    for _ in range(MOST_ROUNDS):
        new = _round(judged, table)
        moved = max((abs(new[name].reliability - table[name].reliability) for name in table), default=0.0)
        table = new
        if moved < CLOSE:
            break
    return table


def _round(judged: Iterable[tuple[Collection[str], bool]], table: Mapping[str, Judged]) -> dict[str, Judged]:
    right: dict[str, float] = defaultdict(float)
    wrong: dict[str, float] = defaultdict(float)
    for names, is_right in judged:
        fault = 0.0 if is_right else 1 - reading_probability(names, table)
        for name in names:
            blame = 0.0 if is_right else (1 - table[name].reliability) / fault
            right[name] += 1 - blame
            wrong[name] += blame
    return {name: Judged(right[name], wrong[name]) for name in table}


__all__ = ["Judged", "estimated", "judgements", "loaded", "reading_probability", "risky", "saved"]
